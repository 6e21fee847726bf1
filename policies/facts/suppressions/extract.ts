import type { FileFacts, Suppression, SuppressionFacts } from "../../../specs/mod.ts";
import { changedLines } from "../changed_lines.ts";
import type { Contents } from "../content.ts";
import { placeOf } from "../oversight_place.ts";
import { settingsLoosened } from "./settings.ts";
import { type Found, mayMark, suppressionsOf } from "./find.ts";
import { gone, grown } from "./growth.ts";

const MAX_ADDED = 500;
const MAX_COUNTS = 2000;
/** Reading matter describes marks; rows and locks are read by no linter. */
const READ: ReadonlySet<FileFacts["kind"]> = new Set(["code", "test", "config", "manifest", "other"]);

/** Marks and settings that switch checks off, which head has and base has not (S1 of the gate catalogue). */
export async function suppressionFacts(
  files: readonly FileFacts[],
  contents: Contents,
): Promise<SuppressionFacts> {
  const added: { found: Found; made: Suppression }[] = [];
  const lost = new Map<string, number>();
  const counts: SuppressionFacts["counts"] = [];
  const unread: string[] = [];
  const settings: Suppression[] = [];
  for (const file of files) {
    if (!READ.has(file.kind) || file.binary) continue;
    const [base, head] = [await contents.base(file), await contents.head(file)];
    if (contents.tooLarge.has(file.path) && file.status !== "D") unread.push(file.path);
    if (base === head) continue;
    settings.push(...await settingsLoosened(file, base, head));
    const lines = changedLines(file.status === "C" ? null : base, head);
    if (!mayMark(lines.added, file.language) && !mayMark(lines.removed, file.language)) continue;
    const from = file.from ?? file.path;
    const before = base === null ? [] : suppressionsOf(from, base, file.language);
    const after = head === null ? [] : suppressionsOf(file.path, head, file.language);
    for (const tool of new Set([...before, ...after].map((one) => one.tool))) {
      const count = (list: readonly Found[]) => list.filter((one) => one.tool === tool).length;
      if (count(before) !== count(after)) {
        counts.push({ path: file.path, tool, base: count(before), head: count(after) });
      }
    }
    for (const { key } of file.status === "C" ? [] : gone(before, after)) {
      lost.set(key, (lost.get(key) ?? 0) + 1);
    }
    const [fresh, rows] = [new Set(lines.added), head?.split("\n") ?? []];
    const place = placeOf(file, base, head);
    const replaced = replacedTypes(base, head);
    for (const found of grown(file.status === "C" ? [] : before, after)) {
      added.push({
        found,
        made: {
          path: file.path,
          line: found.line,
          tool: found.tool,
          scope: found.scope,
          blanket: found.rules.length === 0,
          rules: found.rules,
          text: `${found.name}${
            found.rules.length > 0 && !/^any-/.test(found.tool) ? ` ${found.rules.join(", ")}` : ""
          }`
            .slice(0, 160),
          justified: found.justified || (found.above && fresh.has((rows[found.line - 2] ?? "").trim())),
          place: place.place,
          certain: place.sure && !found.quoted && (found.tool !== "any-type" || replaced(found.line)),
        },
      });
    }
  }
  // What stands elsewhere word by word, with the code that it is about, has moved.
  const stays = added.filter(({ found: { key } }) => {
    const moved = lost.get(key) ?? 0;
    if (moved > 0) lost.set(key, moved - 1);
    return moved <= 0;
  });
  const all = [...stays.map(({ made }) => made), ...settings];
  return {
    added: all.slice(0, MAX_ADDED),
    counts: counts.slice(0, MAX_COUNTS),
    unread: unread.slice(0, MAX_COUNTS),
    truncated: all.length > MAX_ADDED || counts.length > MAX_COUNTS,
  };
}

/** Whether a line of head is one of base in which `any` took the place of a type. */
function replacedTypes(base: string | null, head: string | null): (line: number) => boolean {
  if (base === null || head === null) return () => false;
  const [before, after] = [
    base.split("\n").map((line) => line.trim()),
    head.split("\n").map((line) => line.trim()),
  ];
  const kept = new Set(after);
  const removed = before.filter((line) => line !== "" && line.length < 1000 && !kept.has(line)).slice(
    0,
    2000,
  );
  return (line) => {
    const parts = (after[line - 1] ?? "").slice(0, 1000).split(/(?<=[:<,|&]\s{0,4})any\b/);
    const [first = "", last = ""] = [parts[0], parts.at(-1)];
    return parts.length > 1 && removed.some((old) => {
      if (!old.startsWith(first) || !old.endsWith(last)) return false;
      let from = first.length;
      for (const part of parts.slice(1, -1)) {
        const at = old.indexOf(part, from + 1);
        if (at < 0) return false;
        from = at + part.length;
      }
      return from < old.length - last.length;
    });
  };
}
