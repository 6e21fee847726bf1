import type { Project, ts as TypeScript } from "ts-morph";
import { isForeign, languageOf } from "../language.ts";
import type { Stage } from "../stage.ts";
import { isModuleConfig, type ModuleMap, readModuleMap } from "./module_map.ts";

export type Ts = typeof TypeScript;

/** The tree's TypeScript and JavaScript as the compiler sees it. Paths are the tree's; offsets are those of the text. */
export interface TypeScriptProject {
  readonly ts: Ts;
  readonly service: TypeScript.LanguageService;
  readonly modules: ModuleMap;
  program(): TypeScript.Program;
  checker(): TypeScript.TypeChecker;
  /** Paths of the repository's own files, sorted. */
  readonly paths: readonly string[];
  source(path: string): TypeScript.SourceFile | undefined;
  /** The tree's path of a compiler's file name; null for the language's own libraries. */
  pathOf(fileName: string): string | null;
  /** The tree's path that a specifier means in a file; null when it is not a file of the tree. */
  resolve(specifier: string, fromPath: string): string | null;
}

/** Keeps a project up to date with a stage. Loading the compiler and its libraries takes some 0.5 s, so it is done once. */
export function typeScriptSession(stage: Stage): () => Promise<TypeScriptProject> {
  let current:
    | { project: Project; surface: TypeScriptProject; shape: string; revisions: Map<string, number> }
    | null = null;
  return async () => {
    const all = await stage.list();
    const paths: string[] = [];
    for (const path of all) {
      const language = languageOf(path);
      if (language !== "ts" && language !== "tsx" && language !== "js") continue;
      if (!isForeign(path) && await stage.searched(path) !== null) paths.push(path);
    }
    const configs = all.filter((path) => isModuleConfig(path) && !isForeign(path));
    // How names resolve depends on which files there are and on the configuration: when either changes, start afresh.
    const shape = JSON.stringify([paths, configs.map((path) => [path, stage.revision(path)])]);
    if (current === null || current.shape !== shape) {
      current = { ...await open(stage, paths, configs), shape, revisions: new Map() };
      for (const path of paths) current.revisions.set(path, stage.revision(path));
      return current.surface;
    }
    for (const path of paths) {
      if (current.revisions.get(path) === stage.revision(path)) continue;
      const file = await stage.searched(path);
      if (file === null) continue;
      current.project.createSourceFile(`/${path}`, file.text, { overwrite: true });
      current.revisions.set(path, stage.revision(path));
    }
    return current.surface;
  };
}

async function open(stage: Stage, paths: readonly string[], configs: readonly string[]) {
  const { Project, ts } = await import("ts-morph");
  const modules = await readModuleMap(stage, configs);
  const options: TypeScript.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    allowImportingTsExtensions: true,
    allowJs: true,
    checkJs: false,
    jsx: ts.JsxEmit.Preserve,
    noEmit: true,
    strict: true,
    types: [],
  };
  let host: TypeScript.ModuleResolutionHost | null = null;
  const cache = new Map<string, TypeScript.ResolvedModuleFull | undefined>();
  const resolveModule = (specifier: string, fileName: string): TypeScript.ResolvedModuleFull | undefined => {
    const key = `${fileName}\0${specifier}`;
    if (cache.has(key)) return cache.get(key);
    if (host === null) throw new Error("the module resolution host is set when the project opens");
    let found: TypeScript.ResolvedModuleFull | undefined;
    if (!/^[a-z]+:/.test(specifier)) {
      const candidates = /^\.{0,2}\//.test(specifier) ? [] : modules.candidates(specifier, fileName.slice(1));
      for (const candidate of [...candidates, specifier]) {
        found = ts.resolveModuleName(candidate, fileName, options, host).resolvedModule;
        if (found !== undefined) break;
      }
    }
    cache.set(key, found);
    return found;
  };
  const project = new Project({
    useInMemoryFileSystem: true,
    skipAddingFilesFromTsConfig: true,
    compilerOptions: options,
    resolutionHost: (moduleHost) => {
      host = moduleHost;
      return { resolveModuleNames: (names, fileName) => names.map((name) => resolveModule(name, fileName)) };
    },
  });
  for (const path of configs) {
    const file = await stage.searched(path);
    // package.json is read by the resolver (`imports`, `exports`, `type`).
    if (file !== null) project.getFileSystem().writeFileSync(`/${path}`, file.text);
  }
  for (const path of paths) {
    const file = await stage.searched(path);
    if (file !== null) project.createSourceFile(`/${path}`, file.text, { overwrite: true });
  }
  const service = project.getLanguageService().compilerObject;
  const own = new Set(paths);
  const program = () => {
    const it = service.getProgram();
    if (it === undefined) throw new Error("the language service has no program");
    return it;
  };
  const pathOf = (fileName: string) => own.has(fileName.slice(1)) ? fileName.slice(1) : null;
  const surface: TypeScriptProject = {
    ts,
    service,
    modules,
    program,
    checker: () => program().getTypeChecker(),
    paths,
    source: (path) => own.has(path) ? program().getSourceFile(`/${path}`) : undefined,
    pathOf,
    resolve(specifier, fromPath) {
      const found = resolveModule(specifier, `/${fromPath}`);
      return found === undefined ? null : pathOf(found.resolvedFileName);
    },
  };
  return { project, surface };
}
