import { z } from "zod";
import type { PhaseHandler } from "../../../kernel/mod.ts";
import { TRAIN_SIGNAL } from "./record.ts";

const Waits = z.object({ nextAt: z.number(), why: z.string() });

/** Parks until a run of the train has ended, somebody asks for something, or it is time to look; the look takes what woke it. */
export function wait(): PhaseHandler {
  return (ctx) => {
    const { nextAt, why } = Waits.parse(ctx.outputs.look);
    const called = ctx.signals.some(({ name }) => name === TRAIN_SIGNAL);
    if (called || ctx.clock.now() >= nextAt) {
      return Promise.resolve({ kind: "done", outcome: "woken", output: {} });
    }
    return Promise.resolve({ kind: "park", reason: why, untilMs: nextAt, signal: TRAIN_SIGNAL });
  };
}
