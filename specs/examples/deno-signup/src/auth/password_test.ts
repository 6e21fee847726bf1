import assert from "node:assert/strict";
import { checkPassword, hashPassword, verifyPassword } from "./password.ts";

Deno.test("checkPassword has nothing against a long mixed password", () => {
  assert.deepEqual(checkPassword("correct horse 42"), []);
});

Deno.test("checkPassword names every problem", () => {
  assert.deepEqual(checkPassword("......"), [
    "shorter than 10 characters",
    "has no digit",
    "has no letter",
  ]);
});

Deno.test("verifyPassword knows the password again", async () => {
  const stored = await hashPassword("correct horse 42");
  assert.equal(await verifyPassword("correct horse 42", stored), true);
  assert.equal(await verifyPassword("correct horse 43", stored), false);
});

Deno.test("hashPassword salts: the same password is stored differently", async () => {
  assert.notEqual(await hashPassword("correct horse 42"), await hashPassword("correct horse 42"));
});
