import assert from "node:assert/strict";
import { uniqueSlug } from "./slug.ts";

Deno.test("uniqueSlug counts up", () => {
  assert.equal(uniqueSlug("News", new Set(["news", "news-2"])), "news-3");
});

Deno.test("uniqueSlug leaves a free slug alone", () => {
  assert.equal(uniqueSlug("News", new Set()), "news");
});
