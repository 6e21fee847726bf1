import type { ts as TypeScript } from "ts-morph";
import { isForeign, languageOf } from "../language.ts";
import type { Stage } from "../stage.ts";
import { AMBIENT, AMBIENT_FILE } from "./ambient.ts";
import { type Compiler, compiler, type Ts } from "./compiler.ts";
import { isModuleConfig, type ModuleMap, readModuleMap } from "./module_map.ts";
import type { ParsedFiles } from "./parsed.ts";
import { isRoot } from "./scope.ts";

export type { Ts } from "./compiler.ts";

/** The tree's TypeScript and JavaScript as the compiler sees it. Paths are the tree's; offsets are those of the text. */
export interface TypeScriptProject {
  readonly ts: Ts;
  readonly service: TypeScript.LanguageService;
  readonly modules: ModuleMap;
  program(): TypeScript.Program;
  checker(): TypeScript.TypeChecker;
  /** Paths of the repository's own files, sorted. */
  readonly paths: readonly string[];
  /** Undefined for a file that the program has no use for. */
  source(path: string): TypeScript.SourceFile | undefined;
  /** The text of a file, also of one that is not in the program. */
  text(path: string): string | undefined;
  /** The compiler's file name of a path. */
  fileName(path: string): string;
  /** The tree's path of a compiler's file name; null for the language's own libraries. */
  pathOf(fileName: string): string | null;
  /** The tree's path that a specifier means in a file; null when it is not a file of the tree. */
  resolve(specifier: string, fromPath: string): string | null;
}

/** A project that follows a stage. */
export interface TypeScriptSession {
  /** With `words`, of the files that have one of them in it and what these need; `paths` are all files nevertheless. */
  project(words: readonly string[] | null): Promise<TypeScriptProject>;
}

interface Opened {
  surface: TypeScriptProject;
  shape: string;
  /** Takes up new text of a file. */
  update(path: string, text: string): void;
  revisions: Map<string, number>;
}

/** Keeps a project up to date with a stage. */
export function typeScriptSession(stage: Stage, parsed: ParsedFiles): TypeScriptSession {
  let current: Opened | null = null;
  return {
    async project(words) {
      const all = await stage.list();
      const paths: string[] = [];
      const roots: string[] = [];
      for (const path of all) {
        const language = languageOf(path);
        if (language !== "ts" && language !== "tsx" && language !== "js") continue;
        const file = isForeign(path) ? null : await stage.searched(path);
        if (file === null) continue;
        paths.push(path);
        if (isRoot(path, file.text, words)) roots.push(path);
      }
      const configs = all.filter((path) => isModuleConfig(path) && !isForeign(path));
      // How names resolve depends on which files there are and on the configuration: when either changes, start afresh.
      const shape = JSON.stringify([paths, roots, configs.map((path) => [path, stage.revision(path)])]);
      if (current === null || current.shape !== shape) {
        current = await open(stage, { paths, roots, configs, shape }, parsed);
      }
      for (const path of paths) {
        if (current.revisions.get(path) === stage.revision(path)) continue;
        const file = await stage.searched(path);
        if (file === null) continue;
        current.update(path, file.text);
        current.revisions.set(path, stage.revision(path));
      }
      return current.surface;
    },
  };
}

/** Keeps the libraries parsed between projects, which come and go. */
let keeper: TypeScript.LanguageService | null = null;
function keepLibraries(shared: Compiler): void {
  if (keeper !== null) return;
  keeper = shared.ts.createLanguageService(
    hostOf(shared, "/", new Map(), [], () => undefined, () => "0", () => "0"),
    shared.registry,
  );
  keeper.getProgram();
}

