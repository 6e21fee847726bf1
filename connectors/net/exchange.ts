/** One try of a request: guarded, paced, signed, sent; redirects followed by hand. */
import type { ConnectorSettings } from "../../specs/foundry/mod.ts";
import { DataFailure, type HttpDialect } from "../data/port.ts";
import { isPublic } from "./address.ts";
import type { Credential, Signature } from "./credential.ts";
import { type NetworkPolicy, portOf } from "./host_guard.ts";
import type { HttpPool } from "./pool.ts";
import { isRedirect, type Plan, redirected, type Target } from "./request.ts";
import type { WireReply } from "./wire.ts";

export interface Usage {
  made: number;
  retried: number;
  waitedMs: number;
  bytes: number;
}

export interface ExchangeContext {
  readonly pool: HttpPool;
  readonly settings: ConnectorSettings;
  readonly network: NetworkPolicy;
  readonly dialect: HttpDialect;
  readonly limits: { readonly requests?: number; readonly bytes?: number };
  readonly used: Usage;
  readonly credentials: () => Credential;
  /** What a message may quote of an answer's text. */
  readonly quoted: (text: string) => string;
}

export interface Arrived {
  readonly reply: WireReply;
  readonly target: Target;
  /** With secrets hidden. */
  readonly shown: string;
  readonly signature: Signature | undefined;
  /** The exchange is over: others may send. */
  leave(): void;
}

const MOST_REDIRECTS = 5;
const CONCURRENCY = 8;
const CONNECT_MS = 15_000;
const IDLE_MS = 60_000;

/** Throws DataFailure, WireFault or the signal's reason. A turn later than `waitMs` from now is `rate-limited`. */
export async function exchange(
  plan: Plan,
  context: ExchangeContext,
  waitMs: number,
  signal: AbortSignal,
): Promise<Arrived> {
  let target = plan.target;
  let known: readonly string[] = [];
  for (let hops = 0;; hops++) {
    const { arrived, addresses } = await send(target, context, waitMs, signal, known);
    known = addresses;
    const { reply } = arrived;
    const location = reply.headers.get("location");
    if (!isRedirect(reply.status) || location === null || plan.accept.includes(reply.status)) return arrived;
    reply.destroy();
    arrived.leave();
    if (hops === MOST_REDIRECTS) {
      throw new DataFailure(
        "contract",
        `${plan.target.method} ${arrived.shown} failed: the server redirects more than ${MOST_REDIRECTS} times`,
        "Ask for the address that it leads to, if it leads anywhere.",
      );
    }
    target = redirected(target, reply.status, location);
  }
}

/** The key of the limiter that a request goes through: an API of several hosts has one. */
export function limiterKey(
  target: Pick<Target, "url" | "site">,
  context: Pick<ExchangeContext, "credentials" | "dialect">,
): string {
  const { site, url } = target;
  return `${site.hostname}:${portOf(site)} ${context.credentials().id} ${context.dialect.quota?.(url) ?? ""}`;
}

async function send(
  target: Target,
  context: ExchangeContext,
  waitMs: number,
  signal: AbortSignal,
  known: readonly string[],
): Promise<{ arrived: Arrived; addresses: readonly string[] }> {
  const { pool, settings, dialect, limits, used } = context;
  if (limits.requests !== undefined && used.made >= limits.requests) {
    throw new DataFailure(
      "limit",
      `The limit of ${limits.requests} requests is reached`,
      "Raise `limits.requests` of the stream or the pipeline's budget, or read less.",
    );
  }
  const addresses = await pool.guard.admit(target.url, context.network);
  // Private addresses were let through for hosts that a person named, not for what a server redirects to.
  const strange = target.named
    ? undefined
    : addresses.find((address) => !isPublic(address) && !known.includes(address));
  if (strange !== undefined) {
    throw new DataFailure(
      "refused",
      `The server redirects to ${target.url.host}, whose address ${strange} is not on the public internet`,
      "Name that host in the env file when it is meant to be reached.",
    );
  }
  const signature = target.trusted ? await context.credentials().sign(signal) : undefined;
  const rates = [settings.requestsPerSecond, dialect.requestsPerSecond].filter((rate) => rate !== undefined);
  const turn = await pool.limiterFor(limiterKey(target, context)).enter(
    {
      concurrency: dialect.concurrency ?? CONCURRENCY,
      ...(rates.length === 0 ? {} : { requestsPerSecond: Math.min(...rates) }),
    },
    waitMs,
    signal,
  );
  if ("untilMs" in turn) {
    throw new DataFailure(
      "rate-limited",
      `${target.url.host} is not to be asked before ${
        new Date(turn.untilMs).toISOString()
      }: its limit is used up`,
      "The run goes on by itself when the limit has ended.",
      { untilMs: turn.untilMs },
    );
  }
  used.waitedMs += turn.waitedMs;
  used.made++;
  const url = new URL(target.url);
  for (const [name, value] of Object.entries(signature?.query ?? {})) url.searchParams.set(name, value);
  const shown = pool.hidden.url(url);
  const headers = { ...target.headers, ...signature?.headers };
  const ownMs = settings.timeoutSeconds === undefined ? undefined : settings.timeoutSeconds * 1000;
  try {
    const reply = await pool.wire.exchange({
      url,
      addresses,
      method: target.method,
      headers: { ...headers, ...await target.sign?.({ ...target, url, headers }) },
      ...(target.body === undefined ? {} : { body: target.body }),
      connectMs: Math.min(CONNECT_MS, ownMs ?? CONNECT_MS),
      headMs: ownMs ?? IDLE_MS,
      idleMs: Math.min(IDLE_MS, ownMs ?? IDLE_MS),
      signal,
    });
    return { arrived: { reply, target, shown, signature, leave: turn.leave }, addresses };
  } catch (error) {
    turn.leave();
    throw error;
  }
}
