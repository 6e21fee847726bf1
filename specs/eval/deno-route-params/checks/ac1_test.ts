// Held out: the implementer never sees this file.
import assert from "node:assert/strict";
import { matchRoute } from "../src/router.ts";

Deno.test("several parameters", () => {
  assert.deepEqual(matchRoute("/shops/:shop/items/:item", "/shops/7/items/tea%20pot"), { shop: "7", item: "tea pot" });
});

Deno.test("no parameters", () => {
  assert.deepEqual(matchRoute("/about", "/about/"), {});
});

for (const path of ["/", "/shops", "/shops/7/items", "/shops/7/items/8/9", "/shop/7/items/8"]) {
  Deno.test(`no match: ${path}`, () => assert.equal(matchRoute("/shops/:shop/items/:item", path), null));
}
