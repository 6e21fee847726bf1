import type { CodeLanguage } from "../../../specs/mod.ts";
import { type Parsed, parsedSource } from "./sources.ts";

type Read = (path: string) => Promise<string | null>;

const MAX_SUPPORT = 20;
const MAX_TEXT = 200_000;

/** Adds the functions of files that a test file leans on to those that its tests can call, two files deep. */
export async function supportOf(
  parsed: Parsed,
  language: CodeLanguage,
  read: Read,
  list: () => Promise<readonly string[]>,
  seen: Set<string> = new Set(),
): Promise<void> {
  const { source } = parsed;
  seen.add(source.path);
  for (const path of await leanedOn(parsed, language, list)) {
    if (seen.has(path) || seen.size > MAX_SUPPORT) continue;
    const text = await read(path);
    if (text === null || text.length > MAX_TEXT) continue;
    const other = await parsedSource(text, language, path);
    await supportOf(other, language, read, list, seen);
    for (const [name, found] of other.source.functions) {
      if (!source.functions.has(name)) source.functions.set(name, found);
    }
    for (const [name, value] of other.source.scope) {
      if (source.imports.has(name) && !source.scope.has(name)) source.scope.set(name, value);
    }
  }
}

/** Files of the repository whose functions a test file can call. */
async function leanedOn(
  { source, root }: Parsed,
  language: CodeLanguage,
  list: () => Promise<readonly string[]>,
): Promise<string[]> {
  const here = source.path.split("/").slice(0, -1);
  switch (language) {
    case "ecmascript": {
      const known = new Set(await list());
      const found: string[] = [];
      for (const from of new Set(source.imports.values())) {
        if (!from.startsWith(".")) continue;
        const place = joined(here, from);
        const bare = place.replace(/\.[cm]?[jt]sx?$/, "");
        const path = [
          place,
          ...ENDINGS.flatMap((end) => [`${place}${end}`, `${bare}${end}`, `${place}/index${end}`]),
        ]
          .find((one) => known.has(one));
        if (path !== undefined && TESTWARE.test(path)) found.push(path);
      }
      return found;
    }
    case "python": {
      const known = new Set(await list());
      const found: string[] = [];
      for (const module of new Set(source.imports.values())) {
        const dots = /^\.*/.exec(module)?.[0].length ?? 0;
        const inner = module.slice(dots).replaceAll(".", "/");
        const roots = dots > 0
          ? [here.slice(0, here.length - dots + 1).join("/")]
          : ["", here.join("/"), "src"];
        for (const folder of roots) {
          const path = [`${[folder, inner].filter((one) => one !== "").join("/")}.py`].find((one) =>
            known.has(one)
          );
          if (path !== undefined && TESTWARE.test(path)) found.push(path);
        }
      }
      return found;
    }
    case "go":
      return (await list()).filter((path) =>
        path.endsWith("_test.go") && path !== source.path &&
        path.split("/").slice(0, -1).join("/") === here.join("/")
      ).slice(0, MAX_SUPPORT);
    case "shell": {
      const known = await list();
      const names: string[] = [];
      const walk = (node: typeof root): void => {
        const step = source.dialect.step(node);
        if (step.kind === "call" && /^(?:\.|source|load)$/.test(step.call.name)) {
          const [first] = step.call.args;
          const text = first === undefined ? "" : textOf(first).replace(/["']/g, "");
          const name = text.split("/").pop() ?? "";
          if (name !== "") names.push(name, `${name}.bash`, `${name}.sh`);
        }
        node.children.forEach(walk);
      };
      walk(root);
      return known.filter((path) => names.includes(path.split("/").pop() ?? "")).slice(0, MAX_SUPPORT);
    }
    case "java":
    case "rust":
      return [];
  }
}

const ENDINGS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];
/** Only what belongs to the tests can assert something for them. */
const TESTWARE =
  /(?:^|\/)(?:tests?|__tests__|spec|testing|testutils?|support|helpers?|fixtures?)\/|[._-](?:test|spec)s?\.|test[_-]|_test|helper|assert|check|support|util|conftest/i;

/** Whether a module may hold what tests assert with, by its name. */
export const assertsForTests = (module: string): boolean => TESTWARE.test(module);

function joined(here: readonly string[], target: string): string {
  const parts = [...here];
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function textOf(node: Parsed["root"]): string {
  return node.children.length === 0 ? node.text : node.children.map(textOf).join("");
}
