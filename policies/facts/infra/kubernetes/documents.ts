import type { Tree, TreeObject } from "../tree.ts";

const MAX_DEPTH = 100;
const MAX_NODES = 400_000;
const MAX_ALIASES = 1000;

export type YamlDocuments = { ok: true; documents: { tree: Tree; line: number }[] } | {
  ok: false;
  why: string;
  line: number;
};

class Refused extends Error {}

/**
 * Reads YAML as the tools of a cluster read it: version 1.1, so that `yes` is true and `<<` merges. Aliases, depth and the number of
 * values are bounded, and a key that stands twice is refused.
 */
export async function readYaml(text: string): Promise<YamlDocuments> {
  const deep = flowDepth(text);
  if (deep !== null) {
    return { ok: false, why: `its values lie in each other beyond ${MAX_DEPTH}`, line: deep };
  }
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } = await import("yaml");
  const lines = new LineCounter();
  let nodes = 0;
  let aliases = 0;
  try {
    // The library compares every key with every other when it looks for duplicates; below it is done by a set.
    const parsed = parseAllDocuments(text, {
      version: "1.1",
      uniqueKeys: false,
      strict: true,
      prettyErrors: false,
      lineCounter: lines,
      logLevel: "silent",
    });
    if (!Array.isArray(parsed)) return { ok: true, documents: [] };
    const documents: { tree: Tree; line: number }[] = [];
    for (const document of parsed) {
      const error = document.errors[0];
      if (error) {
        return {
          ok: false,
          why: `it is no YAML (${error.code})`,
          line: lines.linePos(error.pos[0]).line || 1,
        };
      }
      const tree = (node: unknown, depth: number): Tree => {
        if (depth > MAX_DEPTH) throw new Refused(`its values lie in each other beyond ${MAX_DEPTH}`);
        if (++nodes > MAX_NODES) throw new Refused(`it has more than ${MAX_NODES} values`);
        if (isAlias(node)) {
          if (++aliases > MAX_ALIASES) throw new Refused(`it has more than ${MAX_ALIASES} aliases`);
          const meant = node.resolve(document);
          if (meant === undefined) throw new Refused("an alias names nothing");
          return tree(meant, depth + 1);
        }
        if (isScalar(node)) return scalar(node.value);
        if (isSeq(node)) return node.items.map((item) => tree(item, depth + 1));
        if (isMap(node)) {
          const object: TreeObject = Object.create(null) as TreeObject;
          const merged: TreeObject[] = [];
          const seen = new Set<string>();
          for (const pair of node.items) {
            // `{{ .Values.image }}` is a map in a map to YAML; no manifest has such a key.
            if (!isScalar(pair.key)) throw new Refused("a key is no name");
            const name = pair.key.source ?? String(scalar(pair.key.value));
            const key = name === "<<" ? name : String(scalar(pair.key.value));
            const value = tree(pair.value, depth + 1);
            if (name === "<<") {
              for (const one of Array.isArray(value) ? value : [value]) {
                if (typeof one === "object" && one !== null && !Array.isArray(one)) {
                  merged.push(one as TreeObject);
                }
              }
              continue;
            }
            if (seen.has(key)) throw new Refused("a key stands twice in one map");
            seen.add(key);
            object[key] = value;
          }
          for (const one of merged) {
            for (const [key, value] of Object.entries(one)) {
              if (!Object.hasOwn(object, key)) object[key] = value;
            }
          }
          return object;
        }
        return null;
      };
      if (document.contents === null) continue;
      const at = (document.contents as { range?: [number, number, number] | null }).range?.[0] ?? 0;
      documents.push({ tree: tree(document.contents, 0), line: lines.linePos(at).line || 1 });
    }
    return { ok: true, documents };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, why: error.message, line: 1 };
    if (error instanceof RangeError) {
      return { ok: false, why: "its values lie in each other too deep", line: 1 };
    }
    if (error instanceof Error) return { ok: false, why: `it is no YAML (${error.name})`, line: 1 };
    throw error;
  }
}

function scalar(value: unknown): Tree {
  if (
    value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean"
  ) return value;
  return value === undefined ? null : String(value);
}

/** The line where brackets, or dashes of lists in lists, go too deep: asked before the library, which recurs. */
function flowDepth(text: string): number | null {
  let depth = 0;
  let line = 1;
  let dashes = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10) {
      line++;
      dashes = 0;
    } else if (code === 91 || code === 123) {
      if (++depth > 1000) return line;
    } else if (code === 93 || code === 125) depth = Math.max(0, depth - 1);
    else if ((code === 45 || code === 63) && text.charCodeAt(at + 1) <= 32) {
      if (++dashes > MAX_DEPTH) return line;
    }
  }
  return null;
}
