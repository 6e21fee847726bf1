import type { Hunk } from "./edit.ts";
import { linesOf, type Replaced, replaceOnce } from "./match.ts";

/**
 * Applies the hunks of a V4A patch in order, all or none. Lines after `@@` tell where: each must stand in the file once, from the one
 * before it on, and the first match below counts. A hunk without such a line must match in one place alone.
 */
export function applyHunks(text: string, hunks: readonly Hunk[]): Replaced {
  let current = text;
  let line = 1;
  for (const [index, hunk] of hunks.entries()) {
    const name = `hunk ${index + 1}`;
    const fail = (why: string, remedy: string, nearest = ""): Replaced => ({
      ok: false,
      why: `${name}: ${why}`,
      remedy,
      nearest,
    });
    const { texts } = linesOf(current);
    let from = 0;
    for (const anchor of hunk.anchors) {
      const places = texts.flatMap((one, at) => at >= from && one.trim() === anchor.trim() ? [at] : []);
      if (places.length !== 1) {
        return fail(
          `the line ${JSON.stringify(anchor.slice(0, 120))} stands ${
            places.length === 0 ? "nowhere" : `${places.length} times`
          } in the file`,
          "Name a line after @@ that is there once, or leave it out and repeat more lines around the place",
        );
      }
      from = (places[0] ?? 0) + 1;
    }
    if (hunk.search.length === 0) {
      if (!hunk.atEnd) {
        return fail(
          "it only adds lines and nothing tells where",
          "Repeat a line before or after the new ones, with a blank before it",
        );
      }
      const end = current.includes("\r\n") ? "\r\n" : "\n";
      const open = current === "" || current.endsWith("\n") ? "" : end;
      line = texts.length + 1;
      current = current + open + hunk.replace.map((one) => one + end).join("");
      continue;
    }
    const done = replaceOnce(
      current,
      hunk.search,
      hunk.replace,
      { from, atEnd: hunk.atEnd, first: hunk.anchors.length > 0 },
    );
    if (!done.ok) return fail(done.why, done.remedy, done.nearest);
    if (index === 0) line = done.line;
    current = done.text;
  }
  return { ok: true, text: current, level: "exact", line, lines: 0 };
}
