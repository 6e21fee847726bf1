/** Reads trees and blobs of a clone, in as few processes as there are questions. */
import { type Clone, inClone } from "./clone.ts";
import { git, GitError } from "./git.ts";
import { pathText, splitNul } from "./path_text.ts";

export interface TreeEntry {
  mode: string;
  oid: string;
  /** Bytes of a blob; null for a submodule. */
  size: number | null;
  path: string;
}

/** Every file, link and submodule of a tree, sorted as git sorts. */
export async function listTree(clone: Clone, tree: string): Promise<TreeEntry[]> {
  const output = await git(
    ["ls-tree", "-r", "-l", "-z", "--full-tree", tree],
    inClone(clone, { cwd: clone.engine }),
  );
  return splitNul(output).map((line) => {
    const tab = line.indexOf(9);
    const [mode = "", , oid = "", size = ""] = new TextDecoder().decode(line.subarray(0, tab)).split(/ +/);
    return { mode, oid, size: size === "-" ? null : Number(size), path: pathText(line.subarray(tab + 1)) };
  });
}

/** Contents by object name, null where there is no such blob. */
export async function readBlobs(
  clone: Clone,
  oids: readonly string[],
  maxBytes = 256 * 1024 * 1024,
): Promise<(Uint8Array | null)[]> {
  if (oids.length === 0) return [];
  const stdin = new TextEncoder().encode(oids.join("\n") + "\n");
  const output = await git(["cat-file", "--batch"], inClone(clone, { cwd: clone.engine, stdin, maxBytes }));
  const answers: (Uint8Array | null)[] = [];
  let at = 0;
  for (const oid of oids) {
    const end = output.indexOf(10, at);
    const head = end < 0 ? "" : new TextDecoder().decode(output.subarray(at, end));
    const found = /^[0-9a-f]+ (blob|tree|commit|tag) (\d+)$/.exec(head);
    if (found === null) {
      if (!/ (missing|submodule)$/.test(head)) {
        throw new GitError(["cat-file"], 0, `no answer for ${oid}: ${head.slice(0, 200)}`);
      }
      answers.push(null);
      at = end + 1;
      continue;
    }
    const size = Number(found[2]);
    answers.push(found[1] === "blob" ? output.subarray(end + 1, end + 1 + size) : null);
    at = end + 1 + size + 1;
  }
  return answers;
}
