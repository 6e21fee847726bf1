/** How a load becomes part of a table of objects: sent, checked, named by a manifest that is swapped under a condition. */
import { createHash } from "node:crypto";
import type { StreamState } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Published, StagedLoad } from "../data/sink_port.ts";
import { checkCounts, checkTurn } from "./commit_checks.ts";
import {
  MANIFEST,
  type Manifest,
  manifestText,
  nextManifest,
  parseManifest,
  type Part,
  publishedOf,
  streamName,
} from "./files_manifest.ts";
import type { PartFormat } from "./files_part.ts";
import { type MadePart, type PartPlace, stage } from "./files_stage.ts";
import type { ObjectStore } from "./s3_store.ts";
import { upload, type UploadSizes } from "./s3_upload.ts";

const PART = /^part-(\d{6,})-[A-Za-z0-9]+-[0-9a-f]{64}\.(jsonl|csv|parquet)$/;
export const MANIFEST_BYTES = 64 * 1024 * 1024;

/** A table as it is committed, and the tag of that very version. */
export interface Held {
  readonly manifest: Manifest;
  readonly etag: string;
}

/** A prefix of a bucket, and how tables lie below it. */
export interface Bucket {
  readonly store: ObjectStore;
  readonly format: PartFormat;
  readonly prefix: string;
  readonly location: string;
  readonly scratch: string;
  readonly sizes: UploadSizes;
  fault(point: string): Promise<void>;
  close(): void;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export async function readHeld({ store, format, location }: Bucket, dir: string): Promise<Held | null> {
  const object = await store.get(`${dir}${MANIFEST}`, MANIFEST_BYTES);
  if (object === null) return null;
  const manifest = parseManifest(object.text, `${location} (${dir})`);
  if (manifest.format === format.kind) return { manifest, etag: object.etag };
  throw new DataFailure(
    "invalid",
    `${location} (${dir}) holds a table of ${manifest.format}, not of ${format.kind}`,
    "Give the sink another prefix.",
  );
}

/** One way through a load, from the manifest that is there now. */
export async function attempt(
  bucket: Bucket,
  dir: string,
  load: StagedLoad,
  given: StreamState | null,
  staging: string,
  abort: AbortSignal,
): Promise<Published | "overtaken"> {
  const before = await readHeld(bucket, dir);
  try {
    return await publishFrom(before, bucket, dir, load, given, staging, abort);
  } catch (error) {
    // Whoever commits first takes away what the others had sent, and what they read: their next turn begins from his manifest.
    if (!(error instanceof DataFailure) || abort.aborted) throw error;
    const now = await readHeld(bucket, dir).catch(() => before);
    if (now?.etag === before?.etag) throw error;
    return "overtaken";
  }
}

async function publishFrom(
  before: Held | null,
  bucket: Bucket,
  dir: string,
  load: StagedLoad,
  given: StreamState | null,
  staging: string,
  abort: AbortSignal,
): Promise<Published | "overtaken"> {
  const { store, format, fault } = bucket;
  const manifest = before?.manifest ?? null;
  const known = manifest?.loads.find((one) => one.key === load.key);
  if (manifest !== null && known !== undefined) return publishedOf(load.table, manifest, known, true);
  checkTurn(load, manifest?.states[streamName(load.pipeline, load.stream)] ?? given);
  await fault("begin");

  await Deno.mkdir(`${staging}/down`, { recursive: true, mode: 0o700 });
  const made = await stage(
    remoteParts(bucket, dir, `${staging}/down`),
    staging,
    load,
    manifest,
    format,
    abort,
  );
  checkCounts(load, made.counts);
  await fault("staged");

  const generation = String((manifest?.generation ?? 0) + 1).padStart(6, "0");
  // With the load's own mark: no two loads ever mean the same object, so that what one leaves behind can go.
  const mark = createHash("sha256").update(load.key).digest("hex").slice(0, 12);
  const sent = await sizesOf(store, `${dir}part-${generation}-${mark}-`);
  const parts: Part[] = [];
  for (const part of made.parts) {
    abort.throwIfAborted();
    const path = `part-${generation}-${mark}-${part.digest.replace(/^sha256:/, "")}${format.extension}`;
    if (sent.get(`${dir}${path}`) !== part.bytes) {
      await upload(store, `${dir}${path}`, { path: part.file, bytes: part.bytes }, bucket.sizes, abort);
      await fault("uploaded");
    }
    parts.push(describe(part, path, load));
    await Deno.remove(part.file);
  }
  if (parts.length > 0) checkSent(await sizesOf(store, `${dir}part-${generation}-${mark}-`), dir, parts);
  await fault("parts");

  abort.throwIfAborted();
  const { next, record } = nextManifest(manifest, load, format.kind, { ...made, parts });
  await fault("manifest");
  if (!(await commit(bucket, dir, next, load.key, before?.etag ?? null))) return "overtaken";
  await fault("committed");
  // The load is published: what is left to do is done by the next one when it does not happen now.
  await sweep(store, dir, next).catch(() => {});
  return publishedOf(load.table, next, record, false);
}

const describe = (part: MadePart, path: string, load: StagedLoad): Part => ({
  path,
  rows: part.rows,
  bytes: part.bytes,
  hash: part.digest,
  load: load.key,
  stream: streamName(load.pipeline, load.stream),
  ...(part.origin === undefined ? {} : { origin: part.origin }),
});

/** Swaps the manifest. When the answer is lost or another one is there, the store is asked which manifest it holds. */
async function commit(
  bucket: Bucket,
  dir: string,
  next: Manifest,
  key: string,
  etag: string | null,
): Promise<boolean> {
  const isOurs = async () =>
    (await readHeld(bucket, dir))?.manifest.loads.some((load) => load.key === key) === true;
  try {
    const { kind } = await bucket.store.putIf(`${dir}${MANIFEST}`, utf8(manifestText(next)), etag);
    // A try whose answer was lost may have been the one that committed.
    return kind === "put" || await isOurs();
  } catch (error) {
    if (error instanceof DataFailure && error.kind === "transient" && await isOurs().catch(() => false)) {
      return true;
    }
    throw error;
  }
}

async function sizesOf(store: ObjectStore, prefix: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { key, size } of store.list(prefix)) sizes.set(key, size);
  return sizes;
}