function hostOf(
  { ts, options, library, libraryFolder }: Compiler,
  root: string,
  files: ReadonlyMap<string, string>,
  roots: readonly string[],
  resolve: (specifier: string, fileName: string) => TypeScript.ResolvedModuleFull | undefined,
  projectVersion: () => string,
  versionOf: (text: string) => string,
): TypeScript.LanguageServiceHost {
  const folders = new Set<string>();
  for (const name of files.keys()) {
    for (let at = name.lastIndexOf("/"); at > 0; at = name.lastIndexOf("/", at - 1)) {
      folders.add(name.slice(0, at));
    }
  }
  const text = (fileName: string) => files.get(fileName) ?? library(fileName);
  return {
    getCompilationSettings: () => options,
    getProjectVersion: projectVersion,
    getScriptFileNames: () => [...roots],
    getScriptVersion: (fileName) => {
      const own = files.get(fileName);
      return own === undefined ? "0" : versionOf(own);
    },
    getScriptSnapshot(fileName) {
      const content = text(fileName);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: (settings) => `${libraryFolder}/${ts.getDefaultLibFileName(settings)}`,
    useCaseSensitiveFileNames: () => true,
    readFile: text,
    fileExists: (fileName) => text(fileName) !== undefined,
    directoryExists: (folder) => folders.has(folder) || folder === libraryFolder,
    resolveModuleNameLiterals: (literals, fileName) =>
      literals.map(({ text }) => ({ resolvedModule: resolve(text, fileName) })),
  };
}

async function open(
  stage: Stage,
  { paths, roots, configs, shape }: {
    paths: readonly string[];
    roots: readonly string[];
    configs: readonly string[];
    shape: string;
  },
  parsed: ParsedFiles,
): Promise<Opened> {
  const shared = await compiler();
  keepLibraries(shared);
  const { ts } = shared;
  const modules = await readModuleMap(stage, configs);
  const { root } = parsed;
  const files = new Map<string, string>();
  const revisions = new Map<string, number>();
  for (const path of [...configs, ...paths]) {
    const file = await stage.searched(path);
    if (file === null) continue;
    files.set(root + path, file.text);
    revisions.set(path, stage.revision(path));
  }
  files.set(root + AMBIENT_FILE, AMBIENT);
  let version = 1;
  const resolved = new Map<string, TypeScript.ResolvedModuleFull | undefined>();
  const resolve = (specifier: string, fileName: string): TypeScript.ResolvedModuleFull | undefined => {
    const key = `${fileName}\0${specifier}`;
    if (resolved.has(key)) return resolved.get(key);
    let found: TypeScript.ResolvedModuleFull | undefined;
    if (!/^[a-z]+:/.test(specifier)) {
      const mapped = /^\.{0,2}\//.test(specifier)
        ? []
        : modules.candidates(specifier, fileName.slice(root.length));
      for (const candidate of [...mapped.map((it) => root.slice(0, -1) + it), specifier]) {
        found = ts.resolveModuleName(candidate, fileName, shared.options, host).resolvedModule;
        if (found !== undefined) break;
      }
    }
    resolved.set(key, found);
    return found;
  };
  const names = [...roots, AMBIENT_FILE].map((path) => root + path);
  const host = hostOf(shared, root, files, names, resolve, () => String(version), parsed.versionOf);
  const service = ts.createLanguageService(host, shared.registry);
  parsed.keep(service);
  const program = () => {
    const it = service.getProgram();
    if (it === undefined) throw new Error("the language service has no program");
    return it;
  };
  const own = new Set(paths);
  const fileName = (path: string) => root + path;
  const pathOf = (name: string) =>
    name.startsWith(root) && own.has(name.slice(root.length)) ? name.slice(root.length) : null;
  const surface: TypeScriptProject = {
    ts,
    service,
    modules,
    program,
    checker: () => program().getTypeChecker(),
    paths,
    text: (path) => own.has(path) ? files.get(fileName(path)) : undefined,
    source: (path) => own.has(path) ? program().getSourceFile(fileName(path)) : undefined,
    fileName,
    pathOf,
    resolve(specifier, fromPath) {
      const found = resolve(specifier, fileName(fromPath));
      return found === undefined ? null : pathOf(found.resolvedFileName);
    },
  };
  return {
    surface,
    shape,
    revisions,
    update(path, text) {
      files.set(fileName(path), text);
      version++;
    },
  };
}
