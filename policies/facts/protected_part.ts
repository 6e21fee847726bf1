import { type Data, jsonOf, type Parts } from "./parts.ts";
import { gradleParts, makefileParts, pomParts } from "./protected_build.ts";
import { denoParts, importParts, packageParts, tsconfigParts } from "./protected_javascript.ts";
import { cargoParts, goModParts, pyprojectParts, setupCfgParts } from "./protected_languages.ts";

type Reader = (text: string) => Parts | Promise<Parts>;

const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/^package\.json$/, (text) => packageParts(jsonOf(text))],
  [/^deno\.jsonc?$/, (text) => denoParts(jsonOf(text))],
  [/^(?:import_map|importmap)\.json$/, (text) => importParts(jsonOf(text))],
  [/^(?:ts|js)config[^/]*\.json$/, (text) => tsconfigParts(jsonOf(text))],
  [/^pyproject\.toml$/, async (text) => pyprojectParts(await tomlOf(text))],
  [/^cargo\.toml$/, async (text) => cargoParts(await tomlOf(text))],
  [/^setup\.cfg$/, setupCfgParts],
  [/^go\.(?:mod|work)$/, goModParts],
  [/^(?:gnu)?makefile(?:\.[^/]*)?$|\.mk$/, makefileParts],
  [/^\.?justfile$|\.just$/, makefileParts],
  [/^taskfile[^/]*\.ya?ml$/, (text) => new Map([["tasks", text.trim()]])],
  [/^pom\.xml$/, pomParts],
  [/^(?:build|settings)\.gradle(?:\.kts)?$/, gradleParts],
];

async function tomlOf(text: string): Promise<Data> {
  const { parse } = await import("smol-toml");
  return parse(text) as Data;
}

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
