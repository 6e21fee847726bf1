/** Bounds of what is read, unless a stream says otherwise. */
import { INFLATE_LIMITS } from "./inflate.ts";
import type { ZipLimits } from "./zip.ts";

/** Longest record: a line that goes on beyond it is no line. */
export const MAX_RECORD = 16 * 1024 * 1024;
/** Rows of one page. Few enough that what a page leaves behind is collected while it is young. */
export const BATCH_ROWS = 1_000;

/** Archive limits; a size that the stream names stands in for the ratio. */
export function unpackLimits(maxUnpackedBytes: number | undefined): ZipLimits {
  if (maxUnpackedBytes === undefined) return { ...INFLATE_LIMITS, maxEntries: 10_000 };
  return { maxBytes: maxUnpackedBytes, maxRatio: Infinity, ratioFrom: Infinity, maxEntries: 10_000 };
}
