import assert from "node:assert/strict";
import { openKvStore } from "../../kernel/mod.ts";
import { edgeApplication } from "../edge.ts";
import { edgeHandler } from "../http/mod.ts";

const SECRET = "canary-of-the-webhook-secret";
const BODY = JSON.stringify({
  action: "completed",
  repository: { full_name: "acme/tools" },
  workflow_run: { head_branch: "forge/verify/run_1-1", head_sha: "a".repeat(40), pull_requests: [] },
});

async function signature(text: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const utf8 = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", utf8.encode(SECRET), algorithm, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(text)));
  return `sha256=${mac.toHex()}`;
}

/** An edge host over a store of its own; what is told of its start is kept. */
async function edge(file: string, env: Record<string, string>) {
  const service = await edgeApplication({ store: await openKvStore(file), env: (name) => env[name] });
  const handler = edgeHandler({
    compose: () => Promise.resolve(service),
    env: (name) => env[name],
    version: "0.0.0",
    report() {},
    audit() {},
  });
  const post = async (body: string, headers: Record<string, string>) => {
    const answer = await handler.fetch(
      new Request("http://localhost/hooks/github", {
        method: "POST",
        body,
        headers: {
          host: "localhost",
          "content-type": "application/json",
          "x-github-event": "workflow_run",
          "x-github-delivery": "d-1",
          ...headers,
        },
      }),
    );
    return [answer.status, (await answer.json()).outcome];
  };
  return { post, [Symbol.asyncDispose]: () => service.close() };
}

// req: N9-10
Deno.test("an edge host takes webhooks by the signature over their raw bytes, once, also after a restart", async () => {
  const dir = await Deno.makeTempDir();
  const env = { GITHUB_WEBHOOK_SECRET: SECRET };
  const proof = { "x-hub-signature-256": await signature(BODY) };
  try {
    {
      await using host = await edge(`${dir}/kv`, env);
      assert.deepEqual(await host.post(BODY, {}), [401, undefined]);
      assert.deepEqual(await host.post(`${BODY} `, proof), [401, undefined], "the very bytes are signed");
      assert.deepEqual(await host.post(BODY, proof), [202, "accepted"]);
      assert.deepEqual(await host.post(BODY, proof), [202, "repeated"]);
    }
    await using again = await edge(`${dir}/kv`, env);
    assert.deepEqual(await again.post(BODY, proof), [202, "repeated"]);
    assert.deepEqual(await again.post(BODY, { ...proof, "x-github-delivery": "d-2" }), [202, "repeated"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("an edge host without a webhook secret takes none", async () => {
  await using host = await edge(":memory:", {});
  assert.equal((await host.post(BODY, { "x-hub-signature-256": await signature(BODY) }))[0], 404);
});
