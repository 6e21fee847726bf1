import assert from "node:assert/strict";
import { readEnvironment, readPipeline } from "./pipeline.ts";

const stream = {
  id: "issues",
  source: { connector: "github", resource: "issues" },
  write: { disposition: "append" },
};

async function faults(
  value: string | Record<string, unknown>,
): Promise<{ code: string; path?: string; message: string; remedy?: string }[]> {
  const read = await readPipeline(value);
  return read.ok ? [] : read.error;
}

Deno.test("a pipeline reads to the same version from YAML, JSON and an object", async () => {
  const yaml =
    "id: p\nstreams:\n  - id: issues\n    source: { connector: github, resource: issues }\n    write: { disposition: append }\n";
  const read = [
    await readPipeline(yaml),
    await readPipeline(JSON.stringify({ id: "p", streams: [stream] })),
    await readPipeline({ id: "p", streams: [stream] }),
  ];
  const digests = read.map((one) => one.ok ? one.value.digest : JSON.stringify(one.error));
  assert.match(digests[0] ?? "", /^sha256:/);
  assert.equal(new Set(digests).size, 1);
});

Deno.test("an unknown key is named with its path and what was meant", async () => {
  const [fault] = await faults({ id: "p", streams: [{ ...stream, primarykey: ["id"] }] });
  assert.deepEqual([fault?.code, fault?.path], ["pipeline.unknown-field", "streams[0].primarykey"]);
  assert.match(fault?.remedy ?? "", /did you mean primaryKey/);
});

Deno.test("what a way of writing needs, and streams that cannot be reached, are found", async () => {
  const cases: [Record<string, unknown>[], string, string][] = [
    [[{ ...stream, write: { disposition: "merge" } }], "pipeline.key", "streams[0].primaryKey"],
    [[stream, stream], "pipeline.duplicate-id", "streams[1].id"],
    [
      [{ ...stream, source: { ...stream.source, parent: { stream: "nobody", bind: { a: "b" } } } }],
      "pipeline.unreachable",
      "streams[0].source.parent.stream",
    ],
    [
      [
        { ...stream, id: "a", source: { ...stream.source, parent: { stream: "b", bind: { x: "y" } } } },
        { ...stream, id: "b", source: { ...stream.source, parent: { stream: "a", bind: { x: "y" } } } },
      ],
      "pipeline.cycle",
      "streams[0].source.parent.stream",
    ],
    [[{ ...stream, partition: { by: "P1M" } }], "pipeline.cursor", "streams[0].partition"],
    [
      [{ ...stream, source: { ...stream.source, params: { repo: "${params.repo}" } } }],
      "pipeline.unknown-param",
      "streams[0].source.params.repo",
    ],
    [
      [{ ...stream, source: { ...stream.source, params: { path: "${HOME}/orders.csv" } } }],
      "pipeline.unknown-param",
      "streams[0].source.params.path",
    ],
    [
      [{ ...stream, write: { disposition: "append", deletes: "census" } }],
      "pipeline.deletes",
      "streams[0].write.deletes",
    ],
    [
      [{ ...stream, write: { disposition: "append", table: "_forge_x" } }],
      "pipeline.table",
      "streams[0].write.table",
    ],
    [
      [{ ...stream, primaryKey: ["id"], write: { disposition: "append", dedupSort: { column: "at" } } }],
      "pipeline.key",
      "streams[0].write.dedupSort",
    ],
    [
      [{
        ...stream,
        pii: { emial: "hash" },
        contract: { schema: { id: { type: "integer" }, email: { type: "string" } } },
      }],
      "pipeline.personal",
      "streams[0].pii.emial",
    ],
    [
      [{
        ...stream,
        pii: { phone: "mask" },
        contract: { columns: "block", schema: { id: { type: "integer" } } },
      }],
      "pipeline.personal",
      "streams[0].pii.phone",
    ],
    [
      [{ ...stream, cursor: { path: "n", type: "integer", granularity: "PT1M" } }],
      "pipeline.value",
      "streams[0].cursor.granularity",
    ],
    [
      [{ ...stream, cursor: { path: "n", type: "integer" }, partition: { by: "P1M" } }],
      "pipeline.cursor",
      "streams[0].partition",
    ],
  ];
  for (const [streams, code, path] of cases) {
    const found = await faults({ id: "p", streams });
    assert.ok(
      found.some((fault) => fault.code === code && fault.path === path),
      `${code} ${path}: ${JSON.stringify(found)}`,
    );
  }
});

