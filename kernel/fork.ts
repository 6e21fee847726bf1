import type { Actor, Event, EventBody } from "../specs/mod.ts";
import type { Core } from "./core.ts";
import { refusal } from "./control.ts";
import { fold } from "./fold.ts";
import type { ControlOutcome } from "./port.ts";
import type { RunFold } from "./state.ts";
import { acceptRun } from "./submit.ts";
import type { Worker } from "./worker.ts";

const PAGE = 500;

/**
 * A new run from a phase of another: its input, its limits and the outputs committed before that phase was last entered. The
 * other run and its evidence stay as they are.
 */
export async function forkRun(
  core: Core,
  worker: Worker,
  run: string,
  phase: string,
  actor: Actor,
): Promise<ControlOutcome> {
  const record = await core.ledger.load(run);
  if (record === null) return refusal("not-found", `there is no run ${run}`, "look at the list of runs");
  const before = await stateBefore(core, run, phase);
  if (before === null) {
    const reached = Object.keys(record.state.visits).join(", ") || "none";
    return refusal(
      "invalid",
      `${run} never reached a phase ${phase}`,
      `name one that it reached: ${reached}`,
    );
  }
  const { state } = record;
  const limits = Object.fromEntries(Object.entries(state.budget).map(([unit, { limit }]) => [unit, limit]));
  const copied = Object.entries(before.outputs).map(([name, slot]): EventBody => ({
    type: "output.copied",
    v: 1,
    payload: { phase: name, output: slot.value },
  }));
  const accepted = {
    type: "run.accepted" as const,
    v: 1 as const,
    payload: {
      workflow: state.workflow,
      input: state.input,
      title: state.title,
      limits,
      forkedFrom: { run, phase },
      ...(state.parent === null ? {} : { parent: state.parent }),
    },
  };
  const forked = await acceptRun(core, worker, accepted, copied, actor);
  return { ok: true, run: forked.run };
}

/** The state just before a phase was entered for the last time. */
async function stateBefore(core: Core, run: string, phase: string): Promise<RunFold | null> {
  let state: RunFold | null = null;
  let before: RunFold | null = null;
  for (let after = 0;;) {
    const page: Event[] = await core.ledger.events(run, { after, limit: PAGE });
    for (const event of page) {
      if (event.type === "phase.entered" && event.payload.phase === phase) before = state;
      state = fold(state, event, 0);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return before;
    after = last.seq;
  }
}
