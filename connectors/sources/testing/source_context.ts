/** A SourceContext as the engine makes it, pointed at a loopback server, for tests of sources. */
import { type Json } from "../../../specs/mod.ts";
import {
  type ConnectorSettings,
  ConnectorSettings as Settings,
  type Row,
} from "../../../specs/foundry/mod.ts";
import type { Clock } from "../../../kernel/mod.ts";
import {
  DataFailure,
  type Page,
  type ReadEnd,
  type ReadRequest,
  type Source,
  type SourceContext,
} from "../../data/port.ts";
import { httpClient } from "../../net/client.ts";
import type { HttpClientOptions } from "../../net/client_options.ts";
import { type HttpPool, httpPool, type HttpPoolOptions } from "../../net/pool.ts";
import type { NetworkPolicy } from "../../net/host_guard.ts";
import { leapingClock } from "./leaping_clock.ts";

export interface ContextOptions {
  readonly settings?: ConnectorSettings;
  /** Private addresses are let through unless told: the servers are on loopback. */
  readonly network?: NetworkPolicy;
  /** Values behind `env:NAME`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly abort?: AbortSignal;
  /** 300 s unless told, as pipelines have it. */
  readonly waitBudgetMs?: number;
  readonly limits?: HttpClientOptions["limits"];
  readonly retries?: number;
  readonly pool?: HttpPool;
  readonly poolOptions?: Partial<HttpPoolOptions>;
  readonly vault?: Map<string, string>;
  readonly connector?: string;
}

export interface TestContext extends AsyncDisposable {
  readonly context: SourceContext;
  readonly pool: HttpPool;
  readonly clock: Clock;
  /** What the source told people. */
  readonly progress: string[];
  readonly vault: Map<string, string>;
}

/** Jitter at its most, so that waits are exact: `random` is 1. Dispose of it to close kept connections. */
export function sourceContext(
  server: { readonly url: string } | null,
  options: ContextOptions = {},
): TestContext {
  const clock = options.clock ?? leapingClock();
  const pool = options.pool ?? httpPool({ clock, random: () => 1, ...options.poolOptions });
  const progress: string[] = [];
  const vault = options.vault ?? new Map<string, string>();
  const settings = Settings.parse({
    ...(server === null ? {} : { baseUrl: server.url }),
    ...options.settings,
  });
  const abort = options.abort ?? new AbortController().signal;
  const secret = (reference: string): string => {
    const value = options.env?.[reference.slice("env:".length)];
    if (value === undefined) {
      throw new DataFailure("auth", `${reference} is not set`, "Set the variable.");
    }
    return value;
  };
  const kept: SourceContext["vault"] = {
    get: (name) => Promise.resolve(vault.get(name) ?? null),
    put: (name, value) => Promise.resolve(void vault.set(name, value)),
  };
  const http = httpClient(pool, {
    connector: options.connector ?? "test",
    settings,
    network: options.network ?? { allowPrivate: true },
    secret,
    vault: kept,
    abort,
    waitBudgetMs: options.waitBudgetMs ?? 300_000,
    progress: (message) => void progress.push(message),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.retries === undefined ? {} : { retries: options.retries }),
  });
  const noFiles = () => Promise.reject(new DataFailure("refused", "This test has no files", "Give it some."));
  return {
    context: {
      settings,
      http,
      files: { file: noFiles, glob: noFiles, scratch: () => Deno.makeTempDir() },
      clock,
      abort,
      secret,
      progress: (message) => void progress.push(message),
      vault: kept,
    },
    pool,
    clock,
    progress,
    vault,
    [Symbol.asyncDispose]: () => {
      if (options.pool === undefined) pool.close();
      return Promise.resolve();
    },
  };
}

/** A request for everything of a resource, unless told otherwise. */
export function readRequest(request: Partial<ReadRequest> & { resource: string }): ReadRequest {
  return {
    stream: request.resource,
    params: {},
    mode: "full",
    cursor: null,
    window: { from: null, to: null },
    resume: null,
    state: null,
    ...request,
  };
}

export interface ReadOutcome {
  readonly rows: Row[];
  readonly pages: Page[];
  /** Null when it failed. */
  readonly end: ReadEnd | null;
  readonly failure: DataFailure | null;
}

/** Reads to the end or to the failure. Anything but a DataFailure is a bug, and thrown. */
export async function readAll(
  source: Source,
  request: ReadRequest,
  context: SourceContext,
  onPage?: (page: Page, index: number) => void,
): Promise<ReadOutcome> {
  const rows: Row[] = [];
  const pages: Page[] = [];
  const reading = source.read(request, context);
  try {
    for (;;) {
      const step = await reading.next();
      if (step.done) return { rows, pages, end: step.value, failure: null };
      pages.push(step.value);
      rows.push(...step.value.rows);
      onPage?.(step.value, pages.length - 1);
    }
  } catch (failure) {
    if (!(failure instanceof DataFailure)) throw failure;
    return { rows, pages, end: null, failure };
  }
}

/** As it comes back from disk. */
export const throughJson = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;
