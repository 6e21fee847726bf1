import { sha256Hex } from "./hash.ts";
import { keys } from "./keys.ts";
import type { Blobs } from "./port.ts";
import type { Store } from "./store/port.ts";

const PREFIX = "sha256:";
const utf8 = new TextEncoder();

/** Blobs in memory, for tests and short-lived tools. */
export function memoryBlobs(): Blobs {
  const kept = new Map<string, Uint8Array>();
  return {
    async put(data) {
      const bytes = bytesOf(data);
      const digest = PREFIX + sha256Hex(bytes);
      if (!kept.has(digest)) kept.set(digest, bytes.slice());
      return digest;
    },
    async get(digest) {
      const bytes = kept.get(PREFIX + hexOf(digest));
      return bytes === undefined ? null : checked(bytes.slice(), digest);
    },
    has: (digest) => Promise.resolve(kept.has(PREFIX + hexOf(digest))),
  };
}

/** Bytes of one value, and how many such values go into one commit. */
const CHUNK_BYTES = 58_000;
const CHUNKS_A_COMMIT = 10;
/** More than this belongs into a directory or an object store. */
const MAX_STORE_BLOB_BYTES = 64 * 1024 * 1024;

/** Blobs in the store, chunked. A blob is there once its last key, which names size and chunks, is written. */
export function storeBlobs(store: Store): Blobs {
  return {
    async put(data) {
      const bytes = bytesOf(data);
      if (bytes.byteLength > MAX_STORE_BLOB_BYTES) {
        throw new RangeError(
          `Cannot keep a blob of ${bytes.byteLength} bytes in the store as the limit is ${MAX_STORE_BLOB_BYTES}: ` +
            "keep it in a directory or an object store",
        );
      }
      const hex = sha256Hex(bytes);
      if ((await store.get(keys.blob(hex))) !== null) return PREFIX + hex;
      const chunks = Math.ceil(bytes.byteLength / CHUNK_BYTES);
      for (let n = 0; n < chunks; n += CHUNKS_A_COMMIT) {
        const sets = Array.from({ length: Math.min(CHUNKS_A_COMMIT, chunks - n) }, (_, i) => ({
          key: keys.blobPart(hex, n + i),
          value: bytes.slice((n + i) * CHUNK_BYTES, (n + i + 1) * CHUNK_BYTES),
        }));
        await written(store, { sets });
      }
      await written(store, { sets: [{ key: keys.blob(hex), value: { size: bytes.byteLength, chunks } }] });
      return PREFIX + hex;
    },
    async get(digest) {
      const hex = hexOf(digest);
      const entry = await store.get(keys.blob(hex));
      if (entry === null) return null;
      const { size, chunks } = entry.value as { size: number; chunks: number };
      const parts = await store.getMany(Array.from({ length: chunks }, (_, n) => keys.blobPart(hex, n)));
      const bytes = new Uint8Array(size);
      let at = 0;
      for (const part of parts) {
        if (!(part?.value instanceof Uint8Array)) {
          throw new Error(`Cannot read blob ${digest} as a part is missing`);
        }
        bytes.set(part.value, at);
        at += part.value.byteLength;
      }
      return checked(bytes, digest);
    },
    async has(digest) {
      return (await store.get(keys.blob(hexOf(digest)))) !== null;
    },
  };
}

async function written(store: Store, commit: Parameters<Store["commit"]>[0]): Promise<void> {
  const outcome = await store.commit(commit);
  if (!outcome.ok) throw new Error("Cannot write a blob as a commit without checks was refused");
}

/** The bytes of text or a view of bytes. */
export function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? utf8.encode(data) : data;
}

/** The hex digits of a blob's name. @throws {TypeError} when it is not one. */
export function hexOf(digest: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new TypeError(
      `Cannot read a blob as its name must be sha256: and 64 hex digits: current value is ${digest}`,
    );
  }
  return digest.slice(PREFIX.length);
}

/** The bytes, once they are shown to be those that the name promises. */
export function checked(bytes: Uint8Array, digest: string): Uint8Array {
  const actual = PREFIX + sha256Hex(bytes);
  if (actual === digest) return bytes;
  throw new Error(`Cannot read blob ${digest} as its bytes hash to ${actual}: it was changed or damaged`);
}
