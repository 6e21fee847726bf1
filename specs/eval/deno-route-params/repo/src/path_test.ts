import assert from "node:assert/strict";
import { joinPath, segments } from "./path.ts";

Deno.test("segments leaves empty ones out", () => {
  assert.deepEqual(segments("//users/42/"), ["users", "42"]);
});

Deno.test("joinPath has one slash between parts", () => {
  assert.equal(joinPath("/users/", "/42"), "/users/42");
});

Deno.test("joinPath of nothing is the root", () => {
  assert.equal(joinPath(), "/");
});
