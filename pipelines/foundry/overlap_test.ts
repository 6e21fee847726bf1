import assert from "node:assert/strict";
import type { Row } from "../../specs/foundry/mod.ts";
import { onStage } from "./testing.ts";

const pipeline = (type = "datetime", more: Record<string, unknown> = {}) => ({
  id: "log",
  streams: [{
    id: "log",
    source: { connector: "http", resource: "log" },
    cursor: { path: "at", type },
    write: { disposition: "append" },
    ...more,
  }],
});
const backfill = (from: string, to: string) => ({ mode: "backfill" as const, from, to });

const forms: Record<string, (day: number, hour: number) => Row[string]> = {
  "instants in UTC": (day, hour) => new Date(Date.UTC(2026, 0, day, hour)).toISOString(),
  "instants with an offset": (day, hour) =>
    `${new Date(Date.UTC(2026, 0, day, hour) + 9 * 3_600_000).toISOString().slice(0, 19)}+09:00`,
  "instants behind UTC": (day, hour) =>
    `${new Date(Date.UTC(2026, 0, day, hour) - 8 * 3_600_000).toISOString().slice(0, 19)}-08:00`,
  "instants without a zone": (day, hour) =>
    new Date(Date.UTC(2026, 0, day, hour)).toISOString().slice(0, 19).replace("T", " "),
  "epoch milliseconds": (day, hour) => Date.UTC(2026, 0, day, hour),
};
for (const [form, at] of Object.entries(forms)) {
  Deno.test(`overlapping backfills of an append add each row once: ${form}`, () => {
    const rows = [1, 2, 3, 4, 5].flatMap((day) =>
      [0, 2, 22].map((hour): Row => ({ day, hour, at: at(day, hour) }))
    );
    // Two rows that are equal in all columns are two rows.
    rows.push({ day: 3, hour: 2, at: at(3, 2) });
    return onStage({ log: [rows.slice(0, 7), rows.slice(7)] }, async (stage) => {
      const run = async (from: string, to: string) => {
        const document = await stage.run(pipeline(), backfill(from, to));
        assert.equal(document.status, "completed", JSON.stringify(document));
        return document.streams[0];
      };
      const first = await run("2026-01-01", "2026-01-04");
      assert.equal(first?.written, 10);
      const second = await run("2026-01-03", "2026-01-06");
      assert.deepEqual([second?.written, second?.deduped], [6, 4], JSON.stringify(second));
      const within = await run("2026-01-02", "2026-01-03");
      assert.deepEqual([within?.written, within?.deduped], [0, 3]);
      assert.equal((await stage.rows("log")).length, 16);
    });
  });
}

Deno.test("the first incremental run behind a backfill adds what the backfill had not, and a later backfill nothing", () => {
  const rows = [1, 2, 3, 4].map((day): Row => ({ day, at: `2026-01-0${day}T00:00:00Z` }));
  return onStage({ log: [rows] }, async (stage) => {
    assert.equal((await stage.run(pipeline(), backfill("2026-01-02", "2026-01-04"))).streams[0]?.written, 2);
    const live = await stage.run(pipeline());
    assert.deepEqual([live.status, live.streams[0]?.written, live.streams[0]?.deduped], ["completed", 2, 2]);
    const again = await stage.run(pipeline(), backfill("2026-01-01", "2026-01-05"));
    assert.deepEqual([again.streams[0]?.written, again.streams[0]?.deduped], [0, 4]);
    assert.equal((await stage.rows("log")).length, 4);
  });
});

Deno.test("numbers that are given as text overlap as numbers", () => {
  const rows = [8, 9, 10, 11].map((n): Row => ({ at: String(n) }));
  return onStage({ log: [rows] }, async (stage) => {
    const run = (from: string, to: string) => stage.run(pipeline("integer"), backfill(from, to));
    assert.equal((await run("8", "11")).streams[0]?.written, 3);
    const second = await run("9", "12");
    assert.deepEqual([second.streams[0]?.written, second.streams[0]?.deduped], [1, 2]);
  });
});
