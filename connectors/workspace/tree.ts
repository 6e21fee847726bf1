/** Reads trees and blobs of a clone, in as few processes as there are questions. */
import { type Clone, inClone } from "./clone.ts";
import { git, GitError } from "./git.ts";
import { concat, pathBytes, pathText, splitNul } from "./path_text.ts";

export interface TreeEntry {
  mode: string;
  oid: string;
  path: string;
}

/** Every file, link and submodule of a tree, sorted as git sorts. */
export async function listTree(clone: Clone, tree: string): Promise<TreeEntry[]> {
  const output = await git(
    ["ls-tree", "-r", "-z", "--full-tree", tree],
    inClone(clone, { cwd: clone.engine }),
  );
  return splitNul(output).map((line) => {
    const tab = line.indexOf(9);
    const [mode = "", , oid = ""] = new TextDecoder().decode(line.subarray(0, tab)).split(" ");
    return { mode, oid, path: pathText(line.subarray(tab + 1)) };
  });
}

/** Contents by object name or `tree:path`, null where there is no blob of that name. */
export async function readBlobs(
  clone: Clone,
  names: readonly string[],
  maxBytes = 256 * 1024 * 1024,
): Promise<(Uint8Array | null)[]> {
  if (names.length === 0) return [];
  const newline = new Uint8Array([10]);
  const stdin = concat(names.flatMap((name) => [nameBytes(name), newline]));
  const output = await git(["cat-file", "--batch"], inClone(clone, { cwd: clone.engine, stdin, maxBytes }));
  const answers: (Uint8Array | null)[] = [];
  let at = 0;
  for (const name of names) {
    const end = output.indexOf(10, at);
    const head = end < 0 ? "" : new TextDecoder().decode(output.subarray(at, end));
    const found = /^[0-9a-f]+ (blob|tree|commit|tag) (\d+)$/.exec(head);
    if (found === null) {
      if (!/ (missing|submodule)$/.test(head)) {
        throw new GitError(["cat-file"], 0, `no answer for ${name}: ${head.slice(0, 200)}`);
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

/** `tree:path`, where the path may be one that is not UTF-8. */
function nameBytes(name: string): Uint8Array {
  const colon = name.indexOf(":");
  if (colon < 0) return new TextEncoder().encode(name);
  return concat([new TextEncoder().encode(name.slice(0, colon + 1)), pathBytes(name.slice(colon + 1))]);
}
