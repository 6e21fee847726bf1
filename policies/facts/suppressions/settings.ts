import type { FileFacts, Suppression } from "../../../specs/mod.ts";
import { type Data, isData, jsonOf } from "../parts.ts";

/** A setting of a check that can be looser: true where `after` lets more through than `before`. Undefined: it is not there. */
interface Setting {
  tool: string;
  /** Path into the data; `*` stands for any name. */
  path: readonly string[];
  looser(before: unknown, after: unknown): boolean;
}

interface Family {
  files: RegExp;
  read(text: string): Promise<unknown> | unknown;
  settings: readonly Setting[];
}

const wasOn = (before: unknown, after: unknown): boolean => before === true && after !== true;
const switchedOff = (before: unknown, after: unknown): boolean =>
  before !== false && after === false && before !== undefined;
const turnedOn = (before: unknown, after: unknown): boolean => before !== true && after === true;
const lower = (before: unknown, after: unknown): boolean =>
  typeof before === "number" && (typeof after === "number" ? after < before : after === undefined);
const listOf = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.map(String)
    : typeof value === "string"
    ? value.split(/[\s,]+/).filter((one) => one !== "")
    : [];
const longer = (before: unknown, after: unknown): boolean => {
  const known = new Set(listOf(before));
  return listOf(after).some((one) => !known.has(one));
};
const isOff = (value: unknown): boolean => {
  const first = Array.isArray(value) ? value[0] : isData(value) ? value.level ?? value.severity : value;
  return first === "off" || first === 0 || first === "allow" || first === false;
};
const turnedOff = (before: unknown, after: unknown): boolean => isOff(after) && !isOff(before);
const dropsRules = (before: unknown, after: unknown): boolean =>
  listOf(before).some((one) => !listOf(after).includes(one)) && listOf(after).length < listOf(before).length;

const STRICT = [
  "strict",
  "noImplicitAny",
  "strictNullChecks",
  "strictFunctionTypes",
  "strictBindCallApply",
  "strictPropertyInitialization",
  "noImplicitThis",
  "useUnknownInCatchVariables",
  "noUnusedLocals",
  "noUnusedParameters",
  "noImplicitReturns",
  "noFallthroughCasesInSwitch",
  "noUncheckedIndexedAccess",
  "exactOptionalPropertyTypes",
  "noImplicitOverride",
];
const MYPY_ON = [
  "strict",
  "disallow_untyped_defs",
  "disallow_any_generics",
  "check_untyped_defs",
  "warn_return_any",
  "no_implicit_optional",
  "strict_optional",
];

const toml = async (text: string): Promise<unknown> => (await import("smol-toml")).parse(text);
const yaml = async (text: string): Promise<unknown> =>
  (await import("yaml")).parse(text, { maxAliasCount: 20 });
const at = (tool: string, path: string, looser: Setting["looser"]): Setting => ({
  tool,
  path: path.split("/"),
  looser,
});

const PYTHON: readonly Setting[] = [
  ...["", "lint/"].flatMap((lint) =>
    ["ignore", "extend-ignore", "exclude", "extend-exclude", "per-file-ignores/*"].map((key) =>
      at("ruff", `${lint}${key}`, longer)
    )
  ),
  ...["", "lint/"].map((lint) => at("ruff", `${lint}select`, dropsRules)),
];
const under = (prefix: string, settings: readonly Setting[]): Setting[] =>
  settings.map((one) => ({ ...one, path: [...prefix.split("/"), ...one.path] }));
const COVERAGE: readonly Setting[] = [
  at("coverage", "report/fail_under", lower),
  at("coverage", "report/exclude_lines", longer),
  at("coverage", "report/exclude_also", longer),
  at("coverage", "report/omit", longer),
  at("coverage", "run/omit", longer),
];
const ESLINT: readonly Setting[] = [
  at("eslint", "rules/*", turnedOff),
  at("eslint", "overrides/*/rules/*", turnedOff),
  at("eslint", "ignorePatterns", longer),
];
const THRESHOLDS: readonly Setting[] = ["branches", "functions", "lines", "statements"].flatMap((name) => [
  at("coverage", name, lower),
]);

