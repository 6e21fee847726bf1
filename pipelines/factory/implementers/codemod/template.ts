import type { Match } from "./pattern.ts";

const TEMPLATE = /\$\$\$[A-Z_][A-Z0-9_]*|\$[A-Z_][A-Z0-9_]*|\$\$/g;

/** `f(, x)` and `f(x, )` would come of an empty $$$ARGS beside a comma: the comma goes with it. */
function withoutEmpty(replacement: string, match: Match): string {
  let text = replacement;
  for (const [name, range] of match.bound) {
    if (range !== null || !text.includes(`$$$${name}`)) continue;
    const variable = `\\$\\$\\$${name}(?![A-Z0-9_])`;
    text = text.replace(new RegExp(`([([{]\\s*)${variable}\\s*,\\s*`, "g"), "$1")
      .replace(new RegExp(`\\s*,\\s*${variable}`, "g"), "");
  }
  return text;
}

/**
 * The text of a range with the matches in it rewritten, the inner ones inside what the outer ones keep. One pass:
 * what a replacement brings in is not searched again, so a replacement that matches its own pattern ends.
 * The matches are sorted, outer before inner.
 */
export function render(
  text: string,
  start: number,
  end: number,
  matches: readonly Match[],
  replacement: string,
): string {
  let out = "", at = start;
  for (let i = 0; i < matches.length;) {
    const match = matches[i];
    if (match === undefined) break;
    let next = i + 1;
    while (next < matches.length && (matches[next]?.start ?? match.end) < match.end) next++;
    const inner = matches.slice(i + 1, next);
    if (match.start < at || match.end > end) {
      i++; // not inside this range: what lies in it may be
      continue;
    }
    i = next;
    out += text.slice(at, match.start);
    out += withoutEmpty(replacement, match).replace(TEMPLATE, (whole) => {
      if (whole === "$$") return "$";
      const range = match.bound.get(whole.replace(/^\$+/, ""));
      return range === null || range === undefined
        ? ""
        : render(text, range.start, range.end, inner, replacement);
    });
    at = match.end;
  }
  return out + text.slice(at, end);
}
