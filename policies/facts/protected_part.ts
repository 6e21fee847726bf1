import { type Node, type ParseError, parseTree } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import { gradleParts, makefileParts, pomParts } from "./protected_build.ts";

/**
 * Files that are protected in parts: the parts at base and head are compared as data, so that a dependency bump or a new version
 * is no protected edit, and reordering or reformatting is none either. Part -> its content. A part whose name begins with `?`
 * counts only where base and head both have it: adding or dropping it changes nothing that was checked before.
 */
export type Parts = Map<string, unknown>;

type Reader = (text: string) => Parts | Promise<Parts>;

const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/^package\.json$/, (text) => packageParts(jsonOf(text))],
  [/^deno\.jsonc?$/, (text) => denoParts(jsonOf(text))],
  [/^(?:import_map|importmap)\.json$/, (text) => importParts(jsonOf(text))],
  [/^(?:ts|js)config[^/]*\.json$/, (text) => tsconfigParts(jsonOf(text))],
  [/^pyproject\.toml$/, (text) => pyprojectParts(parseToml(text) as Data)],
  [/^cargo\.toml$/, (text) => cargoParts(parseToml(text) as Data)],
  [/^setup\.cfg$/, setupCfgParts],
  [/^go\.(?:mod|work)$/, goModParts],
  [/^(?:gnu)?makefile(?:\.[^/]*)?$|\.mk$/, makefileParts],
  [/^\.?justfile$|\.just$/, makefileParts],
  [/^taskfile[^/]*\.ya?ml$/, (text) => new Map([["tasks", text.trim()]])],
  [/^pom\.xml$/, pomParts],
  [/^(?:build|settings)\.gradle(?:\.kts)?$/, gradleParts],
];

/** The reader for a file name; null when the file is not protected in parts. */
export function partsReader(path: string): Reader | null {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return READERS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

/** Beyond this a file is not compared, and counts as changed in a part that cannot be read. */
const MAX_CHARACTERS = 256_000;

/** Names of the parts that differ between base and head. A side that cannot be read differs in everything. */
export async function changedParts(
  path: string,
  base: string | null,
  head: string | null,
): Promise<string[]> {
  const read = partsReader(path);
  if (read === null || base === head) return [];
  const partsOf = async (text: string | null): Promise<Parts | null> => {
    if (text === null) return new Map();
    if (text.length > MAX_CHARACTERS) return null;
    try {
      return await read(text);
    } catch {
      // What our reader refuses, the tool may still read in a way of its own.
      return null;
    }
  };
  const [before, after] = [await partsOf(base), await partsOf(head)];
  if (before === null || after === null) return ["a part that cannot be read"];
  const changed: string[] = [];
  for (const part of new Set([...before.keys(), ...after.keys()])) {
    if (part.startsWith("?") && !(before.has(part) && after.has(part))) continue;
    if (stable(before.get(part)) !== stable(after.get(part))) changed.push(part.replace(/^\?/, ""));
  }
  return changed.sort();
}

function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(",")}]`;
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (typeof value === "object" && value !== null) {
    return `{${
      Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${stable((value as Data)[key])}`).join(
        ",",
      )
    }}`;
  }
  return typeof value === "bigint" ? `${value}n` : JSON.stringify(value) ?? "undefined";
}

type Data = Record<string, unknown>;
const isData = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const entriesOf = (value: unknown): [string, unknown][] => isData(value) ? Object.entries(value) : [];

/** JSON with comments, read strictly: a name that stands twice in one object is read differently by different tools. */
function jsonOf(text: string): Data {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (errors.length > 0 || root?.type !== "object") throw new Error("not a JSON object");
  return valueOf(root) as Data;
}

function valueOf(node: Node): unknown {
  if (node.type === "array") return (node.children ?? []).map(valueOf);
  if (node.type !== "object") return node.value;
  const data: Data = Object.create(null);
  for (const { children } of node.children ?? []) {
    const [key, value] = children ?? [];
    if (key === undefined || value === undefined) throw new Error("a member without a value");
    const name = String(key.value);
    if (name in data) throw new Error(`the name ${name} stands twice`);
    data[name] = valueOf(value);
  }
  return data;
}

/** Scripts that a runner starts by themselves, or that check something. Others are new commands that nobody runs by accident. */
const CHECKING =
  /(?:^|[:_-])(?:tests?|spec|e2e|unit|integration|lint|check|verify|validate|ci|coverage|cov|typecheck|tsc|audit|qa|bench)(?:$|[:_-])/i;
