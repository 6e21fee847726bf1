/** The HttpClient: a request is planned once, then tried until it is answered, given up, or parked for a quota. */
import type { ConnectorSettings } from "../../specs/foundry/mod.ts";
import {
  DataFailure,
  type HttpAnswer,
  type HttpClient,
  type HttpDialect,
  type HttpReply,
  type HttpRequest,
  type HttpVerdict,
  type SourceContext,
} from "../data/port.ts";
import { collect, inflated, tooLarge } from "./body.ts";
import { type Credential, credential } from "./credential.ts";
import { type Arrived, exchange, type ExchangeContext, limiterKey, type Usage } from "./exchange.ts";
import type { NetworkPolicy } from "./host_guard.ts";
import type { HttpPool } from "./pool.ts";
import { decodeText, makeReply } from "./reply.ts";
import { type Plan, planRequest } from "./request.ts";
import { keeperFor } from "./token_url.ts";
import { excerpt, judgeAnswer } from "./verdict.ts";
import { persist, Setback } from "./persistence.ts";
import { limitEnds, LONGEST_WAIT_MS, nothingLeft, reset } from "./waiting.ts";
import { WireFault } from "./wire.ts";

export interface HttpClientOptions {
  /** The connector's name, for messages. */
  readonly connector: string;
  readonly settings: ConnectorSettings;
  readonly network: NetworkPolicy;
  /** The value behind `env:NAME`; throws `auth` when there is none. */
  readonly secret: (reference: string) => string;
  /** Told each credential before it is used: also granted tokens, and pairs that are sent as one. */
  readonly onSecret?: (value: string) => void;
  readonly vault: SourceContext["vault"];
  readonly abort: AbortSignal;
  /** Longest wait of one request for quotas, all its tries together; beyond it the failure is `rate-limited` with `untilMs`. */
  readonly waitBudgetMs: number;
  /** What this client may use in all. */
  readonly limits?: { readonly requests?: number; readonly bytes?: number };
  /** How often a request is tried again after a transient failure; what the settings say, or 5, unless told. */
  readonly retries?: number;
  /** How often all requests together are; 100 and a tenth of the requests made unless told. */
  readonly retryBudget?: number;
  readonly progress?: (message: string) => void;
  /** Whether failures quote what a server answers; false where that may be personal data. */
  readonly quotes?: boolean;
}

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_STREAM_BYTES = 8 * 1024 ** 3;
const FAILURE_BYTES = 64_000;
const TOTAL_MS = 300_000;

/** A client of its own counts and limits; connections, limiters and tokens are the pool's. */
export function httpClient(pool: HttpPool, options: HttpClientOptions): HttpClient {
  let signer: Credential | undefined;
  const secret = (reference: string): string => {
    const value = options.secret(reference);
    pool.hidden.add(value);
    return value;
  };
  const retries = options.retries ?? options.settings.retries;
  return speaking({}, {
    pool,
    options: { ...options, secret, ...(retries === undefined ? {} : { retries }) },
    used: { made: 0, retried: 0, waitedMs: 0, bytes: 0 },
    credentials: () =>
      signer ??= telling(
        credential(
          options.settings.auth,
          secret,
          pool.hidden,
          (auth) => keeperFor(pool, { ...options, secret }, auth),
        ),
        options.onSecret,
      ),
  });
}

/** The keeper of tokens is shared by the clients of a process: each of them has to be told what it signs with. */
function telling(signer: Credential, onSecret: HttpClientOptions["onSecret"]): Credential {
  if (onSecret === undefined) return signer;
  return {
    ...signer,
    async sign(signal) {
      const signature = await signer.sign(signal);
      for (const value of signature.secrets ?? []) onSecret(value);
      return signature;
    },
  };
}

interface Session {
  readonly pool: HttpPool;
  readonly options: HttpClientOptions;
  readonly used: Usage;
  readonly credentials: () => Credential;
}

