/** The files that operations work on. All I/O of a codemod goes through this port; paths are relative, with forward slashes. */
export interface SourceTree {
  /** Every file's path, in any order. */
  list(): Promise<string[]>;
  /** A file's bytes, or null when there is no such file. */
  read(path: string): Promise<Uint8Array | null>;
  write(path: string, bytes: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
}

/** A tree that can be looked at, such as a workspace at its base commit. */
export type ReadableTree = Pick<SourceTree, "list" | "read">;

/** A tree whose writes stay in memory. */
export interface MemoryTree extends SourceTree {
  /** A file's text as it is, byte order mark included; null when there is no such file. */
  text(path: string): Promise<string | null>;
  /** All files as text, by path. */
  snapshot(): Promise<Record<string, string>>;
}

type Files = Readonly<Record<string, string | Uint8Array>>;

function isTree(from: Files | ReadableTree): from is ReadableTree {
  return typeof from.list === "function" && typeof from.read === "function";
}

/** A tree in memory: from texts or bytes by path, or laid over another tree that is only read. */
export function memoryTree(from: Files | ReadableTree = {}): MemoryTree {
  const base: ReadableTree | null = isTree(from) ? from : null;
  const held = new Map<string, Uint8Array | null>();
  if (!isTree(from)) {
    for (const [path, content] of Object.entries(from)) {
      held.set(path, typeof content === "string" ? new TextEncoder().encode(content) : content.slice());
    }
  }
  // A BOM is content here: who compares texts compares bytes, not what a reader would show.
  const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const tree: MemoryTree = {
    async list() {
      const paths = new Set(base === null ? [] : await base.list());
      for (const [path, bytes] of held) {
        if (bytes === null) paths.delete(path);
        else paths.add(path);
      }
      return [...paths].sort();
    },
    async read(path) {
      const own = held.get(path);
      if (own !== undefined) return own?.slice() ?? null;
      return base === null ? null : await base.read(path);
    },
    write(path, bytes) {
      held.set(path, bytes.slice());
      return Promise.resolve();
    },
    remove(path) {
      held.set(path, null);
      return Promise.resolve();
    },
    async text(path) {
      const bytes = await tree.read(path);
      return bytes === null ? null : decode(bytes);
    },
    async snapshot() {
      const texts: Record<string, string> = {};
      for (const path of await tree.list()) texts[path] = await tree.text(path) ?? "";
      return texts;
    },
  };
  return tree;
}
