import type { Tree } from "./tree.ts";

/** JSON beyond these is not read. Real plans nest to about 30. */
export const MAX_JSON_BYTES = 16_000_000;
const MAX_DEPTH = 120;

/**
 * Reads JSON in linear time: its depth is bounded, and a key that stands twice in an object is refused, because readers differ in
 * which of the two they take.
 */
export function readJson(text: string): { ok: true; value: Tree } | { ok: false; why: string; line: number } {
  const keys: (Set<string> | null)[] = [];
  let line = 1;
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10) line++;
    else if (code === 123 || code === 91) {
      keys.push(code === 123 ? new Set() : null);
      expectsKey = code === 123;
      if (keys.length > MAX_DEPTH) {
        return { ok: false, why: `its values lie in each other beyond ${MAX_DEPTH}`, line };
      }
    } else if (code === 125 || code === 93) {
      keys.pop();
      expectsKey = false;
    } else if (code === 44) expectsKey = keys.at(-1) instanceof Set;
    else if (code === 58) expectsKey = false;
    else if (code === 34) {
      const end = stringEnd(text, at);
      if (end < 0) return { ok: false, why: "a string is not closed", line };
      const known = keys.at(-1);
      if (expectsKey && known) {
        const raw = text.slice(at, end);
        let key = raw;
        // Two spellings of one key are one key.
        if (raw.includes("\\")) {
          try {
            key = JSON.stringify(JSON.parse(raw));
          } catch {
            return { ok: false, why: "a string holds an escape that JSON has not", line };
          }
        }
        if (known.has(key)) return { ok: false, why: "a key stands twice in one object", line };
        known.add(key);
      }
      at = end - 1;
    }
  }
  try {
    return { ok: true, value: JSON.parse(text) as Tree };
  } catch (error) {
    // The message may quote the text, in which secrets may stand.
    return { ok: false, why: `it is no JSON (${error instanceof Error ? error.name : "error"})`, line };
  }
}

function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 92) i++;
    else if (code === 34) return i + 1;
  }
  return -1;
}