const FAMILIES: readonly Family[] = [
  {
    files: /^(?:ts|js)config[^/]*\.json$/,
    read: jsonOf,
    settings: [
      ...STRICT.map((name) => at("typescript", `compilerOptions/${name}`, wasOn)),
      at("typescript", "compilerOptions/noEmitOnError", wasOn),
      at("typescript", "compilerOptions/checkJs", wasOn),
    ],
  },
  {
    files: /^deno\.jsonc?$/,
    read: jsonOf,
    settings: [
      ...STRICT.map((name) => at("typescript", `compilerOptions/${name}`, switchedOff)),
      ...STRICT.map((name) =>
        at(
          "typescript",
          `compilerOptions/${name}`,
          (before, after) => before === undefined && after === false,
        )
      ),
      at("deno-lint", "lint/rules/exclude", longer),
      at("deno-lint", "lint/exclude", longer),
      at("deno-lint", "exclude", longer),
    ],
  },
  {
    files: /^(?:\.eslintrc(?:\.json)?|\.oxlintrc\.json)$/,
    read: jsonOf,
    settings: ESLINT,
  },
  { files: /^\.eslintrc\.ya?ml$/, read: yaml, settings: ESLINT },
  {
    files: /^package\.json$/,
    read: jsonOf,
    settings: [
      ...under("eslintConfig", ESLINT),
      at("eslint", "eslintIgnore", longer),
      ...under("jest/coverageThreshold/*", THRESHOLDS),
      at("coverage", "jest/coveragePathIgnorePatterns", longer),
      ...under("nyc", THRESHOLDS),
      ...under("c8", THRESHOLDS),
      at("coverage", "nyc/exclude", longer),
      at("coverage", "nyc/check-coverage", wasOn),
      at("coverage", "c8/exclude", longer),
    ],
  },
  {
    files: /^\.(?:nycrc|c8rc)(?:\.json)?$/,
    read: jsonOf,
    settings: [...THRESHOLDS, at("coverage", "exclude", longer), at("coverage", "check-coverage", wasOn)],
  },
  {
    files: /^biome\.jsonc?$/,
    read: jsonOf,
    settings: [
      at("biome", "linter/rules/*/*", turnedOff),
      at("biome", "linter/enabled", switchedOff),
      at("biome", "linter/rules/recommended", switchedOff),
    ],
  },
  {
    files: /^pyproject\.toml$/,
    read: toml,
    settings: [
      ...under("tool/ruff", PYTHON),
      ...under("tool/coverage", COVERAGE),
      at("mypy", "tool/mypy/ignore_errors", turnedOn),
      at("mypy", "tool/mypy/disable_error_code", longer),
      at("mypy", "tool/mypy/exclude", longer),
      ...MYPY_ON.map((name) =>
        at("mypy", `tool/mypy/${name}`, (before, after) => wasOn(before, after) || switchedOff(before, after))
      ),
      at("pylint", "tool/pylint/*/disable", longer),
      at("bandit", "tool/bandit/skips", longer),
    ],
  },
  { files: /^\.?ruff\.toml$/, read: toml, settings: PYTHON },
  {
    files: /^cargo\.toml$/,
    read: toml,
    settings: [at("rustc", "lints/*/*", turnedOff), at("rustc", "workspace/lints/*/*", turnedOff)],
  },
  {
    files: /^\.golangci\.(?:ya?ml)$/,
    read: yaml,
    settings: [
      at("golangci", "linters/disable", longer),
      at("golangci", "linters/enable", dropsRules),
      at("golangci", "linters/disable-all", turnedOn),
    ],
  },
  { files: /^\.?codecov\.ya?ml$/, read: yaml, settings: [at("coverage", "ignore", longer)] },
  { files: /^\.rubocop\.ya?ml$/, read: yaml, settings: [at("rubocop", "*/Enabled", switchedOff)] },
];

