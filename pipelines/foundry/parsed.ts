import type { z } from "zod";
import type { Blobs } from "../../kernel/mod.ts";
import { readBytes } from "../blob_reads.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });
/** Values that are kept, and how long their texts are at most: a run reads the same few again at each of its steps. */
const KEPT = 32;
const MAX_BYTES = 64 * 1024;

const known = new Map<z.ZodType, Map<string, unknown>>();
let kept = 0;

/**
 * The JSON of a blob in the form of its schema, as a value of the caller's own. The blob is read each time, so that it must be there and
 * whole; only what it says is not taken apart again. Throws when it is gone or has not its form.
 */
export async function readParsed<T>(blobs: Blobs, digest: string, schema: z.ZodType<T>): Promise<T> {
  const bytes = await readBytes(blobs, digest);
  const before = known.get(schema)?.get(digest);
  if (before !== undefined) return structuredClone(before) as T;
  const value = schema.parse(JSON.parse(decoder.decode(bytes)));
  if (bytes.length > MAX_BYTES || value === undefined) return value;
  if (kept >= KEPT) {
    known.clear();
    kept = 0;
  }
  let values = known.get(schema);
  if (values === undefined) known.set(schema, values = new Map());
  values.set(digest, structuredClone(value));
  kept++;
  return value;
}
