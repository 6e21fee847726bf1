/** What a run over a plain file must notice, through the command line: the reader of files has a path of its own for rows. */
import assert from "node:assert/strict";
import { type Room, room } from "./samples.ts";

const CANARY = "canary-51d09f2ab7c4";

async function run(at: Room, more: string, csv: string, env = "") {
  await at.write("people.csv", csv);
  const pipeline = await at.write(
    "people.yaml",
    "id: people\nstreams:\n  - id: people\n    source: { connector: file, resource: csv, params: { path: people.csv } }\n" +
      `    write: { disposition: append, sink: lake, table: people }\n${more}`,
  );
  const environment = await at.write(
    "env.yaml",
    `name: test\nsinks: { lake: { type: jsonl, path: lake } }\n${env}`,
  );
  return await at.forge("etl", "run", pipeline, "--env", environment);
}

const CSV = "id,email\n1,ada@example.org\n2,bob@example.org\n";

Deno.test("a file with a misspelt column of personal data, a key that is no column, or a canary is denied with the reason", async () => {
  await using at = await room();
  const cases: [string, string, string, string, RegExp][] = [
    ["    pii: { emial: hash }\n", CSV, "", "core/D-PERSONAL", /Did you mean email\?/],
    ["    primaryKey: [ids]\n", CSV, "", "core/D-KEY", /Did you mean id\?/],
    ["    primaryKey: [id, region]\n", CSV, "", "core/D-KEY", /region/],
    ["    primaryKey: [id]\n", "id,email\n,a\n,b\n", "", "core/D-KEY", /all 2 rows/],
    [
      "",
      `${CSV}3,${CANARY}\n`,
      "canaries: [env:TEST_CANARY]\n",
      "core/D-SECRET",
      /canary of the environment/,
    ],
  ];
  Deno.env.set("TEST_CANARY", CANARY);
  try {
    for (const [more, csv, env, rule, words] of cases) {
      const { exit, document } = await run(at, more, csv, env);
      assert.deepEqual([exit, document.status], [1, "denied"], JSON.stringify(document));
      assert.deepEqual([...new Set(document.denials.map((one) => one.rule))], [rule]);
      const said = JSON.stringify(document.denials);
      assert.match(said, words);
      assert.ok(!said.includes(CANARY));
    }
    const honest = await run(at, "    pii: { email: hash }\n", CSV, "canaries: [env:TEST_CANARY]\n");
    assert.deepEqual(
      [honest.exit, honest.document.status],
      [0, "completed"],
      JSON.stringify(honest.document),
    );
  } finally {
    Deno.env.delete("TEST_CANARY");
  }
});
