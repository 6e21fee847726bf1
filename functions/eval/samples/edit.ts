/** One edit of a tree, as a sample writes it. */
import { type Draft, draftOf } from "../cheats/draft.ts";
import type { Tree } from "../repository.ts";
import { replacementsOf, type Section } from "./archive.ts";
import { substituted } from "./substitution.ts";

/** Words of sections that change files. */
export const EDITS = new Set(["in", "write", "append", "delete", "move", "link", "mode", "bytes"]);

/** The tree after the edits, in their order. */
export function edited(tree: Tree, edits: readonly Section[]): Tree {
  const draft = draftOf(tree);
  for (const edit of edits) {
    try {
      apply(draft, edit);
    } catch (error) {
      throw new Error(`line ${edit.line}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return draft.tree();
}

function apply(draft: Draft, { word, args, body }: Section): void {
  const [path = "", second = ""] = args.split(/\s+/).map(substituted);
  switch (word) {
    case "in":
      for (const { from, to } of replacementsOf(substituted(body))) {
        const text = draft.text(path);
        const at = text.indexOf(from);
        if (from === "" || at < 0 || text.indexOf(from, at + 1) >= 0) {
          throw new Error(
            `Cannot edit ${path}: ${JSON.stringify(from)} stands in it ${
              at < 0 ? "nowhere" : "more than once"
            }`,
          );
        }
        draft.write(path, text.slice(0, at) + to + text.slice(at + from.length));
      }
      return;
    case "write":
      draft.write(path, substituted(body));
      if (second === "755") draft.executable(path);
      return;
    case "append":
      draft.write(path, `${draft.text(path)}${substituted(body)}`);
      return;
    case "delete":
      draft.text(path);
      draft.remove(path);
      return;
    case "move":
      draft.write(second, draft.text(path));
      draft.remove(path);
      return;
    case "link":
      draft.link(path, second);
      return;
    case "mode":
      draft.text(path);
      draft.executable(path);
      return;
    case "bytes":
      // COUNT bytes after a beginning in hexadecimal, the same on every machine.
      draft.bytes(path, blob(second, Number(args.split(/\s+/)[2] ?? "0")));
      return;
    default:
      throw new Error(`Cannot edit by ${word}: one of ${[...EDITS].join(", ")}`);
  }
}

function blob(hex: string, count: number): Uint8Array {
  const head = (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  let state = 1;
  const rest = Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state & 0xff;
  });
  return Uint8Array.from([...head, ...rest]);
}
