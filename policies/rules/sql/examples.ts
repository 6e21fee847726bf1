import type { PackExample } from "../infra_example.ts";

const REPOSITORY = {
  "go.mod": "module shop\n\nrequire github.com/jackc/pgx/v5 v5.7.0\n",
  "migrations/001_init.up.sql":
    "CREATE TABLE users (\n  id bigserial PRIMARY KEY,\n  email varchar(100) NOT NULL,\n  age integer\n);\n",
  "migrations/001_init.down.sql": "DROP TABLE users;\n",
};

/** A repository on PostgreSQL with one table gains a migration. */
const migration = (
  rule: string,
  which: PackExample["case"],
  about: string,
  up: string,
  more: Partial<PackExample> & { down?: string | null } = {},
): PackExample => {
  const { down = "ALTER TABLE users DROP COLUMN added;\n", ...rest } = more;
  return {
    rule,
    case: which,
    about,
    base: REPOSITORY,
    head: {
      ...REPOSITORY,
      "migrations/002_next.up.sql": `${up}\n`,
      ...(down === null ? {} : { "migrations/002_next.down.sql": down }),
    },
    ...rest,
  };
};

const edited = (
  which: PackExample["case"],
  about: string,
  head: Record<string, string | null>,
): PackExample => ({
  rule: "SM7",
  case: which,
  about,
  base: REPOSITORY,
  head: Object.fromEntries(
    Object.entries({ ...REPOSITORY, ...head }).filter((entry): entry is [string, string] =>
      entry[1] !== null
    ),
  ),
});

