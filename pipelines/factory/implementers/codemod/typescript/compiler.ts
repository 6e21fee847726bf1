import type { ts as TypeScript } from "ts-morph";

export type Ts = typeof TypeScript;

/** The compiler with what all projects share: its own libraries, parsed and bound once. */
export interface Compiler {
  readonly ts: Ts;
  readonly options: TypeScript.CompilerOptions;
  readonly registry: TypeScript.DocumentRegistry;
  /** The text of one of the compiler's libraries; undefined for any other path. */
  library(fileName: string): string | undefined;
  readonly libraryFolder: string;
}

const LIBRARIES = "/node_modules/typescript/lib";

let loading: Promise<Compiler> | null = null;

/** Loads the compiler at first use. It takes some 0.5 s, so it is done once. */
export function compiler(): Promise<Compiler> {
  loading ??= load().catch((cause) => {
    loading = null; // a failed download may work the next time
    throw cause;
  });
  return loading;
}

async function load(): Promise<Compiler> {
  const { Project, ts } = await import("ts-morph");
  // ts-morph carries the libraries' texts; an empty project of its reads them.
  const files = new Project({ useInMemoryFileSystem: true, skipAddingFilesFromTsConfig: true })
    .getModuleResolutionHost();
  const texts = new Map<string, string | undefined>();
  return {
    ts,
    options: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      // The language's own types only: a browser's double the time, and no symbol of a repository is declared there.
      lib: ["lib.esnext.d.ts"],
      allowImportingTsExtensions: true,
      allowJs: true,
      checkJs: false,
      jsx: ts.JsxEmit.Preserve,
      noEmit: true,
      strict: true,
      types: [],
    },
    registry: ts.createDocumentRegistry(true),
    libraryFolder: LIBRARIES,
    library(fileName) {
      if (!fileName.startsWith(`${LIBRARIES}/`)) return undefined;
      if (!texts.has(fileName)) texts.set(fileName, files.readFile?.(fileName));
      return texts.get(fileName);
    },
  };
}
