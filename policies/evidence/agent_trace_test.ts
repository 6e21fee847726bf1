import assert from "node:assert/strict";
import { digestOf } from "../../specs/mod.ts";
import { agentTrace } from "./agent_trace.ts";

const PATCH = `diff --git a/a.ts b/a.ts
--- a/a.ts
+++ b/a.ts
@@ -1,3 +1,4 @@
 one
-two
+zwei
+drei
 four
@@ -10,2 +11,3 @@
 ten
+elf
 twelve
diff --git a/gone.ts b/gone.ts
deleted file mode 100644
--- a/gone.ts
+++ /dev/null
@@ -1 +0,0 @@
-x
`;
const traced = async (patch: string) =>
  await agentTrace({
    run: "run_01m8abcdefgh",
    agent: { name: "edgeforge:model", version: null, model: "acme/m-1" },
    patch: new TextEncoder().encode(patch),
    digest: await digestOf(patch),
    revision: { commit: "1".repeat(40), isBase: false },
    at: "2026-11-22T10:00:00.000Z",
  }) as unknown as {
    version: string;
    vcs: { revision: string };
    files: {
      path: string;
      conversations: {
        contributor: unknown;
        ranges: { start_line: number; end_line: number; content_hash: string }[];
      }[];
    }[];
  } | null;

Deno.test("added lines of each file are the agent's, with their places after the change and the digest of their bytes", async () => {
  const trace = await traced(PATCH);
  assert.ok(trace);
  assert.deepEqual([trace.version, trace.vcs.revision], ["0.1", "1".repeat(40)]);
  assert.deepEqual(trace.files.map(({ path }) => path), ["a.ts"]);
  const [conversation] = trace.files[0]?.conversations ?? [];
  assert.deepEqual(conversation?.contributor, { type: "ai", model_id: "acme/m-1" });
  assert.deepEqual(conversation?.ranges, [
    { start_line: 2, end_line: 3, content_hash: await digestOf("zwei\ndrei\n") },
    { start_line: 12, end_line: 12, content_hash: await digestOf("elf\n") },
  ]);
});

Deno.test("a record has what its schema asks for: two numbers of a version, a tool with a version, models of 250 characters", async () => {
  const trace = await traced(PATCH) as unknown as {
    version: string;
    tool: unknown;
    id: string;
    timestamp: string;
  };
  assert.match(trace.version, /^[0-9]+\.[0-9]+$/);
  assert.deepEqual(trace.tool, { name: "edgeforge:model", version: "unknown" });
  assert.match(trace.id, /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(trace.timestamp, /Z$/);
});

Deno.test("a patch that adds nothing, or is none, has no trace", async () => {
  assert.equal(await traced("no patch"), null);
  assert.equal(await traced(PATCH.slice(PATCH.indexOf("diff --git a/gone"))), null);
});
