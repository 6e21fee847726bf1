import assert from "node:assert/strict";
import { createDirectory } from "./directory.ts";

Deno.test("createDirectory starts empty", () => {
  assert.equal(createDirectory().size(), 0);
});

Deno.test("a directory finds what was added, by address", () => {
  const directory = createDirectory();
  const account = directory.add({ email: "ada@example.org", name: "Ada", passwordHash: "s$h" });
  assert.deepEqual(directory.findByEmail("ada@example.org"), account);
  assert.equal(directory.findByEmail("bob@example.org"), null);
});