const LIFECYCLE = /^(?:(?:pre|post).+|prepare|install|prepublishOnly|dependencies|version)$/;

function scriptParts(parts: Parts, prefix: string, scripts: unknown): void {
  for (const [name, value] of entriesOf(scripts)) {
    const guards = CHECKING.test(name) || LIFECYCLE.test(name);
    parts.set(`${guards ? "" : "?"}${prefix}.${name}`, value);
  }
}

function pick(parts: Parts, data: Data, keys: readonly string[], prefix = ""): void {
  for (const key of keys) if (data[key] !== undefined) parts.set(`${prefix}${key}`, data[key]);
}

/** What a dependency is fetched from, without its version: `npm:chai@5` and `npm:chai@6` are the same source, a path is another. */
export function sourceOfDependency(value: unknown): unknown {
  if (typeof value !== "string") {
    return isData(value)
      ? Object.fromEntries(
        Object.entries(value).filter(([key]) => ["path", "git", "url", "workspace", "package"].includes(key)),
      )
      : value;
  }
  if (/^(?:file|link|portal|workspace|git|github|git\+\w+|https?|\.{0,2}\/)[:/.]?/i.test(value)) {
    return value.replace(/@?v?\d[\w.+-]*/g, "");
  }
  const specifier = /^(jsr|npm):\/?(@?[^@]*)(?:@[^/]*)?(\/.*)?$/.exec(value);
  return specifier ? `${specifier[1]}:${specifier[2]}${specifier[3] ?? ""}` : "registry";
}

function packageParts(data: Data): Parts {
  const parts: Parts = new Map();
  scriptParts(parts, "scripts", data.scripts);
  pick(parts, data, [
    "jest",
    "mocha",
    "ava",
    "nyc",
    "c8",
    "tap",
    "vitest",
    "xo",
    "standard",
    "eslintConfig",
    "eslintIgnore",
    "stylelint",
    "lint-staged",
    "husky",
    "pre-commit",
    "simple-git-hooks",
    "babel",
    "jasmine",
    "wallaby",
    "node-tap",
  ]);
  for (const section of ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]) {
    for (const [name, value] of entriesOf(data[section])) {
      parts.set(`?dependency ${name}`, sourceOfDependency(value));
    }
  }
  for (const section of ["overrides", "resolutions"]) {
    for (const [name, value] of entriesOf(data[section])) {
      const source = sourceOfDependency(value);
      if (source !== "registry") parts.set(`${section}.${name}`, source);
    }
  }
  // Names that begin with # are the package's own aliases; one that changes can put another module under every test.
  for (const [name, value] of entriesOf(data.imports)) parts.set(`imports.${name}`, value);
  pick(parts, isData(data.pnpm) ? data.pnpm : {}, [
    "patchedDependencies",
    "overrides",
    "onlyBuiltDependencies",
    "neverBuiltDependencies",
  ], "pnpm.");
  return parts;
}

function denoParts(data: Data): Parts {
  const parts: Parts = new Map();
  scriptParts(parts, "tasks", data.tasks);
  pick(parts, data, [
    "test",
    "lint",
    "exclude",
    "bench",
    "importMap",
    "scopes",
    "links",
    "patch",
    "permissions",
    "allowScripts",
    "minimumDependencyAge",
  ]);
  if (data.lock !== undefined) parts.set("lock", isData(data.lock) ? data.lock.frozen : data.lock);
  aliases(parts, data.imports);
  return parts;
}

function importParts(data: Data): Parts {
  const parts: Parts = new Map();
  pick(parts, data, ["scopes"]);
  aliases(parts, data.imports);
  return parts;
}

/** Import map entries: another version of the same package is no part; another target is, and so is a name that shadows a built-in or a URL. */
function aliases(parts: Parts, imports: unknown): void {
  for (const [name, value] of entriesOf(imports)) {
    const target = sourceOfDependency(value);
    const shadows = /^(?:node|jsr|npm|https?|data|file):/.test(name) ||
      /^(?:assert|fs|path|test|process|util)$/.test(name);
    const local = typeof value === "string" && /^(?:\.{0,2}\/|file:|data:|https?:)/.test(value);
    const renamed = typeof target === "string" && /^(?:npm|jsr):/.test(target) &&
      !target.slice(4).startsWith(name.replace(/\/$/, ""));
    // An entry whose name and target say the same is a dependency like any other.
    parts.set(`${shadows || local || renamed ? "" : "?"}imports.${name}`, target);
  }
}