function speaking(dialect: HttpDialect, session: Session): HttpClient {
  const { pool, options, used } = session;
  const { clock, hidden } = pool;
  const quoted = (text: string): string => options.quotes === false ? "" : hidden.hideCut(text);
  const context: ExchangeContext = {
    pool,
    settings: options.settings,
    network: options.network,
    dialect,
    limits: options.limits ?? {},
    used,
    credentials: session.credentials,
  };
  const plan = (request: HttpRequest): Plan =>
    planRequest(request, options.settings, dialect, options.network, options.connector, options.secret);

  const failure = (
    kind: Exclude<HttpVerdict["kind"], "ok">,
    what: { method: string; shown: string; status?: number },
    why: string,
    remedy: string,
    untilMs?: number,
  ): DataFailure =>
    new DataFailure(kind, hidden.hide(`${what.method} ${shorten(what.shown)} failed: ${why}`), remedy, {
      locator: what.shown.slice(0, 2000),
      ...(what.status === undefined ? {} : { status: what.status }),
      ...(untilMs === undefined ? {} : { untilMs }),
    });

  const signalOf = ({ signal }: HttpRequest): AbortSignal =>
    signal === undefined || signal === options.abort
      ? options.abort
      : AbortSignal.any([options.abort, signal]);

  async function arrive(
    planned: Plan,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Arrived> {
    try {
      return await exchange(planned, context, waitMs, signal);
    } catch (error) {
      throw setbackOf(error, { method: planned.target.method, shown: hidden.url(planned.target.url) });
    }
  }

  function setbackOf(error: unknown, what: { method: string; shown: string; status?: number }): unknown {
    if (error instanceof WireFault) {
      const { stale = false, unsent = false, lasting = false, closed = false } = error.more;
      const isShape = error.message.startsWith("the compressed body");
      const why = failure(
        lasting ? "permanent" : "transient",
        what,
        error.message,
        lasting
          ? "Check the server's certificate and the base URL."
          : "Run again later; the run goes on where it stopped.",
      );
      return lasting ? why : new Setback(why, { stale, untouched: unsent, shape: isShape, closed });
    }
    // No name server, no token server: nothing was sent yet.
    if (error instanceof DataFailure && error.kind === "transient") {
      return new Setback(error, { untouched: true });
    }
    return error;
  }

  /** Throws what a verdict other than `ok` means. */
  function verdictOf(answer: HttpAnswer, accept: readonly number[], arrived: Arrived): void {
    const verdict = judgeAnswer(answer, accept, dialect);
    if (verdict.kind === "ok") return;
    const said = verdict.reason ?? excerpt(quoted(answer.text()));
    const what = { method: answer.method, shown: arrived.shown, status: answer.status };
    const why = failure(
      verdict.kind,
      what,
      `the server answers ${answer.status}${said === "" ? "" : `: ${said}`}`,
      verdict.remedy ?? "Look at the answer, and at the definition's request.",
    );
    const now = clock.now();
    const ends = dialect.limitEnds?.(answer, now) ?? limitEnds(answer.headers, now);
    const waitMs = ends === undefined ? undefined : Math.min(ends, now + LONGEST_WAIT_MS) - now;
    switch (verdict.kind) {
      case "auth":
        if (answer.status === 401 && arrived.target.trusted) {
          throw new Setback(why, { refused: { token: arrived.signature?.token } });
        }
        throw why;
      case "rate-limited":
        throw new Setback(why, {
          untouched: true,
          ...(waitMs === undefined ? {} : { waitMs }),
          ...(verdict.waitMs === undefined ? {} : { floorMs: verdict.waitMs }),
        });
      case "transient": {
        // `503 Retry-After` is a quota by another name: its wait is bounded, and parks.
        const asked = answer.headers.has("retry-after") ? waitMs : verdict.waitMs;
        if (asked !== undefined && asked > 0 && answer.headers.has("retry-after")) {
          throw new Setback(
            failure(
              "rate-limited",
              what,
              why.message.slice(why.message.indexOf(" failed: ") + 9),
              why.remedy,
            ),
            { waitMs: asked },
          );
        }
        throw new Setback(why, asked === undefined ? {} : { waitMs: asked });
      }
      default:
        throw why;
    }
  }

  /** A quota that this answer used up: the next request waits for its end instead of asking for a refusal. */
  async function heed(answer: HttpAnswer, arrived: Arrived): Promise<void> {
    if (!nothingLeft(answer.headers)) return;
    const ends = dialect.limitEnds?.(answer, clock.now()) ?? reset(answer.headers, clock.now());
    if (ends === undefined || ends <= clock.now()) return;
    await pool.limiterFor(limiterKey(arrived.target, context))
      .hold(Math.min(ends, clock.now() + LONGEST_WAIT_MS));
  }

  /** Decompressed, capped, counted. */
  async function* bodyOf(arrived: Arrived, maxBytes: number): AsyncGenerator<Uint8Array> {
    const { reply, target } = arrived;
    const empty = target.method === "HEAD" || reply.status === 204 || reply.status === 304 ||
      reply.headers.get("content-length")?.trim() === "0";
    if (Number(reply.headers.get("content-length") ?? 0) > maxBytes && !empty) throw tooLarge(maxBytes);
    for await (
      const chunk of inflated(reply.body, empty ? null : reply.headers.get("content-encoding"), maxBytes)
    ) {
      used.bytes += chunk.byteLength;
      const most = options.limits?.bytes;
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
  async function wordsOf(arrived: Arrived): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const chunk of bodyOf(arrived, FAILURE_BYTES)) {
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

  const answerOf = (arrived: Arrived, body: Uint8Array): HttpAnswer => ({
    method: arrived.target.method,
    url: arrived.shown,
    status: arrived.reply.status,
    headers: arrived.reply.headers,
    text: () => decodeText(body, arrived.reply.headers),
  });
  const isGood = (status: number, accept: readonly number[]) =>
    (status >= 200 && status < 300) || accept.includes(status);

  async function request(asked: HttpRequest): Promise<HttpReply> {
    const planned = plan(asked);
    const maxBytes = asked.maxBytes ?? options.settings.maxBytes ?? MAX_BYTES;
    return await persist(
      planned,
      context,
      { ...options, signal: signalOf(asked) },
      (waitMs, signal) =>
        within(
          (options.settings.timeoutSeconds ?? TOTAL_MS / 1000) * 1000,
          signal,
          (limited, start) => tryOnce(asked, planned, waitMs, limited, start, maxBytes),
          (error) =>
            setbackOf(error, { method: planned.target.method, shown: hidden.url(planned.target.url) }),
        ),
    );
  }

  async function tryOnce(
    asked: HttpRequest,
    planned: Plan,
    waitMs: number,
    signal: AbortSignal,
    start: () => void,
    maxBytes: number,
  ): Promise<HttpReply> {
    const arrived = await arrive(planned, waitMs, signal);
    start();
    const { reply, shown, target } = arrived;
    const what = { method: target.method, shown, status: reply.status };
    try {
      const good = isGood(reply.status, planned.accept);
      const body = good ? await collect(bodyOf(arrived, maxBytes)) : await wordsOf(arrived);
      const answer = answerOf(arrived, body);
      verdictOf(answer, planned.accept, arrived);
      await heed(answer, arrived);
      const made = makeReply(
        { status: reply.status, headers: reply.headers, url: shown },
        body,
        quoted,
      );
      if (reply.status < 200 || reply.status > 299) return made;
      check(asked, made);
      return made;
    } catch (error) {
      throw setbackOf(error, what);
    } finally {
      reply.destroy();
      arrived.leave();
    }
  }

  /** A 2xx whose body is not what the caller reads: tried again. */
  function check(asked: HttpRequest, reply: HttpReply): void {
    try {
      if (asked.expect === "json") reply.json();
    } catch (error) {
      if (error instanceof DataFailure) throw new Setback(error, { shape: true });
      throw error;
    }
    try {
      asked.verify?.(reply);
    } catch (error) {
      if (error instanceof DataFailure && error.kind === "transient") {
        throw new Setback(error, { shape: true });
      }
      throw error;
    }
  }

  async function stream(asked: HttpRequest) {
    const planned = plan(asked);
    const maxBytes = asked.maxBytes ?? options.settings.maxBytes ?? MAX_STREAM_BYTES;
    const arrived = await persist(
      planned,
      context,
      { ...options, signal: signalOf(asked) },
      async (waitMs, signal) => {
        const found = await arrive(planned, waitMs, signal);
        try {
          const good = isGood(found.reply.status, planned.accept);
          const answer = answerOf(found, good ? new Uint8Array() : await wordsOf(found));
          verdictOf(answer, planned.accept, found);
          await heed(answer, found);
          // Who reads slowly must not keep others from asking.
          found.leave();
          return found;
        } catch (error) {
          found.reply.destroy();
          found.leave();
          throw setbackOf(error, {
            method: found.target.method,
            shown: found.shown,
            status: found.reply.status,
          });
        }
      },
    );
    const { reply, shown, target } = arrived;
    const chunks = bodyOf(arrived, maxBytes);
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          const setback = setbackOf(error, { method: target.method, shown, status: reply.status });
          controller.error(setback instanceof Setback ? setback.failure : setback);
        }
      },
      async cancel() {
        reply.destroy();
        await chunks.return(undefined).catch(() => {});
      },
    }, { highWaterMark: 0 });
    return { reply: { status: reply.status, headers: reply.headers, url: shown }, body };
  }

  return {
    as: (other) => speaking(other, session),
    redact: (text) => hidden.hide(text),
    request,
    stream,
    used,
  };
}

/** Bounds one try in time, from its first call of `start` on: waiting for a turn is not the server's time. */
async function within<T>(
  ms: number,
  signal: AbortSignal,
  run: (signal: AbortSignal, start: () => void) => Promise<T>,
  explain: (error: unknown) => unknown,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await run(controller.signal, () => {
      timer ??= setTimeout(
        () => controller.abort(new WireFault(`the answer was not complete within ${ms} ms`)),
        ms,
      );
    });
  } catch (error) {
    throw explain(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

const shorten = (url: string): string => url.length > 500 ? `${url.slice(0, 500)}…` : url;
