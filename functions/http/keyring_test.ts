import assert from "node:assert/strict";
import { ALL_SCOPES, keyRing } from "./keyring.ts";
import { memoryStore } from "./tests/door.ts";

const must = <T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

Deno.test("a key is verified with its principal and scopes, and nothing near it is", async () => {
  const ring = keyRing({ store: memoryStore() });
  const key = must(await ring.issue({ principal: "ada@example.com", scopes: ["read"] }));
  assert.match(key, /^forge_[0-9a-f]{12}\.[A-Za-z0-9_-]{43}$/);
  const principal = await ring.verify(key);
  assert.deepEqual([principal?.name, [...principal?.scopes ?? []]], ["ada@example.com", ["read"]]);
  for (
    const wrong of [
      key.slice(0, -1),
      key + "A",
      key.toUpperCase(),
      "",
      "forge_x.y",
      key.split(".")[0] + ".",
      " " + key,
    ]
  ) {
    assert.equal(await ring.verify(wrong), null, wrong);
  }
});

Deno.test("the store never sees the secret", async () => {
  const store = memoryStore();
  const key = must(await keyRing({ store }).issue({ principal: "ada", scopes: ["read"] }));
  const kept = JSON.stringify(await store.list({ prefix: [] }, 100));
  assert.equal(kept.includes(key.split(".")[1] ?? ""), false);
  assert.match(kept, /"hash":"[0-9a-f]{64}"/);
});

// req: N5-16
Deno.test("a key ends at its expiry and by revocation, for every ring over the store", async () => {
  const store = memoryStore();
  let now = 1000;
  const ring = keyRing({ store, now: () => now });
  const short = must(await ring.issue({ principal: "ada", scopes: ["read"], ttlMs: 10 }));
  const long = must(await ring.issue({ principal: "ada", scopes: ["read"] }));
  now = 1009;
  assert.notEqual(await ring.verify(short), null);
  now = 1010;
  assert.equal(await ring.verify(short), null);
  const id = /^forge_([^.]+)/.exec(long)?.[1] ?? "";
  assert.equal(await ring.revoke(id), true);
  assert.equal(await keyRing({ store }).verify(long), null);
  assert.equal(await ring.revoke(id), false);
});

Deno.test("an ephemeral key has every scope, belongs to the owner, and is unknown to another process", async () => {
  const store = memoryStore();
  const ring = keyRing({ store });
  const key = must(await ring.ephemeral("operator"));
  const principal = await ring.verify(key);
  assert.deepEqual([...principal?.scopes ?? []], [...ALL_SCOPES]);
  assert.equal(principal?.owner, true);
  assert.equal(await keyRing({ store }).verify(key), null);
});

Deno.test("a preset key is taken as it is, unless its secret is too short to be one", async () => {
  const ring = keyRing();
  const preset = "forge_ci.0123456789abcdef0123456789abcdef";
  assert.equal(must(await ring.ephemeral("operator", preset)), preset);
  assert.notEqual(await ring.verify(preset), null);
  for (const wrong of ["forge_ci.short", "opensesame", "forge_.0123456789abcdef0123456789abcdef", ""]) {
    const refused = await ring.ephemeral("operator", wrong);
    assert.equal(refused.ok, false, wrong);
    assert.equal(!refused.ok && wrong !== "" && refused.error.message.includes(wrong), false);
  }
});

Deno.test("a session ends with its time, by signing out, and with its key", async () => {
  let now = 0;
  const ring = keyRing({ store: memoryStore(), now: () => now });
  const key = must(await ring.issue({ principal: "ada", scopes: ["read"] }));
  const principal = await ring.verify(key);
  assert.ok(principal);
  const [first, second, third] = [
    await ring.openSession(principal, 100),
    await ring.openSession(principal, 100),
    await ring.openSession(principal, 1000),
  ];
  assert.equal((await ring.session(first.token))?.principal.name, "ada");
  assert.equal((await ring.session(first.token))?.csrf, first.csrf);
  assert.notEqual(first.csrf, second.csrf);
  ring.closeSession(first.token);
  assert.equal(await ring.session(first.token), null);
  assert.notEqual(await ring.session(second.token), null);
  now = 100;
  assert.equal(await ring.session(second.token), null);
  assert.notEqual(await ring.session(third.token), null);
  await ring.revoke(principal.key);
  assert.equal(await ring.session(third.token), null);
});

Deno.test("a session cannot be forged or prolonged", async () => {
  const ring = keyRing({ now: () => 0 });
  const principal = await ring.verify(must(await ring.ephemeral("operator")));
  assert.ok(principal);
  const { token } = await ring.openSession(principal, 100);
  const [id, expires, nonce, mac] = token.split(".");
  for (
    const forged of [
      `${id}.9${expires}.${nonce}.${mac}`,
      `${id}.${expires}.${nonce}.${"A".repeat(43)}`,
      "",
      "a.b.c.d",
    ]
  ) {
    assert.equal(await ring.session(forged), null, forged);
  }
  const other = keyRing({ now: () => 0 });
  must(await other.ephemeral("operator"));
  assert.equal(await other.session(token), null);
});

Deno.test("instances with the same preset key know each other's sessions", async () => {
  const preset = "forge_ci.0123456789abcdef0123456789abcdef";
  const [one, two] = [keyRing(), keyRing()];
  must(await one.ephemeral("operator", preset));
  must(await two.ephemeral("operator", preset));
  const principal = await one.verify(preset);
  assert.ok(principal);
  const { token } = await one.openSession(principal, 1000);
  assert.equal((await two.session(token))?.principal.name, "operator");
});
