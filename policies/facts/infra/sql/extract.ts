import type { FileFacts, InfraEffect, InfraFacts, InfraHazard, Migration } from "../../../../specs/mod.ts";
import type { Contents } from "../../content.ts";
import { isTestPath } from "../../file_kind.ts";
import { cursorOf, fingerprint, keyOf } from "./cursor.ts";
import { dialectOf } from "./dialect.ts";
import { isSqlPath, type MigrationPlace, placeOf, type Sections, sectionsOf, undoes } from "./layout.ts";
import { type Dialect, type LexedSql, lexSql, splitLines, type SqlStatement } from "./lexer.ts";
import { effect, hazard, type SqlReading, unread } from "./reading.ts";
import { createdColumns, learnTables, type Tables, takeCreateTable } from "./schema.ts";
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

interface Side {
  text: string;
  lexed: LexedSql;
  sections: Sections;
}

/** Templates that another program fills in before a database sees them. */
const TEMPLATE = /\{\{|\{%|<%|\$\{[A-Za-z_][\w.]*\}/;

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

function sideOf(text: string | null, dialect: Dialect): Side | null {
  if (text === null) return null;
  const lexed = lexSql(text, dialect);
  if (dialect === "mssql") lexed.statements = splitLines(lexed.statements);
  return { text, lexed, sections: sectionsOf(lexed.statements, lexed.comments) };
}

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

async function migrationOf(
  file: FileFacts,
  place: MigrationPlace | null,
  fresh: Side | null,
  given: {
    old: Side | null;
    headPaths: ReadonlySet<string>;
    base: readonly string[];
    contents: Contents;
    dialect: Dialect;
  },
): Promise<Migration> {
  const tool = place?.tool ?? ((fresh?.sections.changesets ?? 0) > 0 ? "liquibase" : "sections");
  const prints = (side: Side | null) =>
    side?.lexed.statements.map(({ tokens }) => fingerprint(tokens)).join("\n") ?? "";
  const same = file.status === "M" && prints(given.old) === prints(fresh) &&
    (tool !== "flyway" || given.old?.text === fresh?.text);
  const status: Migration["status"] = file.status === "D"
    ? "removed"
    : file.status === "A" || file.status === "C" || same || place?.repeatable
    ? "added"
    : "edited";
  const migration = (back: Migration["back"]): Migration => ({ path: file.path, tool, status, back });
  if (file.status === "D" || same || place?.repeatable) return migration("present");
  const sections = fresh?.sections;
  if (sections?.marked) return migration(undoes(sections.back) ? "present" : "missing");
  if (sections && sections.changesets > 0) {
    return migration(sections.rollbackTexts.length >= sections.changesets ? "present" : "missing");
  }
  const forward = fresh?.lexed.statements ?? [];
  if (!undoes(forward)) return migration("present");
  for (const path of place?.backPaths ?? []) {
    if (!given.headPaths.has(path)) continue;
    const back = sideOf(await given.contents.at(path, "head"), given.dialect);
    if (back && back.lexed.problems.length === 0 && undoes(back.lexed.statements)) {
      return migration("present");
    }
    return migration("missing");
  }
  if (place === null || place.tool === "up-down" || place.tool === "sqitch") return migration("missing");
  // A repository that has ways back for other migrations keeps them.
  const known = new Set(given.base);
  const paired = given.base.some((path) =>
    isSqlPath(path) && placeOf(path, known)?.isBack === true && path.split("/")[0] === file.path.split("/")[0]
  );
  return migration(paired ? "missing" : "forward-only");
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

/** `DROP TABLE IF EXISTS t` right before `CREATE TABLE t`, of a table that nothing at base declares: a script that can be run twice. */
function settleFirstMade(reading: SqlReading, before: Tables): void {
  for (
    const gone of reading.effects.filter((one) =>
      one.action === "delete" && one.kind === "table" && one.line !== undefined
    )
  ) {
    const key = keyOf(gone.name);
    const made = reading.effects.some((one) =>
      one.action === "create" && one.kind === "table" && one.path === gone.path && keyOf(one.name) === key &&
      (one.line ?? 0) > (gone.line ?? 0)
    );
    if (!made || before.has(key) || !reading.guarded.has(`${gone.path}\n${key}`)) continue;
    reading.effects = reading.effects.filter((one) => one !== gone);
    for (const one of reading.hazards) {
      if (one.kind === "drop-table" && one.path === gone.path && keyOf(one.name) === key) one.certain = false;
    }
  }
}

/** SQLite changes a table by copying it: new one, all rows, the old one dropped, the new one takes its name. */
function settleRebuilds(reading: SqlReading, before: Tables): void {
  for (const rename of reading.effects.filter((one) => one.kind === "fresh-table")) {
    const [from, to] = [keyOf(rename.name), keyOf(rename.to ?? "")];
    const created = reading.effects.find((one) =>
      one.action === "create" && one.kind === "table" && keyOf(one.name) === from
    );
    const dropped = reading.effects.find((one) =>
      one.path === rename.path && one.action === "delete" && one.kind === "table" && keyOf(one.name) === to
    );
    if (!dropped || !reading.copies.has(`${from}<-${to}`)) {
      if (created) created.name = rename.to ?? created.name;
      continue;
    }
    dropped.action = "update";
    reading.effects = reading.effects.filter((one) => one !== created);
    reading.hazards = reading.hazards.filter((one) =>
      !(one.kind === "drop-table" && one.path === rename.path && keyOf(one.name) === to)
    );
    const now = reading.tables.get(to);
    for (const column of before.get(to)?.keys() ?? []) {
      if (now?.has(column) !== false) continue;
      const name = `${dropped.name}.${column}`;
      reading.path = rename.path;
      reading.line = rename.line ?? 1;
      effect(reading, "delete", "column", name);
      hazard(reading, "drop-column", name, `the table is made anew without the column ${name}`);
    }
  }
}

/** A table that one file no longer declares and another one does has moved. */
function settleMoves(reading: SqlReading): void {
  for (
    const gone of reading.effects.filter((one) =>
      one.action === "delete" && one.line === undefined && one.kind === "table"
    )
  ) {
    const come = reading.effects.find((one) =>
      one.action === "create" && one.kind === "table" && one.path !== gone.path &&
      keyOf(one.name) === keyOf(gone.name)
    );
    if (!come) continue;
    reading.effects = reading.effects.filter((one) => one !== gone && one !== come);
    reading.hazards = reading.hazards.filter((one) =>
      !(one.kind === "drop-table" && one.path === gone.path && keyOf(one.name) === keyOf(gone.name))
    );
  }
}
