/** One batch to an endpoint: acknowledged, or cut into halves down to the rows that are refused. */
import type { Json } from "../../specs/mod.ts";
import { DataFailure, type HttpAnswer, type HttpClient, type HttpVerdict } from "../data/port.ts";
import { excerpt } from "../net/verdict.ts";
import { at, parsePath } from "../sources/http/path.ts";
import { bodyOf, digestOf, idempotencyKey, type Line } from "./http_batches.ts";
import type { HttpLedger, Piece } from "./http_ledger.ts";

export interface Endpoint {
  readonly client: HttpClient;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly format: "json" | "ndjson";
  /** Where a 2xx answer tells which rows it did not take. */
  readonly rejected?: { readonly path: string; readonly index: string; readonly reason?: string };
}

/** Client errors that are about the request or the credential, not about rows: the load stops. */
const ABOUT_ALL: readonly number[] = [
  401,
  402,
  403,
  404,
  405,
  406,
  407,
  410,
  411,
  415,
  421,
  426,
  428,
  431,
  451,
];
/** Tried again by the common rules. */
const LATER: readonly number[] = [408, 425, 429];
const REFUSALS: readonly number[] = Array.from({ length: 100 }, (_, n) => 400 + n)
  .filter((status) => !ABOUT_ALL.includes(status) && !LATER.includes(status));
const REDIRECTS: readonly number[] = [300, 301, 302, 303, 304, 305, 306];
/** Larger answers are no acknowledgements. */
const REPLY_BYTES = 16 * 1024 * 1024;

/**
 * Sends a batch and records each answer. `room`: how many rows may still be refused; it throws when there are more. Answers that are
 * known from an earlier try are not asked for again.
 */
export async function sendBatch(
  endpoint: Endpoint,
  ledger: HttpLedger,
  load: { readonly base: string; readonly room: (dead: number, reason: string) => void },
  batch: number,
  lines: readonly Line[],
): Promise<void> {
  const open: { first: number; count: number }[] = [{ first: 0, count: lines.length }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { first, count } = next;
    const body = bodyOf(lines.slice(first, first + count), endpoint.format);
    const piece: Piece = { batch, first, rows: count, digest: digestOf(body) };
    let outcome = ledger.answer(load.base, piece);
    if (outcome === null) {
      const answer = await post(endpoint, body, idempotencyKey(load.base, batch, first, piece.digest));
      const dead = answer.refused !== undefined
        ? count === 1 ? [{ row: first, reason: answer.refused, content: lines[first]?.row ?? null }] : []
        : rejectedOf(endpoint, answer.said, count).map(({ index, reason }) => ({
          row: first + index,
          reason,
          content: lines[first + index]?.row ?? null,
        }));
      if (dead.length > 0) load.room(dead.length, dead[0]?.reason ?? "");
      outcome = answer.refused === undefined ? "taken" : count === 1 ? "dead" : "split";
      ledger.record(load.base, piece, outcome, dead);
    }
    if (outcome !== "split") continue;
    const half = Math.ceil(count / 2);
    // In order: the first half is taken from the end of the list.
    open.push({ first: first + half, count: count - half }, { first, count: half });
  }
}

async function post(
  { client, url, headers, format, rejected }: Endpoint,
  body: Uint8Array,
  key: string,
): Promise<{ refused?: string; said: Json }> {
  const speaking = client.as({ concurrency: 1, classify });
  try {
    const reply = await speaking.request({
      method: "POST",
      url,
      body,
      idempotent: true,
      accept: [...REFUSALS, ...REDIRECTS],
      maxBytes: REPLY_BYTES,
      headers: {
        ...headers,
        "content-type": format === "json" ? "application/json" : "application/x-ndjson",
        "idempotency-key": key,
      },
    });
    if (reply.status >= 400) return { refused: reasonOf(client, reply.status, reply.text()), said: null };
    return { said: rejected === undefined ? null : reply.json() };
  } catch (error) {
    // The same request is still being worked on, says 409, or a row is in conflict: told apart by asking again for a while.
    if (error instanceof DataFailure && error.more.status === 409) {
      return { refused: reasonOf(client, 409, error.message), said: null };
    }
    throw error;
  }
}

function classify(answer: HttpAnswer): HttpVerdict | undefined {
  const { status } = answer;
  if (status === 409) return { kind: "transient", remedy: "Look at what the endpoint says about the rows." };
  if (REDIRECTS.includes(status)) {
    // A POST that is redirected so becomes a GET, and nothing of it arrives.
    return {
      kind: "permanent",
      reason: `it redirects (${status}) to ${
        answer.headers.get("location") ?? "nowhere"
      }, and rows are not sent on`,
      remedy: "Name the right `url` in the env file.",
    };
  }
  return undefined;
}

function reasonOf(client: HttpClient, status: number, text: string): string {
  // Hidden before it is cut: half a secret is not found any more.
  const words = excerpt(client.redact(text));
  return `the endpoint answers ${status}${words === "" ? "" : `: ${words}`}`;
}

/** Rows of a piece that an answer of 2xx tells as not taken. */
function rejectedOf(
  { client, rejected }: Endpoint,
  said: Json,
  count: number,
): { index: number; reason: string }[] {
  if (rejected === undefined) return [];
  const path = parsePath(rejected.path);
  const found = path === null ? undefined : at(said, path);
  const unsound = (what: string) =>
    new DataFailure(
      "contract",
      `The endpoint's answer is not as \`rejected\` of the sink says: ${what}`,
      "Mend `rejected` in the env file, or ask the endpoint's owner.",
    );
  if (found === undefined || found === null) return [];
  if (!Array.isArray(found)) throw unsound(`${rejected.path} is no list`);
  const seen = new Map<number, string>();
  for (const one of found) {
    const item: Json = typeof one === "object" && one !== null && !Array.isArray(one)
      ? one
      : { [rejected.index]: one };
    const index = item[rejected.index];
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= count) {
      throw unsound(
        `${rejected.index} is ${JSON.stringify(index)?.slice(0, 40)}, and ${count} rows were sent`,
      );
    }
    const why = rejected.reason === undefined ? undefined : item[rejected.reason];
    const words = why === undefined || why === null
      ? "no reason given"
      : typeof why === "string"
      ? why
      : JSON.stringify(why);
    seen.set(index, `the endpoint did not take it: ${excerpt(client.redact(words))}`);
  }
  return [...seen].map(([index, reason]) => ({ index, reason }));
}
