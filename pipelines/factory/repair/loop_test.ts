/** The loop over a real engine and ledger; git, sandbox and gates are stood in for by a script of what they say. */
import assert from "node:assert/strict";
import {
  createEngine,
  type Engine,
  memoryBlobs,
  openKvStore,
  randomIds,
  systemClock,
} from "../../../kernel/mod.ts";
import {
  type Decision,
  type FailureRecord,
  type Json,
  ok,
  Spec,
  type VerifyFacts,
} from "../../../specs/mod.ts";
import type { ModelAsk, ModelDesk } from "../../models/mod.ts";
import type { RepairOrder } from "../implementers/port.ts";
import type { FactoryPorts } from "../ports.ts";
import { quickFix, repairing } from "../workflows.ts";
import { planRound, unfinished } from "./mod.ts";

const LAYERS = ["L0", "L1", "L2", "L3", "L4"] as const;
const ACTOR = { kind: "user", id: "ada" } as const;
const PATCH = (n: number | string) => `sha256:${String(n).repeat(64).slice(0, 64)}`;

/** What one round is: the diff that comes out, the rules that deny it at verify, and what the tests said. */
interface Played {
  diff: number | string;
  denied?: string[];
  facts?: Partial<VerifyFacts>;
  /** Fails before there is a diff. */
  fails?: FailureRecord;
}

const execution = (on: "base" | "head", passing: string[], failing: string[] = []) => ({
  argv: ["t"],
  on,
  exitCode: failing.length > 0 ? 1 : 0,
  ended: "by-itself" as const,
  report: {
    tester: "t",
    cases: [
      ...passing.map((name) => ({ name, title: name, suite: "", path: "", status: "pass" as const })),
      ...failing.map((name) => ({
        name,
        title: name,
        suite: "",
        path: "",
        status: "fail" as const,
        message: "no",
      })),
    ],
    passed: passing.length,
    failed: failing.length,
    skipped: 0,
  },
  seconds: 1,
  outputDigest: PATCH(0),
  outputTail: "",
});

function facts(
  head: { passing: string[]; failing: string[] },
  checks: Record<string, boolean>,
): VerifyFacts {
  return {
    v: 1,
    sandbox: { level: "none", detail: "", memoryLimit: false },
    prepared: [],
    commands: [{
      argv: ["t"],
      tester: "t",
      base: execution("base", ["stays"]),
      head: execution("head", head.passing, head.failing),
      baseTestsOnHead: null,
      headTestsOnBase: null,
      planted: null,
    }],
    checks: Object.entries(checks).map(([id, holds]) => ({
      id,
      argv: ["c"],
      base: execution("base", [], ["c"]),
      head: holds ? execution("head", ["c"]) : execution("head", [], ["secret expectation"]),
    })),
    testFiles: { base: [], head: [] },
  };
}

