import type { ConfigChange, FileFacts } from "../../specs/mod.ts";
import type { Contents } from "./content.ts";
import { type Data, isData, jsonOf } from "./parts.ts";

const MAX_CHARACTERS = 256_000;
const MAX_KEYS = 300;
const MAX_FILES = 200;
const MAX_DEPTH = 30;

const FORMATS: readonly (readonly [RegExp, ConfigChange["format"]])[] = [
  [/\.(?:json|jsonc|json5)$/i, "json"],
  [/\.ya?ml$/i, "yaml"],
  [/\.toml$/i, "toml"],
];

/** Keys of configuration files that come, go or change, by their path in the file. A list is one value; values are not kept. */
export async function configChanges(
  files: readonly FileFacts[],
  contents: Contents,
): Promise<ConfigChange[]> {
  const found: ConfigChange[] = [];
  for (const file of files) {
    if (file.kind !== "config" && file.kind !== "manifest") continue;
    const format = FORMATS.find(([pattern]) => pattern.test(file.path))?.[1];
    if (format === undefined || found.length >= MAX_FILES) continue;
    const [base, head] = [await contents.base(file), await contents.head(file)];
    if (base === head || (base?.length ?? 0) + (head?.length ?? 0) > 2 * MAX_CHARACTERS) continue;
    const [before, after] = [await keysOf(base, format), await keysOf(head, format)];
    if (before === null || after === null) continue;
    const added = [...after.keys()].filter((key) => !before.has(key));
    const removed = [...before.keys()].filter((key) => !after.has(key));
    const changed = [...after].filter(([key, value]) => before.has(key) && before.get(key) !== value).map((
      [key],
    ) => key);
    if (added.length + removed.length + changed.length === 0) continue;
    found.push({
      path: file.path,
      format,
      added: added.slice(0, MAX_KEYS),
      removed: removed.slice(0, MAX_KEYS),
      changed: changed.slice(0, MAX_KEYS),
      truncated: [added, removed, changed].some((list) => list.length > MAX_KEYS),
    });
  }
  return found;
}

async function keysOf(
  text: string | null,
  format: ConfigChange["format"],
): Promise<Map<string, string> | null> {
  const keys = new Map<string, string>();
  if (text === null) return keys;
  const roots: unknown[] = [];
  try {
    if (format === "json") roots.push(jsonOf(text));
    else if (format === "toml") roots.push((await import("smol-toml")).parse(text));
    else {
      const { parseAllDocuments } = await import("yaml");
      for (const document of parseAllDocuments(text, { prettyErrors: false })) {
        if (!("errors" in document) || document.errors.length > 0) return null;
        roots.push(document.toJS({ maxAliasCount: 100 }));
      }
    }
  } catch {
    // Of what cannot be read no key is known; other rules say so.
    return null;
  }
  for (const [at, root] of roots.entries()) flatten(root, roots.length > 1 ? [String(at)] : [], keys);
  return keys;
}

function flatten(value: unknown, path: readonly string[], keys: Map<string, string>): void {
  if (keys.size > 20_000) return;
  if (isData(value) && !(value instanceof Date) && Object.keys(value).length > 0 && path.length < MAX_DEPTH) {
    for (const [key, inner] of Object.entries(value as Data)) {
      flatten(inner, [...path, key.replaceAll(".", "\\.").slice(0, 200)], keys);
    }
    return;
  }
  if (path.length > 0) {
    keys.set(
      path.join("."),
      JSON.stringify(value, (_key, inner) => typeof inner === "bigint" ? `${inner}n` : inner) ?? "",
    );
  }
}
