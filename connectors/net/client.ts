/** The HttpClient: a request is planned once, then tried until it is answered, given up, or parked for a quota. */
import { type HttpClient, type HttpDialect, type HttpReply, type HttpRequest } from "../data/port.ts";
import { collect } from "./body.ts";
import { type Credential, credential } from "./credential.ts";
import { type Arrived, exchange, type ExchangeContext, type Usage } from "./exchange.ts";
import type { HttpPool } from "./pool.ts";
import { makeReply } from "./reply.ts";
import { type Plan, planRequest } from "./request.ts";
import { keeperFor } from "./token_url.ts";
import { persist, Setback } from "./persistence.ts";
import { WireFault } from "./wire.ts";
import type { HttpClientOptions } from "./client_options.ts";
import { answerOf, bodyOf, isGood, wordsOf } from "./content.ts";
import { checkShape, heed, judge, setbackOf } from "./setback.ts";

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_STREAM_BYTES = 8 * 1024 ** 3;
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
  const { hidden } = pool;
  const context: ExchangeContext = {
    pool,
    settings: options.settings,
    network: options.network,
    dialect,
    limits: options.limits ?? {},
    used,
    credentials: session.credentials,
    quoted: (text) => options.quotes === false ? "" : hidden.hideCut(text),
  };
  const plan = (request: HttpRequest): Plan =>
    planRequest(request, options.settings, dialect, options.network, options.connector, options.secret);

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
      throw setbackOf(
        error,
        { method: planned.target.method, shown: hidden.url(planned.target.url) },
        context,
      );
    }
  }

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
            setbackOf(
              error,
              { method: planned.target.method, shown: hidden.url(planned.target.url) },
              context,
            ),
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
      const body = good ? await collect(bodyOf(arrived, maxBytes, context)) : await wordsOf(arrived, context);
      const answer = answerOf(arrived, body);
      judge(answer, planned.accept, arrived, context);
      await heed(answer, arrived, context);
      const made = makeReply(
        { status: reply.status, headers: reply.headers, url: shown },
        body,
        context.quoted,
      );
      if (reply.status < 200 || reply.status > 299) return made;
      checkShape(asked, made);
      return made;
    } catch (error) {
      throw setbackOf(error, what, context);
    } finally {
      reply.destroy();
      arrived.leave();
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
          const answer = answerOf(found, good ? new Uint8Array() : await wordsOf(found, context));
          judge(answer, planned.accept, found, context);
          await heed(answer, found, context);
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
          }, context);
        }
      },
    );
    const { reply, shown, target } = arrived;
    const chunks = bodyOf(arrived, maxBytes, context);
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          const setback = setbackOf(error, { method: target.method, shown, status: reply.status }, context);
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
