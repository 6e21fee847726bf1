import assert from "node:assert/strict";
import fc from "fast-check";
import { compareDecimals, compareValues, instantOf, isDay, isOrdered, orderOf } from "./order.ts";

Deno.test("instants are compared by time, whatever their zone and precision", () => {
  const order = orderOf("datetime");
  assert.equal(order("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"), 0);
  assert.equal(order("2026-01-01T00:00:00.000000001Z", "2026-01-01T00:00:00Z"), 1);
  assert.equal(order("2026-01-01", "2026-01-01 00:00:01"), -1);
  assert.equal(order("soon", "2026-01-01"), null);
  assert.equal(instantOf("2026-02-30"), null, "a day that does not exist is no day");
});

Deno.test("a day is one that the calendar has", () => {
  for (const day of ["2026-02-28", "2024-02-29", "2000-02-29", "0000-02-29", "9999-12-31", "2026-04-30"]) {
    assert.ok(isDay(day), day);
  }
  const none = [
    "2026-02-29",
    "1900-02-29",
    "2026-04-31",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
    "2026-01-32",
  ];
  for (const day of [...none, "2026-1-01", "2026/01/01", "2026-01-1x", " 2026-01-1", "2026-01-011", ""]) {
    assert.ok(!isDay(day), day);
  }
  // Against the engine's own calendar.
  const known = fc.date({ min: new Date("0000-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
  fc.assert(fc.property(known, (at) => isDay(at.toISOString().slice(0, 10))));
  const two = fc.integer({ min: 0, max: 40 }).map((value) => String(value).padStart(2, "0"));
  fc.assert(fc.property(fc.integer({ min: 1600, max: 2400 }), two, two, (year, month, day) => {
    const text = `${year}-${month}-${day}`;
    const at = new Date(`${text}T00:00:00Z`);
    assert.equal(isDay(text), !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text), text);
  }));
});

Deno.test("decimals are compared exactly, beyond what a double holds", () => {
  assert.equal(compareDecimals("9007199254740993", "9007199254740992"), 1);
  assert.equal(compareDecimals("0.1", "0.10000000000000000001"), -1);
  assert.equal(compareDecimals("1e3", "1000.0"), 0);
  assert.equal(compareDecimals("-0", "0"), 0);
  assert.equal(compareDecimals("x", "1"), null);
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer(),
      (a, b) => compareDecimals(String(a), String(b)) === Math.sign(a - b),
    ),
  );
});

Deno.test("a value that is not of the cursor's type is none", () => {
  assert.ok(isOrdered("integer", "12") && isOrdered("integer", 12) && isOrdered("date", "2026-01-01"));
  assert.ok(
    !isOrdered("integer", "1.5") && !isOrdered("date", "yesterday") && !isOrdered("string", "") &&
      !isOrdered("datetime", null),
  );
});

Deno.test("values of no declared type: numbers by size, instants by time, the rest as text, what is missing first", () => {
  assert.ok(compareValues("9", "10") < 0);
  assert.ok(compareValues("2026-01-01T00:00:00+02:00", "2026-01-01T00:00:00Z") < 0);
  assert.ok(compareValues("b", "a") > 0);
  assert.ok(compareValues(null, 0) < 0);
});
