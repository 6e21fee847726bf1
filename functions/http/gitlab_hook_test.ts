import assert from "node:assert/strict";
import { githubSettings, gitlabSettings } from "../../connectors/mod.ts";
import { openKvStore } from "../../kernel/mod.ts";
import { forgeHooks } from "../forge_hooks.ts";
import { forgeInbox } from "../forge_inbox.ts";
import { openDoor } from "./tests/door.ts";

const SECRET = "canary-of-the-webhook-secret";
const KEY = new Uint8Array(32).map((_, at) => at * 7);
const SIGNING = `whsec_${btoa(String.fromCharCode(...KEY))}`;
const NOW = Date.parse("2026-01-02T03:20:00.000Z");
const SECONDS = String(NOW / 1000);
const MERGE = {
  object_kind: "merge_request",
  project: { path_with_namespace: "acme/platform/tools", web_url: "https://gitlab.com/acme/platform/tools" },
  object_attributes: {
    iid: 7,
    title: "<script>",
    action: "update",
    source_branch: "forge/x-1",
    last_commit: { id: "a".repeat(40) },
  },
};

/** As Standard Webhooks and GitLab have it. */
async function signed(body: string, id = "d-1", at = SECONDS, key = KEY): Promise<Record<string, string>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(`${id}.${at}.${body}`));
  return {
    "webhook-id": id,
    "webhook-timestamp": at,
    "webhook-signature": `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`,
  };
}

const plain = (id = "d-1"): Record<string, string> => ({ "x-gitlab-token": SECRET, "idempotency-key": id });

async function hooked(env: Record<string, string>) {
  const store = await openKvStore(":memory:");
  const told: { id: string; payload: unknown }[] = [];
  const inbox = forgeInbox({
    store,
    now: () => NOW,
    engine: {
      signal: (run, _name, payload, _actor, id = "") => {
        told.push({ id, payload });
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
      now: () => NOW,
    }),
  });
  await inbox.watch("run_1", {
    repository: "https://gitlab.com/acme/platform/tools",
    number: 7,
    branch: "forge/x-1",
  });
  const post = async (payload: unknown, headers: Record<string, string>) =>
    await door.app.request("http://localhost/hooks/gitlab", {
      method: "POST",
      body: typeof payload === "string" ? payload : JSON.stringify(payload),
      headers: {
        host: "localhost",
        "content-type": "application/json",
        "x-gitlab-event": "Merge Request Hook",
        ...headers,
      },
    });
  return {
    told,
    post,
    app: door.app,
    [Symbol.asyncDispose]: () => store.close(),
  };
}

const BODY = JSON.stringify(MERGE);

// req: N9-10
Deno.test("a webhook of GitLab with its secret wakes the run that watches, once however often it comes", async () => {
  await using at = await hooked({ GITLAB_WEBHOOK_SECRET: SECRET });
  const first = await at.post(MERGE, plain());
  assert.deepEqual([first.status, await first.json()], [202, { outcome: "accepted" }]);
  // Sent again, and with a new id, which nothing proves.
  for (const id of ["d-1", "d-2"]) {
    assert.deepEqual(await (await at.post(MERGE, plain(id))).json(), { outcome: "repeated" });
  }
  assert.deepEqual(at.told.map(({ id }) => id), ["gitlab:d-1"]);
  assert.ok(!JSON.stringify(at.told).includes("<script>"));
  const uuid = await at.post(
    { ...MERGE, object_attributes: { ...MERGE.object_attributes, action: "close" } },
    {
      "x-gitlab-token": SECRET,
      "x-gitlab-event-uuid": "13792a34-cac6-4fda-95a8-c58e00a3954e",
    },
  );
  assert.deepEqual(await uuid.json(), { outcome: "accepted" });
});

