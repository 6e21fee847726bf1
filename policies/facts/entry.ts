import type { Contents } from "./content.ts";
import { tokensOf } from "./source/lexicon.ts";
import { codeOf } from "./source/token.ts";

const MAX_MODULES = 200;
const MANIFESTS = ["package.json", "deno.json", "deno.jsonc"];
const EXTENSIONS = ["", ".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", "/index.ts", "/index.js", "/mod.ts"];

const directoryOf = (path: string): string => path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";

/**
 * Modules that users of a JavaScript or TypeScript package can reach: its declared entry points and what those export from. Null
 * when a package of the changed files declares none that exists in the tree: then every module may be imported by others.
 */
export async function entryModules(
  changed: readonly string[],
  base: readonly string[],
  contents: Contents,
): Promise<Set<string> | null> {
  const known = new Set(base);
  const packages = new Set<string>();
  for (const path of changed) {
    if (!/\.[cm]?[jt]sx?$/.test(path)) continue;
    for (let at = directoryOf(path);; at = directoryOf(at)) {
      const manifest = MANIFESTS.map((name) => at === "" ? name : `${at}/${name}`).find((candidate) =>
        known.has(candidate)
      );
      if (manifest) {
        packages.add(manifest);
        break;
      }
      if (at === "") return null;
    }
  }
  const reached = new Set<string>();
  for (const manifest of packages) {
    const text = await contents.at(manifest, "base");
    const entries = text === null
      ? []
      : declaredEntries(text).map((entry) => resolveModule(directoryOf(manifest), entry, known)).filter((
        path,
      ) => path !== null);
    if (entries.length === 0) return null;
    for (const entry of entries) reached.add(entry);
  }
  const open = [...reached];
  for (let module = open.pop(); module !== undefined && reached.size < MAX_MODULES; module = open.pop()) {
    const text = await contents.at(module, "base");
    for (const target of text === null ? [] : reExports(text)) {
      const path = resolveModule(directoryOf(module), target, known);
      if (path !== null && !reached.has(path)) {
        reached.add(path);
        open.push(path);
      }
    }
  }
  return reached.size < MAX_MODULES ? reached : null;
}

function declaredEntries(text: string): string[] {
  let data: unknown;
  try {
    data = JSON.parse(text.replace(/^[ \t]*\/\/.*$/gm, ""));
  } catch {
    return [];
  }
  if (typeof data !== "object" || data === null) return [];
  const { main, module, types, typings, browser, bin, exports } = data as Record<string, unknown>;
  return [main, module, types, typings, browser, bin, exports].flatMap(strings);
}

function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

function reExports(text: string): string[] {
  const tokens = codeOf(tokensOf(text, "ecmascript"));
  return tokens.flatMap((token, at) =>
    token.text === "from" && token.kind === "word" && tokens[at + 1]?.kind === "string" &&
      /^\.{1,2}\//.test(tokens[at + 1]?.value ?? "")
      ? [tokens[at + 1]?.value ?? ""]
      : []
  );
}

/** A relative specifier as a path of the tree, with the endings that resolvers try. */
export function resolveModule(
  directory: string,
  specifier: string,
  known: ReadonlySet<string>,
): string | null {
  const parts = directory === "" ? [] : directory.split("/");
  for (const part of specifier.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (parts.length === 0) return null;
      parts.pop();
    } else parts.push(part);
  }
  const plain = parts.join("/");
  const source = plain.replace(/\.(?:js|mjs|cjs)$/, "");
  for (
    const candidate of [
      plain,
      ...EXTENSIONS.map((extension) => plain + extension),
      ...EXTENSIONS.map((extension) => source + extension),
    ]
  ) {
    if (known.has(candidate)) return candidate;
  }
  return null;
}
