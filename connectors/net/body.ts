/** Bodies: decompressed under a cap, so that neither a long answer nor a small one that inflates fills the memory. */
import { Readable } from "node:stream";
import zlib from "node:zlib";
import { DataFailure } from "../data/port.ts";
import { WireFault } from "./wire.ts";

/** Decompressed bytes; `encoding` is the Content-Encoding. Throws `refused` beyond the cap, `transient` for corrupt data. */
export async function* inflated(
  body: AsyncIterable<Uint8Array>,
  encoding: string | null,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const codings = (encoding ?? "").toLowerCase().split(",").map((one) => one.trim())
    .filter((one) => one !== "" && one !== "identity");
  if (codings.length > 1) {
    throw new DataFailure(
      "contract",
      `The answer is compressed ${codings.length} times (${codings.slice(0, 5).join(", ")})`,
      "Ask the server's owner: one compression is all that is read.",
    );
  }
  const coding = codings[0];
  let bytes = 0;
  let packed = 0;
  const counted = async function* () {
    for await (const chunk of body) {
      packed += chunk.byteLength;
      yield chunk;
    }
  };
  for await (const chunk of coding === undefined ? body : decoded(counted(), coding)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes, coding, packed);
    yield chunk;
  }
}

export function tooLarge(maxBytes: number, coding?: string, packed = 0): DataFailure {
  return coding === undefined
    ? new DataFailure(
      "limit",
      `The answer is larger than ${maxBytes} bytes`,
      "Ask for smaller pages, or raise `maxBytes` of the connector in the env file.",
    )
    : new DataFailure(
      "refused",
      `The answer unpacks to more than ${maxBytes} bytes (${packed} bytes of ${coding} so far)`,
      "Ask for smaller pages, or raise `maxBytes` of the connector in the env file when the server is known to be honest.",
    );
}

async function* decoded(body: AsyncIterable<Uint8Array>, coding: string): AsyncGenerator<Uint8Array> {
  const codec = codecOf(coding);
  if (codec === null) {
    throw new DataFailure(
      "contract",
      `The answer is compressed by ${JSON.stringify(coding.slice(0, 40))}, which was not asked for`,
      "gzip, deflate and br are read.",
    );
  }
  const source = Readable.from(body, { objectMode: false });
  let fault: unknown;
  source.on("error", (error) => {
    fault = error;
    codec.destroy(error);
  });
  try {
    for await (const chunk of source.pipe(codec) as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    if (fault !== undefined) throw fault;
    throw new WireFault(`the compressed body is corrupt (${(error as Error).message})`, { cause: error });
  } finally {
    source.destroy();
    codec.destroy();
  }
}

function codecOf(coding: string): zlib.Gunzip | null {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return zlib.createGunzip();
    case "deflate":
      return zlib.createInflate();
    case "br":
      return zlib.createBrotliDecompress() as unknown as zlib.Gunzip;
    default:
      return null;
  }
}

/** All of it in one array. */
export async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
  }
  if (chunks.length === 1) return new Uint8Array(chunks[0] as Uint8Array);
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