export const SQL_EXAMPLES: readonly PackExample[] = [
  migration(
    "SM0",
    "clean",
    "statements that stand there as they run",
    "ALTER TABLE users ADD COLUMN added text;",
  ),
  migration("SM0", "violating", "parentheses that are not closed", "CREATE TABLE carts (id int;", {
    says: "error",
  }),
  migration("SM0", "violating", "an action that nobody knows", "ALTER TABLE users FROBNICATE;", {
    says: "error",
  }),
  migration(
    "SM0",
    "evading",
    "a statement that is put together while it runs",
    "DO $$ BEGIN EXECUTE 'DROP TA' || 'BLE users'; END $$;",
  ),
  migration("SM0", "evading", "another file that psql takes in", "\\i other.sql"),
  migration("SM1", "clean", "rows by their condition", "DELETE FROM users WHERE age < 0;"),
  migration(
    "SM1",
    "clean",
    "words in strings, comments and names",
    "-- DROP TABLE users;\nINSERT INTO users (email) VALUES ('x; DROP TABLE users; --'), ($q$TRUNCATE users$q$);\nALTER TABLE users ADD COLUMN \"drop table\" text;",
  ),
  migration(
    "SM1",
    "clean",
    "a table that the migration itself made",
    "CREATE TABLE carts (id int);\nDROP TABLE carts;",
  ),
  migration("SM1", "violating", "a table that is dropped", "DROP TABLE users;"),
  migration("SM1", "violating", "a column that is dropped", "ALTER TABLE users DROP COLUMN email;"),
  migration("SM1", "violating", "every row", "DELETE FROM users;"),
  migration("SM1", "evading", "a condition that always holds", "DELETE FROM users WHERE (1 = 1) OR id = 3;"),
  migration(
    "SM1",
    "evading",
    "a comment between the words",
    'drop/* a */table/**/if exists public."users" cascade;',
  ),
  migration(
    "SM1",
    "evading",
    "in a block that runs at once",
    "DO $x$ BEGIN IF true THEN DROP TABLE users; END IF; END $x$;",
  ),
  migration(
    "SM1",
    "evading",
    "in a query",
    "WITH gone AS (DELETE FROM users RETURNING id) SELECT count(*) FROM gone;",
  ),
  migration(
    "SM1",
    "evading",
    "behind a string that only looks as if it went on",
    "INSERT INTO users (email) VALUES ('\\'); DROP TABLE users; --');",
  ),
  migration(
    "SM1",
    "evading",
    "made with IF NOT EXISTS to look new",
    "CREATE TABLE IF NOT EXISTS users (id int);\nDROP TABLE users;",
  ),
  migration("SM2", "clean", "with a default", "ALTER TABLE users ADD COLUMN added text NOT NULL DEFAULT '';"),
  migration(
    "SM2",
    "clean",
    "filled before",
    "ALTER TABLE users ADD COLUMN added text;\nUPDATE users SET added = email;\nALTER TABLE users ALTER COLUMN added SET NOT NULL;",
  ),
  migration(
    "SM2",
    "violating",
    "no value for the rows that are there",
    "ALTER TABLE users ADD COLUMN added text NOT NULL;",
  ),
  migration(
    "SM2",
    "evading",
    "in two steps",
    "ALTER TABLE users ADD added text;\nALTER TABLE users ALTER added SET NOT NULL;",
  ),
  migration(
    "SM2",
    "evading",
    "a default that is none",
    "ALTER TABLE users ADD COLUMN added text DEFAULT NULL NOT NULL;",
  ),
  migration("SM3", "clean", "a longer text", "ALTER TABLE users ALTER COLUMN email TYPE varchar(200);"),
  migration("SM3", "violating", "a shorter text", "ALTER TABLE users ALTER COLUMN email TYPE varchar(20);"),
  migration(
    "SM3",
    "evading",
    "by another spelling",
    "ALTER TABLE users ALTER age SET DATA TYPE int2 USING age::int2;",
  ),
  migration(
    "SM4",
    "clean",
    "an index that is built beside the writers",
    "CREATE INDEX CONCURRENTLY users_email ON users (email);",
  ),
  migration(
    "SM4",
    "clean",
    "an index of a new table",
    "CREATE TABLE carts (id bigint);\nCREATE INDEX carts_id ON carts (id);",
  ),
  migration(
    "SM4",
    "clean",
    "a constraint that is checked later",
    "ALTER TABLE users ADD CONSTRAINT old CHECK (age > 0) NOT VALID;",
  ),
  migration("SM4", "violating", "an index under a lock", "CREATE INDEX users_email ON users (email);"),
  migration(
    "SM4",
    "evading",
    "a unique constraint builds one, too",
    "ALTER TABLE ONLY users ADD CONSTRAINT mail UNIQUE (email);",
  ),
  migration("SM5", "clean", "a new name beside the old one", "ALTER TABLE users ADD COLUMN mail text;"),
  migration("SM5", "violating", "a column", "ALTER TABLE users RENAME COLUMN email TO mail;"),
  migration(
    "SM5",
    "evading",
    "a table without the word COLUMN or TABLE before the new name",
    "ALTER TABLE IF EXISTS users RENAME TO people;",
  ),
  migration("SM6", "clean", "a way back", "ALTER TABLE users ADD COLUMN added text;"),
  migration("SM6", "violating", "none", "ALTER TABLE users ADD COLUMN added text;", { down: null }),
  migration("SM6", "evading", "one that undoes nothing", "ALTER TABLE users ADD COLUMN added text;", {
    down: "-- nothing to do\nSELECT 1;\n",
  }),
  edited("clean", "a comment is no change", {
    "migrations/001_init.up.sql": `-- users\n${REPOSITORY["migrations/001_init.up.sql"]}`,
  }),
  edited("violating", "a migration that has run is changed", {
    "migrations/001_init.up.sql": "CREATE TABLE users (id bigint);\n",
  }),
  edited("violating", "a migration that has run goes", {
    "migrations/001_init.up.sql": null,
    "migrations/001_init.down.sql": null,
  }),
  edited("evading", "only one word of it", {
    "migrations/001_init.up.sql": REPOSITORY["migrations/001_init.up.sql"].replace("integer", "bigint"),
  }),
  migration("SM8", "clean", "a right for one role", "GRANT SELECT ON users TO reader;"),
  migration("SM8", "violating", "rights for everybody", "GRANT ALL ON users TO PUBLIC;"),
  migration(
    "SM8",
    "evading",
    "what kept rows apart is switched off",
    "ALTER TABLE users DISABLE ROW LEVEL SECURITY;",
  ),
];
