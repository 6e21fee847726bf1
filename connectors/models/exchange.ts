/** The HTTP side of one call: what an SDK is given as `fetch`. Every way in which a server can misbehave ends here. */
import type { Json, ModelWire } from "../../specs/mod.ts";
import { CallTrouble } from "./trouble.ts";
import { troubleOf } from "./classify.ts";
import { type Complaint, complaintOf } from "./envelope.ts";
import { firstEvents, foreignAnswer } from "./foreign.ts";
import { retryAfterMs } from "./retry_after.ts";
import { isReplayed, unrecorded } from "./cassette/marks.ts";

export interface ExchangeLimits {
  /** Bytes of one answer, decompressed. */
  readonly answerBytes: number;
  /** Bytes of one event: an SDK holds it whole. */
  readonly eventBytes: number;
}

export const LIMITS: ExchangeLimits = { answerBytes: 64 * 1024 * 1024, eventBytes: 8 * 1024 * 1024 };
const ERROR_BYTES = 64 * 1024;

/** SDKs add more (system, runtime, headers of their own environment variables): nothing else leaves. */
const SENT_HEADERS = new Set([
  "accept",
  "content-type",
  "authorization",
  "x-api-key",
  "anthropic-version",
  "user-agent",
]);

export interface Exchange {
  /** For the SDK's client. */
  readonly fetch: typeof fetch;
  /** The answer, when it was one JSON document although a stream was asked for. */
  whole(): Json | undefined;
  /** Why it failed, told by this side; what an SDK makes of it is of no interest. */
  fault(): CallTrouble | undefined;
  /** Whether an answer has begun: what breaks off later is a cut stream. */
  begun(): boolean;
  requestId(): string | null;
  recording(): boolean;
  sentBytes(): number;
  heardBytes(): number;
  waitMs(): number | undefined;
}

export interface ExchangeOptions {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly quote: (text: string, most?: number) => string;
  /** The API that is asked: an answer of another one is none. */
  readonly wire: ModelWire;
  readonly limits?: ExchangeLimits;
}

/** One exchange; a call that is continued makes several, each of its own. */
export function exchange(options: ExchangeOptions): Exchange {
  const limits = options.limits ?? LIMITS;
  let fault: CallTrouble | undefined;
  let whole: Json | undefined;
  let begun = false;
  let requestId: string | null = null;
  let recording = false;
  let sent = 0;
  let heard = 0;
  let waitMs: number | undefined;

  const fail = (trouble: CallTrouble): CallTrouble => fault ??= trouble;

  async function ask(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers();
    new Headers(init.headers).forEach((value, name) => {
      if (SENT_HEADERS.has(name)) headers.set(name, value);
    });
    sent += typeof init.body === "string" ? new TextEncoder().encode(init.body).length : 0;
    let response: Response;
    try {
      response = await options.fetch(input, {
        method: init.method ?? "POST",
        headers,
        body: init.body ?? null,
        // The credential goes to the address that was set, and nowhere else.
        redirect: "manual",
        signal: options.signal,
      });
    } catch (error) {
      throw fail(unreached(error, options));
    }
    requestId = response.headers.get("request-id") ?? response.headers.get("x-request-id");
    recording = isReplayed(response);
    waitMs = retryAfterMs(response.headers, options.now());
    if (!response.ok) throw fail(await refused(response, options));
    begun = true;
    return await opened(response);
  }

  /** The answer as a stream of events; anything else is a fault, or one whole document. */
  async function opened(response: Response): Promise<Response> {
    if (response.body === null) throw fail(new CallTrouble("cut-stream", "the answer has no body"));
    const reader = response.body.getReader();
    const first: Uint8Array[] = [];
    let start = "";
    // What it is shows in its first characters; content types of compatible endpoints are often wrong.
    while (start.length < 6) {
      const { done, value } = await reader.read();
      if (done) break;
      heard += value.length;
      first.push(value);
      start = (start + new TextDecoder().decode(value.subarray(0, 4096))).trimStart();
    }
    const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
    if (start === "") throw fail(new CallTrouble("cut-stream", "the answer is empty"));
    if (/^(?:data|event|id|retry)?:/.test(start) && type !== "text/html") {
      return new Response(counted(first, reader), {
        status: response.status,
        headers: { "content-type": "text/event-stream" },
      });
    }
    if (/^[{[]/.test(start)) {
      whole = await document(first, reader);
      const complaint = fieldsError(whole) ? complaintOf(whole) : undefined;
      if (complaint !== undefined) throw fail(complained(undefined, complaint, waitMs, options));
      const foreign = foreignAnswer(whole, options.wire);
      if (foreign !== null) throw fail(elsewhere(foreign));
      throw new WholeDocument();
    }
    await reader.cancel().catch(() => undefined);
    throw fail(
      new CallTrouble(
        "unavailable",
        `the answer is ${
          type === "" ? "of no known content type" : options.quote(type, 80)
        } and no answer of a model's API (it begins ` +
          `${
            JSON.stringify(options.quote(start.slice(0, 40), 40))
          }): a proxy or a login page answers in its place`,
        { remedy: "Check the base URL of this provider, and the proxy in between.", free: true },
      ),
    );
  }

  function counted(first: readonly Uint8Array[], reader: ReadableStreamDefaultReader<Uint8Array>) {
    let line = 0;
    const within = (chunk: Uint8Array): boolean => {
      const at = chunk.lastIndexOf(0x0a);
      line = at < 0 ? line + chunk.length : chunk.length - at - 1;
      return heard <= limits.answerBytes && line <= limits.eventBytes;
    };
    const queue = [...first];
    const look = firstEvents(options.wire);
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        let chunk = queue.shift();
        if (chunk === undefined) {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          heard += value.length;
          chunk = value;
        }
        const foreign = look(chunk);
        if (foreign === null && within(chunk)) return controller.enqueue(chunk);
        controller.error(fail(foreign === null ? tooLarge(limits) : elsewhere(foreign)));
        await reader.cancel().catch(() => undefined);
      },
      cancel: (reason) => reader.cancel(reason).catch(() => undefined),
    }, { highWaterMark: 0 });
  }

  async function document(
    first: readonly Uint8Array[],
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<Json> {
    const chunks = [...first];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      heard += value.length;
      if (heard > limits.eventBytes) {
        await reader.cancel().catch(() => undefined);
        throw fail(tooLarge(limits));
      }
      chunks.push(value);
    }
    try {
      return JSON.parse(await new Blob(chunks as BlobPart[]).text()) as Json;
    } catch {
      throw fail(new CallTrouble("cut-stream", "the answer begins as a JSON document and is none"));
    }
  }

  return {
    fetch: ask as typeof fetch,
    whole: () => whole,
    fault: () => fault,
    begun: () => begun,
    requestId: () => requestId,
    recording: () => recording,
    sentBytes: () => sent,
    heardBytes: () => heard,
    waitMs: () => waitMs,
  };
}

