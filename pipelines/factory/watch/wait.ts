import { z } from "zod";
import type { PhaseHandler } from "../../../kernel/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import { fixKey } from "./record.ts";

/** What a wait needs of the look before it. */
const Waits = z.object({
  nextAt: z.number(),
  lookedAt: z.number(),
  why: z.string(),
  pending: z.number().nullable(),
});

/** Webhooks come in bursts: one look serves all of a short while. */
const BETWEEN_LOOKS_MS = 2000;
const LONGEST_ASK_MS = 30_000;
const OVER: ReadonlySet<string> = new Set(["completed", "denied", "failed", "cancelled"]);

/** Parks until a webhook comes in, a linked run has ended, or it is time to look; what woke it is consumed. */
export function wait(ports: Pick<FactoryPorts, "runs">): PhaseHandler {
  return async (ctx) => {
    const { nextAt, lookedAt, why, pending } = Waits.parse(ctx.outputs.look);
    const called = ctx.signals.filter(({ name }) => name === "forge");
    const now = ctx.clock.now();
    const dueAt = called.length > 0 ? Math.min(nextAt, lookedAt + BETWEEN_LOOKS_MS) : nextAt;
    if (now >= dueAt || (pending !== null && await isOver(ports, ctx.run, pending))) {
      return {
        kind: "done",
        outcome: "woken",
        output: { signals: called.length },
        consumed: called.map(({ id }) => id),
      };
    }
    // Whether a run of this installation has ended is asked here, the longer it takes the less often; the forge is left alone.
    const askAt = pending === null ? dueAt : now + Math.min(LONGEST_ASK_MS, 1000 * 2 ** (ctx.parks ?? 0));
    return {
      kind: "park",
      reason: why,
      untilMs: Math.min(dueAt, askAt),
      // Already called: only the time is left to wait for.
      ...(called.length > 0 ? {} : { signal: "forge" }),
    };
  };
}

async function isOver(ports: Pick<FactoryPorts, "runs">, run: string, n: number): Promise<boolean> {
  const own = await ports.runs?.view(run);
  const begun = own?.effects[fixKey(run, n)] as { run?: string } | undefined;
  const view = begun?.run === undefined ? null : await ports.runs?.view(begun.run) ?? null;
  return view !== null && OVER.has(view.status) && view.evidence !== null;
}
