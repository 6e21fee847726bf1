/**
 * Rows to an endpoint, batch by batch. It has no transaction: a batch carries a key by which the endpoint can tell a repetition, each
 * answer is kept on this machine, and the load's record and state are committed there once all batches are answered. What was sent
 * cannot be taken back; what failed in the middle goes on at the first batch without an answer, under the same keys.
 */
import { dirname } from "node:path";
import { type Json } from "../../specs/mod.ts";
import { compareValues, type Row, type SinkSettings } from "../../specs/foundry/mod.ts";
import { DataFailure, type SourceContext } from "../data/port.ts";
import type { Published, Sink, StagedLoad } from "../data/sink_port.ts";
import { httpClient } from "../net/client.ts";
import type { NetworkPolicy } from "../net/host_guard.ts";
import type { HttpPool } from "../net/pool.ts";
import { checkCounts, checkTurn } from "./commit_checks.ts";
import { locked } from "./files_disk.ts";
import { streamName } from "./files_manifest.ts";
import { mergeFiles } from "./files_merge.ts";
import { batchesOf, rowHash } from "./http_batches.ts";
import { type HttpLedger, httpLedger } from "./http_ledger.ts";
import { type Endpoint, sendBatch } from "./http_post.ts";
import { scratchRooms } from "./scratch.ts";

export interface HttpSinkOptions {
  readonly pool: HttpPool;
  readonly network: NetworkPolicy;
  /** The value behind `env:NAME`; throws `auth` when there is none. */
  readonly secret: (reference: string) => string;
  /** Keeps OAuth tokens that rotate. */
  readonly vault: SourceContext["vault"];
  /** The file that answers, loads and states are kept in; need not exist. */
  readonly state: string;
  /** A directory of this machine for merges; need not exist. */
  readonly scratch: string;
  readonly retries?: number;
  /** Longest wait of one request for the endpoint's limits. */
  readonly waitBudgetMs?: number;
  /** Longest wait for another writer of the same state. */
  readonly waitMs?: number;
  /** Tests stop the world here. */
  readonly fault?: (point: string) => void | Promise<void>;
}

type HttpSettings = Extract<SinkSettings, { type: "http" }>;

const TABLE = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** A sink over a URL; `{table}` in it is the table's name. */
export function httpSink(settings: HttpSettings, options: HttpSinkOptions): Sink {
  const location = options.pool.hidden.url(settings.url.replaceAll("{table}", "TABLE")).replaceAll(
    "TABLE",
    "{table}",
  );
  const using = async <T>(work: (ledger: HttpLedger) => T | Promise<T>): Promise<T> => {
    const ledger = await httpLedger(options.state);
    try {
      return await work(ledger);
    } finally {
      ledger.close();
    }
  };
  return {
    kind: "http",
    location,
    readable: false,
    dispositions: ["append", "merge"],
    state: (pipeline, stream) => using((ledger) => ledger.state(streamName(pipeline, stream))),
    setState: (pipeline, stream, state) =>
      using((ledger) => ledger.setState(streamName(pipeline, stream), state)),
    find: (pipeline, stream, key) => using((ledger) => ledger.find(streamName(pipeline, stream), key)),
    async publish(load, abort) {
      checkLoad(load);
      await Deno.mkdir(dirname(options.state), { recursive: true, mode: 0o700 });
      return await locked(
        `${options.state}.lock`,
        options.waitMs ?? 60_000,
        () =>
          using((ledger) =>
            publish(endpointOf(settings, options, load, abort), ledger, settings, options, load, abort)
          ),
      );
    },
    schema: (table) => using((ledger) => ledger.columns(table)),
    // deno-lint-ignore require-yield -- there is no row to give
    async *read(table): AsyncGenerator<readonly Row[]> {
      await Promise.resolve();
      throw new DataFailure(
        "invalid",
        `Rows of ${table} were sent to ${location}: they cannot be read back from there`,
        "Write the stream to another sink too, and read it from that one.",
      );
    },
    tables: () => using((ledger) => ledger.tables()),
    close: () => Promise.resolve(),
  };
}

function checkLoad(load: StagedLoad): void {
  const problem = !TABLE.test(load.table)
    ? `${JSON.stringify(load.table)} is no name of a table`
    : load.disposition === "replace"
    ? "an endpoint has no table that could be replaced"
    : load.disposition === "scd2"
    ? "an endpoint has no versions of rows that could be closed"
    : load.write.deletes === "census"
    ? "nobody knows which keys the endpoint has, so none can be missed"
    : null;
  if (problem === null) return checkOrigins(load);
  throw new DataFailure(
    "invalid",
    `Cannot send ${load.stream}: ${problem}`,
    "Over HTTP rows are appended, or merged by their primary key by the endpoint itself.",
  );
}

/** What was sent of a file that changed since cannot be taken back, and would be sent again with the rest of it. */
function checkOrigins({ stream, disposition, replaces = [], segments }: StagedLoad): void {
  if (disposition !== "append") return;
  const again = segments.find(({ origin }) => origin !== undefined && replaces.includes(origin));
  if (again === undefined) return;
  throw new DataFailure(
    "invalid",
    `Cannot append ${stream}: rows of ${again.origin} were sent before it changed, and would be sent again`,
    `Use write.disposition: merge with a primaryKey, a cursor, or a new file for new rows; or let all be sent again: forge etl state PIPELINE --stream ${stream} --reset`,
  );
}

