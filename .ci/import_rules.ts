/**
 * The rules of the import graph (architecture: "Imports run one way"). Pure: files come in as text, violations go out
 * as sentences, so that a test can feed it a graph that breaks each rule.
 */
import { readSource } from "./source.ts";

/** What stands above what. `specs/eval` and `.ci` drive the whole product and stand above it. */
const LAYERS: Record<string, number> = {
  specs: 0,
  kernel: 1,
  policies: 2,
  connectors: 2,
  pipelines: 3,
  functions: 4,
  "specs/eval": 5,
  ".ci": 5,
};

const folderOf = (path: string): string =>
  path.startsWith("specs/eval/") ? "specs/eval" : path.slice(0, Math.max(0, path.indexOf("/")));

const isTest = (path: string): boolean =>
  /_(test|bench)\.tsx?$/.test(path) || /\/(tests|bench|testing)\//.test(path);

/** Files that must run on an edge function: web APIs only. */
function isEdge(path: string): boolean {
  if (isTest(path)) return false;
  switch (folderOf(path)) {
    case "kernel":
      return !path.startsWith("kernel/store/");
    case "policies":
    case "specs":
      return !path.endsWith("_write.ts");
    default:
      return false;
  }
}

/** Built-in modules that only compute; every edge host that runs npm packages has them. */
const PURE_BUILTINS = new Set(["node:crypto"]);

/** Libraries that take long to load: only where and when they are used, so that `--help` stays quick. */
const HEAVY =
  /^(ts-morph|@ast-grep\/|tree-sitter-|@tree-sitter-|web-tree-sitter|re2js|yaml|smol-toml|fast-xml-parser)/;

/** Files that a worker over pages of data starts with: without schemas and libraries, as each thread loads its modules anew. */
const LIGHT = new Set([
  "connectors/data/cells.ts",
  "connectors/data/wasm/cell_memory.ts",
  "policies/quality/value_rules.ts",
  "specs/foundry/order.ts",
]);

type Target = { kind: "file"; path: string } | { kind: "package" | "builtin" | "refused"; name: string };

/** Where a specifier leads. */
export function resolve(from: string, specifier: string, importMap: Record<string, string>): Target {
  if (specifier.startsWith("./") || specifier.startsWith("../")) {
    const parts = from.split("/").slice(0, -1);
    for (const part of specifier.split("/")) {
      if (part === "..") parts.pop();
      else if (part !== ".") parts.push(part);
    }
    return { kind: "file", path: parts.join("/") };
  }
  const known = Object.hasOwn(importMap, specifier) ||
    Object.keys(importMap).some((key) => key.endsWith("/") && specifier.startsWith(key)) ||
    (specifier.startsWith("npm:") && Object.values(importMap).includes(specifier));
  if (known) return { kind: "package", name: specifier };
  if (specifier.startsWith("node:")) return { kind: "builtin", name: specifier };
  return { kind: "refused", name: specifier };
}

/** Every breach of the rules in a set of files, sorted; empty when all hold. */
export function importViolations(files: Map<string, string>, importMap: Record<string, string>): string[] {
  const sources = [...files].map(([path, text]) => readSource(path, text));
  const edges = new Map<string, string[]>();
  const found = sources.flatMap((source) => [
    ...source.imports.flatMap((one) => {
      const at = `${source.path}:${one.line}`;
      if (one.specifier === null) return [`${at} imports a computed specifier, which no check can follow`];
      const target = resolve(source.path, one.specifier, importMap);
      // A type loads nothing, so two files may know each other's types.
      if (target.kind === "file" && !one.dynamic && !one.typeOnly) {
        edges.set(source.path, [...edges.get(source.path) ?? [], target.path]);
      }
      return judge(source.path, at, target, one.data, files);
    }),
    ...(isEdge(source.path)
      ? source.globals.map(({ name, line }) =>
        `${source.path}:${line} uses ${name}, but must run on an edge function`
      )
      : []),
  ]);
  for (const [name, target] of Object.entries(importMap)) {
    if (!/^npm:\/?(@[^/]+\/)?[^@/]+@\d+\.\d+\.\d+[^/]*(\/.*)?$/.test(target)) {
      found.push(`import_map.json: ${name} is ${target}, not an exact npm version`);
    }
  }
  return [...found, ...cycles(edges).map((cycle) => `cycle: ${cycle.join(" > ")}`)].sort();
}

function judge(
  from: string,
  at: string,
  target: Target,
  data: boolean,
  files: Map<string, string>,
): string[] {
  switch (target.kind) {
    case "package":
      return [];
    case "builtin":
      return isEdge(from) && !PURE_BUILTINS.has(target.name)
        ? [`${at} imports ${target.name}, but must run on an edge function`]
        : [];
    case "refused":
      return [`${at} imports ${target.name}, which is neither a file, nor node:, nor in import_map.json`];
    case "file":
      return judgeFile(from, at, target.path, data, files);
  }
}

