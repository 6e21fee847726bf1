import type { Json } from "../../specs/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { QueryAnswer, QueryRequest } from "../data/sink_port.ts";
import { type Isolate, isolate } from "./process.ts";
import { queryProgram, tablesProgram } from "./query_program.ts";
import { programOf } from "./realm.ts";

const ROWS = 1_000;
const HEAP_MB = 256;
const CHECK_SECONDS = 20;
const START = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*(?:select|with|values)\b/i;

/** Why a text is no query, as far as can be seen without a database. */
export function queryTextFault(sql: string): string | null {
  if (sql.length > 100_000) return "it has more than 100,000 characters";
  if (sql.includes("\0")) return "it has a NUL character";
  return START.test(sql) ? null : "a query is one SELECT (or WITH ... SELECT, or VALUES)";
}

const withSqlite = (program: string) => `import * as sqlite from "node:sqlite";\n${program}`;

/** The tables that each query names, and what is wrong with its text. Columns and further tables show when it runs. */
export async function queryTables(
  queries: readonly string[],
): Promise<readonly { tables: string[]; fault: string | null }[]> {
  const wrong = queries.map(queryTextFault);
  const sound = queries.filter((_, at) => wrong[at] === null);
  const told = sound.length === 0 ? [] : await tablesOf(sound);
  return wrong.map((fault) => fault === null ? told.shift() ?? UNREADABLE : { tables: [], fault });
}

const UNREADABLE = { tables: [], fault: "SQLite cannot read it" };

async function tablesOf(queries: readonly string[]): Promise<{ tables: string[]; fault: string | null }[]> {
  const child = isolate({
    program: withSqlite(programOf(tablesProgram, "sqlite", JSON.stringify(queries))),
    heapMb: HEAP_MB,
  });
  try {
    const said = await lineOf(child, CHECK_SECONDS, new AbortController().signal);
    return Array.isArray(said) ? said as { tables: string[]; fault: string | null }[] : [];
  } finally {
    await child.close();
  }
}

/** Runs one SELECT over a SQLite file, read-only, in a process of its own: a query that takes too long can be ended there. */
export async function sqliteQuery(path: string, request: QueryRequest): Promise<QueryAnswer> {
  const { sql, seconds, abort } = request;
  const wrong = queryTextFault(sql);
  if (wrong !== null) throw unusable(wrong);
  try {
    await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DataFailure(
      "not-found",
      `There is no warehouse ${path} to ask yet`,
      "Run the pipelines first that fill its tables",
    );
  }
  const whole = await Deno.realPath(path);
  const given = JSON.stringify({ path: whole, sql, bind: request.bind, rows: ROWS });
  const child = isolate({
    program: withSqlite(programOf(queryProgram, "sqlite", given)),
    permissions: [`--allow-read=${[whole, `${whole}-wal`, `${whole}-shm`].map(commaless).join(",")}`],
    heapMb: HEAP_MB,
  });
  try {
    const head = objectOf(await lineOf(child, seconds, abort));
    if (!Array.isArray(head?.tables)) throw await failureOf(child, head);
    return { tables: head.tables.map(String), rows: rowsOf(child, seconds, abort) };
  } catch (error) {
    await child.close();
    throw error;
  }
}

async function* rowsOf(
  child: Isolate,
  seconds: number,
  abort: AbortSignal,
): AsyncGenerator<Row[], void, void> {
  let count = 0;
  try {
    for (;;) {
      const said = await lineOf(child, seconds, abort);
      if (Array.isArray(said)) {
        count += said.length;
        yield said as Row[];
        continue;
      }
      const end = objectOf(said);
      if (end?.end !== count) throw await failureOf(child, end);
      return;
    }
  } finally {
    await child.close();
  }
}

/** A path with a comma in it would be two for the runtime. */
function commaless(path: string): string {
  if (!path.includes(",")) return path;
  throw new DataFailure(
    "invalid",
    `Cannot ask ${path}: its path has a comma`,
    "Move the warehouse elsewhere",
  );
}

/** The next line, within the time that is given; null when the process ended. */
async function lineOf(child: Isolate, seconds: number, abort: AbortSignal): Promise<Json> {
  abort.throwIfAborted();
  const stop = Promise.withResolvers<never>();
  const timer = setTimeout(() =>
    stop.reject(
      new DataFailure(
        "limit",
        `The query was stopped: it took longer than ${seconds} s to give its next rows`,
        "Make it simpler, or raise params.seconds of the source",
      ),
    ), seconds * 1000);
  const aborted = () => stop.reject(abort.reason);
  abort.addEventListener("abort", aborted, { once: true });
  try {
    const { done, value } = await Promise.race([child.lines().next(), stop.promise]);
    return done === true ? null : JSON.parse(value) as Json;
  } finally {
    clearTimeout(timer);
    abort.removeEventListener("abort", aborted);
  }
}

function objectOf(value: Json): { [name: string]: Json } | null {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
}

const unusable = (why: string) =>
  new DataFailure("invalid", `The query cannot be used: ${why}`, "Mend it; see: forge etl validate");

async function failureOf(child: Isolate, said: { [name: string]: Json } | null): Promise<DataFailure> {
  if (typeof said?.fault !== "string") {
    await child.kill();
    const { code, said: words } = await child.ended();
    return new DataFailure(
      "invalid",
      `The query ended before its rows did (exit code ${code})${
        words === "" ? "" : `: ${words.trim().slice(0, 300)}`
      }`,
      "Make it simpler",
    );
  }
  const { fault } = said;
  const table = /^no such table: ([^]+)$/.exec(fault)?.[1];
  if (table !== undefined) {
    return new DataFailure(
      "not-found",
      `The query asks for the table ${table}, which the warehouse does not have`,
      "Run the pipeline first that writes it; see: forge etl list",
    );
  }
  if (/locked/.test(fault)) {
    return new DataFailure("transient", `The warehouse is locked: ${fault}`, "Run it again");
  }
  return unusable(fault);
}
