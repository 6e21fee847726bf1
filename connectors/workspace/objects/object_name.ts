/** Names of git objects, made without git: what an object is called follows from what it holds. */
import { GitSha } from "../../../specs/mod.ts";
import { concat } from "../path_text.ts";

export interface GitTreeEntry {
  /** As git writes it, six digits: `100644`, `040000`. */
  readonly mode: string;
  readonly type: "tree" | "blob" | "commit";
  readonly sha: string;
  readonly name: string;
}

const utf8 = new TextEncoder();

/** The name of the tree that has these entries, as git makes it. */
export async function nameOfTree(entries: readonly GitTreeEntry[], sha256: boolean): Promise<string> {
  // Git sorts by bytes, a directory as if its name ended in a slash.
  const sorted = entries.map((entry) => ({
    entry,
    key: utf8.encode(entry.type === "tree" ? `${entry.name}/` : entry.name),
  })).sort((a, b) => byBytes(a.key, b.key));
  const parts = sorted.flatMap(({ entry }) => [
    utf8.encode(`${entry.mode.replace(/^0/, "")} ${entry.name}\0`),
    Uint8Array.from(entry.sha.match(/../g) ?? [], (pair) => parseInt(pair, 16)),
  ]);
  return await nameOf("tree", concat(parts), sha256);
}

/** The name of a file's content. */
export const nameOfBlob = (bytes: Uint8Array, sha256: boolean): Promise<string> =>
  nameOf("blob", bytes, sha256);

async function nameOf(type: "tree" | "blob", bytes: Uint8Array, sha256: boolean): Promise<string> {
  const whole = concat([utf8.encode(`${type} ${bytes.byteLength}\0`), bytes]);
  const digest = await crypto.subtle.digest(sha256 ? "SHA-256" : "SHA-1", whole as BufferSource);
  return GitSha.parse(new Uint8Array(digest).toHex());
}

function byBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
