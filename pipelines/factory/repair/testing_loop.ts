/** The loop over a real engine and ledger; git, sandbox and gates are stood in for by a script of what they say. */
import {
  createEngine,
  type Engine,
  memoryBlobs,
  openKvStore,
  randomIds,
  systemClock,
} from "../../../kernel/mod.ts";
import type { Decision, FailureRecord, Json, VerifyFacts } from "../../../specs/mod.ts";
import { Spec } from "../../../specs/code/mod.ts";
import type { ModelAsk, ModelDesk } from "../../models/mod.ts";
import type { RepairOrder } from "../implementers/port.ts";
import type { FactoryPorts } from "../ports.ts";
import { quickFix, repairing } from "../workflows.ts";
import { planRound, unfinished } from "./mod.ts";

const LAYERS = ["L0", "L1", "L2", "L3", "L4"] as const;
export const ACTOR = { kind: "user", id: "ada" } as const;
const PATCH = (n: number | string) => `sha256:${String(n).repeat(64).slice(0, 64)}`;

/** What one round is: the diff that comes out, the rules that deny it at verify, and what the tests said. */
export interface Played {
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

export function facts(
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

export interface Loop {
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

export async function loop(
  rounds: Played[],
  desk: Partial<ModelDesk> = {},
  more: { holdAt?: number; constraints?: string[] } = {},
): Promise<Loop> {
  const store = await openKvStore(":memory:");
  const clock = systemClock();
  const ids = randomIds(clock);
  const blobs = memoryBlobs();
  const spec = await blobs.put(JSON.stringify({ ...SPEC, constraints: more.constraints ?? [] }));
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
