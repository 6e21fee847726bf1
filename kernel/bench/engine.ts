import { type Layer, WorkflowDefinition } from "../../specs/ledger/mod.ts";
import { createEngine, groupCommit, memoryBlobs, openKvStore, randomIds, systemClock } from "../mod.ts";
import type { Engine, EngineOptions, Judge, PhaseHandler } from "../mod.ts";

export interface EngineFigures {
  workflows: number;
  steps: number;
  concurrency: number;
  workflowsPerSecond: number;
  stepsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** One workflow at a time. */
  idleP50Ms: number;
  rssMb: number;
  fsync: true;
  store: "kv-file";
  /** The figures above are of ungated steps; the next one has a judge's decision at each step. */
  gated: false;
  gatedWorkflowsPerSecond: number;
  /** What a step of one run costs early in its history and after 100,000 events. */
  stepMsAtEvent10: number;
  stepMsAtEvent100000: number;
  flatness: number;
  /** Commits of runs, and how many commits of the file they became. */
  commits: number;
  fileCommits: number;
}

export interface BenchOptions {
  workflows: number;
  steps: number;
  concurrency: number;
  /** Path of a database file that does not exist yet; more files are made beside it. */
  storePath: string;
  /** Events between the early and the late steps of the run whose step cost is compared; 100000 unless told. */
  history?: number;
}

/** A workflow definition has to fit into one event, which bounds the number of phases. */
const MAX_STEPS = 300;
const IDLE_RUNS = 200;

/**
 * Measures the real engine on a fresh Deno KV file: schema check, hash chain, leases and fsync as always. Steps do nothing and are
 * not gated.
 */
export async function benchEngine(options: BenchOptions): Promise<EngineFigures> {
  const { workflows, steps, concurrency, storePath, history = 100_000 } = options;
  if (steps > MAX_STEPS) {
    throw new RangeError(`Cannot bench as steps must be at most ${MAX_STEPS}: current value is ${steps}`);
  }
  const free = await measured(storePath, chain(steps, false), concurrency, workflows, IDLE_RUNS);
  const gated = await measured(
    `${storePath}.gated`,
    chain(steps, true),
    concurrency,
    Math.ceil(workflows / 2),
    0,
  );
  const flat = await flatness(`${storePath}.flat`, history);
  const perSecond = workflows / free.seconds;
  return {
    workflows,
    steps,
    concurrency,
    workflowsPerSecond: round(perSecond, 0),
    stepsPerSecond: round(perSecond * steps, 0),
    p50Ms: round(percentile(free.latencies, 0.5)),
    p99Ms: round(percentile(free.latencies, 0.99)),
    idleP50Ms: round(percentile(free.idle, 0.5)),
    rssMb: round(free.rssMb, 0),
    fsync: true,
    store: "kv-file",
    gated: false,
    gatedWorkflowsPerSecond: round(Math.ceil(workflows / 2) / gated.seconds, 0),
    stepMsAtEvent10: round(flat.early, 3),
    stepMsAtEvent100000: round(flat.late, 3),
    flatness: round(flat.late / flat.early),
    commits: free.commits,
    fileCommits: free.fileCommits,
  };
}

/** `steps` phases one after the other, none of which does anything. */
function chain(steps: number, gated: boolean): WorkflowDefinition {
  return WorkflowDefinition.parse({
    id: "bench",
    version: "1.0.0",
    start: "s0",
    seals: false,
    phases: Object.fromEntries(Array.from({ length: steps }, (_, i) => [`s${i}`, {
      handler: "nothing",
      timeoutSeconds: 60,
      attempts: 1,
      on: { ok: { to: i + 1 < steps ? `s${i + 1}` : "@completed", gated } },
    }])),
  });
}

const nothing: PhaseHandler = () => Promise.resolve({ kind: "done", outcome: "ok", output: null });

const LAYERS: readonly Layer[] = ["L0", "L1", "L2", "L3", "L4"];
const allow: Judge = (input) =>
  Promise.resolve({
    v: 1,
    transition: { from: input.from, to: input.to },
    verdict: "allow",
    layers: LAYERS.map((layer) => ({ layer, verdict: "pass" })),
    rules: [],
    engine: "bench",
    packs: [],
    inputDigest: `sha256:${"0".repeat(64)}`,
    subject: {},
    approvals: [],
    at: input.at,
  });

const ACTOR = { kind: "user", id: "bench" } as const;

