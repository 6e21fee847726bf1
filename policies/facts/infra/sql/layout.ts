import type { SqlComment, SqlStatement } from "./lexer.ts";

/** How a file takes part in migrations, by the custom of the tool that runs it. */
export interface MigrationPlace {
  tool: string;
  /** Runs when the schema goes back. */
  isBack: boolean;
  /** Names that the way back may have, each enough. */
  backPaths: string[];
  /** Runs again whenever its text changes, as Flyway's R__ files do. */
  repeatable: boolean;
}

const DIRECTORY =
  /(?:^|\/)(?:db[-_]?)?(?:migrat(?:e|ions?)|migraciones|changelogs?|changes|versions|patches|upgrades?|evolutions)(?:\/|$)/i;
const BACK_DIRECTORY = /(?:^|\/)(?:down|undo|rollbacks?|revert|reverse|downgrades?)\//i;
const BACK_NAME = /(?:^|[._/-])(?:down|undo|rollback|revert|downgrade)\.sql$/i;

export const isSqlPath = (path: string): boolean => /\.(?:sql|ddl|psql|pgsql|mysql)$/i.test(path);

/** Where a file stands among migrations; null for SQL that no migration tool runs, by its path. */
export function placeOf(path: string, all: ReadonlySet<string>): MigrationPlace | null {
  const slash = path.lastIndexOf("/") + 1;
  const [directory, name] = [path.slice(0, slash), path.slice(slash)];
  const place = (tool: string, more: Partial<MigrationPlace> = {}): MigrationPlace => ({
    tool,
    isBack: false,
    backPaths: [],
    repeatable: false,
    ...more,
  });
  const flyway = /^([VURB])(\d[\d._]*)?__.+\.sql$/.exec(name);
  if (flyway) {
    if (flyway[1] === "R") return place("flyway", { repeatable: true });
    if (flyway[1] === "U") return place("flyway", { isBack: true });
    return place("flyway", { backPaths: [`${directory}U${name.slice(1)}`] });
  }
  if (/(?:^|\/)prisma\/(?:.*\/)?migrations\/[^/]+\/migration\.sql$/.test(path)) {
    return place("prisma", { backPaths: [`${directory}down.sql`] });
  }
  if (BACK_NAME.test(path)) return place("up-down", { isBack: true });
  const up = /^(.*?)(^|[._-])(up|upgrade|deploy|forward)\.sql$/i.exec(name);
  if (up) {
    const head = `${directory}${up[1] ?? ""}${up[2] ?? ""}`;
    return place("up-down", {
      backPaths: ["down", "undo", "rollback", "downgrade"].map((word) => `${head}${word}.sql`),
    });
  }
  if (
    all.has("sqitch.plan") || all.has(`${directory.replace(/(?:deploy|revert|verify)\/$/, "")}sqitch.plan`)
  ) {
    if (/(?:^|\/)deploy\/$/.test(directory)) {
      return place("sqitch", { backPaths: [path.replace(/(^|\/)deploy\/([^/]+)$/, "$1revert/$2")] });
    }
    if (/(?:^|\/)(?:revert|verify)\/$/.test(directory)) return place("sqitch", { isBack: true });
  }
  if (all.has(`${directory}meta/_journal.json`)) return place("drizzle");
  if (/(?:^|\/)supabase\/migrations\/[^/]+$/.test(path)) return place("supabase");
  if (BACK_DIRECTORY.test(directory) && DIRECTORY.test(directory)) return place("plain", { isBack: true });
  if (DIRECTORY.test(directory) && /^(?:v|r)?\d/i.test(name)) {
    const stem = name.replace(/\.sql$/i, "");
    return place("plain", {
      backPaths: [
        ...["down", "undo", "rollback"].flatMap((
          word,
        ) => [
          `${directory}${stem}.${word}.sql`,
          `${directory}${stem}_${word}.sql`,
          `${directory}${stem}-${word}.sql`,
        ]),
        ...["down", "undo", "rollback", "rollbacks", "revert"].map((word) => `${directory}${word}/${name}`),
        ...(/(?:^|\/)(?:up|forward|deploy)\/$/.test(directory)
          ? ["down", "undo", "rollback", "revert"].map((word) =>
            `${directory.replace(/(?:up|forward|deploy)\/$/, "")}${word}/${name}`
          )
          : []),
      ],
    });
  }
  return null;
}

/** Comments that divide one file into the way forward and the way back. */
export interface Sections {
  forward: SqlStatement[];
  back: SqlStatement[];
  /** The file speaks the language of a tool that has a way back. */
  marked: boolean;
  /** Liquibase: the way back stands in a comment. */
  rollbackTexts: { text: string; line: number }[];
  changesets: number;
}

export function sectionsOf(statements: readonly SqlStatement[], comments: readonly SqlComment[]): Sections {
  const marks: { line: number; back: boolean }[] = [];
  const rollbackTexts: Sections["rollbackTexts"] = [];
  let changesets = 0;
  for (const { text, line } of comments) {
    const mark = /^(?:\+goose\s+|migrate:|\+migrate\s+|\+micrate\s+|!)?\s*(up|down|ups|downs)\b/i.exec(text);
    const named = /^(?:\+goose|migrate:|\+migrate|\+micrate|!ups|!downs)/i.test(text);
    if (mark && named) marks.push({ line, back: /^down/i.test(mark[1] ?? "") });
    const rollback = /^\s*-*\s*rollback\s+([\s\S]+)$/i.exec(text);
    if (rollback?.[1] && changesets > 0) rollbackTexts.push({ text: rollback[1], line });
    if (/^\s*changeset\s+\S+/i.test(text)) changesets++;
  }
  const isBack = (line: number) => marks.findLast((mark) => mark.line <= line)?.back ?? false;
  return {
    forward: statements.filter(({ line }) => !isBack(line)),
    back: statements.filter(({ line }) => isBack(line)),
    marked: marks.length > 0,
    rollbackTexts,
    changesets,
  };
}

/** Statements that change nothing are no way back. */
export const undoes = (statements: readonly SqlStatement[]): boolean =>
  statements.some(({ tokens }) => {
    const verb = tokens[0]?.word ?? "";
    return [
      "create",
      "alter",
      "drop",
      "rename",
      "update",
      "delete",
      "insert",
      "truncate",
      "do",
      "exec",
      "execute",
      "revoke",
      "grant",
      "merge",
      "replace",
      "with",
      "comment",
      "call",
      "copy",
      "begin",
    ].includes(verb) &&
      (verb !== "begin" || tokens.length > 2);
  });
