import type { PhaseContext, PhaseHandler } from "../../kernel/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { freshWorkspace } from "./base_objects.ts";
import type { Assignment, Implementer } from "./implementers/port.ts";
import { readInput } from "./input.ts";
import { readBytes } from "../blob_reads.ts";
import { workOn } from "./one_task.ts";
import { failed } from "./outcome.ts";
import { carriedOn } from "./watch/carried.ts";
import { pinnedPacks } from "../packs.ts";
import type { FactoryPorts } from "./ports.ts";
import { propose } from "./propose.ts";
import { failureOf, planRound, type RoundPlan, startFrom, unfinished } from "./repair/mod.ts";

/**
 * Lets the implementer work in a workspace of its own, then reads git's diff: that diff is the change, whatever the implementer
 * says. Of a change by an agent that was sent back, the round before is where this one begins.
 */
export function implement(
  ports: FactoryPorts,
  implementers: Readonly<Record<string, Implementer>>,
): PhaseHandler {
  const judging = pinnedPacks(ports);
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const implementer = implementers[input.implementer];
    if (!implementer) throw new Error(`Cannot implement: no implementer is bound as '${input.implementer}'`);
    const round = isAgent(input.implementer) ? await planRound(ports, ctx, { input, spec }) : null;
    if (round !== null && !round.go) return { kind: "failed", failure: round.failure };
    const order = await carriedOn(ctx.blobs, input, round?.order ?? null);
    const clone = await freshWorkspace(ports, ctx.run, input.repository, `implement-${ctx.visit}`);
    if (!clone.ok) return failed(clone.error, { class: "external", source: "user-environment" });
    const workspace = clone.value;
    try {
      // Before anybody works in it.
      const history = await workspace.history();
      const from = round?.previous ?? (order === null ? null : input.continues?.patch ?? null);
      const previous = from === null ? null : await readBytes(ctx.blobs, from);
      const start = order === null ? null : await startFrom(workspace, previous);
      if (start?.from === "base") ctx.progress(`begins at the base: ${start.why}`.slice(0, 500));
      const assignment: Assignment = {
        input,
        spec,
        workspace,
        repair: order === null ? null : { ...order, ...(start === null ? {} : { start }) },
        ...(round === null || round.guidance.length === 0 ? {} : { guidance: round.guidance }),
      };
      const worked = await workOn(ctx, implementer, assignment);
      if (!worked.ok) return unfinished(ctx, failureOf(worked.error));
      const output = await propose(ports, ctx, {
        input,
        spec,
        workspace,
        worked: worked.value,
        history,
        judging,
      });
      const told = round === null ? {} : await roundOutput(ctx, round, {
        model: worked.value.handover.agent?.model ?? null,
        start,
      });
      return { kind: "done", outcome: "implemented", output: { ...output, ...told } };
    } finally {
      await workspace.dispose();
    }
  };
}

/** Implementers whose work is repaired: the others do the same again. */
export function isAgent(implementer: string): boolean {
  return implementer === "model" || implementer === "cli";
}

/** What the ledger keeps of the round, by which the rounds to come are planned. */
async function roundOutput(
  ctx: PhaseContext,
  round: Extract<RoundPlan, { go: true }>,
  { model, start }: { model: string | null; start: Json },
): Promise<{ [key: string]: Json }> {
  return {
    round: { n: round.n, strategy: round.strategy, against: round.against, model },
    ...(round.record === null
      ? {}
      : { repair: await ctx.blobs.put(JSON.stringify({ ...round.record, start, model })) }),
    ...(round.calls.length === 0 ? {} : { calls: await ctx.blobs.put(JSON.stringify(round.calls)) }),
  };
}
