import type { Json, Layer, WorkflowDefinition } from "../../specs/mod.ts";
import type { EffectHandler, Judge, PhaseHandler, TransitionInput } from "../port.ts";
import { type WorkerOptions, type World } from "./world.ts";

/** What one phase of a random program does. */
export type Command =
  | { kind: "step"; ms: number; gated: boolean; budget: boolean }
  | { kind: "failing"; times: number; throws: boolean }
  | { kind: "broken" }
  | { kind: "timer"; ms: number }
  | { kind: "signal"; withTimeout: boolean }
  | { kind: "effect"; effects: number; gated: boolean }
  | { kind: "escalate" }
  | { kind: "denied" };

/** A random workflow, and what has to come of it when nobody interferes. */
export interface Program {
  readonly name: string;
  readonly commands: readonly Command[];
  readonly workflow: WorkflowDefinition;
  readonly expected: "completed" | "denied" | "failed";
}

const LAYERS: readonly Layer[] = ["L0", "L1", "L2", "L3", "L4"];

function pick<T>(random: () => number, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T;
}

/** A program of up to six phases. */
export function randomProgram(random: () => number, name: string): Program {
  const commands: Command[] = [];
  const length = 1 + Math.floor(random() * 6);
  for (let i = 0; i < length; i++) {
    commands.push(
      pick<() => Command>(random, [
        () => ({
          kind: "step",
          ms: Math.floor(random() * 80),
          gated: random() < 0.5,
          budget: random() < 0.3,
        }),
        () => ({ kind: "step", ms: 0, gated: false, budget: false }),
        () => ({ kind: "failing", times: 1 + Math.floor(random() * 2), throws: random() < 0.5 }),
        () => ({ kind: "timer", ms: Math.floor(random() * 5_000) }),
        () => ({ kind: "signal", withTimeout: random() < 0.3 }),
        () => ({ kind: "effect", effects: 1 + Math.floor(random() * 3), gated: random() < 0.7 }),
        () => ({ kind: "escalate" }),
        () => random() < 0.3 ? { kind: "broken" } : { kind: "step", ms: 3_000, gated: true, budget: true },
        () => random() < 0.3 ? { kind: "denied" } : { kind: "step", ms: 5, gated: true, budget: false },
      ])(),
    );
  }
  const last = commands.findIndex((c) => c.kind === "broken" || c.kind === "denied");
  const phases: WorkflowDefinition["phases"] = {};
  commands.forEach((command, i) => {
    const gated = command.kind === "escalate" || command.kind === "denied" ||
      ("gated" in command && command.gated);
    const to = i + 1 < commands.length ? `p${i + 1}` : "@completed";
    phases[`p${i}`] = {
      handler: "command",
      timeoutSeconds: 60,
      attempts: command.kind === "broken" ? 2 : 6,
      on: { ok: { to, gated, denied: "@denied" } },
    };
  });
  const end = last < 0 ? "completed" : commands[last]?.kind === "denied" ? "denied" : "failed";
  return {
    name,
    commands,
    workflow: { id: name, version: "1.0.0", start: "p0", phases, seals: random() < 0.9 },
    expected: end,
  };
}

/** The output that a phase must give, from its place in the program and the output before it. */
export function outputOf(index: number, before: Json): Json {
  const previous = typeof before === "object" && before !== null && !Array.isArray(before)
    ? Number(before.sum)
    : 0;
  return { index, sum: previous * 3 + index + 1 };
}

/** What lies outside of the kernel: the effects' table, and what the handlers were seen to do. */
export interface Outside {
  /** key -> how often it was acted; a row is there once the act took hold. */
  readonly acts: Map<string, number>;
  readonly starts: { key: string; run: string; phase: string; order: number }[];
  /** Called when a handler starts. */
  onStart: (run: string, phase: string, visit: number) => void;
}

export function outside(): Outside {
  return { acts: new Map(), starts: [], onStart: () => {} };
}

