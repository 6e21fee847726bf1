import type { FileFacts, Migration } from "../../../../specs/mod.ts";
import type { Contents } from "../../content.ts";
import { fingerprint } from "./cursor.ts";
import { isSqlPath, type MigrationPlace, placeOf, type Sections, sectionsOf, undoes } from "./layout.ts";
import { type Dialect, type LexedSql, lexSql } from "./lexer.ts";
import { splitLines } from "./t_sql.ts";

/** One side of a changed file. */
export interface Side {
  text: string;
  lexed: LexedSql;
  sections: Sections;
}

export function sideOf(text: string | null, dialect: Dialect): Side | null {
  if (text === null) return null;
  const lexed = lexSql(text, dialect);
  if (dialect === "mssql") lexed.statements = splitLines(lexed.statements);
  return { text, lexed, sections: sectionsOf(lexed.statements, lexed.comments) };
}

/** What became of a migration, and whether there is a way back from it. */
export async function migrationOf(
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