const ASIDE = /(?:^|[/*_.])(?:tests?|conftest|examples?|docs?|samples?|benchmarks?)(?:[/*_.]|$)|\.pyi$/;
const MAX_CHARACTERS = 256_000;

/** Settings of checks that let more through at head than at base. A file that is new has loosened nothing. */
export async function settingsLoosened(
  file: FileFacts,
  base: string | null,
  head: string | null,
): Promise<Suppression[]> {
  const name = file.path.slice(file.path.lastIndexOf("/") + 1).toLowerCase();
  const family = FAMILIES.find(({ files }) => files.test(name));
  if (
    family === undefined || base === null || head === null || base.length + head.length > 2 * MAX_CHARACTERS
  ) return [];
  let sides: [unknown, unknown];
  try {
    sides = [await family.read(base), await family.read(head)];
  } catch {
    // What cannot be read is told by the rule of protected files.
    return [];
  }
  const found = new Map<string, Suppression>();
  for (const setting of family.settings) {
    for (const path of pathsOf(setting.path, sides)) {
      const [before, after] = sides.map((side) =>
        valueAt(side, path) ?? valueAt(side, otherPlace(setting, path))
      );
      if (!setting.looser(before, after) || (after === undefined && isImplied(sides[1], setting, path))) {
        continue;
      }
      const last = path.at(-1) ?? "";
      found.set(path.join("."), {
        path: file.path,
        line: lineOf(head, last),
        tool: setting.tool,
        scope: "project",
        blanket: false,
        rules: [],
        text: `the setting ${path.join(".")}`.slice(0, 160),
        justified: false,
        // What is left out for tests and samples is left out of nothing that ships.
        place: path.length > 1 && path.at(-2) === "per-file-ignores" && ASIDE.test(last) ? "test" : "script",
        certain: true,
      });
    }
  }
  return [...found.values()].slice(0, 100);
}

/** What the setting `strict` beside them switches on by itself. */
const BY_STRICT: Readonly<Record<string, readonly string[]>> = {
  typescript: STRICT.slice(1, 8),
  mypy: MYPY_ON.slice(1),
};

function isImplied(head: unknown, { tool }: Setting, path: readonly string[]): boolean {
  return (BY_STRICT[tool] ?? []).includes(path.at(-1) ?? "") &&
    valueAt(head, [...path.slice(0, -1), "strict"]) === true;
}

/** Ruff moved its settings of lint rules into a table of their own, and reads either. */
function otherPlace({ tool }: Setting, path: readonly string[]): readonly string[] {
  if (tool !== "ruff") return path;
  const lint = path.indexOf("lint");
  if (lint >= 0) return path.toSpliced(lint, 1);
  const top = path[0] === "tool" ? 2 : 0;
  return path.toSpliced(top, 0, "lint");
}

function valueAt(data: unknown, path: readonly string[]): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Data)[part];
  }
  return value;
}

/** The paths that a pattern with `*` stands for, on either side. */
function pathsOf(pattern: readonly string[], sides: readonly unknown[]): string[][] {
  let open: string[][] = [[]];
  for (const part of pattern) {
    open = open.flatMap((path) => {
      if (part !== "*") return [[...path, part]];
      const keys = new Set(sides.flatMap((side) => {
        const value = valueAt(side, path);
        return typeof value === "object" && value !== null ? Object.keys(value).slice(0, 500) : [];
      }));
      return [...keys].map((key) => [...path, key]);
    }).slice(0, 2000);
  }
  return open;
}

function lineOf(text: string, key: string): number {
  const at = text.split("\n").findIndex((line) => line.includes(key));
  return at < 0 ? 1 : at + 1;
}
