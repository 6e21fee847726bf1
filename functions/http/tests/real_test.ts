import assert from "node:assert/strict";
import { RunDocument } from "../../../specs/mod.ts";
import { EventPage } from "../../../specs/code/mod.ts";
import { compose } from "../../compose.ts";
import { serve } from "../serve.ts";

const SPEC = `---
title: Adding adds
intent: { type: UPDATE, scope: ["src/**"] }
implementer: patch
verify: { run: [["deno", "test", "--no-check", "-A"]] }
---
It subtracts.
`;
const SOURCE = "export const add = (a: number, b: number) => a - b;\n";
const TEST = `import { add } from "./add.ts";
Deno.test("adds nothing", () => {
  if (add(1, 0) !== 1) throw new Error("no");
});
`;
const PATCH = `diff --git a/src/add.ts b/src/add.ts
--- a/src/add.ts
+++ b/src/add.ts
@@ -1 +1 @@
-export const add = (a: number, b: number) => a - b;
+export const add = (a: number, b: number) => a + b;
diff --git a/src/add_test.ts b/src/add_test.ts
--- a/src/add_test.ts
+++ b/src/add_test.ts
@@ -2,3 +2,6 @@
 Deno.test("adds nothing", () => {
   if (add(1, 0) !== 1) throw new Error("no");
 });
+Deno.test("adds", () => {
+  if (add(1, 2) !== 3) throw new Error("no");
+});
`;

async function git(dir: string, ...args: string[]): Promise<void> {
  const done = await new Deno.Command("git", {
    args: ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", ...args],
    cwd: dir,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!done.success) throw new Error(new TextDecoder().decode(done.stderr));
}

// req: N8-02
Deno.test("through the door and the real engine: a patch becomes a pull request, live, once, with its evidence", async () => {
  const base = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-door-" }));
  const repo = `${base}/repos/app`;
  await Deno.mkdir(`${repo}/src`, { recursive: true });
  await Deno.writeTextFile(`${repo}/deno.json`, "{}\n");
  await Deno.writeTextFile(`${repo}/src/add.ts`, SOURCE);
  await Deno.writeTextFile(`${repo}/src/add_test.ts`, TEST);
  await git(repo, "init", "-q", "-b", "main");
  await git(repo, "add", "-A");
  await git(repo, "commit", "-q", "-m", "Start");

  const service = await compose({ data: `${base}/data`, sandbox: "none", workers: true });
  const stop = new AbortController();
  const { promise: started, resolve } = Promise.withResolvers<{ listening: string; key: string }>();
  const done = serve({
    service,
    port: 0,
    json: true,
    repoRoot: `${base}/repos`,
    out: (line) => resolve(JSON.parse(line)),
    log() {},
    signal: stop.signal,
  });
  try {
    const { listening, key } = await started;
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const post = (path: string, body: unknown, more: Record<string, string> = {}) =>
      fetch(listening + path, {
        method: "POST",
        headers: { ...headers, ...more },
        body: JSON.stringify(body),
      });
    const get = async (path: string) => await (await fetch(listening + path, { headers })).json();

    const body = { spec: SPEC, repo: "app", patch: PATCH };
    const accepted = await post("/v1/runs", body, { "idempotency-key": "once" });
    assert.equal(accepted.status, 202, await accepted.clone().text());
    const { run } = RunDocument.parse(await accepted.json());
    const again = await post("/v1/runs", body, { "idempotency-key": "once" });
    assert.equal((await again.json()).run, run);

    const live = await fetch(`${listening}/v1/runs/${run}/events`, {
      headers: { ...headers, accept: "text/event-stream" },
      signal: AbortSignal.timeout(60_000),
    });
    const streamed = [...(await live.text()).matchAll(/^data: (.*)$/gm)].map((match) =>
      JSON.parse(match[1] ?? "")
    );
    assert.equal(streamed.at(-1)?.type, "evidence.sealed");
    assert.deepEqual(streamed.map((event) => event.seq), streamed.map((_, at) => at + 1));
    const { events } = EventPage.parse(await get(`/v1/runs/${run}/events?limit=1000`));
    assert.deepEqual(streamed, events, "live and afterwards the same is told");

    const document = RunDocument.parse(await get(`/v1/runs/${run}`));
    assert.equal(document.status, "completed", JSON.stringify(document));
    assert.deepEqual(document, await service.document(run));
    assert.equal((await get("/v1/pulls")).pulls[0].run, run);
    const { manifest } = await get(`/v1/evidence/${document.evidence?.id}`);
    assert.equal(manifest.run, run);
    assert.ok((await get(`/v1/runs/${run}/decisions`)).decisions.length > 0);
    assert.equal((await get("/v1/runs")).runs.length, 1);

    const late = await post(`/v1/runs/${run}/actions`, { action: "cancel" });
    assert.deepEqual([late.status, (await late.json()).code], [409, "conflict"]);
    const page = await (await fetch(`${listening}/runs/${run}`, { headers })).text();
    for (
      const part of [
        "Completed",
        "Adding adds",
        `#${document.pullRequest?.number} Adding adds`,
        document.evidence?.id ?? "-",
      ]
    ) {
      assert.ok(page.includes(part), part);
    }
  } finally {
    stop.abort();
    await done;
    await service.close();
    await Deno.remove(base, { recursive: true });
  }
});
