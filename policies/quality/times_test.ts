import assert from "node:assert/strict";
import fc from "fast-check";
import type { Json } from "../../specs/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";
import { calendarOf, periodOf, type Step } from "./calendar.ts";
import { compare, decimalOf, isNear, plus, textOf, times, ZERO } from "./decimal.ts";
import { groupsOf, memorySpool } from "./groups.ts";
import { judgedSet } from "../testing/judged_set.ts";

const days = (...texts: Json[]): Row[] => texts.map((t) => ({ t }));
const gaps = async (every: string, texts: Json[], more: Record<string, unknown> = {}) => {
  const { verdict, failed, checked } = await judgedSet(
    { rule: "no-gaps", column: "t", every, ...more },
    days(...texts),
  );
  return [verdict, failed, checked];
};

Deno.test("gaps are counted by the calendar: leap days, weekends, holidays, and days as they are written", async () => {
  assert.deepEqual(await gaps("day", ["2024-02-28", "2024-02-29", "2024-03-01"]), ["pass", 0, 3]);
  assert.deepEqual(await gaps("day", ["2024-02-28", "2024-03-01"]), ["fail", 1, 3]);
  assert.deepEqual(await gaps("day", ["2023-02-28", "2023-03-01"]), ["pass", 0, 2]);
  assert.deepEqual(await gaps("day", ["2023-02-28", "2023-02-29"]), ["fail", 1, 2]);
  assert.deepEqual(await gaps("weekday", ["2026-01-02", "2026-01-05"]), ["pass", 0, 2]);
  assert.deepEqual(await gaps("weekday", ["2026-01-02", "2026-01-07"]), ["fail", 2, 4]);
  const holidays = ["2026-01-05", "2026-01-06", "2026-01-04"];
  assert.deepEqual(await gaps("weekday", ["2026-01-02", "2026-01-07"], { holidays }), ["pass", 0, 2]);
  // Friday and Saturday are off: Thursday and Sunday are neighbours.
  const weekend = ["friday", "saturday"];
  assert.deepEqual(await gaps("weekday", ["2026-01-01", "2026-01-04"], { weekend }), ["pass", 0, 2]);
  // Midnight of a Monday in Berlin is a Sunday in UTC, and a Monday for whoever wrote it.
  assert.deepEqual(
    await gaps("weekday", ["2026-03-27T00:00:00+01:00", "2026-03-30T00:00:00+02:00"]),
    ["pass", 0, 2],
  );
  // The hour that clocks leave out does not exist, and the one that comes twice is two.
  assert.deepEqual(await gaps("hour", ["2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"]), ["pass", 0, 2]);
  assert.deepEqual(await gaps("hour", ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"]), ["pass", 0, 2]);
  assert.deepEqual(await gaps("week", ["2025-12-29", "2026-01-05"]), ["pass", 0, 2]);
  assert.deepEqual(await gaps("quarter", ["2025-12-31", "2026-04-01"]), ["fail", 1, 3]);
  assert.deepEqual(await gaps("day", ["1969-12-31", "1970-01-01"]), ["pass", 0, 2]);
  assert.deepEqual(await gaps("day", [null, ""]), ["not_applicable", 0, 0]);
  assert.deepEqual(await gaps("day", ["Jan 5 2026", "2026-01-05", 20260105]), ["fail", 2, 3]);
});

Deno.test("working days are numbered so that neighbours differ by one, whatever is off", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -400, max: 400 }), { maxLength: 30 }),
      fc.subarray(["monday", "wednesday", "friday", "saturday", "sunday"]),
      (holidays, weekend) => {
        const dayText = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10);
        const calendar = calendarOf(weekend, holidays.map(dayText));
        let before: number | null = null;
        for (let day = -420; day <= 420; day++) {
          const period = periodOf(dayText(day), "weekday" as Step, calendar);
          if (period === "off") continue;
          assert.ok(typeof period === "number");
          if (before !== null) assert.equal(period, before + 1);
          before = period;
        }
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("parts of a series meet: gaps and overlaps are told, the same part twice is one", async () => {
  const parts = (...given: [string, Json, Json][]): Row[] => given.map(([by, a, b]) => ({ by, a, b }));
  const said = async (rows: Row[], more: Record<string, unknown> = {}) => {
    const verdict = await judgedSet(
      { rule: "temporal-continuity", by: ["by"], start: "a", end: "b", ...more },
      rows,
    );
    return [verdict.verdict, verdict.failed, verdict.checked, verdict.skipped ?? 0];
  };
  const years = parts(
    ["x", "2024-01-01", "2024-12-31"],
    ["x", "2023-01-01", "2023-12-31"],
    ["x", "2024-01-01", "2024-12-31"],
    ["y", "2024-06-01", "2024-06-30"],
  );
  assert.deepEqual(await said(years), ["pass", 0, 1, 0]);
  assert.deepEqual(await said([...years, ...parts(["y", "2024-07-02", "2024-07-31"])]), ["fail", 1, 2, 0]);
  assert.deepEqual(await said([...years, ...parts(["y", "2024-06-30", "2024-07-31"])]), ["fail", 1, 2, 0]);
  const open = parts(["x", "2024-01-01", "2024-02-01"], ["x", "2024-02-01", "2024-03-01"]);
  assert.deepEqual(await said(open, { boundary: "open" }), ["pass", 0, 1, 0]);
  assert.deepEqual(await said(open), ["fail", 1, 1, 0]);
  assert.deepEqual(await said(parts(["x", "2024-02-01", "2024-01-01"], ["x", "soon", "2024-01-01"])), [
    "fail",
    2,
    2,
    0,
  ]);
  assert.deepEqual(await said(parts(["x", null, "2024-01-01"])), ["not_applicable", 0, 0, 1]);
});

