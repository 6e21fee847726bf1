import assert from "node:assert/strict";
import { isValidEmail, normalizeEmail } from "./email.ts";

Deno.test("normalizeEmail trims and lower-cases", () => {
  assert.equal(normalizeEmail("  Ada@Example.ORG "), "ada@example.org");
});

Deno.test("isValidEmail accepts a plain address", () => {
  assert.equal(isValidEmail("ada@example.org"), true);
});

Deno.test("isValidEmail accepts tags and sub-domains", () => {
  assert.equal(isValidEmail("ada+shop@mail.example.co.uk"), true);
});

Deno.test("isValidEmail refuses text without an at sign", () => {
  assert.equal(isValidEmail("ada.example.org"), false);
});