function judgeFile(
  from: string,
  at: string,
  to: string,
  data: boolean,
  files: Map<string, string>,
): string[] {
  const [fromFolder, toFolder] = [folderOf(from), folderOf(to)];
  if (!files.has(to)) {
    // Data files of the own folder, and the project's own description, are no code.
    return data && (toFolder === fromFolder || to === "deno.json")
      ? []
      : [`${at} imports ${to}, which is no source file here`];
  }
  if (fromFolder === toFolder) return [];
  const [fromLayer, toLayer] = [LAYERS[fromFolder], LAYERS[toFolder]];
  if (fromLayer === undefined || toLayer === undefined) {
    return [`${at} imports ${to}: a folder that has no place in the house`];
  }
  if (toLayer >= fromLayer) return [`${at} imports ${to}: ${fromFolder} may not know ${toFolder}`];
  // A benchmark is not part of what a folder offers to the product; it has a surface of its own. So has what tests share.
  // What only data runs need is apart too, so that a code change does not load it; and what a verifier of its own needs of logs,
  // and commands about models.
  return to === `${toFolder}/mod.ts` || LIGHT.has(to) ||
      to === "kernel/tlog/mod.ts" || to === "specs/attestation/mod.ts" || to === "specs/ledger/mod.ts" ||
      to === "specs/code/mod.ts" ||
      to === "policies/code/mod.ts" || to === "policies/packs/mod.ts" || to === "policies/evidence/mod.ts" ||
      to === "policies/evidence/reading/mod.ts" ||
      to === `${toFolder}/bench/mod.ts` ||
      to === "connectors/data/mod.ts" || to === "pipelines/factory/mod.ts" ||
      to === "pipelines/foundry/mod.ts" || to === "pipelines/chain/mod.ts" || to === "specs/foundry/mod.ts" ||
      to === "connectors/models/mod.ts" || to === "connectors/agents/mod.ts" ||
      to === "pipelines/models/mod.ts" ||
      (isTest(from) && to === `${toFolder}/testing/mod.ts`)
    ? []
    : [`${at} imports ${to} past ${toFolder}/mod.ts`];
}

/** Cycles of static imports: one for each strongly connected set of files (Tarjan). */
export function cycles(edges: Map<string, string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const connect = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) connect(next);
      // Only what is still on the stack belongs to the set that is being built.
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(node) !== index.get(node)) return;
    const members = stack.splice(stack.indexOf(node)).sort();
    if (members.length > 1 || (edges.get(node) ?? []).includes(node)) found.push(members);
  };
  for (const node of edges.keys()) if (!index.has(node)) connect(node);
  return found;
}

/** How a start at `entry` loads heavy libraries before anything is asked of them: one chain of files for each. */
export function heavyAtStart(
  entry: string,
  files: Map<string, string>,
  importMap: Record<string, string>,
): string[] {
  return chainsFrom(entry, files, importMap, ({ kind, name }) => kind === "package" && HEAVY.test(name));
}

/** How a start at `entry` loads files of these surfaces, which it is to do without: one chain of files for each. */
export function loadedBeside(
  entry: string,
  surfaces: ReadonlySet<string>,
  files: Map<string, string>,
  importMap: Record<string, string>,
): string[] {
  return chainsFrom(entry, files, importMap, ({ kind, name }) => kind === "file" && surfaces.has(name));
}

/** Chains of static imports from a file to the targets that are looked for. */
function chainsFrom(
  entry: string,
  files: Map<string, string>,
  importMap: Record<string, string>,
  isFound: (target: { kind: Target["kind"]; name: string }) => boolean,
): string[] {
  const found: string[] = [];
  const chains = new Map([[entry, [entry]]]);
  // A map is walked in the order of insertion, also over what is inserted meanwhile.
  for (const [path, chain] of chains) {
    const text = files.get(path);
    for (const one of text === undefined ? [] : readSource(path, text).imports) {
      if (one.specifier === null || one.dynamic || one.typeOnly) continue;
      const target = resolve(path, one.specifier, importMap);
      const name = target.kind === "file" ? target.path : target.name;
      if (isFound({ kind: target.kind, name })) found.push([...chain, name].join(" > "));
      if (target.kind === "file" && !chains.has(name)) chains.set(name, [...chain, name]);
    }
  }
  return found.sort();
}

/** Exports that no other file imports and their own file does not use: nothing would miss them. */
export function deadExports(files: Map<string, string>, importMap: Record<string, string>): string[] {
  const sources = new Map([...files].map(([path, text]) => [path, readSource(path, text)]));
  const used = new Map<string, Set<string>>();
  const use = (path: string, name: string) => used.set(path, (used.get(path) ?? new Set()).add(name));
  for (const source of sources.values()) {
    for (const one of source.imports) {
      const target = one.specifier === null ? undefined : resolve(source.path, one.specifier, importMap);
      if (target?.kind === "file") one.names.forEach((name) => use(target.path, name));
    }
  }
  const dead: string[] = [];
  for (const source of sources.values()) {
    const names = used.get(source.path) ?? new Set();
    // `*` is a namespace import or a folder's surface: all of it counts as used.
    if (source.path.endsWith("/mod.ts") || names.has("*")) continue;
    for (const { name, line } of source.exports) {
      if (!names.has(name) && !source.usedNames.has(name)) {
        dead.push(`${source.path}:${line} exports ${name}, which nothing uses`);
      }
    }
  }
  return dead.sort();
}
