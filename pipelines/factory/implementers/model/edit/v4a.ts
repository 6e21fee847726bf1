import type { Edit, Hunk, Malformed } from "./edit.ts";

export const V4A_BEGIN = /^\*\*\* Begin Patch\s*$/;
const END = /^\*\*\* End Patch\s*$/;
const FILE = /^\*\*\* (Add|Update|Delete) File: (.+?)\s*$/;
const MOVE = /^\*\*\* Move to: (.+?)\s*$/;
const EOF_MARK = /^\*\*\* End of File\s*$/;

interface ReadPatch {
  edits: { line: number; edit: Edit }[];
  malformed: Malformed[];
  /** Index of the last line that belongs to it. */
  end: number;
}

/** Reads a V4A patch (`apply_patch`), which models of one family were taught, from its first line on. */
export function parseV4a(lines: readonly string[], begin: number): ReadPatch {
  const read: ReadPatch = { edits: [], malformed: [], end: begin };
  const stop = lines.findIndex((line, at) => at > begin && END.test(line));
  if (stop < 0) {
    read.malformed.push({
      line: begin + 1,
      why: "the patch is not closed: no line *** End Patch follows",
      remedy: "Write the whole patch again",
    });
    return { ...read, end: lines.length };
  }
  read.end = stop;
  let at = begin + 1;
  while (at < stop) {
    const head = FILE.exec(lines[at] ?? "");
    const path = head?.[2];
    if (path === undefined) {
      if ((lines[at] ?? "").trim() !== "") {
        read.malformed.push({
          line: at + 1,
          why: `${JSON.stringify((lines[at] ?? "").slice(0, 80))} stands outside of any file`,
          remedy: "Begin each file with *** Add File:, *** Update File: or *** Delete File:",
        });
      }
      at++;
      continue;
    }
    let next = at + 1;
    while (next < stop && !FILE.test(lines[next] ?? "")) next++;
    section(read, head?.[1] ?? "", path, lines.slice(at + 1, next), at);
    at = next;
  }
  if (read.edits.length === 0 && read.malformed.length === 0) {
    read.malformed.push({
      line: begin + 1,
      why: "the patch names no file",
      remedy: "Begin each file with *** Add File:, *** Update File: or *** Delete File:",
    });
  }
  return read;
}

function section(read: ReadPatch, kind: string, path: string, body: readonly string[], at: number): void {
  const tell = (why: string, remedy: string): void => {
    read.malformed.push({ line: at + 1, why: `${path}: ${why}`, remedy });
  };
  if (kind === "Delete") {
    read.edits.push({ line: at + 1, edit: { kind: "delete", path } });
    return;
  }
  if (kind === "Add") {
    const wrong = body.find((line) => !line.startsWith("+") && line.trim() !== "");
    if (wrong !== undefined) {
      return tell(
        `a line of a new file does not begin with +: ${JSON.stringify(wrong.slice(0, 80))}`,
        "Write each line with a + before it",
      );
    }
    const content = body.filter((line) => line.startsWith("+")).map((line) => `${line.slice(1)}\n`).join("");
    read.edits.push({ line: at + 1, edit: { kind: "write", path, content } });
    return;
  }
  const to = MOVE.exec(body[0] ?? "")?.[1] ?? null;
  const hunks = hunksOf(to === null ? body : body.slice(1));
  if (typeof hunks === "string") {
    return tell(
      hunks,
      "Write context with a blank before each line, what goes with -, what comes with +, and @@ between hunks",
    );
  }
  if (hunks.length === 0 && to === null) return tell("it has no hunk", "Leave the file out, or change it");
  read.edits.push({ line: at + 1, edit: { kind: "hunks", path, to, hunks } });
}

/** Hunks of a file, or why they cannot be read. */
function hunksOf(body: readonly string[]): Hunk[] | string {
  const hunks: Hunk[] = [];
  let open: { anchors: string[]; search: string[]; replace: string[]; atEnd: boolean } | null = null;
  const close = (): string | null => {
    if (open === null) return null;
    if (open.search.length === 0 && open.replace.length === 0) return "a hunk is empty";
    hunks.push(open);
    open = null;
    return null;
  };
  const begin = () => ({
    anchors: [] as string[],
    search: [] as string[],
    replace: [] as string[],
    atEnd: false,
  });
  for (const [index, line] of body.entries()) {
    if (/^@@/.test(line)) {
      const anchor = line.replace(/^@@\s?/, "").replace(/\s*@@$/, "").trim();
      // Several in a row narrow the place down.
      if (open !== null && open.search.length === 0 && open.replace.length === 0) {
        if (anchor !== "") open.anchors.push(anchor);
        continue;
      }
      const wrong = close();
      if (wrong !== null) return wrong;
      open = begin();
      if (anchor !== "") open.anchors.push(anchor);
    } else if (EOF_MARK.test(line)) {
      if (open === null) return "*** End of File stands before any hunk";
      open.atEnd = true;
    } else if (/^[-+ ]/.test(line) || line === "") {
      // A blank line at the very end parts the sections, and is none of the file's.
      if (line === "" && body.slice(index).every((one) => one.trim() === "")) break;
      open ??= begin();
      if (!line.startsWith("+")) open.search.push(line.slice(1));
      if (!line.startsWith("-")) open.replace.push(line.slice(1));
    } else return `a line begins with none of blank, - and +: ${JSON.stringify(line.slice(0, 80))}`;
  }
  const wrong = close();
  return wrong ?? hunks;
}