async function withEngine<T>(
  path: string,
  concurrency: number,
  handlers: EngineOptions["handlers"],
  use: (engine: Engine, fileCommits: () => number) => Promise<T>,
): Promise<T> {
  const clock = systemClock();
  const store = groupCommit(await openKvStore(path));
  const errors: unknown[] = [];
  const engine = createEngine({
    store,
    clock,
    ids: randomIds(clock),
    blobs: memoryBlobs(),
    handlers,
    effects: {},
    judge: allow,
    concurrency,
    onError: (error) => errors.push(error),
  });
  try {
    await engine.start();
    const result = await use(engine, () => store.stats.made);
    if (errors.length > 0) throw errors[0];
    return result;
  } finally {
    await engine.stop();
    await store.close();
  }
}

function measured(
  path: string,
  workflow: WorkflowDefinition,
  concurrency: number,
  workflows: number,
  idleRuns: number,
) {
  return withEngine(path, concurrency, { nothing }, async (engine, fileCommits) => {
    const latencies: number[] = [];
    const one = async (into: number[]) => {
      const began = performance.now();
      const { run } = await engine.submit({ workflow, input: null, actor: ACTOR });
      const { status } = await engine.settled(run);
      if (status !== "completed") throw new Error(`Cannot bench as ${run} ended as ${status}`);
      into.push(performance.now() - began);
    };
    let left = workflows;
    const began = performance.now();
    await Promise.all(Array.from({ length: Math.min(concurrency, workflows) }, async () => {
      while (left-- > 0) await one(latencies);
    }));
    const seconds = (performance.now() - began) / 1000;
    const rssMb = Deno.memoryUsage().rss / 1024 / 1024;
    const commits = engine.metrics().commits ?? 0;
    const made = fileCommits();
    const idle: number[] = [];
    for (let i = 0; i < idleRuns; i++) await one(idle);
    return { latencies, seconds, rssMb, idle, commits, fileCommits: made };
  });
}

const SAMPLE = 400;
const FLOOD_PAGE = 60;

/** One run of many steps: the cost of a step at the start of its history, and after a flood of events in the middle. */
function flatness(path: string, history: number): Promise<{ early: number; late: number }> {
  const loops = 100;
  const phases = Math.ceil((2 * SAMPLE + 2) / loops);
  const workflow = WorkflowDefinition.parse({
    id: "bench-flat",
    version: "1.0.0",
    start: "s0",
    seals: false,
    phases: Object.fromEntries(Array.from({ length: phases }, (_, i) => [`s${i}`, {
      handler: "loop",
      timeoutSeconds: 600,
      attempts: 1,
      on: {
        again: { to: `s${i}`, gated: false, budget: loops },
        ok: { to: i + 1 < phases ? `s${i + 1}` : "@completed", gated: false },
      },
    }])),
  });
  const times: number[] = [];
  const loop: PhaseHandler = async (ctx) => {
    if (times.length === SAMPLE) {
      for (let i = 0; i < history; i += FLOOD_PAGE) {
        for (let j = 0; j < FLOOD_PAGE; j++) ctx.progress(`flood ${i + j}`);
        const reserved = await ctx.budget.reserve("flood", 0);
        if (!reserved.ok) throw new Error("Cannot flood the history as its budget was refused");
        await ctx.budget.commit(reserved.id, 0);
      }
    }
    times.push(performance.now());
    return { kind: "done", outcome: ctx.visit < loops ? "again" : "ok", output: null };
  };
  return withEngine(path, 1, { loop }, async (engine) => {
    const { run } = await engine.submit({ workflow, input: null, actor: ACTOR, limits: { flood: 1 } });
    const { status, head } = await engine.settled(run);
    if (status !== "completed" || head.seq < history) {
      throw new Error(`Cannot bench as ${run} ended as ${status} at event ${head.seq}`);
    }
    const cost = (from: number, to: number) => {
      const steps = Array.from(
        { length: to - from },
        (_, i) => (times[from + i + 1] ?? 0) - (times[from + i] ?? 0),
      );
      return percentile(steps, 0.5);
    };
    return { early: cost(5, SAMPLE - 1), late: cost(SAMPLE + 1, 2 * SAMPLE) };
  });
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
}

function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

if (import.meta.main) {
  const option = (name: string, otherwise: number) => {
    const at = Deno.args.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(Deno.args[at + 1]);
  };
  const room = await Deno.makeTempDir({ prefix: "engine-bench-" });
  try {
    const figures = await benchEngine({
      workflows: option("workflows", 5000),
      steps: option("steps", 5),
      concurrency: option("concurrency", 50),
      storePath: `${room}/bench.db`,
    });
    console.log(JSON.stringify(figures, null, Deno.args.includes("--json") ? 0 : 2));
  } finally {
    await Deno.remove(room, { recursive: true });
  }
}
