import assert from "node:assert/strict";
import { join } from "node:path";
import { hasPostgres, POSTGRES_PASSWORD, startPostgres } from "../../connectors/testing/mod.ts";
import { dispatch } from "../cli/dispatch.ts";
import { recorder } from "./recorder.ts";

const ROWS = (extra: unknown[] = []) =>
  JSON.stringify([
    { id: 1, name: "Ann", amount: "10.10", updated: "2026-01-01T00:00:00Z" },
    { id: 2, name: "nul\u0000", amount: 1, updated: "2026-01-01T00:00:00Z" },
    {
      id: "9007199254740993",
      name: "Cem",
      amount: "12345678901234567890.12",
      updated: "2026-01-02T00:00:00Z",
    },
    ...extra,
  ]);
const PIPELINE = (disposition: string, min: number) =>
  JSON.stringify({
    id: "shop",
    streams: [{
      id: "orders",
      source: { connector: "file", resource: "json", params: { path: "orders.json" } },
      primaryKey: ["id"],
      cursor: { path: "updated" },
      contract: { schema: { id: { type: "integer", nullable: false }, amount: { type: "decimal" } } },
      quality: [{ rule: "row-count", min, severity: "block" }],
      write: { disposition, sink: "warehouse" },
    }],
  });

Deno.test({
  name: `a pipeline into PostgreSQL: delta, quarantine, block, export, state; no password anywhere${
    hasPostgres() ? "" : " (PostgreSQL is not installed)"
  }`,
  ignore: !hasPostgres(),
  fn: async () => {
    const dir = await Deno.makeTempDir({ prefix: "etl-pg-" });
    const server = await startPostgres();
    // A variable of this test alone: workers share their environment.
    const name = `PG_URL_${crypto.randomUUID().replaceAll("-", "")}`;
    Deno.env.set(name, server.url());
    let said = "";
    const forge = async (...args: string[]) => {
      const io = recorder(dir, { env: (wanted) => wanted === "USER" ? "tester" : undefined, columns: 100 });
      const exit = await dispatch([...args, "--data", join(dir, "data")], io);
      said += io.stdout + io.stderr;
      return { exit, out: io.stdout };
    };
    const put = (file: string, text: string) => Deno.writeTextFile(join(dir, file), text);
    const run = async (file: string, env = "env.json") => {
      const { exit, out } = await forge("etl", "run", file, "--env", env, "--json");
      const { streams, failure } = JSON.parse(out);
      return { exit, failure, ...streams[0] };
    };
    const exported = async () => {
      const { exit, out } = await forge("etl", "export", "orders", "--format", "jsonl");
      assert.equal(exit, 0, out);
      return out.trim().split("\n").map((line) => JSON.parse(line)).map((
        { id, name, amount },
      ) => [id, name, amount]);
    };
    try {
      const warehouse = { type: "postgres", url: `env:${name}`, schema: "lake" };
      await put("env.json", JSON.stringify({ sinks: { warehouse }, network: { allowPrivate: true } }));
      await put("public.json", JSON.stringify({ sinks: { warehouse } }));
      await put("merge.json", PIPELINE("merge", 1));
      await put("replace.json", PIPELINE("replace", 1));
      await put("blocked.json", PIPELINE("replace", 50));
      await put("orders.json", ROWS());
      assert.equal((await forge("etl", "validate", "merge.json", "--env", "env.json")).exit, 0);

      const guarded = await run("merge.json", "public.json");
      assert.equal(guarded.exit, 1);
      assert.match(guarded.failure.message, /127\.0\.0\.1 is not on the public internet/);

      const first = await run("merge.json");
      assert.deepEqual([first.exit, first.read, first.quarantined, first.written], [0, 3, 1, 2]);
      const kept = [[1, "Ann", 10.1], ["9007199254740993", "Cem", "12345678901234567890.12"]];
      assert.deepEqual(await exported(), kept);
      assert.match((await forge("etl", "quarantine", "list", "--json")).out, /"rule":\s*"sink-value@1"/);

      await put("orders.json", ROWS([{ id: 4, name: "Dag", amount: 4, updated: "2026-01-03T00:00:00Z" }]));
      const second = await run("merge.json");
      assert.deepEqual([second.written, second.cursor.after], [1, "2026-01-03T00:00:00Z"]);
      assert.deepEqual(await exported(), [...kept, [4, "Dag", 4]]);

      await put("orders.json", ROWS());
      const blocked = await run("blocked.json");
      assert.notEqual(blocked.exit, 0);
      assert.deepEqual(await exported(), [...kept, [4, "Dag", 4]], "a rule that blocks keeps what is there");
      assert.equal((await run("replace.json")).exit, 0);
      assert.deepEqual(await exported(), kept);

      assert.equal((await forge("etl", "state", "shop", "--set", "2026-01-02T00:00:00Z")).exit, 0);
      assert.match((await forge("etl", "state", "shop", "--json")).out, /2026-01-02T00:00:00Z/);
      assert.equal((await forge("etl", "state", "shop", "--reset")).exit, 0);
      const again = await run("merge.json");
      assert.deepEqual([again.written, again.deduped], [0, 2]);

      assert.equal(said.includes(POSTGRES_PASSWORD), false);
      for (const file of await filesIn(dir)) {
        const text = new TextDecoder("latin1").decode(await Deno.readFile(file));
        assert.equal(/planted(?::|%3A)/.test(text), false, `the password is in ${file}`);
      }
    } finally {
      Deno.env.delete(name);
      await server.stop();
      await Deno.remove(dir, { recursive: true });
    }
  },
});

async function filesIn(dir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory) found.push(...await filesIn(path));
    else if (entry.isFile) found.push(path);
  }
  return found;
}
