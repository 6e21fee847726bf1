import assert from "node:assert/strict";
import fc from "fast-check";
import { type Json } from "../../specs/mod.ts";
import { type ColumnProfile, type Row, StreamProfile } from "../../specs/foundry/mod.ts";
import { pageThread } from "./page_thread.ts";
import { profileBeside, profileOf } from "./profile.ts";
import { columnTally } from "./profile_column.ts";
import { sampledRows } from "./profile_tally.ts";
import { toldColumn } from "./profile_told.ts";
import { dropThread, isThreadPrepared, keepThread } from "./spare_thread.ts";
import { lineWriter, type SegmentMark } from "./staging.ts";

const told = (values: Json[], pii: Parameters<typeof columnTally>[1] = null): ColumnProfile => {
  const tally = columnTally("c", pii);
  for (const value of values) tally.add(value);
  return toldColumn(tally.end(values.length, null));
};

async function staged(
  rows: readonly Row[],
  use: (dir: string, segments: SegmentMark[]) => Promise<void>,
  cut = Infinity,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "profile-" });
  try {
    const writer = await lineWriter(dir, "rows", []);
    assert.ok(writer !== null);
    rows.forEach((row, at) => {
      // Another origin is another segment.
      writer.begin(String(Math.floor(at / cut)));
      writer.line(JSON.stringify(row));
    });
    const segments = writer.mark(false);
    writer.close();
    await use(dir, segments);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("numbers are told by bounds, mean, quantiles and bins that hold all of them", () => {
  const one = told(Array.from({ length: 1000 }, (_, at) => at));
  assert.deepEqual([one.min, one.max, one.mean, one.distinct, one.nulls], [0, 999, 499.5, 1000, 0]);
  assert.deepEqual(one.quantiles, { "0.05": 50, "0.25": 250, "0.5": 500, "0.75": 750, "0.95": 950 });
  assert.equal(one.histogram?.reduce((sum, { count }) => sum + count, 0), 1000);
  assert.ok(Math.abs((one.deviation ?? 0) - 288.8) < 0.1);
});

Deno.test("texts that are numbers or dates are measured as such; codes with leading zeros are texts", () => {
  assert.deepEqual([told(["10.50", "2", "-3"]).min, told(["10.50", "2", "-3"]).max], [-3, 10.5]);
  const dates = told(["2026-01-03", "2026-01-01T06:00:00+02:00", "2026-01-02 10:00"]);
  assert.deepEqual([dates.min, dates.max], ["2026-01-01T04:00:00Z", "2026-01-03"]);
  const codes = told(["007", "007", "010"]);
  assert.deepEqual([codes.min, codes.histogram, codes.top], [null, null, [{ value: "007", count: 2 }]]);
  assert.equal(told(["1", "2", "n/a"]).min, null);
  assert.deepEqual(told(["1", "2", "n/a", "n/a"]).top, [{ value: "n/a", count: 2 }]);
  assert.equal(told([1, "2", "x"]).histogram, null);
});

Deno.test("missing is null, absent and empty; false and 0 are values", () => {
  const one = told([null, "", false, 0, "a"]);
  assert.deepEqual([one.values, one.nulls, one.distinct], [3, 2, 3]);
});

Deno.test("of personal data only counts are told, also where only the values show that it was treated", () => {
  const quiet = {
    min: null,
    max: null,
    mean: null,
    histogram: null,
    quantiles: null,
    lengths: null,
    top: [],
  };
  for (const how of ["hash", "mask", "drop"] as const) {
    const one = told([42, 42, "ann@example.org", "ann@example.org", "2026-01-01", true, true], how);
    assert.deepEqual({ ...one, ...quiet }, one);
    assert.deepEqual([one.treatment, one.values, one.distinct], [how, 7, 4]);
  }
  const hash = "0123456789abcdef".repeat(4);
  assert.deepEqual([told([hash, hash]).treatment, told([hash, hash]).top], ["hash", []]);
  assert.equal(told(["***", "***"]).treatment, "mask");
});

Deno.test("a text that occurs once, a credential, and what looks personal are not told as frequent", () => {
  const secret = ["ghp", "0123456789abcdefghijABCDEFGHIJ012345"].join("_");
  const hidden = [secret, "ann@example.org", "4111 1111 1111 1111", "123-45-6789", "+49 170 1234567"];
  const one = told([...hidden, ...hidden, "open", "open", "open", "closed"]);
  assert.deepEqual(one.top, [{ value: "open", count: 3 }]);
  assert.equal(one.hidden, hidden.length);
});

Deno.test("a frequent text is found among many different ones", () => {
  const values = Array.from({ length: 20_000 }, (_, at) => at % 5 === 0 ? "often" : `once ${at}`);
  const [first] = told(values).top;
  assert.equal(first?.value, "often");
  assert.ok((first?.count ?? 0) > 3_900, String(first?.count));
  assert.equal(told(values).distinct, 16_001);
});

Deno.test("whatever values come, the profile keeps its contract", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 60 }), (values) => {
      const column = told(values as Json[]);
      StreamProfile.parse({
        stream: "s",
        rows: values.length,
        profiled: values.length,
        columns: [column],
        more: 0,
      });
      assert.equal(column.values + column.nulls, values.length);
      assert.ok(column.distinct <= column.values);
      const binned = column.histogram?.reduce((sum, { count }) => sum + count, 0);
      assert.ok(binned === undefined || binned === column.values);
    }),
    { numRuns: 300 },
  );
});

