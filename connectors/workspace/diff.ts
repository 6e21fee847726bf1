/** What changed between two trees: git's word for it, parsed. */
import type { FileChange } from "../../specs/mod.ts";
import { type Clone, inClone } from "./clone.ts";
import { git } from "./git.ts";
import { pathText, splitNul } from "./path_text.ts";

/** The same on every machine: no setting, attribute or driver takes part. */
const STABLE = ["--no-ext-diff", "--no-textconv", "--no-color", "-M50%", "-l2000", "--diff-algorithm=myers"];

/** The unified diff, complete: it applies with `git apply` and holds binary data. */
export async function diffPatch(clone: Clone, from: string, to: string): Promise<Uint8Array> {
  const args = [
    "diff-tree",
    "-r",
    "-p",
    "--binary",
    "--full-index",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    ...STABLE,
  ];
  return await git([...args, from, to], inClone(clone, { cwd: clone.engine }));
}

/** One entry a file, with the lines added and removed. */
export async function diffFiles(clone: Clone, from: string, to: string): Promise<FileChange[]> {
  const args = ["diff-tree", "-r", "-z", "--raw", "--numstat", "--no-abbrev", ...STABLE, from, to];
  return parseDiff(await git(args, inClone(clone, { cwd: clone.engine })));
}

/** Parses `--raw --numstat -z`: all raw entries, then all counts. */
export function parseDiff(output: Uint8Array): FileChange[] {
  const tokens = splitNul(output);
  const files = new Map<string, FileChange>();
  let at = 0;
  const name = () => pathText(tokens[at++] ?? new Uint8Array());
  while (at < tokens.length) {
    const token = tokens[at++] ?? new Uint8Array();
    const raw = /^:(\d{6}) (\d{6}) [0-9a-f]+ [0-9a-f]+ ([AMDTR])\d*$/.exec(latin1(token));
    if (raw !== null) {
      const [, oldMode = "", newMode = "", status = ""] = raw;
      const from = status === "R" ? name() : undefined;
      const path = name();
      files.set(path, {
        status: status as FileChange["status"],
        path,
        ...(from === undefined ? {} : { from }),
        oldMode,
        newMode,
        binary: false,
        added: 0,
        removed: 0,
      });
      continue;
    }
    const count = /^(\d+|-)\t(\d+|-)\t/.exec(latin1(token));
    if (count === null) {
      throw new Error(`Cannot read git's diff: ${JSON.stringify(latin1(token).slice(0, 200))}`);
    }
    const [head, added = "", removed = ""] = count;
    let path = pathText(token.subarray(head.length));
    // A rename has an empty name here, then both names.
    if (path === "") [, path] = [name(), name()];
    const file = files.get(path);
    if (file === undefined) {
      throw new Error(`Cannot read git's diff: counts for ${JSON.stringify(path)}, which is not in it`);
    }
    if (added === "-") file.binary = true;
    else {
      file.added += Number(added);
      file.removed += Number(removed);
    }
  }
  return [...files.values()];
}

/** One character a byte, for the ASCII part of a line. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 4096));
}
