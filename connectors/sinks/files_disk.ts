/** What makes files durable: write beside, sync, rename, sync the directory; and a lock that ends with its process. */
import { createHash, type Hash } from "node:crypto";
import { dirname } from "node:path";
import { DataFailure } from "../data/port.ts";

/** A file that is written once, hashed on the way. */
export interface HashedFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Makes it durable. */
  end(): Promise<{ bytes: number; digest: string }>;
  /** Closes it as it is; for what failed. */
  abandon(): void;
}

export async function hashedFile(path: string): Promise<HashedFile> {
  const file = await Deno.open(path, { write: true, createNew: true, mode: 0o644 });
  const hash = createHash("sha256");
  let bytes = 0;
  let closed = false;
  const close = () => {
    if (!closed) file.close();
    closed = true;
  };
  return {
    async write(part) {
      for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
      hash.update(part);
      bytes += part.length;
    },
    async end() {
      await file.sync();
      close();
      return { bytes, digest: digestOf(hash) };
    },
    abandon: close,
  };
}

export const digestOf = (hash: Hash): string => `sha256:${hash.digest("hex")}`;

/** SHA-256 and size of a file as it lies there. */
export async function digestOfFile(path: string): Promise<{ bytes: number; digest: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await Deno.open(path, { read: true });
  try {
    // The next piece is on its way while one is hashed.
    let [block, other] = [new Uint8Array(1024 * 1024), new Uint8Array(1024 * 1024)];
    for (let coming = file.read(block);;) {
      const count = await coming;
      if (count === null) break;
      const piece = block.subarray(0, count);
      [block, other] = [other, block];
      coming = file.read(block);
      hash.update(piece);
      bytes += count;
    }
  } finally {
    file.close();
  }
  return { bytes, digest: digestOf(hash) };
}

/** What tells one state of a file from another: whoever writes to it, or puts another one in its place, changes it. */
export function stateOf({ dev, ino, size, mtime, ctime }: Deno.FileInfo): string {
  return JSON.stringify([dev, ino, size, mtime?.getTime(), ctime?.getTime()]);
}

/** Replaces a small file as a whole: readers see the old text or the new one. `fault` stops tests before the rename. */
export async function replaceFile(path: string, text: string, fault: () => Promise<void>): Promise<void> {
  const beside = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    const file = await hashedFile(beside);
    try {
      await file.write(new TextEncoder().encode(text));
      await file.end();
    } catch (error) {
      file.abandon();
      throw error;
    }
    await fault();
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Names in a directory are durable after this, where the system can do that. */
export async function syncDirectory(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const dir = await Deno.open(path, { read: true });
  try {
    await dir.sync();
  } finally {
    dir.close();
  }
}

/** Runs work while no other process or sink holds the lock; it ends with the process that holds it. */
export async function locked<T>(path: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const file = await Deno.open(path, { write: true, create: true });
  try {
    const deadline = Date.now() + waitMs;
    while (!(await file.tryLock(true))) {
      if (Date.now() >= deadline) {
        throw new DataFailure(
          "conflict",
          `Another writer holds ${dirname(path)} since ${waitMs / 1000} s`,
          "Try again when it has ended.",
        );
      }
      await new Promise((wake) => setTimeout(wake, 20));
    }
    return await work();
  } finally {
    // Closing gives the lock back.
    file.close();
  }
}

/** The system's own errors in the words of the port; whatever else is thrown stays as it is. */
export function diskFailure(error: unknown, place: string): unknown {
  if (error instanceof DataFailure || !(error instanceof Error)) return error;
  const code = "code" in error ? error.code : undefined;
  const more = { cause: error };
  if (
    code === "ENOSPC" || code === "EDQUOT" ||
    /No space left on device|disk or database is full/.test(error.message)
  ) {
    return new DataFailure(
      "conflict",
      `The disk of ${place} is full`,
      "Nothing was published. Make room, then run the pipeline again.",
      more,
    );
  }
  if (
    code === "EROFS" || error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable ||
    error instanceof Deno.errors.NotADirectory
  ) {
    return new DataFailure(
      "refused",
      `${place} cannot be written: ${error.message}`,
      "Check the path and who may write there.",
      more,
    );
  }
  return error;
}
