import assert from "node:assert/strict";
import { createDirectory } from "../users/directory.ts";
import { signUp } from "./signup.ts";

const form = { email: "Ada@Example.org", name: " Ada Lovelace ", password: "correct horse 42" };

Deno.test("signUp keeps the account with a normalized address", async () => {
  const directory = createDirectory();
  const result = await signUp(form, directory);
  assert.equal(result.ok, true);
  assert.equal(directory.findByEmail("ada@example.org")?.name, "Ada Lovelace");
});

Deno.test("signUp refuses a second account for the same address", async () => {
  const directory = createDirectory();
  await signUp(form, directory);
  const again = await signUp({ ...form, email: "ada@example.ORG" }, directory);
  assert.deepEqual(again, {
    ok: false,
    field: "email",
    message: "This address has an account already.",
  });
});

Deno.test("signUp refuses text that is no address", async () => {
  const result = await signUp({ ...form, email: "ada" }, createDirectory());
  assert.equal(result.ok, false);
});

Deno.test("signUp refuses a weak password and keeps nothing", async () => {
  const directory = createDirectory();
  const result = await signUp({ ...form, password: "secret" }, directory);
  assert.equal(result.ok === false && result.field, "password");
  assert.equal(directory.size(), 0);
});
