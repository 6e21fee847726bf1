import assert from "node:assert/strict";
import { Pipeline } from "../../specs/foundry/mod.ts";
import { columnFaults } from "./column_faults.ts";

const faults = (transforms: unknown[], more: Record<string, unknown> = {}) =>
  columnFaults(Pipeline.parse({
    id: "p",
    streams: [{
      id: "s",
      source: { connector: "file", resource: "csv", params: { path: "a.csv" } },
      primaryKey: ["id"],
      write: { disposition: "merge" },
      transforms,
      ...more,
    }],
  })).map(({ path, value }) => `${path} ${value}`);

Deno.test("a key that the transforms take away is found before a run sets every row aside", () => {
  for (
    const step of [
      { op: "drop", columns: ["id"] },
      { op: "select", columns: ["name"] },
      { op: "rename", columns: { id: "number" } },
      { op: "explode", column: "id", as: "one" },
      { op: "aggregate", by: ["day"], values: { n: { function: "count" } } },
      { op: "pivot", by: ["day"], name: "tag", value: "val", names: ["a"] },
      { op: "ratio", by: ["day"], series: "tag", value: "val", numerator: "a", denominator: "b" },
    ]
  ) assert.deepEqual(faults([step]), ["streams[0].primaryKey[0] id"], step.op);
  assert.deepEqual(
    faults([{ op: "drop", columns: ["version", "gone"] }], {
      write: { disposition: "merge", dedupSort: { column: "version" }, deletes: { column: "gone" } },
    }),
    ["streams[0].write.dedupSort.column version", "streams[0].write.deletes.column gone"],
  );
});

Deno.test("a step over a column that an earlier step took away is found", () => {
  for (
    const step of [
      { op: "cast", columns: { amount: "decimal" } },
      { op: "rename", columns: { amount: "sum" } },
      { op: "explode", column: "amount" },
      { op: "select", columns: ["id", "amount"] },
    ]
  ) {
    assert.deepEqual(faults([{ op: "drop", columns: ["amount"] }, step]), [
      "streams[0].transforms[1] amount",
    ]);
  }
});

Deno.test("columns that a step may have made, or that only the source knows, are no fault", () => {
  for (
    const steps of [
      [],
      [{ op: "rename", columns: { number: "id" } }, {
        op: "cast",
        columns: { id: "integer", other: "date" },
      }],
      [{ op: "drop", columns: ["id"] }, { op: "derive", column: "id", expression: "'x'" }],
      [{ op: "drop", columns: ["id"] }, { op: "rename", columns: { key: "id" } }],
      [{ op: "drop", columns: ["id"] }, { op: "typescript", file: "f.ts" }],
      [{ op: "drop", columns: ["x"] }, { op: "drop", columns: ["x"] }],
      [{ op: "select", columns: ["user"] }, { op: "explode", column: "user.ids", as: "id" }],
      [{ op: "aggregate", by: ["id"], values: { n: { function: "sum", column: "v" } } }, {
        op: "cast",
        columns: { n: "decimal" },
      }],
      [{ op: "join", table: "t", on: { k: "k" }, columns: ["id"] }, { op: "select", columns: ["id"] }],
    ]
  ) assert.deepEqual(faults(steps), [], JSON.stringify(steps));
});

Deno.test("a stream that is read by a column that its parent does not keep is found", () => {
  const child = {
    id: "child",
    source: { connector: "http", resource: "x", params: {}, parent: { stream: "s", bind: { key: "id" } } },
    write: { disposition: "append" },
  };
  const told = (transforms: unknown[]) =>
    columnFaults(Pipeline.parse({
      id: "p",
      streams: [{
        id: "s",
        source: { connector: "http", resource: "y" },
        write: { disposition: "append" },
        transforms,
      }, child],
    })).map(({ path, value }) => `${path} ${value}`);
  assert.deepEqual(told([{ op: "select", columns: ["name"] }]), ["streams[1].source.parent.bind.key id"]);
  assert.deepEqual(told([{ op: "rename", columns: { number: "id" } }]), []);
});
