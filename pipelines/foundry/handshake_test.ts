import assert from "node:assert/strict";
import type { Row, StreamResult } from "../../specs/foundry/mod.ts";
import { LoadOrder, unaccounted } from "./load_order.ts";
import { onStage } from "./testing.ts";

const ROWS: Row[] = [
  { id: 1, kind: "a", tags: ["x", "y", "z"], n: 1 },
  { id: 2, kind: "a", tags: [], n: 2 },
  { id: 3, kind: "b", tags: ["x"], n: -1 },
  { id: 4, kind: "b", tags: null, n: 4 },
];
const counted = async (transforms: Record<string, unknown>[], more: Record<string, unknown> = {}) => {
  let found: StreamResult | undefined;
  await onStage({ rows: [ROWS.slice(0, 3), ROWS.slice(3)] }, async (stage) => {
    const document = await stage.run({
      id: "counts",
      streams: [{
        id: "rows",
        source: { connector: "http", resource: "rows" },
        write: { disposition: "append" },
        transforms,
        ...more,
      }],
    });
    assert.equal(document.status, "completed", JSON.stringify(document));
    found = document.streams[0];
  });
  if (found === undefined) throw new Error("no stream");
  const { read, produced, accepted, quarantined, filtered, written, deduped, handshake } = found;
  assert.equal(read + produced, accepted + quarantined + filtered);
  assert.deepEqual(handshake, {
    came: read + produced,
    accounted: accepted + quarantined + filtered,
    stored: written + deduped,
    holds: true,
  });
  return [read, produced, accepted, quarantined, filtered];
};

Deno.test("rows that filters, explodes and aggregates make or leave out are all accounted for", async () => {
  const filter = { op: "filter", expression: "n > 0" };
  const explode = { op: "explode", column: "tags" };
  const aggregate = { op: "aggregate", by: ["kind"], values: { n: { function: "sum", column: "n" } } };
  assert.deepEqual(await counted([]), [4, 0, 4, 0, 0]);
  assert.deepEqual(await counted([filter]), [4, 0, 3, 0, 1]);
  const exploded = await counted([explode]);
  assert.equal(exploded[0], 4);
  assert.equal(exploded[1], 2);
  assert.deepEqual(await counted([aggregate]), [4, 2, 2, 0, 4]);
  await counted([filter, explode, aggregate]);
  const rule = { rule: "range", column: "n", min: 0, severity: "quarantine" };
  assert.deepEqual(await counted([], { quality: [rule] }), [4, 0, 3, 1, 0]);
  await counted([explode], { quality: [rule] });
  await counted([filter, aggregate], { quality: [{ ...rule, min: 4 }] });
});

Deno.test("an order whose rows do not add up is not published", () => {
  const counts = { read: 3, produced: 1, quarantined: 1, filtered: 1 };
  const order = { accepted: 2, counts, segments: [{ rows: 2 }], unit: { id: "s" } } as unknown as LoadOrder;
  assert.equal(unaccounted(order), null);
  assert.match(
    unaccounted({ ...order, counts: { ...counts, read: 4 } }) ?? "",
    /4 rows read and 1 added are not 2/,
  );
  assert.match(unaccounted({ ...order, accepted: 3 }) ?? "", /2 rows are staged and 3 were accepted/);
});
