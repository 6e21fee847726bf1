import assert from "node:assert/strict";
import fc from "fast-check";
import { Cursor } from "../../specs/foundry/mod.ts";
import { capped, inWindow, partitionsOf, watermark, windowOf } from "./window.ts";

const cursor = (given: Record<string, unknown> = {}) => Cursor.parse({ path: "at", ...given });
const range = { from: null, to: null };
const START = "2026-03-31T12:00:00.000Z";

Deno.test("a window goes from the committed value, less the lag, to the start of the run", () => {
  assert.deepEqual(windowOf(cursor(), "incremental", range, "2026-03-31T00:00:00Z", START), {
    from: "2026-03-31T00:00:00Z",
    to: START,
  });
  assert.equal(
    windowOf(cursor({ lag: "P1M" }), "incremental", range, "2026-03-31T00:00:00+02:00", START).from,
    "2026-02-28T22:00:00Z",
  );
  assert.equal(
    windowOf(cursor({ type: "date", lag: "P3D" }), "incremental", range, "2026-03-02", START).from,
    "2026-02-27",
  );
  assert.equal(
    windowOf(cursor({ granularity: "PT1M" }), "incremental", range, "2026-03-31T00:00:00Z", START).from,
    "2026-03-30T23:59:00Z",
  );
  assert.equal(
    windowOf(cursor({ initial: "2020-01-01" }), "incremental", range, null, START).from,
    "2020-01-01",
  );
  assert.deepEqual(windowOf(cursor({ type: "integer" }), "incremental", range, 7, START), {
    from: 7,
    to: null,
  });
  assert.deepEqual(windowOf(cursor(), "full", range, "2026-03-31T00:00:00Z", START), {
    from: null,
    to: null,
  });
});

Deno.test("partitions cover the range without gap or overlap, months by the calendar", () => {
  const parts = partitionsOf({ from: "2026-01-31", to: "2026-04-15" }, "date", "P1M");
  assert.deepEqual(parts.map(({ from, to }) => [from, to]), [["2026-01-31", "2026-02-28"], [
    "2026-02-28",
    "2026-03-31",
  ], ["2026-03-31", "2026-04-15"]]);
  assert.throws(
    () => partitionsOf({ from: "2026-01-01", to: "2026-01-02" }, "date", "PT1H"),
    /shorter than a day/,
  );
});

Deno.test("the start of a window is inside, its end outside", () => {
  const within = inWindow(cursor(), { from: "2026-01-01", to: "2026-02-01" }, true);
  assert.deepEqual(
    ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-31T23:00:00Z", "2026-02-01T00:00:00Z"].map(
      within,
    ),
    [false, true, true, false],
  );
});

Deno.test("the watermark is the greatest instant, in whatever form and order the values come", () => {
  const instants = fc.array(
    fc.date({ min: new Date("2000-01-01"), max: new Date("2030-01-01"), noInvalidDate: true }),
    { minLength: 1 },
  );
  fc.assert(fc.property(instants, fc.infiniteStream(fc.boolean()), (dates, short) => {
    const mark = watermark(cursor(), null);
    const forms = dates.map((date) => {
      const whole = new Date(Math.floor(date.getTime() / 1000) * 1000);
      return [...short.take(1)][0] ? whole.toISOString() : `${whole.toISOString().slice(0, 19)}+00:00`;
    });
    forms.forEach((form) => mark.see(form));
    return Date.parse(String(mark.value)) === Math.max(...forms.map((form) => Date.parse(form)));
  }));
});

Deno.test("a date in the far future does not carry the cursor past the start of the run", () => {
  assert.equal(capped(cursor(), "2099-01-01T00:00:00Z", START), START);
  assert.equal(capped(cursor({ type: "date" }), "2099-01-01", START), "2026-03-31");
  assert.equal(capped(cursor(), "2026-01-01T00:00:00Z", START), "2026-01-01T00:00:00Z");
  assert.equal(capped(cursor({ type: "integer" }), 5e12, START), 5e12);
});
