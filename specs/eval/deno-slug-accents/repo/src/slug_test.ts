import assert from "node:assert/strict";
import { slugify } from "./slug.ts";

Deno.test("slugify joins words with hyphens", () => {
  assert.equal(slugify("Hello World"), "hello-world");
});

Deno.test("slugify drops punctuation", () => {
  assert.equal(slugify("What's new?"), "whats-new");
});

Deno.test("slugify has no hyphen at its ends", () => {
  assert.equal(slugify("  spaced out  "), "spaced-out");
});
