import assert from "node:assert/strict";
import { memoryBlobs } from "../../kernel/mod.ts";
import { signStatement } from "../../policies/evidence/mod.ts";
import { PREDICATES } from "../../specs/attestation/mod.ts";
import { type AgentSession, digestOf, type Json, type ModelCall } from "../../specs/mod.ts";
import { changeExports } from "./artifacts.ts";
import { aided } from "./implementer_statement.ts";
import type { FactoryInput } from "./input.ts";
import type { Proposal } from "./proposal.ts";
import { keptWork, modelCalls, recordedWork, repairRecords } from "./recorded_work.ts";

const AT = "2026-11-22T10:00:00.000Z";
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cF4hJ6kL8";

const call = (id: string, more: Partial<ModelCall> = {}): ModelCall => ({
  id,
  purpose: "implement",
  task: "execution",
  model: "m-1",
  claimed: "m-1-2026",
  provider: "acme",
  requestId: null,
  recording: true,
  prompt: digest("1"),
  reply: digest("2"),
  usage: { input: 100, output: 20, cacheRead: 5, cacheWrite5m: 0, cacheWrite1h: 0 },
  costMicroUsd: 300,
  reservedMicroUsd: 900,
  ms: 12,
  trouble: null,
  at: AT,
  ...more,
});
const session: AgentSession = {
  v: 1,
  id: "s1",
  agent: "edgeforge:model",
  startedAt: AT,
  endedAt: AT,
  tools: [{ name: "read", digest: digest("3"), class: "A" }],
  calls: [{
    seq: 1,
    at: AT,
    tool: "read",
    schema: digest("3"),
    args: digest("4"),
    parts: [],
    inputs: [],
    yields: "untrusted",
    readsPrivate: null,
    egress: null,
    credential: null,
    touches: ["a.ts"],
    operations: [],
    decision: "allowed",
    approvals: [],
    exit: { ok: true, result: digest("5") },
  }],
  complete: true,
};
const handover = (calls: ModelCall[]) => ({
  renames: [],
  steps: ["wrote a.ts"],
  rederives: null,
  agent: { name: "edgeforge:model", version: null, model: "m-1" },
  calls,
  session,
  context: [{ uri: "a.ts", digest: digest("6"), trust: "untrusted" as const }],
  claims: [`uses ${TOKEN}`],
});

/** Two visits of implement, the first of which was sent back. */
async function recorded() {
  const blobs = memoryBlobs();
  const visit = async (n: number, calls: ModelCall[]) => {
    const work = await keptWork(blobs, handover(calls));
    const proposal = await blobs.put(JSON.stringify({ implementer: "model", work }));
    const repair = n === 1 ? null : await blobs.put(JSON.stringify({ round: 1, strategy: "fix" }));
    return { phase: "implement", visit: n, output: { proposal, repair } as Json };
  };
  const planned = await blobs.put(
    JSON.stringify([call("p1", { purpose: "plan", at: "2026-11-22T09:00:00.000Z" })]),
  );
  return {
    blobs,
    told: {
      finished: [
        { phase: "plan", visit: 1, output: { calls: planned } as Json },
        await visit(1, [call("c1")]),
        await visit(2, [call("c2", { usage: null, trouble: "cut-stream" })]),
      ],
      progress: [
        { call: call("c1") },
        call("lost", { trouble: "server", usage: null }),
        { call: "another-thing" },
        null,
      ] as unknown as Json[],
    },
  };
}

Deno.test("every call of a run is told once, also those of what was sent back or failed; claims are kept without secrets", async () => {
  const { blobs, told } = await recorded();
  const calls = await modelCalls(blobs, told);
  assert.deepEqual(calls.map(({ id }) => id).sort(), ["c1", "c2", "lost", "p1"]);
  assert.equal(calls[0]?.id, "p1");
  const works = await recordedWork(blobs, told.finished);
  assert.deepEqual(works.map(({ visit }) => visit), [1, 2]);
  assert.ok(!JSON.stringify(works).includes(TOKEN));
  assert.deepEqual(await repairRecords(blobs, told), [{ round: 1, strategy: "fix" }]);
  assert.equal(await keptWork(blobs, { renames: [], steps: [], rederives: null }), null);
});

const signer = {
  keyId: "k",
  sign: () => Promise.resolve(new Uint8Array(8)),
};
const input = { requester: "ada", spec: digest("7"), sandbox: "bwrap" } as FactoryInput;

Deno.test("an agent's statement says what was recorded, keeps to its contract, and leaves null what nobody told", async () => {
  const { blobs, told } = await recorded();
  const [first, second] = await recordedWork(blobs, told.finished);
  assert.ok(first && second);
  const proposal = { implementer: "model", steps: ["wrote a.ts"], rederives: null };
  const of = { run: "run_01m8abcdefgh", input, version: "0.1.0" };
  const predicate = await aided(of, proposal, first);
  assert.deepEqual(predicate.model, {
    provider: "acme",
    requested: "m-1",
    claimed: ["m-1-2026"],
    recording: true,
    assurance: "self-asserted",
  });
  assert.deepEqual(predicate.usage, { tokensIn: 105, tokensOut: 20, costMicroUsd: 300 });
  const cut = await aided(of, proposal, second);
  assert.deepEqual(cut.usage, { tokensIn: null, tokensOut: null, costMicroUsd: 300 });
  const silent = await aided(of, proposal, { ...first, calls: [], session: null });
  assert.deepEqual([silent.usage, silent.session], [
    { tokensIn: null, tokensOut: null, costMicroUsd: null },
    null,
  ]);
  for (const one of [predicate, cut, silent]) {
    await signStatement({
      subject: [{ name: "x", digest: { sha256: "0" } }],
      predicateType: PREDICATES.implementer,
      predicate: one,
    }, signer);
  }
});

Deno.test("an agent's run exports its session, calls, repairs and trace; a run without one exports none of them", async () => {
  const { blobs, told } = await recorded();
  const patch = new TextEncoder().encode(
    "diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1 +1 @@\n-a\n+b\n",
  );
  const proposal = {
    implementer: "model",
    patch: await digestOf(patch),
    change: { base: "1".repeat(40) },
  } as unknown as Proposal;
  const given = {
    run: "run_01m8abcdefgh",
    status: "completed" as const,
    at: AT,
    version: "0.1.0",
    repository: "https://example.org/shop",
    decisions: [],
    proposal,
    facts: null,
    registry: null,
    patch,
    pull: null,
    works: await recordedWork(blobs, told.finished),
    calls: await modelCalls(blobs, told),
    repairs: await repairRecords(blobs, told),
  };
  const paths = async (more: Partial<typeof given>) =>
    (await changeExports({ ...given, ...more })).map(({ path }) => path.replace("artifacts/", ""));
  assert.deepEqual(await paths({}), [
    "agent-session-1.json",
    "agent-session.json",
    "model-calls.json",
    "repairs.json",
    "agent-trace.json",
  ]);
  assert.deepEqual(await paths({ works: [], calls: [], repairs: [] }), []);
  // What is withheld has no lines that could be told.
  assert.ok(!(await paths({ patch: null as unknown as typeof patch })).includes("agent-trace.json"));
});