/** Ends the SDK's part: the document is read from `whole`. */
class WholeDocument extends Error {
  override name = "WholeDocument";
}

const fieldsError = (body: Json): boolean =>
  Array.isArray(body) ||
  typeof body === "object" && body !== null &&
    (body.error !== undefined && body.error !== null && body.object !== "response" || body.type === "error" ||
      body.object === "error");

/** A model may have worked there, and be paid for. */
const elsewhere = ({ why, remedy }: { why: string; remedy: string }): CallTrouble =>
  new CallTrouble("unavailable", why, { remedy, worked: true });

function tooLarge(limits: ExchangeLimits): CallTrouble {
  return new CallTrouble(
    "bad-output",
    `the answer is larger than ${limits.answerBytes} bytes, or one event of it than ${limits.eventBytes}`,
  );
}

/** No answer at all. */
function unreached(error: unknown, options: ExchangeOptions): CallTrouble {
  const missing = unrecorded(error);
  if (missing !== undefined) return new CallTrouble("recording", missing, { free: true });
  const said = error instanceof Error
    ? `${error.message} ${error.cause instanceof Error ? error.cause.message : ""}`
    : String(error);
  const isUnsent =
    /\(Connect\)|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|dns error|connection refused|certificate|are blocked|Requires net access/i
      .test(said);
  return new CallTrouble(
    "network",
    `no connection: ${options.quote(said.replaceAll(/\(?https?:\/\/\S+/g, "the endpoint"))}`,
    {
      free: isUnsent,
      ...(/certificate/i.test(said)
        ? { retryable: false, remedy: "Check the endpoint's certificate and the base URL." }
        : {}),
    },
  );
}

/** An answer that says no. */
async function refused(response: Response, options: ExchangeOptions): Promise<CallTrouble> {
  const text = await readSome(response);
  if (response.status < 400) {
    return new CallTrouble(
      "unavailable",
      `the endpoint answers ${response.status} and leads elsewhere; a credential is not sent after a redirect`,
      { remedy: "Set the base URL of this provider to where the API really is.", free: true },
    );
  }
  let complaint: Complaint | undefined;
  try {
    complaint = complaintOf(JSON.parse(text));
  } catch { /* a page of a proxy, or plain text */ }
  return complained(response.status, complaint, retryAfterMs(response.headers, options.now()), options);
}

/** The trouble that a complaint is, as it was told with or without a status. */
export function complained(
  status: number | undefined,
  complaint: Complaint | undefined,
  waitMs: number | undefined,
  options: Pick<ExchangeOptions, "quote">,
): CallTrouble {
  const retry = waitMs ?? complaint?.retryAfterMs;
  const trouble = troubleOf(status, complaint, retry !== undefined);
  const told = complaint === undefined
    ? "in a form that no API of models uses"
    : [complaint.code, complaint.message].map((one) => options.quote(one)).filter((one) => one !== "").join(
      ": ",
    );
  const shown = status ?? complaint?.status;
  return new CallTrouble(trouble, `it answers ${shown ?? "with an error"}${told === "" ? "" : `: ${told}`}`, {
    ...(retry === undefined ? {} : { retryAfterMs: retry }),
    ...(trouble === "unavailable"
      ? { remedy: "Check the base URL of this provider: there is no API of models at it." }
      : {}),
    // Behind a gateway that gave up, a model may have worked and be paid for.
    free: status !== undefined && (status < 500 || status === 503 || status === 529),
  });
}

async function readSome(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < ERROR_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      chunks.push(value);
    }
  } catch { /* what came says enough: the status does already */ }
  await reader.cancel().catch(() => undefined);
  return (await new Blob(chunks as BlobPart[]).text()).slice(0, ERROR_BYTES);
}
