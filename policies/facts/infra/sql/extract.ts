import type { FileFacts, InfraEffect, InfraFacts, InfraHazard, Migration } from "../../../../specs/mod.ts";
import type { Contents } from "../../content.ts";
import { isTestPath } from "../../file_kind.ts";
import { cursorOf, fingerprint } from "./cursor.ts";
import { dialectOf } from "./dialect.ts";
import { isSqlPath, placeOf, sectionsOf } from "./layout.ts";
import { type Dialect, lexSql, type SqlStatement } from "./lexer.ts";
import { migrationOf, type Side, sideOf } from "./migration.ts";
import { effect, hazard, type SqlReading, unread } from "./reading.ts";
import { createdColumns, learnTables, type Tables, takeCreateTable } from "./schema.ts";
import { settleFirstMade, settleMoves, settleRebuilds } from "./settle.ts";
import { readStatement } from "./statement.ts";

/** Of what was there before, at most so much is read to know which tables exist. */
const MAX_BASE_FILES = 400;
const MAX_BASE_CHARACTERS = 4_000_000;

export interface SqlFacts {
  dialect: Dialect;
  migrations: Migration[];
  effects: InfraEffect[];
  hazards: InfraHazard[];
  unread: InfraFacts["unread"];
  read: string[];
}

/** Templates that another program fills in before a database sees them. */
const TEMPLATE = /\{\{|\{%|<%=|\$\{[A-Za-z_][\w.]*\}/;

const naturally = (a: string, z: string): number => a.localeCompare(z, "en", { numeric: true });

/** What the changed SQL files do, statement by statement, in the order in which a migration tool runs them. */
export async function sqlFacts(
  files: readonly FileFacts[],
  contents: Contents,
  base: readonly string[],
  head: readonly string[],
): Promise<SqlFacts> {
  const changed = files.filter((file) =>
    isSqlPath(file.path) && file.kind !== "test" && !isTestPlace(file.path)
  )
    .toSorted((a, z) => naturally(a.path, z.path));
  const none: SqlFacts = {
    dialect: "unknown",
    migrations: [],
    effects: [],
    hazards: [],
    unread: [],
    read: [],
  };
  if (changed.length === 0) return none;
  const all = new Set([...base, ...head]);
  const headPaths = new Set(head);
  const texts: string[] = [];
  for (const file of changed) texts.push(await contents.head(file) ?? "", await contents.base(file) ?? "");
  const dialect = await dialectOf(base, (path) => contents.at(path, "base"), texts);
  const tables = await tablesOf(base, contents, dialect, all);
  const before: Tables = new Map([...tables].map(([key, columns]) => [key, new Map(columns)]));
  const reading: SqlReading = {
    path: "",
    line: 1,
    dialect,
    tables,
    fresh: new Set(),
    perhaps: new Set(),
    added: new Set(),
    filled: new Set(),
    copies: new Set(),
    guarded: new Set(),
    effects: [],
    hazards: [],
    unread: [],
  };
  const facts: SqlFacts = { ...none, dialect };
  for (const file of changed) {
    reading.path = file.path;
    reading.line = 1;
    const [was, now] = [await contents.base(file), await contents.head(file)];
    if (contents.tooLarge.has(file.path) || contents.tooLarge.has(file.from ?? file.path)) {
      unread(reading, "it is larger than what is read of one file (2 MB)");
      continue;
    }
    const place = placeOf(file.path, all);
    const [old, fresh] = [sideOf(was, dialect), sideOf(now, dialect)];
    const failed = fresh?.lexed.problems ?? [];
    if (failed.length > 0) {
      const template = now !== null && TEMPLATE.test(now);
      for (const { line, why } of failed.slice(0, 5)) {
        unread(lineOf(reading, line), why, template ? "not-judged" : "malformed");
      }
      continue;
    }
    const count = reading.unread.length;
    if (place?.isBack) {
      // What goes back is not what the change does; it must be readable all the same.
      readAside(fresh?.lexed.statements ?? [], reading, now);
      if (file.status === "D") {
        facts.migrations.push({ path: file.path, tool: place.tool, status: "removed", back: "missing" });
      }
    } else {
      const isMigration = place !== null || fresh?.sections.marked === true ||
        (fresh?.sections.changesets ?? 0) > 0;
      if (isMigration) {
        facts.migrations.push(
          await migrationOf(file, place, fresh, { old, headPaths, base, contents, dialect }),
        );
      }
      if (now !== null && TEMPLATE.test(stripped(fresh))) {
        unread(
          reading,
          "it is a template: what a database is given is only known once it is filled in",
          "not-judged",
        );
      } else readChange(file, old, fresh, isMigration, reading);
      // A query that a program runs, and when, is not in the file.
      for (const one of isMigration ? [] : reading.hazards) {
        if (one.path === file.path && /^(?:delete-all|update-all|truncate)$/.test(one.kind)) {
          one.certain = false;
        }
      }
    }
    if (reading.unread.length === count) facts.read.push(file.path);
  }
  settleFirstMade(reading, before);
  settleRebuilds(reading, before);
  settleMoves(reading);
  for (const migration of facts.migrations) {
    reading.path = migration.path;
    reading.line = 0;
    if (migration.status === "edited") {
      hazard(
        reading,
        "edited-migration",
        migration.path,
        "changes a migration that was there before: where it has run it does not run again",
      );
    }
    if (migration.status === "removed") {
      hazard(
        reading,
        "removed-migration",
        migration.path,
        "takes away a migration, or the way back of one, that was there before",
      );
    }
    if (migration.status === "added" && migration.back === "missing") {
      hazard(reading, "no-way-back", migration.path, "has no way back that undoes anything");
    }
  }
  return {
    ...facts,
    effects: reading.effects.filter(({ kind }) => kind !== "fresh-table"),
    hazards: reading.hazards,
    unread: reading.unread,
  };
}

/** Directories of what only tests load. */
const isTestPlace = (path: string): boolean =>
  isTestPath(path) || /(?:^|\/)(?:tests?|__tests__|testdata|fixtures?|spec)\//i.test(path);

const lineOf = (reading: SqlReading, line: number): SqlReading => {
  reading.line = line;
  return reading;
};

/** Marks of a template count where they are code: not in strings and comments. */
function stripped(side: Side | null): string {
  return side?.lexed.statements.map(({ tokens }) =>
    tokens.map((token) => token.kind === "string" || token.kind === "quoted" ? "''" : token.text).join("")
  ).join("\n") ?? "";
}

/** Reads statements only to learn whether they can be read. */
function readAside(statements: readonly SqlStatement[], reading: SqlReading, text: string | null): void {
  if (text !== null && TEMPLATE.test(text)) return;
  const aside: SqlReading = {
    ...reading,
    tables: new Map(),
    fresh: new Set(),
    perhaps: new Set(),
    added: new Set(),
    filled: new Set(),
    copies: new Set(),
    guarded: new Set(),
    effects: [],
    hazards: [],
    unread: [],
  };
  for (const statement of statements) readStatement(statement, aside);
  reading.unread.push(...aside.unread.filter((one) => one.class === "malformed"));
}

function readChange(
  file: FileFacts,
  old: Side | null,
  fresh: Side | null,
  isMigration: boolean,
  reading: SqlReading,
): void {
  const marked = fresh?.sections.marked ?? old?.sections.marked ?? false;
  const now = fresh === null ? [] : marked ? fresh.sections.forward : fresh.lexed.statements;
  const was = old === null ? [] : marked ? old.sections.forward : old.lexed.statements;
  if (marked && fresh) readAside(fresh.sections.back, reading, null);
  const prints = new Map<string, number>();
  for (const { tokens } of was) {
    const print = fingerprint(tokens);
    prints.set(print, (prints.get(print) ?? 0) + 1);
  }
  const declared = declarations(was);
  const kept = new Set<string>();
  for (const statement of now) {
    const print = fingerprint(statement.tokens);
    const left = prints.get(print) ?? 0;
    const table = takeCreateTable(cursorOf(statement.tokens));
    if (table) kept.add(table.key);
    if (left > 0) {
      prints.set(print, left - 1);
      continue;
    }
    const earlier = table ? declared.get(table.key) : undefined;
    if (table && earlier && old !== null) readDeclaration(table, earlier, statement, isMigration, reading);
    else readStatement(statement, reading);
  }
  reading.line = 0;
  for (const [key, statement] of declared) {
    if (kept.has(key)) continue;
    const name = takeCreateTable(cursorOf(statement.tokens))?.name ?? key;
    effect(reading, "delete", "table", name);
    if (!isMigration) {
      hazard(reading, "drop-table", name, `the table ${name} is no longer declared in ${file.path}`, false);
    }
  }
}

function declarations(statements: readonly SqlStatement[]): Map<string, SqlStatement> {
  const declared = new Map<string, SqlStatement>();
  for (const statement of statements) {
    const table = takeCreateTable(cursorOf(statement.tokens));
    if (table && !table.temporary) declared.set(table.key, statement);
  }
  return declared;
}

/** A table that was declared before and is declared otherwise now: column by column. */
function readDeclaration(
  table: { name: string; key: string },
  earlier: SqlStatement,
  statement: SqlStatement,
  isMigration: boolean,
  reading: SqlReading,
): void {
  reading.line = statement.line;
  const columns = (one: SqlStatement) => {
    const cursor = cursorOf(one.tokens);
    takeCreateTable(cursor);
    return new Map((createdColumns(cursor) ?? []).map((column) => [column.key, column]));
  };
  const [was, now] = [columns(earlier), columns(statement)];
  for (const [key, { name }] of was) {
    if (now.has(key)) continue;
    effect(reading, "delete", "column", `${table.name}.${name}`);
    if (!isMigration) {
      hazard(
        reading,
        "drop-column",
        `${table.name}.${name}`,
        `the column ${table.name}.${name} is no longer declared`,
        false,
      );
    }
  }
  for (const [key, { name }] of now) {
    if (!was.has(key)) effect(reading, "create", "column", `${table.name}.${name}`);
    else if (fingerprint(was.get(key)?.tokens ?? []) !== fingerprint(now.get(key)?.tokens ?? [])) {
      effect(reading, "update", "column", `${table.name}.${name}`);
    }
  }
  if (![...reading.effects].some((one) => one.path === reading.path && one.line === reading.line)) {
    effect(reading, "update", "table", table.name);
  }
}

/** Tables that the SQL of the base declares: migrations and schemas, in their order. */
async function tablesOf(
  base: readonly string[],
  contents: Contents,
  dialect: Dialect,
  all: ReadonlySet<string>,
): Promise<Tables> {
  const tables: Tables = new Map();
  let left = MAX_BASE_CHARACTERS;
  const paths = base.filter((path) =>
    isSqlPath(path) && !isTestPlace(path) && placeOf(path, all)?.isBack !== true
  );
  for (const path of paths.toSorted(naturally).slice(-MAX_BASE_FILES)) {
    const text = await contents.at(path, "base");
    if (text === null || text.length > left) continue;
    left -= text.length;
    const { statements, comments } = lexSql(text, dialect);
    learnTables(tables, sectionsOf(statements, comments).forward);
  }
  return tables;
}
