import { PinnedSchema, type Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { Published, Sink, StagedLoad } from "../data/sink_port.ts";
import type { HostGuard, NetworkPolicy } from "../net/host_guard.ts";
import { failureOf } from "./postgres_failure.ts";
import { begin, foundLoad, lockStream, publishLoad, rowsOf, saveState, stateIn } from "./postgres_publish.ts";
import { openSession, type Session } from "./postgres_session.ts";
import { columnsOf, hasBooks, makeBooks, ORIGIN } from "./postgres_table.ts";
import { type PostgresSettings, type Target, targetOf } from "./postgres_target.ts";
import { literal, quoted, readerOf } from "./postgres_values.ts";

const READ_ROWS = 2_000;

export interface PostgresAccess {
  /** The value behind `env:NAME`; throws DataFailure `auth` when it is not set. */
  secret(reference: string): string;
  readonly network: NetworkPolicy;
  /** Where a relative `caFile` resolves. */
  readonly folder: string;
  readonly guard?: HostGuard;
  /** Tests stop the world here: `staged`, `before-commit`, `committed`. */
  readonly fault?: (point: string) => void | Promise<void>;
}

/**
 * A schema of a PostgreSQL database as a warehouse: rows, the record of the load and the stream's state commit in one transaction.
 * Works with PostgreSQL 12 and later, also behind a pooler of transactions.
 */
export function postgresSink(settings: PostgresSettings, access: PostgresAccess): Sink {
  const schema = settings.schema ?? "public";
  let target: Target | null = null;
  let shared: Promise<Session> | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  const where = () => target ??= targetOf(settings, access.secret, access.folder);
  const open = () => openSession(where(), access.network, access.guard);
  /** Small questions share a connection; one that is gone meanwhile is opened anew, once. */
  const ask = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    for (let attempt = 0;; attempt++) {
      const isOld = shared !== null;
      shared ??= open();
      const mine = shared;
      try {
        return await work(await mine);
      } catch (error) {
        if (shared === mine) shared = null;
        await mine.then((session) => session.close(), () => {});
        const isGone = error instanceof DataFailure && error.kind === "transient";
        if (!isOld || !isGone || attempt > 0) throw failureOf(error, where().shown);
      }
    }
  };
  /** A connection of its own, ended afterwards: what is under way is never seen by the one that asks. */
  const alone = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    const session = await open();
    try {
      return await work(session);
    } catch (error) {
      throw failureOf(error, where().shown);
    } finally {
      await session.close();
    }
  };
  /** One writer at a time in this process; others wait for the locks. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work, work);
    turn = done.catch(() => {});
    return done;
  };
  return {
    kind: "postgres",
    origins: true,
    get location() {
      try {
        return `${where().shown} schema ${schema}`;
      } catch {
        return `${settings.url ?? settings.host ?? "postgres"} schema ${schema}`;
      }
    },
    state: (pipeline, stream) =>
      ask(async (session) =>
        await hasBooks(session, schema) ? await stateIn(session, schema, pipeline, stream) : null
      ),
    setState: (pipeline, stream, state) =>
      inTurn(() =>
        alone(async (session) => {
          await makeBooks(session, schema);
          await begin(session);
          await lockStream(session, schema, pipeline, stream);
          if (state !== null) await saveState(session, schema, pipeline, stream, state);
          else {
            await session.run(
              `DELETE FROM ${quoted(schema)}._forge_state WHERE pipeline = ${
                literal(pipeline)
              } AND stream = ${literal(stream)}`,
            );
          }
          await session.run("COMMIT");
        })
      ),
    find: (_pipeline, _stream, key) =>
      ask(async (session): Promise<Published | null> =>
        await hasBooks(session, schema) ? await foundLoad(session, schema, key) : null
      ),
    publish: (load: StagedLoad, abort) =>
      inTurn(() =>
        alone(async (session) => {
          if (abort.aborted) throw abort.reason;
          // A statement that runs on is ended with its connection.
          const stop = () => void session.close();
          abort.addEventListener("abort", stop, { once: true });
          try {
            await makeBooks(session, schema);
            return await publishLoad({ session, schema, abort, fault: access.fault ?? (() => {}) }, load);
          } catch (error) {
            throw abort.aborted ? abort.reason : error;
          } finally {
            abort.removeEventListener("abort", stop);
          }
        })
      ),
    schema: (table) =>
      ask(async (session) => await hasBooks(session, schema) ? await schemaIn(session, schema, table) : null),
    read: (table) => readTable(open, where, schema, table),
    tables: () =>
      ask(async (session) => {
        if (!await hasBooks(session, schema)) return [];
        const names = await session.rows(
          `SELECT DISTINCT "table" AS name FROM ${quoted(schema)}._forge_columns ORDER BY 1`,
        );
        const found: { table: string; rows: number }[] = [];
        for (const { name } of names) {
          found.push({ table: String(name), rows: await rowsOf(session, schema, String(name)) });
        }
        return found;
      }),
    async close() {
      const mine = shared;
      shared = null;
      await mine?.then((session) => session.close(), () => {});
    },
  };
}

async function schemaIn(session: Session, schema: string, table: string): Promise<PinnedSchema | null> {
  const columns = await session.rows(
    `SELECT name, type, nullable::text AS nullable FROM ${quoted(schema)}._forge_columns WHERE "table" = ${
      literal(table)
    } ORDER BY position`,
  );
  if (columns.length === 0) return null;
  return PinnedSchema.parse(
    Object.fromEntries(
      columns.map(({ name, type, nullable }) => [String(name), { type, nullable: nullable === "true" }]),
    ),
  );
}

/** Rows as they were committed when the reading began, some thousand at a time by a cursor of the server. */
async function* readTable(
  open: () => Promise<Session>,
  where: () => Target,
  schema: string,
  table: string,
): AsyncGenerator<readonly Row[]> {
  const session = await open();
  try {
    await session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const pinned = await hasBooks(session, schema) ? await schemaIn(session, schema, table) : null;
    const columns = pinned === null ? null : await columnsOf(session, schema, table);
    if (columns === null) {
      throw new DataFailure(
        "not-found",
        `There is no table ${table} in ${where().shown} schema ${schema}`,
        "See: forge etl list",
      );
    }
    const names = [...columns.keys()].filter((name) => name !== ORIGIN);
    const readers = names.map((name) => readerOf(pinned?.[name]?.type));
    const list = names.map((name, at) => `${quoted(name)}::text AS c${at}`).join(", ");
    await session.run(
      `DECLARE _forge_read NO SCROLL CURSOR FOR SELECT ${list} FROM ${quoted(schema)}.${quoted(table)}`,
    );
    for (;;) {
      const rows = await session.rows(`FETCH ${READ_ROWS} FROM _forge_read`);
      if (rows.length > 0) {
        yield rows.map((row) =>
          Object.fromEntries(names.map((name, at) => [name, readers[at]?.(row[`c${at}`] ?? null) ?? null]))
        );
      }
      if (rows.length < READ_ROWS) return;
    }
  } catch (error) {
    throw failureOf(error, where().shown);
  } finally {
    await session.close();
  }
}