function endpointOf(
  settings: HttpSettings,
  options: HttpSinkOptions,
  load: StagedLoad,
  abort: AbortSignal,
): Endpoint {
  const url = settings.url.replaceAll("{table}", load.table);
  const client = httpClient(options.pool, {
    connector: "http sink",
    settings: {
      baseUrl: new URL(url).origin,
      ...(settings.auth === undefined ? {} : { auth: settings.auth }),
      ...(settings.headers === undefined ? {} : { headers: settings.headers }),
      ...(settings.requestsPerSecond === undefined ? {} : { requestsPerSecond: settings.requestsPerSecond }),
      timeoutSeconds: settings.timeoutSeconds,
    },
    network: options.network,
    secret: options.secret,
    vault: options.vault,
    abort,
    waitBudgetMs: options.waitBudgetMs ?? 300_000,
    ...(options.retries === undefined ? {} : { retries: options.retries }),
  });
  return {
    client,
    url,
    format: settings.format,
    ...(settings.rejected === undefined ? {} : { rejected: settings.rejected }),
    headers: {
      "forge-stream": load.stream,
      "forge-table": load.table,
      "forge-disposition": load.disposition,
      ...(load.primaryKey.length === 0
        ? {}
        : { "forge-primary-key": load.primaryKey.map(encodeURIComponent).join(",") }),
    },
  };
}

async function publish(
  endpoint: Endpoint,
  ledger: HttpLedger,
  settings: HttpSettings,
  options: HttpSinkOptions,
  load: StagedLoad,
  abort: AbortSignal,
): Promise<Published> {
  const fault = async (point: string) => void await options.fault?.(point);
  const stream = streamName(load.pipeline, load.stream);
  const known = ledger.find(stream, load.key);
  if (known !== null) return known;
  checkTurn(load, ledger.state(stream));
  abort.throwIfAborted();
  await fault("begin");
  const base = ledger.begin(stream, load);
  return await scratchRooms(options.scratch).within(async (room) => {
    const { rows, deduped } = await chosen(load, ledger, stream, room, abort);
    let offered = 0;
    let bytes = 0;
    let batch = 0;
    let dead = ledger.dead(base).count;
    const within = {
      base,
      room: (more: number, reason: string) => {
        dead += more;
        if (dead > settings.deadLetters) {
          throw tooManyDead(endpoint.url, dead, settings.deadLetters, reason, options.pool);
        }
      },
    };
    for await (const lines of batchesOf(rows, { rows: settings.batch, bytes: settings.batchBytes })) {
      abort.throwIfAborted();
      await sendBatch(endpoint, ledger, within, batch++, lines);
      offered += lines.length;
      bytes += lines.reduce((sum, { text }) => sum + text.length, 0);
      await fault("batch");
    }
    const counts = { written: offered - dead, deduped: deduped(), dead };
    checkCounts(load, counts);
    abort.throwIfAborted();
    await fault("sent");
    const { remember } = load;
    const from = remember?.from ?? null;
    const published = ledger.commit(
      stream,
      load,
      base,
      { ...counts, bytes },
      remember === null || remember === undefined
        ? null
        : (value) => from !== null && compareValues(value, from) < 0,
    );
    await fault("committed");
    return published;
  });
}

function tooManyDead(url: string, dead: number, most: number, reason: string, pool: HttpPool): DataFailure {
  return new DataFailure(
    "permanent",
    `${pool.hidden.url(url)} refuses ${dead} rows, and at most ${most} may be refused: ${reason}`,
    "What was taken stays taken. Mend the endpoint or the rows and run again, or raise `deadLetters` of the sink.",
  );
}

/** The rows that are to be sent, and how many of the load's are not because the endpoint has them, or a newer one of the same key. */
async function chosen(
  load: StagedLoad,
  ledger: HttpLedger,
  stream: string,
  room: string,
  abort: AbortSignal,
): Promise<{ rows: AsyncIterable<readonly Row[]>; deduped: () => number }> {
  if (load.disposition === "merge") {
    // Marks of deleted rows are the endpoint's to read: they are columns as any other.
    const { deletes: _, ...write } = load.write;
    const merged = await mergeFiles(
      `${room}/merge.db`,
      { ...load, write, census: false },
      load.columns,
      [],
      null,
      abort,
    );
    return { rows: merged.rows(), deduped: () => merged.counts.deduped };
  }
  let deduped = 0;
  const { overlap, remember } = load;
  const taken = new Map<string, number>();
  const isKnown = (row: Row): boolean => {
    if (overlap === undefined || overlap === null) return false;
    const value: Json = row[overlap.column] ?? null;
    if (overlap.from !== null && value !== null && compareValues(value, overlap.from) < 0) return false;
    const hash = rowHash(row);
    const times = taken.get(hash) ?? 0;
    if (ledger.sent(stream, hash) <= times) return false;
    taken.set(hash, times + 1);
    return true;
  };
  const note = (row: Row) => {
    if (remember === undefined || remember === null) return;
    const value: Json = row[remember.column] ?? null;
    if (value === null || (remember.from !== null && compareValues(value, remember.from) < 0)) return;
    ledger.remember(rowHash(row), JSON.stringify(value));
  };
  return {
    deduped: () => deduped,
    rows: (async function* () {
      for await (const batch of load.rows()) {
        const rows = batch.filter((row) => {
          note(row);
          const known = isKnown(row);
          if (known) deduped++;
          return !known;
        });
        if (rows.length > 0) yield rows;
      }
    })(),
  };
}
