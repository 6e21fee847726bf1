/** Files into a bucket: small ones at once, large ones in parts that are read, hashed and sent one after the other. */
import { DataFailure } from "../data/port.ts";
import type { ObjectStore } from "./s3_store.ts";

export interface UploadSizes {
  /** Files from this size on are sent in parts. */
  readonly multipartFrom: number;
  /** Size of a part; larger where a file would have more parts than a store takes. */
  readonly part: number;
}

/** S3 takes parts from 5 MiB on; three of these are in memory at once. */
export const UPLOAD_SIZES: UploadSizes = { multipartFrom: 16 * 1024 * 1024, part: 8 * 1024 * 1024 };
const MOST_PARTS = 9_000;
const AT_ONCE = 3;

/** Sends a file. What fails is aborted; nobody sees an object before all of it is there. */
export async function upload(
  store: ObjectStore,
  key: string,
  file: { readonly path: string; readonly bytes: number },
  sizes: UploadSizes,
  abort: AbortSignal,
): Promise<void> {
  const source = await Deno.open(file.path, { read: true });
  try {
    if (file.bytes < sizes.multipartFrom) {
      await store.put(key, await next(source, file.bytes, file.path));
      return;
    }
    await inParts(store, key, file, source, sizes, abort);
  } finally {
    source.close();
  }
}

async function inParts(
  store: ObjectStore,
  key: string,
  file: { readonly path: string; readonly bytes: number },
  source: Deno.FsFile,
  sizes: UploadSizes,
  abort: AbortSignal,
): Promise<void> {
  const size = Math.max(sizes.part, Math.ceil(file.bytes / MOST_PARTS));
  const id = await store.begin(key);
  const etags: string[] = [];
  const under = new Set<Promise<void>>();
  let failure: { error: unknown } | null = null;
  try {
    for (let at = 0; at * size < file.bytes; at++) {
      abort.throwIfAborted();
      if (under.size >= AT_ONCE) await Promise.race(under);
      if (failure !== null) break;
      const bytes = await next(source, Math.min(size, file.bytes - at * size), file.path);
      const sending: Promise<void> = store.part(key, id, at + 1, bytes)
        .then((etag) => void (etags[at] = etag), (error) => void (failure ??= { error }))
        .finally(() => under.delete(sending));
      under.add(sending);
    }
    await Promise.all(under);
    if (failure !== null) throw (failure as { error: unknown }).error;
    if (await store.complete(key, id, etags) === "done") return;
    for await (const object of store.list(key)) if (object.key === key && object.size === file.bytes) return;
    throw new DataFailure(
      "transient",
      `The upload of ${key} is gone and the object is not there`,
      "Nothing was published. Run the pipeline again.",
    );
  } catch (error) {
    await Promise.all(under);
    // What cannot be aborted now is found by the next load.
    await store.abort(key, id).catch(() => {});
    throw error;
  }
}

async function next(source: Deno.FsFile, bytes: number, path: string): Promise<Uint8Array> {
  const block = new Uint8Array(bytes);
  for (let at = 0; at < bytes;) {
    const count = await source.read(block.subarray(at));
    if (count === null) throw new Error(`${path} is shorter than it was`);
    at += count;
  }
  return block;
}