function tsconfigParts(data: Data): Parts {
  const parts: Parts = new Map();
  pick(parts, data, ["exclude", "extends"]);
  // Paths put other modules under the names that tests import.
  pick(
    parts,
    isData(data.compilerOptions) ? data.compilerOptions : {},
    ["paths", "baseUrl", "plugins"],
    "compilerOptions.",
  );
  return parts;
}

function pyprojectParts(data: Data): Parts {
  const parts: Parts = new Map();
  const tool = isData(data.tool) ? data.tool : {};
  pick(parts, tool, [
    "pytest",
    "coverage",
    "tox",
    "nox",
    "mypy",
    "ruff",
    "flake8",
    "pyright",
    "basedpyright",
    "pylint",
    "bandit",
    "taskipy",
    "poe",
    "poethepoet",
    "nose",
    "unittest",
    "mutmut",
  ], "tool.");
  const hatch = isData(tool.hatch) ? tool.hatch : {};
  pick(parts, hatch, ["envs"], "tool.hatch.");
  pick(parts, isData(tool.pdm) ? tool.pdm : {}, ["scripts"], "tool.pdm.");
  const project = isData(data.project) ? data.project : {};
  const entries = isData(project["entry-points"]) ? project["entry-points"] : {};
  // A plugin that registers here is loaded by every run of pytest.
  pick(parts, entries, ["pytest11"], "project.entry-points.");
  const uv = isData(tool.uv) ? tool.uv : {};
  pick(parts, uv, ["sources", "override-dependencies", "index"], "tool.uv.");
  return parts;
}

function cargoParts(data: Data): Parts {
  const parts: Parts = new Map();
  const named = (section: string) => {
    const list = Array.isArray(data[section]) ? data[section] : isData(data[section]) ? [data[section]] : [];
    for (const [index, target] of list.entries()) {
      if (!isData(target)) continue;
      for (const key of ["test", "harness", "doctest", "required-features", "path", "bench"]) {
        if (
          target[key] !== undefined &&
          (section === "test" || key === "test" || key === "harness" || key === "doctest")
        ) {
          parts.set(`${section}.${String(target.name ?? index)}.${key}`, target[key]);
        }
      }
    }
  };
  for (const section of ["lib", "bin", "test", "example", "bench"]) named(section);
  const pkg = isData(data.package) ? data.package : {};
  pick(parts, pkg, ["autotests", "autobenches", "build", "default-run"], "package.");
  pick(parts, isData(data.profile) ? data.profile : {}, ["test", "dev"], "profile.");
  pick(parts, data, ["patch", "replace", "lints"]);
  const workspace = isData(data.workspace) ? data.workspace : {};
  pick(parts, workspace, ["exclude", "default-members", "lints"], "workspace.");
  return parts;
}

/** Sections of an INI file that steer tests and linters. */
function setupCfgParts(text: string): Parts {
  const parts: Parts = new Map();
  let section = "";
  for (const line of text.split("\n")) {
    const head = /^\[([^\]]{1,200})\]/.exec(line);
    if (head) section = (head[1] ?? "").toLowerCase();
    else if (
      /^(?:tool:|coverage|flake8|mypy|pylint|aliases|nosetests|unittest|tox|isort|pycodestyle|bandit)/.test(
        section,
      ) && line.trim() !== ""
    ) {
      parts.set(section, `${String(parts.get(section) ?? "")}${line.trimEnd()}\n`);
    }
  }
  return parts;
}

/** `replace` and `exclude` put other code under the same import path; `require` is a dependency like any other. */
function goModParts(text: string): Parts {
  const parts: Parts = new Map();
  let block = "";
  for (const raw of text.split("\n")) {
    const line = raw.replace(/\/\/.*$/, "").trim();
    if (block !== "") {
      if (line === ")") block = "";
      else if (line !== "") parts.set(`${block} ${line.replace(/\s+/g, " ")}`, true);
      continue;
    }
    const word = line.split(/\s+/, 1)[0] ?? "";
    if (!["replace", "exclude", "use", "godebug", "tool"].includes(word)) continue;
    if (line.endsWith("(")) block = word;
    else parts.set(line.replace(/\s+/g, " "), true);
  }
  return parts;
}
