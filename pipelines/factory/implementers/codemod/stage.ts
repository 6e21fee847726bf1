import { ok, type Result } from "../../../../specs/mod.ts";
import type { SourceTree } from "./tree.ts";
import { type CodemodProblem, fail } from "./problem.ts";
import { decodeText, type TextFile } from "./text_file.ts";

/** What bounds the work, whatever the repository and the operations hold. */
export interface Limits {
  /** Larger files are not searched, and refused where an operation has to edit them. */
  maxFileBytes: number;
  /** Matches of one operation. */
  maxMatches: number;
  /** Wall time of all operations together. */
  maxMs: number;
}

export const DEFAULT_LIMITS: Limits = { maxFileBytes: 2 * 1024 * 1024, maxMatches: 10_000, maxMs: 300_000 };

/**
 * A copy of the tree that operations edit: reads see earlier writes, the tree itself sees nothing until all
 * operations succeeded. `revision` grows with each write, so that what was parsed can be kept as long as it is true.
 */
export interface Stage {
  readonly limits: Limits;
  /** Sorted. */
  list(): Promise<string[]>;
  has(path: string): Promise<boolean>;
  bytes(path: string): Promise<Uint8Array | null>;
  /** Text to be edited: absent, too large or not UTF-8 is a problem. */
  text(path: string): Promise<Result<TextFile, CodemodProblem>>;
  /** Text to be searched: null for what cannot be (see `skipped`). */
  searched(path: string): Promise<TextFile | null>;
  /** Why a path is not searched, or null when it is. */
  skipped(path: string): Promise<string | null>;
  write(path: string, bytes: Uint8Array | null): void;
  /** Grows with every write to the path; 0 when it is as in the tree. */
  revision(path: string): number;
  /** Paths whose bytes differ from the tree's, with the bytes before and after (null: no file). */
  changes(): Promise<{ path: string; before: Uint8Array | null; after: Uint8Array | null }[]>;
}

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** A stage over a tree. */
export function createStage(tree: SourceTree, limits: Limits): Stage {
  const written = new Map<string, { bytes: Uint8Array | null; revision: number }>();
  const originals = new Map<string, Uint8Array | null>();
  const decoded = new Map<string, { revision: number; file: TextFile | null }>();
  let listed: string[] | null = null;

  async function original(path: string): Promise<Uint8Array | null> {
    const known = originals.get(path);
    if (known !== undefined) return known;
    const bytes = await tree.read(path);
    originals.set(path, bytes);
    return bytes;
  }
  async function bytes(path: string): Promise<Uint8Array | null> {
    const staged = written.get(path);
    return staged === undefined ? await original(path) : staged.bytes;
  }
  const revision = (path: string) => written.get(path)?.revision ?? 0;
  async function decode(path: string, content: Uint8Array): Promise<TextFile | null> {
    const known = decoded.get(path);
    if (known?.revision === revision(path)) return known.file;
    const file = decodeText(path, content);
    decoded.set(path, { revision: revision(path), file });
    return await Promise.resolve(file);
  }

  const stage: Stage = {
    limits,
    async list() {
      listed ??= await tree.list();
      const paths = new Set(listed);
      for (const [path, staged] of written) {
        if (staged.bytes === null) paths.delete(path);
        else paths.add(path);
      }
      return [...paths].sort();
    },
    has: async (path) => (await bytes(path)) !== null,
    bytes,
    async text(path) {
      const content = await bytes(path);
      if (content === null) {
        return fail("missing-file", `There is no file ${path}`, {
          path,
          remedy: "name a file of the repository",
        });
      }
      if (content.length > limits.maxFileBytes) {
        return fail("too-large", `${path} has ${content.length} bytes and is not edited`, {
          path,
          value: String(content.length),
          remedy:
            `files up to ${limits.maxFileBytes} bytes can be edited; leave this one out of the operation`,
        });
      }
      const file = await decode(path, content);
      if (file === null) {
        return fail("not-utf8", `${path} is not UTF-8 text and is not edited`, {
          path,
          remedy: "convert the file to UTF-8 first, or leave it out of the operation",
        });
      }
      return ok(file);
    },
    async searched(path) {
      const content = await bytes(path);
      if (content === null || content.length > limits.maxFileBytes) return null;
      return await decode(path, content);
    },
    async skipped(path) {
      const content = await bytes(path);
      if (content === null) return "no such file";
      if (content.length > limits.maxFileBytes) return `larger than ${limits.maxFileBytes} bytes`;
      return (await decode(path, content)) === null ? "not UTF-8 text" : null;
    },
    write(path, content) {
      written.set(path, { bytes: content, revision: revision(path) + 1 });
    },
    revision,
    async changes() {
      const changes = [];
      for (const [path, staged] of [...written].sort(([a], [b]) => a < b ? -1 : 1)) {
        const before = await original(path);
        if (!same(before, staged.bytes)) changes.push({ path, before, after: staged.bytes });
      }
      return changes;
    },
  };
  return stage;
}
