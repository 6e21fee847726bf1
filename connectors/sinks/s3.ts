/**
 * Tables as objects in a bucket, laid out as those of files: parts that never change, named by their digest, and a manifest that names
 * them. Replacing the manifest is the commit. It is written under the condition that it is still the one that the load began from, so
 * of two writers one is refused; a store that does not know conditions is refused as a sink. What a dead process left is named by no
 * manifest, harms nobody, and is removed once a later generation is committed.
 */
import type { PinnedSchema, Row, SinkSettings, StreamState } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Sink } from "../data/sink_port.ts";
import { httpClient } from "../net/client.ts";
import type { NetworkPolicy } from "../net/host_guard.ts";
import type { HttpPool } from "../net/pool.ts";
import { csvFormat } from "./csv.ts";
import {
  MANIFEST,
  manifestText,
  parseStates,
  publishedOf,
  STATES,
  statesText,
  streamName,
} from "./files_manifest.ts";
import type { PartFormat } from "./files_part.ts";
import { partsOf } from "./files_stage.ts";
import { JSONL } from "./jsonl.ts";
import { parquetFormat } from "./parquet.ts";
import {
  attempt,
  type Bucket,
  checkConditions,
  type Held,
  MANIFEST_BYTES,
  readHeld,
  remoteParts,
  utf8,
} from "./s3_commit.ts";
import { bucketUrl, objectStore } from "./s3_store.ts";
import { UPLOAD_SIZES, type UploadSizes } from "./s3_upload.ts";
import { scratchRooms } from "./scratch.ts";

export interface S3SinkOptions {
  readonly pool: HttpPool;
  readonly network: NetworkPolicy;
  /** The value behind `env:NAME`; throws `auth` when there is none. */
  readonly secret: (reference: string) => string;
  /** A directory of this machine for parts on their way; need not exist. */
  readonly scratch: string;
  readonly sizes?: UploadSizes;
  /** How often a request is tried again. */
  readonly retries?: number;
  /** Tests stop the world here: called at every point at which a crash could happen. */
  readonly fault?: (point: string) => void | Promise<void>;
}

const TABLE = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
/** Others that commit to the same table meanwhile are waited for so often. */
const TURNS = 5;

type S3Settings = Extract<SinkSettings, { type: "s3" }>;
const formatOf = (settings: S3Settings): PartFormat => {
  switch (settings.format) {
    case "jsonl":
      return JSONL;
    case "csv":
      return csvFormat(",");
    case "parquet":
      return parquetFormat(20_000);
  }
};

/** A sink over a prefix of a bucket. */
export function s3Sink(settings: S3Settings, options: S3SinkOptions): Sink {
  const { pool } = options;
  const known = (reference: string): string => {
    const value = options.secret(reference).trim();
    pool.hidden.add(value);
    return value;
  };
  const closing = new AbortController();
  const client = httpClient(pool, {
    connector: "s3",
    // Head and body of one request: a part of 8 MiB takes its time on a slow line.
    settings: { baseUrl: bucketUrl(settings), timeoutSeconds: 300 },
    network: options.network,
    secret: options.secret,
    vault: { get: () => Promise.resolve(null), put: () => Promise.resolve() },
    abort: closing.signal,
    waitBudgetMs: 300_000,
    ...(options.retries === undefined ? {} : { retries: options.retries }),
  });
  const store = objectStore(client, settings, () => ({
    accessKeyId: known(settings.accessKeyId),
    secretAccessKey: known(settings.secretAccessKey),
    ...(settings.sessionToken === undefined ? {} : { sessionToken: known(settings.sessionToken) }),
  }), () => pool.clock.now());
  const prefix = settings.prefix === "" ? "" : `${settings.prefix.replace(/^\/+|\/+$/g, "")}/`;
  return objectSink({
    store,
    format: formatOf(settings),
    prefix,
    location: `s3://${settings.bucket}/${prefix}`,
    scratch: options.scratch,
    sizes: options.sizes ?? UPLOAD_SIZES,
    fault: async (point) => void await options.fault?.(point),
    close: () => closing.abort(new Error("The sink was closed")),
  });
}

