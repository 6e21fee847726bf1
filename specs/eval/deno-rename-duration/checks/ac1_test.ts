// Held out: the implementer never sees this file.
import assert from "node:assert/strict";
import * as duration from "../src/duration.ts";

Deno.test("durationMs", () => {
  assert.equal(duration.durationMs("3m"), 180_000);
  assert.equal("parseDuration" in duration, false);
});
