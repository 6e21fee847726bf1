import assert from "node:assert/strict";
import fc from "fast-check";
import { cronFault, firstAfter, timesBetween } from "./cron.ts";

const times = (cron: string, tz: string, from: string, until: string) =>
  timesBetween({ cron, tz }, Date.parse(from), Date.parse(until), 1000).map((at) =>
    new Date(at).toISOString()
  );

Deno.test("a time that the zone's clock jumps over in spring is due once, right behind the gap", () => {
  assert.deepEqual(times("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", "2026-03-30T12:00Z"), [
    "2026-03-29T01:00:00.000Z",
    "2026-03-30T00:30:00.000Z",
  ]);
});

Deno.test("a time that the zone's clock shows twice in autumn is due once", () => {
  assert.deepEqual(times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", "2026-10-26T12:00Z"), [
    "2026-10-25T00:30:00.000Z",
    "2026-10-26T01:30:00.000Z",
  ]);
  // Also for one who looks between the two.
  assert.equal(
    firstAfter({ cron: "30 2 * * *", tz: "Europe/Berlin" }, Date.parse("2026-10-25T00:45Z")),
    Date.parse("2026-10-26T01:30Z"),
  );
});

Deno.test("what is due each hour is due in each hour, also in the double one", () => {
  assert.equal(times("0 * * * *", "Europe/Berlin", "2026-10-24T22:00Z", "2026-10-25T22:00Z").length, 24);
  assert.equal(times("0 * * * *", "Europe/Berlin", "2026-03-28T23:00Z", "2026-03-29T22:00Z").length, 23);
});

Deno.test("the end of a span belongs to it and its start does not; of many times the newest stay", () => {
  assert.deepEqual(times("0 6 * * *", "UTC", "2026-01-01T06:00Z", "2026-01-02T06:00Z"), [
    "2026-01-02T06:00:00.000Z",
  ]);
  const newest = timesBetween({ cron: "* * * * *", tz: "UTC" }, 0, 3_600_000, 3);
  assert.deepEqual(newest, [3_480_000, 3_540_000, 3_600_000]);
});

Deno.test("whoever looks at any instant sees the same times", () => {
  const start = Date.parse("2026-03-27T00:00Z");
  const schedule = { cron: "15 1-3 * * *", tz: "Europe/Berlin" };
  const all = timesBetween(schedule, start, start + 5 * 86_400_000, 1000);
  fc.assert(fc.property(fc.integer({ min: 0, max: 4 * 86_400 }), (seconds) => {
    const at = start + seconds * 1000;
    assert.equal(firstAfter(schedule, at), all.find((time) => time > at));
  }));
});

Deno.test("expressions that are none are told apart from those that are", () => {
  for (const good of ["0 6 * * *", "*/5 0-6,22 * JAN-MAR MON", "0 0 29 2 *", "0 0 L * *"]) {
    assert.equal(cronFault(good), null, good);
  }
  for (const bad of ["60 * * * *", "a b c d e", "0 0 30 2 *", "* * * * * *", "0 6 * *"]) {
    assert.notEqual(cronFault(bad), null, bad);
  }
});
