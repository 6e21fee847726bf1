// Held out: the implementer never sees this file.
import assert from "node:assert/strict";
import { isValidEmail } from "../src/auth/email.ts";

const malformed = [
  "@",
  "@shop.example",
  "grace@",
  "grace@localhost",
  "grace@shop@example.org",
  "grace hopper@example.org",
  "grace@example..org",
  "grace@-example.org",
  "grace@example-.org",
  ".grace@example.org",
  "grace.@example.org",
  "grace..hopper@example.org",
  "grace@exam ple.org",
  `${"g".repeat(65)}@example.org`,
];

for (const address of malformed) {
  Deno.test(`refused: ${address}`, () => {
    assert.equal(isValidEmail(address), false);
  });
}
