/** Lines of a tap: RECORD, SCHEMA, STATE, ACTIVATE_VERSION. */
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { isObject, NotJson, parseJson } from "../../net/lossless_json.ts";

export type Message =
  | { type: "record"; stream: string; record: Row }
  | { type: "schema"; stream: string }
  | { type: "state"; value: Json }
  | { type: "activate-version"; stream: string }
  /** Rows that lie in files of the tap: they would be lost if they were passed over. */
  | { type: "batch"; stream: string }
  | { type: "other"; name: string }
  /** Not a message: a tap that prints something else. */
  | { type: "broken"; reason: string }
  | { type: "blank" };

export function readMessage(line: Uint8Array): Message {
  if (line.every((byte) => byte <= 0x20)) return { type: "blank" };
  let value: Json;
  try {
    value = parseJson(line);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    return { type: "broken", reason: `It is no JSON: ${error.message}` };
  }
  if (!isObject(value) || typeof value.type !== "string") {
    return { type: "broken", reason: "It is no Singer message: it has no `type`" };
  }
  const stream = typeof value.stream === "string" ? value.stream : null;
  const named = (message: (stream: string) => Message): Message =>
    stream === null
      ? { type: "broken", reason: `It is a ${String(value.type)} without a stream` }
      : message(stream);
  switch (value.type.toUpperCase()) {
    case "RECORD": {
      const { record } = value;
      if (!isObject(record)) return { type: "broken", reason: "It is a RECORD whose record is no object" };
      return named((of) => ({ type: "record", stream: of, record }));
    }
    case "SCHEMA":
      return named((of) => ({ type: "schema", stream: of }));
    case "STATE":
      return { type: "state", value: value.value ?? null };
    case "ACTIVATE_VERSION":
      return named((of) => ({ type: "activate-version", stream: of }));
    case "BATCH":
      return named((of) => ({ type: "batch", stream: of }));
    default:
      return { type: "other", name: value.type.slice(0, 100) };
  }
}

/** Lines of a stream of bytes, without their ends. Throws what `tooLong` gives beyond the cap. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooLong: () => Error,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (): Uint8Array => {
    const line = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      line.set(part, at);
      at += part.length;
    }
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      parts.push(chunk.subarray(start, end));
      length += end - start;
      if (length > maxBytes) throw tooLong();
      yield take();
      start = end + 1;
    }
    parts.push(chunk.slice(start));
    length += chunk.length - start;
    if (length > maxBytes) throw tooLong();
  }
  if (length > 0) yield take();
}
