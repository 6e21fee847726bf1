// Held out: the implementer never sees this file.
import assert from "node:assert/strict";
import * as dates from "../src/dates.ts";

Deno.test("only isoDay is left", () => {
  assert.deepEqual(Object.keys(dates), ["isoDay"]);
  assert.equal(dates.isoDay(new Date(0)), "1970-01-01");
});

Deno.test("the old label is gone", async () => {
  await assert.rejects(() => import("../src/" + "legacy.ts"));
});
