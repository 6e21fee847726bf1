/** What runs a query, in a process that may read one file: each program is the text of one function that uses nothing of this file. */

interface Sqlite {
  DatabaseSync: new (path: string, options?: unknown) => Database;
  constants: Record<string, number>;
}
interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  enableDefensive?(active: boolean): void;
  setAuthorizer(
    allow: (action: number, a: string | null, b: string | null, database: string | null) => number,
  ): void;
}
interface Statement {
  readonly sourceSQL: string;
  all(...given: unknown[]): Record<string, unknown>[];
  columns(): { name: string; column: string | null; table: string | null }[];
  setReadBigInts(on: boolean): void;
  setReturnArrays(on: boolean): void;
  setAllowUnknownNamedParameters(on: boolean): void;
  iterate(given: Record<string, unknown>): Iterable<unknown[]>;
}

/** Prints what a single SELECT reads and gives: a line with its tables, lines of rows, a line with their number; or a fault. */
export function queryProgram(
  sqlite: Sqlite,
  given: { path: string; sql: string; bind: Record<string, unknown>; rows: number },
): void {
  const encoder = new TextEncoder();
  const tell = (value: unknown) => {
    const bytes = encoder.encode(`${JSON.stringify(value)}\n`);
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  };
  const { DatabaseSync, constants } = sqlite;
  let denied: string | null = null;
  try {
    const db = new DatabaseSync(given.path, { readOnly: true, allowExtension: false, timeout: 10_000 });
    db.exec(
      "PRAGMA query_only = 1; PRAGMA temp_store = FILE; PRAGMA cache_size = -16384; PRAGMA trusted_schema = 0; PRAGMA hard_heap_limit = 268435456",
    );
    db.enableDefensive?.(true);
    const hasBooks = db.prepare("SELECT 1 FROM sqlite_master WHERE name = '_forge_columns'").all().length > 0;
    const types = new Map(
      (hasBooks ? db.prepare('SELECT "table" AS t, name, type FROM _forge_columns').all() : []).map((
        { t, name, type },
      ) => [`${t} ${name}`, String(type)]),
    );
    const tables = new Set<string>();
    const allowed = new Set([
      constants.SQLITE_SELECT,
      constants.SQLITE_READ,
      constants.SQLITE_FUNCTION,
      constants.SQLITE_RECURSIVE,
    ]);
    const functions = /^(?:load_extension|readfile|writefile|edit|fts3_tokenizer|random|randomblob)$/i;
    db.setAuthorizer((action, a, b) => {
      if (action === constants.SQLITE_READ && a !== null) {
        if (/^(?:_forge_|sqlite_|pragma_)/i.test(a)) denied = `the table ${a} is not part of the data`;
        else tables.add(a);
      } else if (action === constants.SQLITE_FUNCTION && b !== null && functions.test(b)) {
        denied = `the function ${b} is not for queries of a pipeline`;
      } else if (!allowed.has(action)) {
        denied = "a query only reads: one SELECT, nothing that writes, attaches or sets";
      }
      return denied === null ? constants.SQLITE_OK ?? 0 : constants.SQLITE_DENY ?? 1;
    });
    const statement = db.prepare(given.sql);
    const rest = given.sql.slice(statement.sourceSQL.length);
    if (rest.replaceAll(/--[^\n]*(?:\n|$)|\/\*[^]*?\*\/|[\s;]/g, "") !== "") {
      tell({ fault: "there is more than one statement" });
      return;
    }
    const columns = statement.columns();
    const names = columns.map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) {
      tell({ fault: `two columns are named ${twice}: give one of them another name with AS` });
      return;
    }
    if (names.includes("__proto__")) {
      tell({ fault: "a column is named __proto__" });
      return;
    }
    const kinds = columns.map(({ table, column }) => types.get(`${table} ${column}`) ?? "");
    tell({ tables: [...tables] });
    const plain = (value: unknown, at: number): unknown => {
      if (typeof value === "bigint") {
        if (kinds[at] === "boolean") return value === 1n ? true : value === 0n ? false : value.toString();
        return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
      }
      if (value instanceof Uint8Array) return new TextDecoder().decode(value);
      if (typeof value === "number" && !Number.isFinite(value)) {
        throw new Error(`${names[at]} is ${value}, which is no JSON`);
      }
      if (kinds[at] !== "json" || typeof value !== "string") return value;
      try {
        return JSON.parse(value);
      } catch {
        return value;
      }
    };
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    statement.setAllowUnknownNamedParameters(true);
    let batch: unknown[] = [];
    let count = 0;
    for (const row of statement.iterate(given.bind)) {
      batch.push(Object.fromEntries(row.map((value, at) => [names[at], plain(value, at)])));
      count++;
      if (batch.length < given.rows) continue;
      tell(batch);
      batch = [];
    }
    if (batch.length > 0) tell(batch);
    tell({ end: count });
  } catch (error) {
    tell({ fault: denied ?? (error instanceof Error ? error.message : String(error)) });
  }
}

/** Prints which tables each query names, as far as this can be told without them, or what is wrong with its text. */
export function tablesProgram(sqlite: Sqlite, queries: readonly string[]): void {
  console.log(JSON.stringify(queries.map((sql) => tablesOf(sql))));

  function tablesOf(sql: string): { tables: string[]; fault: string | null } {
    const db = new sqlite.DatabaseSync(":memory:");
    const tables: string[] = [];
    let fault: string | null = null;
    for (let times = 0; times < 500; times++) {
      try {
        const { sourceSQL } = db.prepare(sql);
        const rest = sql.slice(sourceSQL.length);
        if (rest.replaceAll(/--[^\n]*(?:\n|$)|\/\*[^]*?\*\/|[\s;]/g, "") !== "") {
          fault = "there is more than one statement";
        }
        break;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const missing = /no such table: (?:main\.)?([^]+)$/.exec(message)?.[1];
        if (missing === undefined || tables.includes(missing)) {
          if (/syntax error|incomplete input|unrecognized token/.test(message)) fault = message;
          break;
        }
        tables.push(missing);
        try {
          db.exec(`CREATE TABLE "${missing.replaceAll('"', '""')}" (x)`);
        } catch {
          // A name that no table can have: the run will say so.
          break;
        }
      }
    }
    return { tables, fault };
  }
}
