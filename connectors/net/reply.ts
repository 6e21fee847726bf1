/** A reply as connectors read it. */
import type { Json } from "../../specs/mod.ts";
import { DataFailure, type HttpReply } from "../data/port.ts";
import { NotJson, parseJson } from "./lossless_json.ts";
import { excerpt } from "./verdict.ts";

export function makeReply(
  head: { status: number; headers: Headers; url: string },
  body: Uint8Array,
  hideCut: (text: string) => string,
): HttpReply {
  let parsed: { json: Json } | undefined;
  return {
    ...head,
    body,
    text: () => decodeText(body, head.headers),
    json() {
      // Nothing to say is said by 204; an empty 200 is a broken answer.
      if (head.status === 204) return null;
      try {
        return (parsed ??= { json: parseJson(body) }).json;
      } catch (error) {
        if (!(error instanceof NotJson)) throw error;
        throw new DataFailure(
          "contract",
          `${head.url} answers ${head.status} with a body that is no JSON: ${error.message}${
            quote(body, hideCut)
          }`,
          "Look at the answer; a proxy or a login page may stand in front of the API.",
          { status: head.status, locator: head.url.slice(0, 2000) },
        );
      }
    },
  };
}

function quote(body: Uint8Array, hideCut: (text: string) => string): string {
  // Hidden before it is cut: half a secret is not found any more.
  const start = excerpt(hideCut(new TextDecoder().decode(body.subarray(0, 4000))));
  return start === "" ? "" : `; it begins ${JSON.stringify(start.slice(0, 80))}`;
}

/** By the charset of the Content-Type, else UTF-8; what cannot be decoded is marked, not lost in silence. */
export function decodeText(body: Uint8Array, headers: Headers): string {
  const charset = /charset="?([\w.:-]{1,40})/i.exec(headers.get("content-type") ?? "")?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}
