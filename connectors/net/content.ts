/** The body of an answer: decompressed, bounded, counted. */
import { DataFailure, type HttpAnswer } from "../data/port.ts";
import { collect, inflated, tooLarge } from "./body.ts";
import type { Arrived, ExchangeContext } from "./exchange.ts";
import { decodeText } from "./reply.ts";
import { WireFault } from "./wire.ts";

const FAILURE_BYTES = 64_000;

/** Decompressed, capped, counted. */
export async function* bodyOf(
  arrived: Arrived,
  maxBytes: number,
  { used, limits }: ExchangeContext,
): AsyncGenerator<Uint8Array> {
  const { reply, target } = arrived;
  const empty = target.method === "HEAD" || reply.status === 204 || reply.status === 304 ||
    reply.headers.get("content-length")?.trim() === "0";
  if (Number(reply.headers.get("content-length") ?? 0) > maxBytes && !empty) throw tooLarge(maxBytes);
  for await (
    const chunk of inflated(reply.body, empty ? null : reply.headers.get("content-encoding"), maxBytes)
  ) {
    used.bytes += chunk.byteLength;
    const most = limits.bytes;
    if (most !== undefined && used.bytes > most) {
      throw new DataFailure(
        "limit",
        `The limit of ${most} bytes is reached`,
        "Raise `limits.bytes` of the stream or the pipeline's budget, or read less.",
      );
    }
    yield chunk;
  }
}

/** The beginning of a failure's body; what is wrong with it does not matter any more. */
export async function wordsOf(arrived: Arrived, context: ExchangeContext): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of bodyOf(arrived, FAILURE_BYTES, context)) {
      chunks.push(chunk);
      if ((bytes += chunk.byteLength) >= FAILURE_BYTES) break;
    }
  } catch (error) {
    if (!(error instanceof WireFault) && !(error instanceof DataFailure)) throw error;
  }
  return collect((async function* () {
    yield* chunks;
  })());
}

export const answerOf = (arrived: Arrived, body: Uint8Array): HttpAnswer => ({
  method: arrived.target.method,
  url: arrived.shown,
  status: arrived.reply.status,
  headers: arrived.reply.headers,
  text: () => decodeText(body, arrived.reply.headers),
});
export const isGood = (status: number, accept: readonly number[]) =>
  (status >= 200 && status < 300) || accept.includes(status);
