import {
  type EffectIntent,
  type Event,
  type Json,
  type Transition,
  WorkflowDefinition,
} from "../../specs/mod.ts";
import type { Engine, EngineOptions, PhaseHandler, RunView, Submission } from "../port.ts";
import { randomIds } from "../ids.ts";
import { ledger } from "../ledger.ts";
import { viewOf } from "../projection.ts";
import { decision } from "./program.ts";
import { type Process, type World, world } from "./world.ts";

export const USER = { kind: "user", id: "someone" } as const;

/** A workflow from phases to transitions; `"b"` is short for an ungated way to b. */
export function flow(
  phases: Record<string, Record<string, string | Partial<Transition>>>,
  more: { start?: string; seals?: boolean; attempts?: number; timeoutSeconds?: number; id?: string } = {},
): WorkflowDefinition {
  const { start, seals = false, attempts = 3, timeoutSeconds = 60, id = "flow" } = more;
  return WorkflowDefinition.parse({
    id,
    version: "1.0.0",
    start: start ?? Object.keys(phases)[0],
    seals,
    phases: Object.fromEntries(
      Object.entries(phases).map(([name, on]) => [name, {
        handler: name,
        timeoutSeconds,
        attempts,
        on: Object.fromEntries(
          Object.entries(on).map(([outcome, to]) => [
            outcome,
            typeof to === "string" ? { to, gated: false } : { gated: false, ...to },
          ]),
        ),
      }]),
    ),
  });
}

/** A handler that is done at once. */
export function done(output: Json = null, outcome = "ok", effects: EffectIntent[] = []): PhaseHandler {
  return () => Promise.resolve({ kind: "done", outcome, output, effects });
}

export interface Stage {
  readonly world: World;
  readonly process: Process;
  readonly engine: Engine;
  /** Lets time pass until a promise is there; fails after ten minutes of the stage's time. */
  wait<T>(promise: Promise<T>, ms?: number): Promise<T>;
  submit(workflow: WorkflowDefinition, more?: Partial<Submission>): Promise<string>;
  settled(run: string): Promise<RunView>;
  /** Submits and waits. */
  play(workflow: WorkflowDefinition, more?: Partial<Submission>): Promise<RunView>;
  /** Lets time pass until the ledger says so of a run. */
  becomes(run: string, so: (view: RunView, events: Event[]) => boolean, ms?: number): Promise<void>;
  events(run: string): Promise<Event[]>;
  types(run: string): Promise<string[]>;
  /** Another process on the same store. */
  open(options?: Partial<EngineOptions>): Process;
  close(): Promise<void>;
}

/** An engine on a simulated store and a fake clock, in calm weather. */
export async function stage(
  options: Partial<EngineOptions> & { seed?: number; start?: boolean } = {},
): Promise<Stage> {
  const { seed = 1, start = true, ...engineOptions } = options;
  const w = world(seed);
  const open = (more: Partial<EngineOptions> = {}) =>
    w.open(() => ({
      handlers: {},
      effects: {},
      judge: (input) => Promise.resolve(decision(input, "allow")),
      seal: (view, status) =>
        Promise.resolve({ id: `ev_${view.run}`, digest: `sha256:${view.head.hash}`, path: `/${status}` }),
      ...engineOptions,
      ...more,
    }));
  const process = open();
  const book = ledger({ store: w.observer, clock: w.clock, ids: randomIds(w.clock) });
  const self: Stage = {
    world: w,
    process,
    engine: process.engine,
    open,
    async wait(promise, ms = 600_000) {
      let settled = false;
      const mark = () => void (settled = true);
      promise.then(mark, mark);
      if (!(await w.run(() => settled, ms))) throw new Error(`Nothing came within ${ms} ms`);
      return await promise;
    },
    async submit(workflow, more = {}) {
      const accepted = await self.wait(
        process.engine.submit({ workflow, input: null, actor: USER, ...more }),
      );
      return accepted.run;
    },
    async becomes(run, so, ms = 60_000) {
      const found = await w.run(async () => {
        const record = await book.load(run);
        return record !== null && so(viewOf(record.state), await book.events(run, { limit: 100_000 }));
      }, ms);
      if (!found) throw new Error(`${run} did not become so within ${ms} ms`);
    },
    settled: (run) => self.wait(process.engine.settled(run)),
    async play(workflow, more) {
      return await self.settled(await self.submit(workflow, more));
    },
    events: (run) => self.wait(process.engine.events(run, { limit: 100_000 })),
    types: async (run) => (await self.events(run)).map((event) => event.type),
    async close() {
      await self.wait(process.engine.stop(1_000));
    },
  };
  if (start) await self.wait(process.engine.start());
  return self;
}