Deno.test("amounts are exact: sums, products and comparisons of any length", () => {
  const decimal = fc.tuple(
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
    fc.integer({ min: 0, max: 20 }),
  )
    .map(([digits, scale]) => ({ digits, scale }));
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      const [x, y] = [decimalOf(textOf(a)) ?? ZERO, decimalOf(textOf(b)) ?? ZERO];
      assert.equal(compare(a, x), 0);
      assert.equal(textOf(plus(a, b)), textOf(plus(y, x)));
      assert.equal(compare(times(a, b), times(y, x)), 0);
      assert.equal(isNear(plus(a, b), plus(b, a), ZERO), true);
    }),
    { numRuns: 200 },
  );
  for (
    const [text, expected] of [["1e21", "1000000000000000000000"], ["1e-7", "0.0000001"], [".5", "0.5"], [
      "-0.0",
      "0",
    ]]
  ) {
    assert.equal(textOf(decimalOf(text) ?? { digits: 99n, scale: 0 }), expected);
  }
  for (
    const text of ["", "NaN", "Infinity", "0x1", "1,0", "1e9999", "--1", "1.2.3", null, true, "9".repeat(900)]
  ) {
    assert.equal(decimalOf(text), null, String(text));
  }
});

Deno.test("groups that were put away are those that were not", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d", "ä", "\u{1F600}", "a\u0000"), fc.integer()), {
        maxLength: 60,
      }),
      fc.integer({ min: 1, max: 4 }),
      (pairs, atHand) => {
        const run = (limit: number) => {
          const groups = groupsOf<number[]>(memorySpool, {
            make: () => [],
            join: (a, b) => [...a, ...b],
            atHand: limit,
          });
          for (const [key, value] of pairs) groups.at(JSON.stringify(key)).push(value);
          return [...groups.all()];
        };
        assert.deepEqual(run(atHand), run(1000));
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("the sum of groups is exact, a value that is no number is told, and thresholds count groups", async () => {
  const rows: Row[] = [
    { g: 1, a: "0.1", b: "0.3" },
    { g: 1, a: 0.2, b: null },
    { g: 2, a: "1e21", b: "1000000000000000000000" },
    { g: 3, a: 1, b: 2 },
  ];
  const rule = { rule: "sum", column: "a", equals: "b", by: ["g"] };
  const verdict = await judgedSet(rule, rows);
  assert.deepEqual([verdict.verdict, verdict.failed, verdict.checked], ["fail", 1, 3]);
  assert.deepEqual((verdict.sample[0] as { difference: string }).difference, "-1");
  assert.equal((await judgedSet({ ...rule, warnAbove: 1 }, rows)).verdict, "pass");
  const bad = await judgedSet(rule, [{ g: 1, a: "NaN", b: 1 }]);
  assert.deepEqual([bad.failed, bad.checked, bad.sample], [1, 1, ['a is no number: "NaN"']]);
});
