import assert from "node:assert/strict";
import { sampleFacts, type Tree } from "../../../testing/trees.ts";
import { typeChange } from "./types.ts";

async function facts(base: Tree, head: Tree) {
  const { infra } = await sampleFacts(base, head);
  assert.ok(infra);
  return infra;
}
const told = async (base: Tree, head: Tree) => {
  const infra = await facts(base, head);
  return {
    effects: infra.effects.map(({ action, kind, name }) => `${action} ${kind} ${name}`),
    hazards: infra.hazards.map(({ kind, name, certain }) => `${kind} ${name}${certain ? "" : "?"}`),
    unread: infra.unread.map((one) => one.class),
    migrations: infra.migrations.map(({ tool, status, back }) => `${tool} ${status} ${back}`),
  };
};

Deno.test("the migrations of the usual tools are known, with their way back", async () => {
  const add = "ALTER TABLE a ADD b int;\n";
  const undo = "ALTER TABLE a DROP b;\n";
  const cases: [Tree, Tree, string][] = [
    [{}, { "m/1_a.up.sql": add, "m/1_a.down.sql": undo }, "up-down added present"],
    [{}, { "m/1_a.up.sql": add }, "up-down added missing"],
    [{}, { "m/1/up.sql": add, "m/1/down.sql": "-- none\n" }, "up-down added missing"],
    [{}, { "sql/V2__a.sql": add }, "flyway added forward-only"],
    [{ "sql/U1__x.sql": undo }, { "sql/U1__x.sql": undo, "sql/V2__a.sql": add }, "flyway added missing"],
    [{}, { "sql/V2__a.sql": add, "sql/U2__a.sql": undo }, "flyway added present"],
    [{}, { "prisma/migrations/2_a/migration.sql": add }, "prisma added forward-only"],
    [{}, { "supabase/migrations/2_a.sql": add }, "supabase added forward-only"],
    [{}, { "db/2.sql": `-- +goose Up\n${add}-- +goose Down\n${undo}` }, "sections added present"],
    [{}, { "db/2.sql": `-- migrate:up\n${add}-- migrate:down\n` }, "sections added missing"],
    [
      {},
      { "db/2.sql": `--liquibase formatted sql\n--changeset a:1\n${add}--rollback ${undo}` },
      "liquibase added present",
    ],
    [{}, { "db/migrations/2_a.sql": add }, "plain added forward-only"],
    [
      { "sqitch.plan": "" },
      { "sqitch.plan": "", "deploy/a.sql": add, "revert/a.sql": undo },
      "sqitch added present",
    ],
    [{ "db/migrations/1_a.sql": add }, { "db/migrations/1_a.sql": undo }, "plain edited forward-only"],
    [{ "sql/R__v.sql": "CREATE VIEW v AS SELECT 1;\n" }, {
      "sql/R__v.sql": "CREATE OR REPLACE VIEW v AS SELECT 2;\n",
    }, "flyway added present"],
  ];
  for (const [base, head, expected] of cases) {
    const { migrations } = await told(base, head);
    assert.ok(
      migrations.includes(expected),
      `${expected}: ${JSON.stringify([migrations, Object.keys(head)])}`,
    );
  }
});

Deno.test("what lies on the way back is no effect of the change", async () => {
  const { effects, hazards } = await told({}, {
    "db/2.sql": "-- +goose Up\nCREATE TABLE a (b int);\n-- +goose Down\nDROP TABLE a;\n",
  });
  assert.deepEqual([effects, hazards], [["create table a"], []]);
});

Deno.test("a schema that is declared anew is compared column by column", async () => {
  const { effects } = await told(
    { "schema.sql": "CREATE TABLE a (id int, gone text, same text);\nCREATE TABLE b (id int);\n" },
    { "schema.sql": "CREATE TABLE a (id bigint, same text, come text);\n" },
  );
  assert.deepEqual(effects, [
    "delete column a.gone",
    "update column a.id",
    "create column a.come",
    "delete table b",
  ]);
});

