import assert from "node:assert/strict";
import { isoDay, usDay } from "./dates.ts";

const instant = new Date(Date.UTC(2026, 0, 5, 23, 59));

Deno.test("isoDay is the day in UTC", () => {
  assert.equal(isoDay(instant), "2026-01-05");
});

Deno.test("isoDay keeps years before 1000 in four digits", () => {
  assert.equal(isoDay(new Date("0099-03-01T00:00:00Z")), "0099-03-01");
});

Deno.test("usDay writes the month first", () => {
  assert.equal(usDay(instant), "01/05/2026");
});
