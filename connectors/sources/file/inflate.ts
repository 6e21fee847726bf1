/** Unpacking with a cap: no archive makes more bytes than it may. */
import { Readable, type Transform } from "node:stream";
import { createGunzip, createInflateRaw } from "node:zlib";
import { DataFailure } from "../../data/port.ts";
import type { ByteInput } from "./bytes.ts";

export interface InflateLimits {
  /** Most bytes that one packed file may have when it is unpacked. */
  readonly maxBytes: number;
  /** Most bytes for one packed byte, once `ratioFrom` bytes came out. Text packs 3 to 30 times; a bomb packs 1,000 times. */
  readonly maxRatio: number;
  readonly ratioFrom: number;
}

export const INFLATE_LIMITS: InflateLimits = {
  maxBytes: 64 * 1024 ** 3,
  maxRatio: 200,
  ratioFrom: 64 * 1024 ** 2,
};

/** Refuses what grows beyond the limits. */
export function checkInflated(packed: number, unpacked: number, limits: InflateLimits, name: string): void {
  if (unpacked > limits.maxBytes) {
    throw new DataFailure(
      "refused",
      `${name} unpacks to more than ${limits.maxBytes} bytes`,
      "Unpack it yourself, or raise `maxUnpackedBytes` if it is what it should be.",
    );
  }
  if (unpacked > limits.ratioFrom && unpacked > Math.max(packed, 1) * limits.maxRatio) {
    throw new DataFailure(
      "refused",
      `${name} unpacks to more than ${limits.maxRatio} times its size (${unpacked} bytes from ${packed}), as archive bombs do`,
      "Unpack it yourself, or set `maxUnpackedBytes` to what it should have.",
    );
  }
}

/** The unpacked bytes of a gzip file (also of several members one after another) or of a bare deflate stream. */
export async function* inflated(
  packed: ByteInput,
  method: "gzip" | "deflate-raw",
  limits: InflateLimits,
  name: string,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  let made = 0;
  const source = Readable.from((async function* () {
    for (;;) {
      const block = new Uint8Array(128 * 1024);
      const count = await packed.read(block);
      if (count === 0) return;
      read += count;
      yield block.subarray(0, count);
    }
  })());
  const stream: Transform = method === "gzip" ? createGunzip() : createInflateRaw();
  source.on("error", (error) => stream.destroy(error));
  try {
    for await (const piece of source.pipe(stream)) {
      made += piece.length;
      checkInflated(read, made, limits, name);
      yield piece as Uint8Array;
    }
  } catch (error) {
    if (error instanceof DataFailure) throw error;
    throw new DataFailure(
      "contract",
      `${name} cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`,
      "It is cut off or damaged; fetch it again.",
      { cause: error },
    );
  } finally {
    source.destroy();
    stream.destroy();
  }
}