/** Handlers, effects and judge of a process in the world. */
export function workerOptions(
  world: World,
  out: Outside,
  programs: ReadonlyMap<string, Program>,
  own: Parameters<Parameters<World["open"]>[0]>[0],
): WorkerOptions {
  const program = (id: string): Program => {
    const found = programs.get(id);
    if (found === undefined) throw new Error(`no program ${id}`);
    return found;
  };
  const command: PhaseHandler = async (ctx) => {
    const { program: name } = ctx.input as { program: string };
    const index = Number(ctx.phase.slice(1));
    const what = program(name).commands[index] as Command;
    out.onStart(ctx.run, ctx.phase, ctx.visit);
    const output = outputOf(index, index === 0 ? null : ctx.outputs[`p${index - 1}`] ?? null);
    if (world.random() < 0.3) ctx.progress(`at ${ctx.phase}`, { index });
    switch (what.kind) {
      case "step": {
        const held = what.budget ? await ctx.budget.reserve("tokens", 10) : null;
        if (what.ms > 0) await ctx.clock.sleep(what.ms, ctx.abort);
        if (held?.ok) await ctx.budget.commit(held.id, 7);
        return { kind: "done", outcome: "ok", output };
      }
      case "failing":
        if (ctx.attempt <= what.times) {
          if (what.throws) throw new Error("this try throws");
          return {
            kind: "failed",
            failure: { class: "external", source: "provider", retryable: true, message: "this try fails" },
          };
        }
        return { kind: "done", outcome: "ok", output };
      case "broken":
        return {
          kind: "failed",
          failure: {
            class: "task-code",
            source: "user-environment",
            retryable: true,
            message: "never works",
          },
        };
      case "timer":
        return (ctx.parks ?? 0) === 0
          ? { kind: "park", reason: "a nap", untilMs: ctx.clock.now() + what.ms }
          : { kind: "done", outcome: "ok", output };
      case "signal": {
        const signal = ctx.signals.find((s) => s.name === `go-${ctx.phase}`);
        if (signal !== undefined) return { kind: "done", outcome: "ok", output, consumed: [signal.id] };
        if (what.withTimeout && (ctx.parks ?? 0) > 0) return { kind: "done", outcome: "ok", output };
        const untilMs = what.withTimeout ? { untilMs: ctx.clock.now() + 20_000 } : {};
        return { kind: "park", reason: "waits for go", signal: `go-${ctx.phase}`, ...untilMs };
      }
      case "effect":
        return {
          kind: "done",
          outcome: "ok",
          output,
          effects: Array.from({ length: what.effects }, (_, n) => ({
            key: `${ctx.run}/${ctx.phase}/${n}`,
            kind: "row",
            args: { n },
          })),
        };
      case "escalate":
      case "denied":
        return { kind: "done", outcome: "ok", output };
    }
  };
  const row: EffectHandler = {
    async look(key) {
      await own.clock.sleep(world.random() * 3);
      return out.acts.has(key) ? { found: true, outcome: { row: key } } : { found: false };
    },
    async act(key, _args, _run, abort) {
      await own.clock.sleep(world.random() * 20, abort);
      if (world.random() < 0.05) throw new Error("the other side is busy");
      out.acts.set(key, (out.acts.get(key) ?? 0) + 1);
      // The answer may get lost, and with it this process.
      await own.clock.sleep(world.random() * 20);
      if (world.random() < 0.05) throw new Error("the answer got lost");
      return { row: key };
    },
  };
  const judge: Judge = async (input) => {
    await own.clock.sleep(world.random() * 5);
    const { program: name } = input.input as { program: string };
    const what = program(name).commands[Number(input.from.slice(1))] as Command;
    const asks = what.kind === "escalate" && input.approvals.length === 0;
    return decision(input, what.kind === "denied" ? "deny" : asks ? "escalate" : "allow");
  };
  return {
    handlers: { command },
    effects: { row },
    judge,
    concurrency: 3,
    leaseMs: 4_000,
    effectAttempts: 30,
    sealAttempts: 30,
    seal: async (view, status) => {
      await own.clock.sleep(world.random() * 10);
      if (world.random() < 0.05) throw new Error("no place for evidence");
      return { id: `ev_${view.run}`, digest: `sha256:${view.head.hash}`, path: `/${status}` };
    },
  };
}

export function decision(
  input: TransitionInput,
  verdict: "allow" | "deny" | "escalate",
): Awaited<ReturnType<Judge>> {
  return {
    v: 1,
    transition: { from: input.from, to: input.to },
    verdict,
    layers: LAYERS.map((layer) => ({ layer, verdict: verdict === "allow" ? "pass" : "fail" })),
    rules: [],
    engine: "simulation",
    packs: [],
    inputDigest: `sha256:${"0".repeat(64)}`,
    subject: {},
    approvals: [],
    at: input.at,
  };
}
