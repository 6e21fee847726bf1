import assert from "node:assert/strict";
import type { FileAccess } from "../../connectors/data/mod.ts";
import { Pipeline } from "../../specs/foundry/mod.ts";
import { runPipelineTests } from "./try.ts";

async function differences(
  stream: Record<string, unknown>,
  files: { input: string; expect: string },
  more: Record<string, unknown> = {},
): Promise<string[]> {
  const texts: Record<string, string> = {
    "in.csv": files.input,
    "in.jsonl": files.input,
    "out.jsonl": files.expect,
  };
  const never = () => Promise.reject(new Error("not here"));
  const access = {
    file: (name: string) =>
      Promise.resolve({
        open: () => Promise.resolve(new Response(texts[name]).body as ReadableStream<Uint8Array>),
      }),
    glob: never,
    scratch: never,
  } as unknown as FileAccess;
  const pipeline = Pipeline.parse({
    id: "p",
    streams: [{
      id: "items",
      source: { connector: "http", resource: "items" },
      write: { disposition: "append" },
      ...stream,
    }],
    tests: [{ name: "t", stream: "items", input: "in.jsonl", expect: "out.jsonl", ...more }],
  });
  const [result] = await runPipelineTests(pipeline, access);
  assert.equal(result?.ok, result?.differences.length === 0);
  return result?.differences ?? ["no result"];
}
const line = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");

Deno.test("a test of a pipeline goes the way of a run, steps over the set and the ones behind them as well", async () => {
  const steps = [
    { op: "aggregate", by: ["kind"], values: { total: { function: "sum", column: "n" } } },
    { op: "derive", column: "double", expression: "total * 2" },
    { op: "filter", expression: "double > 2" },
  ];
  const input = line({ kind: "a", n: 1 }, { kind: "b", n: 2 }, { kind: "b", n: 3 });
  assert.deepEqual(
    await differences({ transforms: steps }, { input, expect: line({ kind: "b", total: 5, double: 10 }) }),
    [],
  );
  const broken = [steps[0], { op: "derive", column: "double", expression: "missing.inner" }];
  const [told] = await differences({ transforms: broken }, { input, expect: "" });
  assert.match(told ?? "", /A row made of the set cannot go on/);
});

Deno.test("what would hold a run up fails its test", async () => {
  const row = { id: 1, n: "x" };
  assert.match(
    (await differences({ cursor: { path: "at", onMissing: "block" } }, {
      input: line(row),
      expect: line(row),
    }))
      .join(),
    /held up: 1 rows lack the cursor's column at/,
  );
  assert.match(
    (await differences({
      contract: { types: "block", schema: { id: { type: "integer" }, n: { type: "integer" } } },
    }, { input: line(row), expect: line(row) })).join(),
    /held up: type-changed n: the contract says block/,
  );
});

Deno.test("a fixture with a row of the wrong width is told", async () => {
  const [told] = await differences({}, { input: "a,b\n1,2\n3\n", expect: line({ a: "1", b: "2" }) }, {
    input: "in.csv",
  });
  assert.match(told ?? "", /Row 2 of the fixture/);
  assert.deepEqual(
    await differences({}, { input: "a\n1\n", expect: line({ a: "1" }) }, { input: "in.csv" }),
    [],
  );
});
