import assert from "node:assert/strict";
import { accepts, wanted } from "./accept.ts";

Deno.test("accepts() takes everything when the header is absent or empty", () => {
  assert.equal(accepts(undefined, "application/json"), true);
  assert.equal(accepts("", "application/json"), true);
});

Deno.test("wanted() lets the most specific range decide, whatever the order", () => {
  const header = "*/*;q=0.1, text/*;q=0.5, text/html;q=0";
  assert.equal(wanted(header, "text/html"), 0);
  assert.equal(wanted(header, "text/plain"), 0.5);
  assert.equal(wanted(header, "application/json"), 0.1);
});

Deno.test("wanted() refuses a quality that is no number", () => {
  assert.equal(wanted("text/html;q=much", "text/html"), 0);
});
