import assert from "node:assert/strict";
import { parseDuration } from "./duration.ts";

Deno.test("seconds and hours", () => {
  assert.equal(parseDuration("90s"), 90_000);
  assert.equal(parseDuration("2h"), 7_200_000);
});

Deno.test("text that is no duration", () => {
  assert.throws(() => parseDuration("soon"), SyntaxError);
});
