/** What the clients of one process share: connections, limiters, OAuth tokens, checked addresses, the list of secrets. */
import type { Clock } from "../../kernel/mod.ts";
import { type HostGuard, hostGuard, type Resolve } from "./host_guard.ts";
import { type Limiter, limiter, type SharedTurns } from "./limiter.ts";
import type { TokenKeeper } from "./oauth.ts";
import { type Redaction, redaction } from "./redaction.ts";
import { type Wire, wire } from "./wire.ts";

export interface HttpPoolOptions {
  readonly clock: Clock;
  /** Turns that this process shares with others: `storeTurns(store)`. Without it, limits hold for this process only. */
  readonly turns?: SharedTurns;
  /** How names become addresses; the machine's resolver unless told. */
  readonly resolve?: Resolve;
  /** Certificates (PEM) trusted beside the machine's. */
  readonly ca?: readonly string[];
  /** For jitter. */
  readonly random?: () => number;
}

export interface HttpPool {
  readonly clock: Clock;
  readonly random: () => number;
  readonly wire: Wire;
  readonly guard: HostGuard;
  readonly hidden: Redaction;
  /** One limiter per key; the key names host, credential and quota. */
  limiterFor(key: string): Limiter;
  /** One keeper of tokens per grant. */
  readonly keepers: Map<string, TokenKeeper>;
  /** Closes kept connections; requests under way fail. */
  close(): void;
}

/** One per process; close it at the end. */
export function httpPool(options: HttpPoolOptions): HttpPool {
  const connections = wire(options.ca === undefined ? {} : { ca: options.ca });
  const limiters = new Map<string, Limiter>();
  return {
    clock: options.clock,
    random: options.random ?? Math.random,
    wire: connections,
    guard: hostGuard(options.resolve),
    hidden: redaction(),
    limiterFor(key) {
      let found = limiters.get(key);
      if (found === undefined) limiters.set(key, found = limiter(options.clock, key, options.turns));
      return found;
    },
    keepers: new Map(),
    close: () => connections.close(),
  };
}