Deno.test("a table that only moves to another file stays; one that is dropped there does not", async () => {
  const table = "CREATE TABLE a (id int);\n";
  assert.deepEqual((await told({ "x.sql": table }, { "y.sql": table })).effects, []);
  assert.deepEqual((await told({}, { "x.sql": "DROP TABLE a;\n", "y.sql": table })).effects, [
    "delete table a",
    "create table a",
  ]);
});

Deno.test("databases differ in what locks and in what they read", async () => {
  const index = { "m/2.sql": "CREATE INDEX i ON a (b);\n" };
  const on = async (settings: Tree) => (await told(settings, { ...settings, ...index })).hazards;
  assert.deepEqual(await on({ "go.mod": "require github.com/jackc/pgx/v5 v5\n" }), [
    "index-not-concurrent a",
  ]);
  assert.deepEqual(await on({ "package.json": '{"dependencies":{"mysql2":"3"}}\n' }), []);
  assert.deepEqual(await on({ "requirements.txt": "aiosqlite\n" }), []);
  assert.deepEqual(await on({}), ["index-not-concurrent a?"]);
  const mysql = {
    "package.json": '{"dependencies":{"mysql2":"3"}}\n',
    "m/1.sql": "CREATE TABLE a (b varchar(20), c int NOT NULL);\n",
  };
  const change = async (sql: string) => (await told(mysql, { ...mysql, "m/2.sql": `${sql}\n` })).hazards;
  assert.deepEqual(await change("ALTER TABLE a MODIFY COLUMN b varchar(10);"), ["type-narrowing a.b"]);
  assert.deepEqual(await change("ALTER TABLE a CHANGE b d varchar(20);"), ["rename a.b"]);
  assert.deepEqual(await change("ALTER TABLE a MODIFY b varchar(20) NOT NULL;"), [
    "not-null-without-default a.b",
  ]);
  assert.deepEqual(await change("ALTER TABLE a MODIFY c bigint NOT NULL;"), []);
  assert.deepEqual(await change("RENAME TABLE a TO d;"), ["rename a"]);
  const mssql = { "m/1.sql": "CREATE TABLE [dbo].[a] (b nvarchar(20));\nGO\n" };
  const dropped = await told(mssql, {
    ...mssql,
    "m/2.sql": "PRINT 'x'\nDROP TABLE [dbo].[a]\nDROP TABLE c\nGO\nEXEC sp_rename 'dbo.d', 'e';\n",
  });
  assert.deepEqual(dropped.hazards, ["drop-table dbo.a", "drop-table c", "rename dbo.d"]);
});

Deno.test("templates are not judged, and tests of the repository are left alone", async () => {
  assert.deepEqual((await told({}, { "models/a.sql": "select * from {{ ref('x') }}\n" })).unread, [
    "not-judged",
  ]);
  const { infra } = await sampleFacts({}, { "tests/fixtures/reset.sql": "TRUNCATE a;\n" });
  assert.equal(infra, undefined);
});

Deno.test("types: wider, narrower, or not to be told", () => {
  const cases = [
    ["varchar(10)", "varchar(20)", "wider"],
    ["varchar(20)", "text", "wider"],
    ["text", "varchar(20)", "narrower"],
    ["integer", "bigint", "wider"],
    ["bigint", "int", "narrower"],
    ["numeric(10,2)", "numeric(12,2)", "wider"],
    ["numeric(10,2)", "numeric(10,4)", "narrower"],
    ["timestamp", "date", "narrower"],
    ["date", "timestamptz", "wider"],
    ["int", "text", "wider"],
    ["jsonb", "text", "wider"],
    ["jsonb", "int", "unknown"],
    ["mood", "feeling", "unknown"],
    ["int", "int", "same"],
    ["enum(a,b)", "enum(a,b,c)", "wider"],
    ["enum(a,b)", "enum(a)", "narrower"],
  ] as const;
  for (const [from, to, expected] of cases) assert.equal(typeChange(from, to), expected, `${from} ${to}`);
  assert.equal(typeChange(null, "int"), "unknown");
  assert.equal(typeChange(null, "text"), "wider");
});
