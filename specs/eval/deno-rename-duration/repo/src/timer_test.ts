import assert from "node:assert/strict";
import { endOf } from "./timer.ts";

Deno.test("a timer ends after its duration", () => {
  assert.equal(endOf(1000, "500ms"), 1500);
});
