import { StreamState } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Published, StagedLoad } from "../data/sink_port.ts";
import { checkCounts, checkTurn, stateText } from "./commit_checks.ts";
import { bookOrigins, keepsOrigins, originIndex } from "./postgres_origins.ts";
import type { Session } from "./postgres_session.ts";
import { stageRows } from "./postgres_stage.ts";
import { bookColumns, checkNames, columnsOf, dropKeys, shapeTable, stagedTypes } from "./postgres_table.ts";
import { literal, quoted } from "./postgres_values.ts";
import { writeStaged } from "./postgres_write.ts";

const LOCK_WAIT_MS = 120_000;

export interface Publishing {
  readonly session: Session;
  readonly schema: string;
  readonly abort: AbortSignal;
  /** Tests stop the world here. */
  readonly fault: (point: string) => void | Promise<void>;
}

/**
 * Stages the rows in a temporary table, moves them into theirs, and writes the load's record and the stream's state, all in one
 * transaction. Locks of the table and of the stream are held until its end, so that a second writer waits and then sees what was done.
 */
export async function publishLoad(publishing: Publishing, load: StagedLoad): Promise<Published> {
  const { session, schema, abort, fault } = publishing;
  checkNames(load);
  await begin(session);
  await lockStream(session, schema, load.pipeline, load.stream, abort);
  await lock(session, `forge table ${schema} ${load.table}`, abort);
  const existing = await foundLoad(session, schema, load.key);
  if (existing !== null) {
    await session.run("ROLLBACK");
    return existing;
  }
  checkTurn(load, await stateIn(session, schema, load.pipeline, load.stream));
  const there = await columnsOf(session, schema, load.table);
  const origins = await bookOrigins(session, schema, load, there);
  const initial = stagedTypes(load.columns, there, load.disposition === "replace");
  const staged = await stageRows(session, load, initial, origins.ids, abort);
  await fault("staged");
  const hasOrigins = keepsOrigins(load);
  const columns = await shapeTable(session, { schema, load, there, types: staged.types, hasOrigins });
  if (hasOrigins) await originIndex(session, schema, load.table);
  // An append takes what comes, also twice.
  if (load.primaryKey.length === 0) await dropKeys(session, schema, load.table, null);
  const isEmpty = there === null || load.disposition === "replace";
  const counts = await writeStaged({
    session,
    schema,
    load,
    columns,
    types: staged.types,
    hasOrigins,
    isEmpty,
  });
  counts.deleted += origins.removed;
  checkCounts(load, counts);
  await bookColumns(session, schema, load);
  await session.run(
    `INSERT INTO ${
      quoted(schema)
    }._forge_loads (key, pipeline, stream, "table", run, disposition, written, deduped, deleted, at)
     VALUES (${
      [load.key, load.pipeline, load.stream, load.table, load.run, load.disposition].map(literal).join(", ")
    }, ${counts.written}, ${counts.deduped}, ${counts.deleted}, ${literal(load.at)})`,
  );
  if (!load.keepsState) {
    const rows = load.state.rows + counts.written;
    await saveState(session, schema, load.pipeline, load.stream, { ...load.state, rows });
  }
  const outputs = [await outputOf(session, schema, load.table)];
  await fault("before-commit");
  if (abort.aborted) throw abort.reason;
  await session.run("COMMIT");
  await fault("committed");
  return { ...counts, existed: false, outputs };
}

/** Begins a transaction whose end the server sees when this process is killed, also while a long statement runs. */
export async function begin(session: Session): Promise<void> {
  await session.run("BEGIN");
  await session.run(`SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
  await session.run("SET LOCAL search_path = pg_catalog");
  // Not every version and system has all of these; a load is right without them.
  await session.run(`DO $$ BEGIN
    PERFORM set_config(name, value, true) FROM (VALUES ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'),
      ('tcp_keepalives_count', '3'), ('client_connection_check_interval', '5000')) AS wanted (name, value)
      JOIN pg_catalog.pg_settings USING (name);
  EXCEPTION WHEN OTHERS THEN NULL; END $$`);
}

export const lockStream = (
  session: Session,
  schema: string,
  pipeline: string,
  stream: string,
  abort?: AbortSignal,
): Promise<void> => lock(session, `forge stream ${JSON.stringify([schema, pipeline, stream])}`, abort);

/** Waits for a lock of the transaction, ready to be stopped. */
async function lock(session: Session, name: string, abort?: AbortSignal): Promise<void> {
  const until = performance.now() + LOCK_WAIT_MS;
  for (let waitMs = 20;; waitMs = Math.min(waitMs * 2, 1000)) {
    if (abort?.aborted) throw abort.reason;
    const [row] = await session.rows(
      `SELECT pg_try_advisory_xact_lock(hashtextextended(${literal(name)}, 0))::text AS taken`,
    );
    if (row?.taken === "true") return;
    if (performance.now() > until) {
      throw new DataFailure(
        "conflict",
        "The table or its stream is locked by another run that writes to it",
        "Try again when it has ended",
      );
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

export async function foundLoad(session: Session, schema: string, key: string): Promise<Published | null> {
  const [load] = await session.rows(
    `SELECT "table", written::text, deduped::text, deleted::text FROM ${
      quoted(schema)
    }._forge_loads WHERE key = ${literal(key)}`,
  );
  if (load === undefined) return null;
  return {
    written: Number(load.written),
    deduped: Number(load.deduped),
    deleted: Number(load.deleted),
    existed: true,
    outputs: [await outputOf(session, schema, String(load.table))],
  };
}

export async function stateIn(
  session: Session,
  schema: string,
  pipeline: string,
  stream: string,
): Promise<StreamState | null> {
  const [row] = await session.rows(
    `SELECT state FROM ${quoted(schema)}._forge_state WHERE pipeline = ${literal(pipeline)} AND stream = ${
      literal(stream)
    }`,
  );
  return row === undefined ? null : StreamState.parse(JSON.parse(String(row.state)));
}

export async function saveState(
  session: Session,
  schema: string,
  pipeline: string,
  stream: string,
  state: StreamState,
): Promise<void> {
  const text = stateText(stream, state);
  await session.run(
    `INSERT INTO ${quoted(schema)}._forge_state (pipeline, stream, state)
     VALUES (${[pipeline, stream, text].map(literal).join(", ")})
     ON CONFLICT (pipeline, stream) DO UPDATE SET state = excluded.state`,
  );
}

async function outputOf(
  session: Session,
  schema: string,
  table: string,
): Promise<Published["outputs"][number]> {
  return { name: table, digest: null, bytes: null, rows: await rowsOf(session, schema, table) };
}

export async function rowsOf(session: Session, schema: string, table: string): Promise<number> {
  if (await columnsOf(session, schema, table) === null) return 0;
  const [row] = await session.rows(`SELECT count(*)::text AS n FROM ${quoted(schema)}.${quoted(table)}`);
  return Number(row?.n ?? 0);
}