Deno.test("columns with personal data that the agreed columns may well lack are no fault", async () => {
  const schema = { id: { type: "integer" }, phone1: { type: "string" }, user: { type: "json" } };
  for (
    const more of [
      { pii: { phone2: "hash" }, contract: { schema } },
      { pii: { "user.login": "hash", ID: "mask" }, contract: { columns: "block", schema } },
      { pii: { phone: "drop" }, contract: { columns: "block", schema: { id: { type: "integer" } } } },
      {
        pii: { phone: "hash" },
        contract: { columns: "block", schema },
        transforms: [{ op: "rename", columns: { phone: "phone1" } }],
      },
    ]
  ) assert.deepEqual(await faults({ id: "p", streams: [{ ...stream, ...more }] }), []);
});

Deno.test("a quality rule that can never fail, never hold or not set aside is found", async () => {
  const none = [
    { rule: "range", column: "a" },
    { rule: "length", column: "a" },
    { rule: "distinct-ratio", column: "a" },
    { rule: "row-count" },
    { rule: "sum", column: "a" },
  ];
  const crossed = [
    { rule: "range", column: "a", min: 2, max: 1 },
    { rule: "range", column: "a", min: "2026-02-01", max: "2026-01-01" },
    { rule: "row-count", min: 2, max: 1 },
  ];
  const found = async (quality: Record<string, unknown>[]) =>
    (await faults({ id: "p", streams: [{ ...stream, quality }] })).map(({ code, path }) => `${code} ${path}`);
  assert.deepEqual(
    await found(none),
    none.map((_, at) => `pipeline.rule streams[0].quality[${at}]`),
  );
  assert.deepEqual(
    await found(crossed),
    crossed.map((_, at) => `pipeline.rule streams[0].quality[${at}].min`),
  );
  assert.deepEqual(
    await found([{ rule: "unique", columns: ["a"], severity: "quarantine" }]),
    ["pipeline.severity streams[0].quality[0].severity"],
  );
  assert.deepEqual(
    await found([
      { rule: "range", column: "a", min: 1, severity: "quarantine" },
      { rule: "range", column: "a", min: 1, max: "2" },
      { rule: "row-count", drift: 0.5 },
      { rule: "sum", column: "a", equals: 0 },
      { rule: "unique", columns: ["a"] },
    ]),
    [],
  );
});

Deno.test("a credential that is given as a value is refused and never repeated", async () => {
  const planted = "wm8Jq2Lx9Rt4";
  const cases: Record<string, unknown>[] = [
    { connectors: { jira: { baseUrl: "https://x.example", auth: { type: "bearer", token: planted } } } },
    { connectors: { jira: { headers: { Authorization: `Bearer ${planted}${planted}` } } } },
    { connectors: { http: { baseUrl: `https://user:${planted}@x.example` } } },
  ];
  for (const environment of cases) {
    const read = await readEnvironment(environment);
    assert.ok(!read.ok, JSON.stringify(environment));
    assert.ok(read.error.some(({ code }) => code === "environment.secret"), JSON.stringify(read.error));
    assert.ok(!JSON.stringify(read.error).includes(planted));
  }
  const good = await readEnvironment(
    "connectors:\n  jira: { auth: { type: bearer, token: env:JIRA_TOKEN } }\n",
  );
  assert.ok(good.ok, JSON.stringify(good));
  const inPipeline = await faults({
    id: "p",
    streams: [{ ...stream, source: { ...stream.source, params: { token: planted } } }],
  });
  assert.deepEqual(inPipeline.map(({ code, path }) => [code, path]), [[
    "pipeline.secret",
    "streams[0].source.params.token",
  ]]);
});

Deno.test("all problems are told at once, in the order of the text, with their lines", async () => {
  const read = await readPipeline(
    "id: P\nstreams:\n  - id: a\n    source: { connector: gihub, resource: x }\n    write: { disposition: mrge }\n",
  );
  assert.ok(!read.ok);
  assert.deepEqual(read.error.map(({ path, line }) => [path, line]), [["id", 1], [
    "streams[0].source.connector",
    4,
  ], ["streams[0].write.disposition", 5]]);
  assert.match(read.error[1]?.remedy ?? "", /github/);
});

Deno.test("an empty text, a list and a broken one are each a clear error", async () => {
  for (
    const [text, code] of [["", "pipeline.empty"], ["- a\n", "pipeline.type"], ["a: [", "pipeline.syntax"], [
      "a: 1\na: 2\n",
      "pipeline.duplicate-key",
    ]] as const
  ) {
    const found = await faults(text);
    assert.equal(found[0]?.code, code, JSON.stringify(found));
    assert.ok(found.every(({ message }) => !/\bspec\b/.test(message)), JSON.stringify(found));
  }
});
