import assert from "node:assert/strict";
import { legacyLabel } from "./legacy.ts";

Deno.test("legacyLabel", () => {
  assert.equal(legacyLabel(new Date(0)), "on 01/01/1970");
});
