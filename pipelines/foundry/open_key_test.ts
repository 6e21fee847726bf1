import assert from "node:assert/strict";
import type { Row } from "../../specs/foundry/mod.ts";
import { onStage } from "./testing.ts";

const fact = (tag: string, start: string | null, end: string, val: number): Row => ({ tag, start, end, val });
const FACTS = [
  fact("Assets", null, "2025-03-31", 10),
  fact("Assets", null, "2025-06-30", 11),
  fact("Revenues", "2025-01-01", "2025-06-30", 5),
  fact("Revenues", "2025-04-01", "2025-06-30", 3),
];

const facts = (stream: Record<string, unknown>) => ({
  id: "facts",
  streams: [{
    id: "facts",
    source: { connector: "http", resource: "facts" },
    primaryKey: ["tag", "start", "end"],
    ...stream,
  }],
});

for (const disposition of ["merge", "scd2"]) {
  Deno.test(`${disposition}: a part of the key that a row lacks is a value as any other`, () =>
    onStage({ facts: [FACTS] }, async (stage) => {
      const pipeline = facts({ write: { disposition } });
      const first = await stage.run(pipeline);
      assert.deepEqual([first.status, first.streams[0]?.written, first.streams[0]?.quarantined], [
        "completed",
        4,
        0,
      ]);
      const again = await stage.run(pipeline);
      assert.deepEqual([again.streams[0]?.written, again.streams[0]?.deduped], [0, 4]);
      stage.source.pages.facts = [[fact("Assets", null, "2025-06-30", 12), ...FACTS.slice(2)]];
      const third = await stage.run(pipeline);
      assert.deepEqual([third.streams[0]?.written, third.streams[0]?.deduped], [1, 2]);
      const assets = (await stage.rows("facts")).filter(({ tag, end }) =>
        tag === "Assets" && end === "2025-06-30"
      );
      assert.deepEqual(assets.map(({ val }) => val).toSorted(), disposition === "scd2" ? [11, 12] : [12]);
    }));
}

Deno.test("a column of the key may be missing only later, and in all columns of some row or other", () =>
  onStage({ facts: [FACTS.slice(2)] }, async (stage) => {
    const pipeline = facts({ write: { disposition: "merge" } });
    await stage.run(pipeline);
    stage.source.pages.facts = [[...FACTS, { tag: null, start: null, end: "2025-06-30", val: 1 }, {
      tag: "Shares",
      start: null,
      end: null,
      val: 2,
    }]];
    assert.equal((await stage.run(pipeline)).streams[0]?.written, 4);
    const again = await stage.run(pipeline);
    assert.deepEqual([again.status, again.streams[0]?.written, again.streams[0]?.deduped], [
      "completed",
      0,
      6,
    ]);
    assert.equal((await stage.rows("facts")).length, 6);
  }));

Deno.test("numbers that a key may lack, long ones too", () =>
  onStage({
    facts: [[
      { id: "9007199254740993", part: 1, val: 1 },
      { id: "9007199254740993", part: null, val: 2 },
      { id: null, part: 1, val: 3 },
    ]],
  }, async (stage) => {
    const columns = { id: { type: "integer" }, part: { type: "integer" }, val: { type: "integer" } };
    const pipeline = facts({
      primaryKey: ["id", "part"],
      write: { disposition: "merge" },
      contract: { schema: columns },
    });
    assert.equal((await stage.run(pipeline)).streams[0]?.written, 3);
    const again = await stage.run(pipeline);
    assert.deepEqual([again.status, again.streams[0]?.written, again.streams[0]?.deduped], [
      "completed",
      0,
      3,
    ]);
  }));

Deno.test("a row that lacks its whole key is set aside", () =>
  onStage({ facts: [[...FACTS, { tag: null, start: null, end: null, val: 9 }]] }, async (stage) => {
    const document = await stage.run(facts({ write: { disposition: "merge" } }));
    assert.deepEqual([document.streams[0]?.written, document.streams[0]?.quarantined], [4, 1]);
    const [row] = await stage.ports.records.quarantine.list({});
    assert.match(row?.reason ?? "", /all columns of the key are missing: tag, start, end/);
  }));
