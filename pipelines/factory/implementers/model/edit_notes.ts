import type { Answer } from "./answer.ts";
import type { Applied } from "./apply.ts";
import { type DataText, inline } from "./data_text.ts";
import type { WorkFiles } from "./files.ts";

/** One edit of an answer and what came of it. */
export interface Made {
  readonly line: number;
  readonly applied: Applied;
  readonly outdated: number;
}

const REGION = 6;

/** What came of the edits of an answer: those that were made apart from those that were not, and how the files are now. */
export async function editNotes(
  { data, files }: { data: DataText; files: WorkFiles },
  edits: readonly Made[],
  read: Answer,
): Promise<string[]> {
  const notes: string[] = [];
  for (const { line, applied, outdated } of edits) {
    const head = `Edit at line ${line} of your answer, ${inline(applied.path)}:`;
    if (!applied.ok) {
      notes.push(`${head} NOT MADE: ${inline(applied.message, 600)}.`);
      if (applied.nearest) {
        notes.push(
          "Nearest lines of the file:",
          await data.fenced(
            { uri: `workspace:${applied.path}#nearest`, trust: "untrusted" },
            applied.nearest,
          ),
        );
      }
      continue;
    }
    const stale = outdated > 0 ? " What you were shown of this file before is out of date." : "";
    notes.push(`${head} made: ${applied.message}.${stale}`);
    const file = outdated > 0 && applied.line !== undefined ? await files.read(applied.path) : null;
    if (file?.kind === "text" && applied.line !== undefined) {
      const from = Math.max(0, applied.line - 1 - REGION);
      const region = file.text.split(/\r?\n/).slice(from, applied.line - 1 + 4 * REGION).map((one) =>
        one.slice(0, 500)
      ).join("\n");
      notes.push(
        `Around it the file is now:`,
        await data.fenced({ uri: `workspace:${applied.path}#L${from + 1}`, trust: "untrusted" }, region),
      );
    }
  }
  for (const { line, why, remedy } of read.malformed) {
    notes.push(`Line ${line} of your answer: NOT AN EDIT: ${inline(why)}. ${remedy}.`);
  }
  return notes;
}

/** An answer in a few words, for those who watch. */
export function told(edits: readonly Made[], read: Answer, calls: number): string {
  const done = edits.filter(({ applied }) => applied.ok).length;
  const parts = [
    ...(done > 0 ? [`${done} edits made`] : []),
    ...(edits.length > done ? [`${edits.length - done} edits not made`] : []),
    ...(read.malformed.length > 0 ? [`${read.malformed.length} edits not understood`] : []),
    ...(calls > 0 ? [`${calls} tool calls`] : []),
  ];
  return parts.join(", ") || "text only";
}

/** What was wrong last, for the failure. */
export function lastWrong(edits: readonly Made[], read: Answer, cut: string | null): string {
  return edits.findLast(({ applied }) => !applied.ok)?.applied.message ?? read.malformed.at(-1)?.why ?? cut ??
    "its tool calls do not fit";
}
