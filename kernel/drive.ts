import { type Active, appendTo, assured, LeaseLost } from "./active.ts";
import type { Core } from "./core.ts";
import { performEffect } from "./effects.ts";
import { EventRefused } from "./envelope.ts";
import { type Command, next } from "./machine.ts";
import { type Made, runPhase, STOPPED } from "./phase.ts";
import { sealRun } from "./seal.ts";

/**
 * Drives a run in place: carries out one command after the other, committing each, until the run has to wait or has ended. No hop
 * through a queue between steps.
 *
 * @param stopping whether this worker takes on nothing new
 */
export async function drive(core: Core, active: Active, stopping: () => boolean): Promise<void> {
  let command: Command = next(active.record.state, core.clock.now());
  while (!active.lost && !active.released) {
    if (!isWork(command)) {
      // Waiting and ended runs give their lease back in the commit that got them there; one that was claimed so does it here.
      const release = command.do === "wait" || command.do === "idle" ? {} : undefined;
      command = await appendTo(core, active, () => [], { settle: true, release });
      continue;
    }
    const sure = assured(core, active);
    if (sure !== true && !(await sure)) {
      command = next(active.record.state, core.clock.now());
      continue;
    }
    const made = stopping() ? STOPPED : await carriedOut(core, active, command);
    if (active.lost) return;
    if (made === STOPPED) {
      await appendTo(core, active, () => [], { settle: false, release: {} });
      return;
    }
    try {
      command = await appendTo(core, active, made.make, SETTLING);
    } catch (error) {
      if (!(error instanceof EventRefused) || made.refused === undefined) throw error;
      command = await appendTo(core, active, made.refused(error), SETTLING);
    }
  }
}

const SETTLING = { settle: true } as const;

type Work = Extract<Command, { do: "run" | "perform" | "seal" }>;

/** Whether a command takes work, or only the ledger moves on. */
function isWork(command: Command): command is Work {
  return command.do === "run" || command.do === "perform" || command.do === "seal";
}

function carriedOut(core: Core, active: Active, command: Work): Promise<Made | typeof STOPPED> {
  switch (command.do) {
    case "run":
      return runPhase(core, active);
    case "perform":
      return performEffect(core, active, command.effect, command.failures);
    case "seal":
      return sealRun(core, active, command.status, command.failures);
  }
}

/** Whether an error only says that the run went to another worker. */
export function isLeaseLost(error: unknown): boolean {
  return error instanceof LeaseLost;
}
