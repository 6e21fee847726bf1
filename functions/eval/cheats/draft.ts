/** A tree that can be edited: what a cheat works on. */
import type { Tree, TreeEntry } from "../repository.ts";

export interface Draft {
  paths(): string[];
  text(path: string): string;
  has(path: string): boolean;
  write(path: string, text: string): void;
  bytes(path: string, content: Uint8Array): void;
  remove(path: string): void;
  link(path: string, target: string): void;
  executable(path: string): void;
  /** Replaces the first match; false when there is none. */
  replace(path: string, what: string | RegExp, by: string): boolean;
  tree(): Tree;
}

/** Starts a draft as a copy of a tree. */
export function draftOf(tree: Tree): Draft {
  const entries = new Map<string, TreeEntry>(tree);
  const put = (path: string, content: Uint8Array, mode?: TreeEntry["mode"]): void => {
    entries.set(path, { content, mode: mode ?? entries.get(path)?.mode ?? "100644" });
  };
  const text = (path: string): string => {
    const entry = entries.get(path);
    if (entry === undefined) throw new Error(`Cannot edit ${path}: the tree has no such file`);
    return new TextDecoder().decode(entry.content);
  };
  const write = (path: string, content: string): void => put(path, new TextEncoder().encode(content));
  return {
    paths: () => [...entries.keys()],
    text,
    has: (path) => entries.has(path),
    write,
    bytes: (path, content) => put(path, content),
    remove: (path) => void entries.delete(path),
    link: (path, target) => put(path, new TextEncoder().encode(target), "120000"),
    executable: (path) => {
      const entry = entries.get(path);
      if (entry !== undefined) put(path, entry.content, "100755");
    },
    replace(path, what, by) {
      const before = text(path);
      const after = before.replace(what, () => by);
      write(path, after);
      return after !== before;
    },
    tree: () => new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