function objectSink(bucket: Bucket): Sink {
  const { store, prefix, format, location } = bucket;
  const folder = (table: string): string => {
    if (!TABLE.test(table)) {
      throw new DataFailure(
        "invalid",
        `${JSON.stringify(table)} is no name of a table`,
        "A letter or underscore, then letters, digits, underscores.",
      );
    }
    return `${prefix}${table}/`;
  };
  const held = (table: string) => readHeld(bucket, folder(table));
  const tables = async (): Promise<{ table: string; held: Held }[]> => {
    const found: { table: string; held: Held }[] = [];
    for (const table of (await store.folders(prefix)).filter((name) => TABLE.test(name)).sort()) {
      const one = await held(table);
      if (one !== null) found.push({ table, held: one });
    }
    return found;
  };
  const preset = async (): Promise<{ states: Record<string, StreamState>; etag: string | null }> => {
    const object = await store.get(`${prefix}${STATES}`, MANIFEST_BYTES);
    return object === null
      ? { states: {}, etag: null }
      : { states: parseStates(object.text, location), etag: object.etag };
  };
  return {
    kind: "s3",
    origins: true,
    location,
    async state(pipeline, stream) {
      const name = streamName(pipeline, stream);
      let newest: StreamState | null = null;
      for (const { held: { manifest } } of await tables()) {
        const state = manifest.states[name];
        // A stream that now writes to another table has left its state in the old one.
        if (state !== undefined && (newest === null || (state.at ?? "") >= (newest.at ?? ""))) newest = state;
      }
      return newest ?? (await preset()).states[name] ?? null;
    },
    async setState(pipeline, stream, state) {
      const name = streamName(pipeline, stream);
      const without = (states: Record<string, StreamState>) => {
        const { [name]: _, ...others } = states;
        return state === null ? others : { ...others, [name]: state };
      };
      await checkConditions(store, prefix);
      const holders = (await tables()).filter(({ held: { manifest } }) =>
        manifest.states[name] !== undefined
      );
      if (holders.length === 0 || state === null) {
        await untilWritten(location, async () => {
          const { states, etag } = await preset();
          if (state === null && states[name] === undefined) return true;
          const text = statesText(without(states));
          return (await store.putIf(`${prefix}${STATES}`, utf8(text), etag)).kind === "put";
        });
      }
      for (const { table } of holders) {
        await untilWritten(location, async () => {
          const now = await held(table);
          if (now === null) return true;
          const text = manifestText({ ...now.manifest, states: without(now.manifest.states) });
          return (await store.putIf(`${folder(table)}${MANIFEST}`, utf8(text), now.etag)).kind === "put";
        });
      }
    },
    async find(pipeline, stream, key) {
      const name = streamName(pipeline, stream);
      for (const { table, held: { manifest } } of await tables()) {
        const load = manifest.loads.find((load) => load.key === key && load.stream === name);
        if (load !== undefined) return publishedOf(table, manifest, load, true);
      }
      return null;
    },
    async publish(load, abort) {
      const dir = folder(load.table);
      await checkConditions(store, prefix);
      return await scratchRooms(bucket.scratch).within(async (room) => {
        for (let turn = 0; turn < TURNS; turn++) {
          const given = (await preset()).states[streamName(load.pipeline, load.stream)] ?? null;
          const published = await attempt(bucket, dir, load, given, `${room}/${turn}`, abort);
          if (published !== "overtaken") return published;
        }
        throw overtaken(`${location}${load.table}`);
      });
    },
    async schema(table): Promise<PinnedSchema | null> {
      return (await held(table))?.manifest.columns ?? null;
    },
    async *read(table): AsyncGenerator<readonly Row[]> {
      const found = await held(table);
      if (found === null) {
        throw new DataFailure(
          "not-found",
          `There is no table ${table} in ${location}`,
          "See: forge etl list",
        );
      }
      const rooms = scratchRooms(bucket.scratch);
      const room = await rooms.open();
      try {
        yield* partsOf(remoteParts(bucket, folder(table), room.path), found.manifest, format);
      } finally {
        await room.close();
      }
    },
    async tables() {
      return (await tables()).map(({ table, held: { manifest } }) => ({ table, rows: manifest.rows }));
    },
    close() {
      bucket.close();
      return Promise.resolve();
    },
  };
}

const overtaken = (place: string): DataFailure =>
  new DataFailure(
    "conflict",
    `Other writers have changed ${place} ${TURNS} times while this one tried to`,
    "Nothing was published. Run again when they have ended.",
  );

async function untilWritten(place: string, write: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) if (await write()) return;
  throw overtaken(place);
}
