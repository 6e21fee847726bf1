import { type Data, entriesOf, isData, type Parts, pick } from "./parts.ts";

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

/** What a dependency is fetched from, without its version: `npm:chai@5` and `npm:chai@6` are the same source, a path is another. */
function sourceOfDependency(value: unknown): unknown {
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

export function packageParts(data: Data): Parts {
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

export function denoParts(data: Data): Parts {
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

export function importParts(data: Data): Parts {
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

export function tsconfigParts(data: Data): Parts {
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