interface Loop {
  readonly engine: Engine;
  readonly orders: (RepairOrder | null)[];
  readonly asked: ModelAsk[];
  readonly outcomes: string[];
  play(repairs?: number): Promise<string>;
  settled(run: string): ReturnType<Engine["settled"]>;
  /** As if the process had ended: another one goes on. */
  restart(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const SPEC = Spec.parse({
  title: "Double it",
  intent: { type: "UPDATE", scope: ["src/**"] },
  acceptance: [{ id: "AC1", text: "zero stays zero" }],
});

async function loop(
  rounds: Played[],
  desk: Partial<ModelDesk> = {},
  more: { holdAt?: number } = {},
): Promise<Loop> {
  const store = await openKvStore(":memory:");
  const clock = systemClock();
  const ids = randomIds(clock);
  const blobs = memoryBlobs();
  const spec = await blobs.put(JSON.stringify(SPEC));
  const orders: (RepairOrder | null)[] = [];
  const asked: ModelAsk[] = [];
  const outcomes: string[] = [];
  let held = more.holdAt ?? -1;
  let tries = 0;
  const input: Json = {
    kind: "factory",
    spec,
    source: spec,
    format: "md",
    checks: {},
    repository: {
      location: "/r",
      gitDir: "/r/.git",
      baseRef: "main",
      baseCommit: "1".repeat(40),
      baseTree: "2".repeat(40),
      dirty: false,
    },
    implementer: "model",
    patch: null,
    forge: "local",
    sandbox: "none",
    requester: "ada",
  };
  const open = () => {
    const ports = {
      blobs,
      history: {
        events: (run: string, page?: { after?: number; limit?: number }) => engine.events(run, page),
        list: (page?: { cursor?: string; limit?: number }) => engine.list(page),
      },
      models: {
        choose: () => Promise.resolve({ model: null }),
        outcome: (told: { model: string; passed: boolean }) => {
          outcomes.push(`${told.model} ${told.passed ? "passed" : "denied"}`);
          return Promise.resolve();
        },
        ask: (_ctx: unknown, ask: ModelAsk) => {
          asked.push(ask);
          return Promise.resolve({ ok: false, error: { failure: { message: "nobody" }, calls: [] } });
        },
        ...desk,
      },
    } as unknown as FactoryPorts;
    const engine: Engine = createEngine({
      store,
      blobs,
      clock,
      ids,
      effects: {},
      handlers: {
        implement: async (ctx) => {
          const plan = await planRound(ports, ctx, { input: ctx.input as never, spec: SPEC });
          if (!plan.go) return { kind: "failed", failure: plan.failure };
          if (orders.length === held) {
            held = -1;
            await new Promise((_, no) => ctx.abort.addEventListener("abort", () => no(ctx.abort.reason)));
          }
          orders.push(plan.order);
          const played = rounds[Math.min(tries++, rounds.length - 1)];
          if (played?.fails) return unfinished(ctx, played.fails);
          return {
            kind: "done",
            outcome: "implemented",
            output: {
              patch: PATCH(played?.diff ?? 0),
              proposal: await blobs.put(
                JSON.stringify({ stored: await blobs.put(`+diff ${played?.diff ?? 0}\n`) }),
              ),
              files: 1,
              round: { n: plan.n, strategy: plan.strategy, against: plan.against, model: "m-1" },
            },
          };
        },
        verify: async () => {
          const played = rounds[Math.min(tries, rounds.length) - 1];
          return {
            kind: "done",
            outcome: "verified",
            output: {
              facts: await blobs.put(
                JSON.stringify({ ...facts({ passing: ["stays"], failing: [] }, {}), ...played?.facts }),
              ),
            },
          };
        },
        review: () => Promise.resolve({ kind: "done", outcome: "reviewed", output: null }),
        release: () => Promise.resolve({ kind: "done", outcome: "released-locally", output: null }),
        observe: () => Promise.resolve({ kind: "done", outcome: "observed", output: null }),
      },
      judge: (transition) => {
        const denied = transition.from === "verify"
          ? rounds[Math.min(tries, rounds.length) - 1]?.denied ?? []
          : [];
        const decision: Decision = {
          v: 1,
          transition: { from: transition.from, to: transition.to },
          verdict: denied.length > 0 ? "deny" : "allow",
          layers: LAYERS.map((layer) => ({ layer, verdict: denied.length > 0 ? "fail" : "pass" })),
          rules: denied.map((rule) => ({
            gate: "gate",
            rule,
            layer: "L2",
            mode: "enforce",
            verdict: "fail",
            facts: [],
            findings: [{ message: `${rule} does not hold`, remediation: "mend it" }],
            escalates: false,
          })),
          engine: "test",
          packs: [],
          inputDigest: PATCH(0),
          subject: {},
          approvals: [],
          at: transition.at,
        };
        return Promise.resolve(decision);
      },
      seal: (view) => Promise.resolve({ id: `ev_${view.run}`, digest: PATCH(0), path: "/" }),
      abortGraceMs: 100,
    });
    return engine;
  };
  let engine = open();
  await engine.start();
  return {
    get engine() {
      return engine;
    },
    orders,
    asked,
    outcomes,
    async play(repairs = 8) {
      const { run } = await engine.submit({
        workflow: repairing(quickFix),
        input,
        actor: ACTOR,
        limits: { repairs, ms: 600_000, tokens: 1_000_000, costMicroUsd: 1_000_000 },
      });
      return run;
    },
    settled: (run) => engine.settled(run),
    async restart() {
      await engine.stop(0);
      engine = open();
      await engine.start();
    },
    async [Symbol.asyncDispose]() {
      await engine.stop(0);
      await store.close();
    },
  };
}

const strategies = (it: Loop) => it.orders.map((order) => order?.strategy ?? null);
const wrong = (n: number): Played => ({ diff: n, denied: ["core/F2P"] });

// req: N7-10
Deno.test("always wrong: fix, the planner's advice, another model, then a human, each once", async () => {
  await using it = await loop([1, 2, 3, 4, 5, 6].map(wrong), {
    choose: ((need: { except?: string[] }) =>
      Promise.resolve({ model: need.except?.includes("m-1") ? "m-2" : "m-1" })) as never,
    ask: ((_ctx: unknown, ask: ModelAsk) => {
      assert.equal(ask.purpose, "repair-advice");
      return Promise.resolve(ok({ reply: { text: "look at the loop" }, choice: {}, calls: [] }));
    }) as never,
  });
  const view = await it.settled(await it.play());
  assert.equal(view.status, "escalated");
  assert.deepEqual(strategies(it), [null, "fix", "ask-planner", "switch-model"]);
  assert.equal(it.orders[2]?.advice, "look at the loop");
  assert.deepEqual(it.orders[3]?.except, ["m-1"]);
  assert.equal(view.budget.repairs?.spent, 4);
  // What came of each round is told once, for choices to come.
  assert.deepEqual(it.outcomes, Array(4).fill("m-1 denied"));
  assert.match(view.escalation?.question ?? "", /What should be done differently/);
});

// req: N7-10
Deno.test("the same diff again and again ends at a human although failures differ", async () => {
  await using it = await loop(
    ["core/F2P", "core/T1", "core/C2", "core/C4"].map((rule) => ({ diff: 7, denied: [rule] })),
  );
  const view = await it.settled(await it.play());
  assert.match(view.failure?.message ?? view.escalation?.reason ?? "", /the same diff came 3 times/);
  assert.equal(it.orders.length, 3);
  const told = await it.engine.events(view.run, { limit: 1000 });
  assert.ok(
    told.some((event) =>
      event.type === "phase.progress" && /stagnation: the same diff came 2 times/.test(event.payload.message)
    ),
  );
});

// req: N2-16
Deno.test("the budget of repairs is never overrun, whatever strategies are left", async () => {
  await using it = await loop(["a", "b", "c", "d"].map((diff, at) => ({ diff, denied: [`core/C${at}`] })));
  const view = await it.settled(await it.play(2));
  assert.equal(view.status, "escalated");
  assert.deepEqual(view.budget.repairs, { limit: 2, spent: 2, reserved: 0 });
  assert.equal(it.orders.length, 3);
  assert.match(view.escalation?.question ?? "", /2 of 2 repairs are used/);
});

Deno.test("a process that ends between rounds loses none of them, and counts none twice", async () => {
  await using it = await loop([wrong(1), wrong(2), { diff: 3 }], {}, { holdAt: 1 });
  const run = await it.play();
  for (let left = 200; left > 0 && (await it.engine.view(run))?.visits.implement !== 2; left--) {
    await new Promise((done) => setTimeout(done, 20));
  }
  await it.restart();
  const view = await it.settled(run);
  // The second round is wrong alike, and its only strategy is used up.
  assert.equal(view.status, "escalated");
  assert.deepEqual(strategies(it), [null, "fix"]);
  assert.deepEqual(view.budget.repairs, { limit: 8, spent: 2, reserved: 0 });
});

Deno.test("a spec that contradicts a test that must stay ends at a human, who is asked which of the two is right", async () => {
  const met = facts({ passing: [], failing: ["stays"] }, { AC1: true });
  const kept = facts({ passing: ["stays"], failing: [] }, { AC1: false });
  await using it = await loop([
    { diff: 1, denied: ["core/T1"], facts: met },
    { diff: 2, denied: ["core/AC"], facts: kept },
    { diff: 3, denied: ["core/T1"], facts: met },
  ]);
  const view = await it.settled(await it.play());
  assert.equal(view.status, "escalated");
  assert.equal(
    view.escalation?.question,
    'Which is right: criterion AC1 of the spec, or the test "stays"?',
  );
  // Of a held-out check the implementer learns that it does not hold, and nothing else.
  assert.match(it.orders[1]?.output ?? "", /FAIL stays/);
  const last = it.orders.at(-1)?.output ?? "";
  assert.ok(!last.includes("secret expectation"), last);
});

const failure = (more: Partial<FailureRecord>): Played => ({
  diff: 0,
  fails: {
    class: "agent-error",
    source: "provider",
    retryable: true,
    message: "an edit does not match",
    ...more,
  },
});

Deno.test("an agent that gives no usable change is told why, then another one is asked, then a human", async () => {
  await using it = await loop([failure({})]);
  const view = await it.settled(await it.play());
  assert.equal(view.status, "escalated");
  assert.deepEqual(strategies(it), [null, "fix", "switch-model", "switch-model"]);
  assert.match(it.orders[1]?.findings[0]?.message ?? "", /an edit does not match/);
  assert.equal(view.budget.repairs?.spent, 0);
});

// req: N2-12
Deno.test("a provider that is busy parks the run, which holds no lease and no worker until then", async () => {
  await using it = await loop([failure({ class: "resource", message: "429", retryAfterMs: 3_600_000 }), {
    diff: 1,
  }]);
  const view = await it.settled(await it.play());
  assert.equal(view.status, "parked");
  assert.equal(it.engine.metrics().active, 0);
  const told = await it.engine.events(view.run, { limit: 1000 });
  const parked = told.find((event) => event.type === "run.parked");
  assert.ok(
    parked?.type === "run.parked" &&
      Date.parse(parked.payload.until ?? "") - Date.parse(parked.at) > 3_000_000,
  );
  // Nothing of the tries of the phase is used up by waiting.
  assert.ok(!told.some((event) => event.type === "phase.failed"));
  assert.ok((await it.engine.control(view.run, { action: "retry" }, ACTOR)).ok);
  assert.equal((await it.settled(view.run)).status, "completed");
});

Deno.test("a key that is refused asks a human at once, with the remedy", async () => {
  await using it = await loop([
    failure({
      class: "policy",
      source: "user-environment",
      retryable: false,
      message: "401",
      remedy: "set a key",
    }),
  ]);
  const view = await it.settled(await it.play());
  assert.equal(view.status, "escalated");
  assert.match(view.escalation?.reason ?? "", /401\nTo do: set a key/);
  assert.equal(it.orders.length, 1);
});

Deno.test("what mended the same failure in a run before is told to the next one, before another model is asked", async () => {
  await using it = await loop([wrong(1), { diff: 2 }, wrong(3), wrong(4), { diff: 5 }]);
  const before = await it.play();
  assert.equal((await it.settled(before)).status, "completed");
  assert.equal((await it.settled(await it.play())).status, "completed");
  assert.deepEqual(strategies(it), [null, "fix", null, "fix", "past-repairs"]);
  const advice = it.orders.at(-1)?.advice ?? "";
  assert.match(advice, new RegExp(`In ${before} .*the same failure core/F2P was mended by fix`));
  assert.match(advice, /\+diff 2/);
  assert.ok(!advice.includes("diff 1"));
});

Deno.test("a secret, a destructive change or missing evidence is never repaired: the run ends as denied after one round", async () => {
  for (const rule of ["core/X1", "core/X5", "core/O1", "core/E1"]) {
    await using it = await loop([{ diff: 1, denied: ["core/F2P", rule] }]);
    const view = await it.settled(await it.play());
    assert.deepEqual([view.status, it.orders.length, view.budget.repairs?.spent], ["denied", 1, 0], rule);
  }
});