// req: N9-10
Deno.test("with a signing token only the signature of id, instant and body is taken", async () => {
  await using at = await hooked({ GITLAB_WEBHOOK_SIGNING_TOKEN: SIGNING, GITLAB_WEBHOOK_SECRET: SECRET });
  const good = await signed(BODY);
  const bad: [string, Record<string, string>, string][] = [
    ["the secret alone", plain(), BODY],
    ["another body", good, BODY.replace("update", "merged")],
    ["another id", { ...good, "webhook-id": "d-2" }, BODY],
    ["another instant", { ...good, "webhook-timestamp": String(Number(SECONDS) + 1) }, BODY],
    ["another key", await signed(BODY, "d-1", SECONDS, KEY.map((byte) => byte ^ 1)), BODY],
    [
      "another version",
      { ...good, "webhook-signature": good["webhook-signature"]!.replace("v1,", "v2,") },
      BODY,
    ],
    ["no signature", { ...good, "webhook-signature": "" }, BODY],
    ["six minutes ago", await signed(BODY, "d-1", String(Number(SECONDS) - 360)), BODY],
    ["six minutes ahead", await signed(BODY, "d-1", String(Number(SECONDS) + 360)), BODY],
    ["no instant", await signed(BODY, "d-1", "NaN"), BODY],
  ];
  for (const [what, headers, body] of bad) {
    const answer = await at.post(body, headers);
    assert.equal(answer.status, 401, what);
    assert.ok(!(await answer.text()).includes(SECRET));
  }
  assert.deepEqual(at.told, []);
  // While a token is changed there are two signatures.
  const two = { ...good, "webhook-signature": `v1,AAAA ${good["webhook-signature"]}` };
  assert.deepEqual(await (await at.post(BODY, two)).json(), { outcome: "accepted" });
  assert.deepEqual(await (await at.post(BODY, good)).json(), { outcome: "repeated" });
  assert.equal(at.told.length, 1);
});

Deno.test("without a secret of GitLab, with a short one or an unusable signing token there is nothing at the path", async () => {
  const environments: Record<string, string>[] = [
    {},
    { GITLAB_WEBHOOK_SECRET: "short" },
    { GITLAB_WEBHOOK_SIGNING_TOKEN: "whsec_AAAA", GITLAB_WEBHOOK_SECRET: SECRET },
    { GITLAB_WEBHOOK_SIGNING_TOKEN: "canary-not-base64", GITLAB_WEBHOOK_SECRET: SECRET },
  ];
  for (const env of environments) {
    await using at = await hooked(env);
    const answer = await at.post(MERGE, { ...plain(), "x-gitlab-token": env.GITLAB_WEBHOOK_SECRET ?? "" });
    assert.equal(answer.status, 404, JSON.stringify(env));
    const text = await answer.text();
    assert.match(text, /GITLAB_WEBHOOK_SIGNING_TOKEN/);
    assert.ok(!text.includes("canary"));
  }
});

Deno.test("other secrets, unknown events, payloads that lie and sizes without end are refused or ignored", async () => {
  await using at = await hooked({ GITLAB_WEBHOOK_SECRET: SECRET });
  for (const token of ["", "x", SECRET.slice(0, -1), `${SECRET}x`, SECRET.toUpperCase()]) {
    assert.equal((await at.post(MERGE, { ...plain(), "x-gitlab-token": token })).status, 401, token);
  }
  const outcome = async (payload: unknown, headers: Record<string, string>) =>
    (await (await at.post(payload, { ...plain(crypto.randomUUID()), ...headers })).json()).outcome;
  assert.equal(await outcome({ object_kind: "issue" }, { "x-gitlab-event": "Issue Hook" }), "ignored");
  const elsewhere = { ...MERGE, project: { web_url: "https://gitlab.example.com/acme/tools" } };
  assert.equal(await outcome(elsewhere, {}), "ignored");
  const status = async (payload: unknown, headers: Record<string, string> = {}) =>
    (await at.post(payload, { ...plain(), ...headers })).status;
  assert.equal(await status({ ...MERGE, object_kind: "note" }), 400);
  assert.equal(await status("{"), 400);
  assert.equal(await status(MERGE, { "idempotency-key": "" }), 400);
  assert.equal(await status(MERGE, { "x-gitlab-event": "" }), 400);
  assert.equal(await status(JSON.stringify({ ...MERGE, filler: "x".repeat(3 * 1024 * 1024) })), 413);
  assert.deepEqual(at.told, []);
  const { paths } = await (await at.app.request("http://localhost/openapi.json")).json();
  assert.deepEqual(paths["/hooks/gitlab"].post.security, []);
});