/** A store that says `yes` and keeps nothing, or half of it, is found out before anything names the part. */
function checkSent(sizes: ReadonlyMap<string, number>, dir: string, parts: readonly Part[]): void {
  const lost = parts.find((part) => sizes.get(`${dir}${part.path}`) !== part.bytes);
  if (lost === undefined) return;
  const size = sizes.get(`${dir}${lost.path}`);
  throw new DataFailure(
    "contract",
    `The store took ${dir}${lost.path} with ${lost.bytes} bytes and lists ${
      size === undefined ? "none of it" : `${size}`
    }`,
    "Nothing was published. Run again; when it stays, ask the store's owner.",
  );
}

/** Parts as files of this machine, one at a time, held against the digest in the manifest. */
export function remoteParts({ store, location }: Bucket, dir: string, room: string): PartPlace {
  return {
    name: `${location} (${dir})`,
    async hold(part) {
      const path = `${room}/${crypto.randomUUID()}`;
      const hash = createHash("sha256");
      const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
      let bytes = 0;
      try {
        for await (const chunk of await store.open(`${dir}${part.path}`)) {
          bytes += chunk.length;
          if (bytes > part.bytes) break;
          hash.update(chunk);
          for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
        }
      } catch (error) {
        await Deno.remove(path);
        throw error;
      } finally {
        file.close();
      }
      const release = () => Deno.remove(path);
      if (bytes === part.bytes && `sha256:${hash.digest("hex")}` === part.hash) return { path, release };
      await release();
      throw new DataFailure(
        "contract",
        `${dir}${part.path} is not what the manifest says: ${
          bytes > part.bytes ? `more than ${part.bytes}` : bytes
        } bytes, not ${part.bytes} with digest ${part.hash}`,
        "Restore the object, or load the table again with `--mode full`.",
      );
    },
  };
}

/** Removes what no manifest can name any more: parts and unfinished uploads of generations up to the committed one. */
async function sweep(store: ObjectStore, dir: string, manifest: Manifest): Promise<void> {
  const named = new Set(manifest.resources.map((part) => part.path));
  const isOver = (key: string) => {
    const path = key.slice(dir.length);
    return Number(PART.exec(path)?.[1] ?? Infinity) <= manifest.generation && !named.has(path);
  };
  for await (const { key } of store.list(`${dir}part-`)) if (isOver(key)) await store.remove(key);
  for (const { key, upload } of await store.uploads(`${dir}part-`)) {
    if (
      key.startsWith(dir) && Number(PART.exec(key.slice(dir.length))?.[1] ?? Infinity) <= manifest.generation
    ) {
      await store.abort(key, upload);
    }
  }
}

/** A store that takes conditions and does not keep them would let the last writer win: it must refuse what cannot hold. */
export async function checkConditions(store: ObjectStore, prefix: string): Promise<void> {
  const key = `${prefix}_conditional-writes`;
  const body = utf8("Written to see whether this store keeps conditions on writes.\n");
  await store.putIf(key, body, null);
  const again = await store.putIf(key, body, null);
  const other = await store.putIf(key, body, '"00000000000000000000000000000000"');
  if (again.kind !== "put" && other.kind !== "put") return;
  throw new DataFailure(
    "permanent",
    "The store takes conditional writes and does not keep their conditions, so of two writers the last one would win in silence",
    "Use a store that supports If-Match and If-None-Match on PUT: S3, MinIO and R2 do.",
  );
}
