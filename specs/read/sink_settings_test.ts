import assert from "node:assert/strict";
import { readEnvironment } from "./pipeline.ts";

async function problems(sink: Record<string, unknown>): Promise<string[]> {
  const read = await readEnvironment({ sinks: { w: sink } });
  const found = read.ok ? [] : read.error;
  for (const problem of found) {
    assert.doesNotMatch(JSON.stringify(problem), /hunter2/, "a value that may be a credential is repeated");
    assert.ok((problem.remedy ?? "") !== "", "without a remedy");
  }
  return found.map(({ path, code }) => `${path} ${code}`);
}

Deno.test("a PostgreSQL sink is named by a reference to its URL or by its parts, and never by a value", async () => {
  const type = "postgres";
  assert.deepEqual(
    await problems({ type, url: "env:PG_URL", schema: "lake", tls: "verify-full", caFile: "ca.pem" }),
    [],
  );
  assert.deepEqual(
    await problems({ type, host: "db", port: 6432, database: "d", user: "u", password: "env:PG_PASSWORD" }),
    [],
  );
  assert.deepEqual(await problems({ type }), ["sinks.w.url environment.missing"]);
  assert.deepEqual(await problems({ type, url: "postgres://u:hunter2@h/d" }), [
    "sinks.w.url environment.secret",
  ]);
  assert.deepEqual(await problems({ type, host: "h", database: "d", user: "u", password: "hunter2" }), [
    "sinks.w.password environment.secret",
  ]);
  assert.deepEqual(await problems({ type, host: "h", password: "env:PG_PASSWORD" }), [
    "sinks.w.database environment.missing",
    "sinks.w.user environment.missing",
  ]);
  assert.deepEqual(await problems({ type, url: "env:PG_URL", host: "h" }), [
    "sinks.w.host environment.value",
  ]);
  assert.deepEqual(await problems({ type, url: "env:PG_URL", tls: "maybe" }), [
    "sinks.w.tls environment.value",
  ]);
  assert.deepEqual(await problems({ type, url: "env:PG_URL", schema: "Has Blanks" }), [
    "sinks.w.schema environment.format",
  ]);
});

Deno.test("a field that a sink's type does not know is answered with that type's fields, the nearest first", async () => {
  const fields = { sqlite: "path", csv: "delimiter", parquet: "rowGroup", postgres: "caFile", s3: "bucket" };
  for (const [type, field] of Object.entries(fields)) {
    const remedyOf = async (name: string) => {
      const read = await readEnvironment({ sinks: { w: { type, [name]: 1 } } });
      return (read.ok ? [] : read.error).find(({ path }) => path === `sinks.w.${name}`)?.remedy;
    };
    assert.equal(await remedyOf(`${field}s`), `did you mean ${field}?`);
    assert.match(await remedyOf("zzzzzz") ?? "", new RegExp(`^remove it, or use one of: type, .*${field}`));
  }
  const without = await readEnvironment({ sinks: { w: { path: "x.db" } } });
  assert.deepEqual(without.ok ? [] : without.error.map(({ path, remedy }) => [path, remedy]), [
    ["sinks.w.type", "write one of sqlite, jsonl, csv, parquet, postgres, s3, http"],
  ]);
});
