import assert from "node:assert/strict";
import { openSession, sessionIsLive } from "./session.ts";

Deno.test("openSession gives every session its own id", () => {
  assert.notEqual(openSession("u1").id, openSession("u1").id);
});

Deno.test("sessionIsLive ends after an hour", () => {
  const session = openSession("u1", 1_000);
  assert.equal(sessionIsLive(session, 1_000 + 3_599_999), true);
  assert.equal(sessionIsLive(session, 1_000 + 3_600_000), false);
});
