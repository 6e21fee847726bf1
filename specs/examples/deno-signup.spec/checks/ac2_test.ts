// Held out: the implementer never sees this file.
import assert from "node:assert/strict";
import { signUp } from "../src/auth/signup.ts";
import { createDirectory } from "../src/users/directory.ts";

const form = { email: "grace@example.org", name: "Grace Hopper", password: "compiler 1952" };

Deno.test("a malformed address is answered at the e-mail field and nothing is kept", async () => {
  const directory = createDirectory();
  const result = await signUp({ ...form, email: "grace@navy" }, directory);
  assert.deepEqual(result, { ok: false, field: "email", message: "This is not an e-mail address." });
  assert.equal(directory.size(), 0);
});

for (const email of ["grace.hopper+cobol@navy.example.mil", "O'Hara@example.co.uk", "7@xn--bcher-kva.example"]) {
  Deno.test(`a well-formed address still signs up: ${email}`, async () => {
    const directory = createDirectory();
    const result = await signUp({ ...form, email }, directory);
    assert.equal(result.ok, true);
    assert.equal(directory.size(), 1);
  });
}
