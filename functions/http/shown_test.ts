import assert from "node:assert/strict";
import { shown } from "./shown.ts";

Deno.test("shown() cuts long text and escapes what could break out of a line or a page", () => {
  assert.equal(shown("a".repeat(20), 5), '"aaaaa..."');
  assert.equal(shown("<b>\n\u202e"), '"\\u003cb\\u003e\\n\\u202e"');
});

Deno.test("shown() never repeats what could be a secret", () => {
  const secrets = [
    "forge_ab12.c2VjcmV0c2VjcmV0c2VjcmV0",
    "gh" + "p_" + "0123456789abcdefghij",
    "https://user:hunter2@host/",
    "Bearer ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
    "AK" + "IA" + "ABCDEFGHIJKLMNOP",
    "x".repeat(40),
  ];
  for (const secret of secrets) assert.equal(shown(secret), "(withheld)", secret);
});

Deno.test("shown() shows a path, however long it is", () => {
  assert.equal(
    shown("/srv/repositories/customers/acme/shop/web"),
    '"/srv/repositories/customers/acme/shop/web"',
  );
});

Deno.test("shown() names the kind of what is no plain value", () => {
  assert.equal(shown([1]), "(a list)");
  assert.equal(shown({}), "(object)");
  assert.equal(shown(null), '"null"');
});
