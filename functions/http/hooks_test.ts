import assert from "node:assert/strict";
import { githubSettings, gitlabSettings } from "../../connectors/mod.ts";
import { openKvStore } from "../../kernel/mod.ts";
import { forgeHooks } from "../forge_hooks.ts";
import { forgeInbox } from "../forge_inbox.ts";
import { openDoor } from "./tests/door.ts";

const SECRET = "canary-of-the-webhook-secret";
const PULL = {
  action: "synchronize",
  repository: { full_name: "acme/tools" },
  pull_request: { number: 7, title: "<script>", head: { ref: "forge/x-1", sha: "a".repeat(40) } },
};

async function signed(body: string, secret = SECRET): Promise<string> {
  const bytes = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), algorithm, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(body)));
  return `sha256=${Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** A door with hooks behind it, and what runs were told. */
async function hooked(env: Record<string, string>) {
  const store = await openKvStore(":memory:");
  const told: { run: string; id: string; payload: unknown }[] = [];
  const inbox = forgeInbox({
    store,
    now: () => Date.parse("2026-01-02T03:20:00.000Z"),
    engine: {
      signal: (run, _name, payload, _actor, id = "") => {
        told.push({ run, id, payload });
        return Promise.resolve({ ok: true, run });
      },
    },
  });
  const door = await openDoor();
  Object.assign(door.service, {
    hooks: forgeHooks({
      secret: (name) => env[name],
      github: () => githubSettings((name) => env[name], () => ""),
      gitlab: () => gitlabSettings((name) => env[name]),
      inbox,
      now: () => Date.parse("2026-01-02T03:20:00.000Z"),
    }),
  });
  const post = async (payload: unknown, headers: Record<string, string> = {}) => {
    const body = typeof payload === "string" ? payload : JSON.stringify(payload);
    return await door.app.request("http://localhost/hooks/github", {
      method: "POST",
      body,
      headers: {
        host: "localhost",
        "content-type": "application/json",
        "x-github-event": "pull_request",
        "x-github-delivery": "d-1",
        "x-hub-signature-256": await signed(body),
        ...headers,
      },
    });
  };
  return { ...door, post, told, inbox, [Symbol.asyncDispose]: () => store.close() };
}

// req: N9-10
Deno.test("a signed webhook wakes the run that watches, once however often it comes", async () => {
  await using at = await hooked({ GITHUB_WEBHOOK_SECRET: SECRET });
  await at.inbox.watch("run_1", {
    repository: "https://github.com/acme/tools",
    number: 7,
    branch: "forge/x-1",
  });
  const first = await at.post(PULL);
  assert.deepEqual([first.status, await first.json()], [202, { outcome: "accepted" }]);
  assert.deepEqual((await (await at.post(PULL)).json()).outcome, "repeated");
  const renamed = await at.post(PULL, { "x-github-delivery": "d-2" });
  assert.deepEqual((await renamed.json()).outcome, "repeated", "the id is not signed; the body is");
  assert.deepEqual(at.told.map(({ run, id }) => [run, id]), [["run_1", "github:d-1"]]);
  assert.ok(!JSON.stringify(at.told).includes("<script>"), "an event carries nobody's words");
});

Deno.test("without a key of the server, but not without the proof: every other signature is refused", async () => {
  await using at = await hooked({ GITHUB_WEBHOOK_SECRET: SECRET });
  const body = JSON.stringify(PULL);
  const right = await signed(body);
  for (
    const signature of [
      "",
      "sha256=",
      right.replace("sha256=", "sha1="),
      right.slice(0, -2),
      right.slice(0, -1) + (right.endsWith("0") ? "1" : "0"),
      right.toUpperCase(),
      await signed(body, "another secret of many characters"),
      await signed(`${body} `),
    ]
  ) {
    const answer = await at.post(PULL, { "x-hub-signature-256": signature });
    assert.equal(answer.status, 401, signature);
    assert.ok(!(await answer.text()).includes(SECRET));
  }
  // The raw bytes count: the same value written otherwise is another body.
  assert.equal((await at.post(JSON.stringify(PULL, null, 1), { "x-hub-signature-256": right })).status, 401);
  assert.deepEqual(at.told, []);
});

Deno.test("without a secret, or with a short one, there is nothing at the path", async () => {
  for (const env of [{}, { GITHUB_WEBHOOK_SECRET: "short" }] as Record<string, string>[]) {
    await using at = await hooked(env);
    const answer = await at.post(PULL);
    assert.equal(answer.status, 404);
    assert.match((await answer.json()).remedy, /GITHUB_WEBHOOK_SECRET/);
  }
  const { app } = await openDoor();
  const answer = await app.request("http://localhost/hooks/github", {
    method: "POST",
    body: "{}",
    headers: { host: "localhost" },
  });
  assert.equal(answer.status, 404);
});

Deno.test("what nobody waits for is taken and ignored; what is not what it says is refused; size is bounded", async () => {
  await using at = await hooked({ GITHUB_WEBHOOK_SECRET: SECRET });
  const ignored = async (payload: unknown, event: string) => {
    const answer = await at.post(payload, { "x-github-event": event, "x-github-delivery": `d-${event}` });
    assert.equal(answer.status, 202, event);
    assert.equal((await answer.json()).outcome, "ignored", event);
  };
  await ignored({ zen: "…" }, "ping");
  await ignored({ whatever: 1 }, "star");
  await ignored({ ...PULL, issue: { number: 3 } }, "issue_comment");
  await ignored({ repository: PULL.repository, ref: "refs/tags/v1", after: "b".repeat(40) }, "push");
  await ignored({ ...PULL, repository: { full_name: "../.." } }, "pull_request");
  for (
    const body of [
      "",
      "[",
      "[]",
      '{"repository":7}',
      '{"repository":{"full_name":"a/b"},"pull_request":{"number":-1}}',
    ]
  ) {
    assert.equal((await at.post(body)).status, 400, body);
  }
  assert.equal((await at.post(PULL, { "x-github-delivery": "" })).status, 400);
  assert.equal((await at.post({ ...PULL, filler: "x".repeat(2 * 1024 * 1024) })).status, 413);
  assert.equal((await at.app.request("http://localhost/hooks/github")).status, 405);
  assert.deepEqual(at.told, []);
});

Deno.test("the webhook stands in the description of the API, without a key", async () => {
  const { get } = await openDoor();
  const { paths } = await (await get("/openapi.json")).json();
  assert.deepEqual(paths["/hooks/github"].post.security, []);
});
