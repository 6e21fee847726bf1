import assert from "node:assert/strict";
import { holdsCredential } from "./credential_scan.ts";

Deno.test("a credential is found in rows as it is and as JSON writes it, also one that was added later", () => {
  const secrets = new Set<string>();
  const rows = JSON.stringify([{ id: 1, note: 'the "pass\\word" of n0body' }]);
  assert.equal(holdsCredential(rows, secrets), false);
  secrets.add("other-value");
  assert.equal(holdsCredential(rows, secrets), false);
  secrets.add('"pass\\word"');
  assert.equal(holdsCredential(rows, secrets), true);
  assert.equal(holdsCredential('the "pass\\word" of n0body', secrets), true);
  assert.equal(holdsCredential("the passwor", secrets), false);
});