Deno.test("all rows of a small load are looked at once, over all of its segments", () =>
  staged(
    Array.from({ length: 5000 }, (_, id) => ({ id, text: "ä\n".repeat(id % 90) })),
    async (dir, segments) => {
      assert.ok(segments.length > 3);
      const seen: Json[] = [];
      for await (const rows of sampledRows(dir, segments, 10_000)) {
        seen.push(...rows.map(({ id }) => id ?? null));
      }
      assert.deepEqual(seen, Array.from({ length: 5000 }, (_, id) => id));
    },
    1300,
  ));

Deno.test("of a large load about so many rows are looked at as asked, from all over it, each whole and once", () =>
  staged(
    Array.from({ length: 60_000 }, (_, id) => ({ id, text: "x".repeat(id % 200) })),
    async (dir, segments) => {
      const seen: number[] = [];
      for await (const rows of sampledRows(dir, segments, 6_000)) {
        seen.push(...rows.map(({ id }) => Number(id)));
      }
      assert.ok(seen.length >= 5_000 && seen.length < 9_000, String(seen.length));
      assert.equal(new Set(seen).size, seen.length);
      for (const share of [0, 0.25, 0.5, 0.75]) {
        assert.ok(seen.some((id) => id >= share * 60_000 && id < (share + 0.25) * 60_000), String(share));
      }
      const again: number[] = [];
      for await (const rows of sampledRows(dir, segments, 6_000)) {
        again.push(...rows.map(({ id }) => Number(id)));
      }
      assert.deepEqual(again, seen);
    },
    25_000,
  ));

Deno.test("a row longer than a block is read whole; columns with names of JavaScript's own are columns", () =>
  staged(
    [{ constructor: "a", text: "y".repeat(300_000) }, { toString: 1 }, { constructor: "a" }],
    async (dir, segments) => {
      const nullable = { type: "string" as const, nullable: true };
      const profile = await profileOf({
        stream: "s",
        dir,
        segments,
        schema: Object.fromEntries(["constructor", "toString", "text"].map((name) => [name, nullable])),
        pii: { "TEXT.inner": "mask" },
      });
      assert.deepEqual(
        profile.columns.map(({ column, values, treatment }) => [column, values, treatment]),
        [["constructor", 2, null], ["toString", 1, null], ["text", 1, "mask"]],
      );
      assert.deepEqual([profile.rows, profile.profiled], [3, 3]);
    },
  ));

Deno.test("a thread that is left over tallies what this one would, and is ended; what it cannot do is done here", async () => {
  const rows = Array.from({ length: 3000 }, (_, id) => ({
    id,
    word: ["often", "seldom"][id % 7 === 0 ? 1 : 0] ?? null,
    mail: "one@mail.example",
    day: `2024-01-${10 + id % 20}`,
  }));
  const schema = {
    id: { type: "integer" as const, nullable: false },
    word: { type: "string" as const, nullable: true },
    mail: { type: "string" as const, nullable: true },
    day: { type: "date" as const, nullable: true },
  };
  await staged(rows, async (dir, segments) => {
    const given = { stream: "s", dir, segments, schema, pii: {} };
    const expected = await profileOf(given);
    assert.deepEqual(expected.columns[2]?.top, []);
    try {
      const thread = pageThread();
      assert.ok(thread !== null);
      while (!thread.ready) await new Promise((resolve) => setTimeout(resolve, 1));
      let closed = 0;
      const counted = (more: Partial<typeof thread>) => ({
        ...thread,
        ready: true,
        pending: 0,
        close: () => {
          closed++;
          thread.close();
        },
        ...more,
      });
      keepThread(counted({}));
      assert.deepEqual(await profileBeside(given), expected);
      assert.deepEqual([closed, isThreadPrepared()], [1, false]);
      keepThread(counted({}));
      assert.deepEqual(await profileBeside(given), expected);
      assert.equal(closed, 2);
      assert.deepEqual(await profileBeside(given), expected);
    } finally {
      dropThread();
    }
  }, 1000);
});

Deno.test("a thread that cannot read what is staged says so and goes on", async () => {
  const thread = pageThread();
  assert.ok(thread !== null);
  try {
    const lost = { name: "lost.jsonl", rows: 1, bytes: 10, digest: "sha256:0" };
    const asked = { stream: "s", dir: "/nowhere", segments: [lost], schema: {}, pii: {} };
    await assert.rejects(thread.profile(asked), /No such file/);
    assert.deepEqual(
      await thread.profile({ ...asked, segments: [] }),
      await profileOf({ ...asked, segments: [] }),
    );
  } finally {
    thread.close();
  }
});
