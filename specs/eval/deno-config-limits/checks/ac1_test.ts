// Held out: the implementer never sees this file.
import assert from "node:assert/strict";
import { mayUpload } from "../src/limits.ts";

Deno.test("25 MB", () => {
  assert.equal(mayUpload("a.pdf", 25_000_000), true);
  assert.equal(mayUpload("a.pdf", 25_000_001), false);
});

Deno.test("WebP", () => assert.equal(mayUpload("a.webp", 10), true));
Deno.test("others stay as they were", () => {
  assert.equal(mayUpload("a.jpg", 10), true);
  assert.equal(mayUpload("a.gif", 10), false);
});
