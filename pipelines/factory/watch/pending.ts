/** What came of the linked run that was under way. */
import type { PhaseContext, RunView } from "../../../kernel/mod.ts";
import type { EffectIntent, PullRequestRef } from "../../../specs/mod.ts";
import { readInput } from "../input.ts";
import type { FactoryPorts } from "../ports.ts";
import { proposalOf } from "../proposal.ts";
import { reply } from "./comments.ts";
import { type Delivered, deliveredBy } from "./delivered.ts";
import { fixKey, tell, type WatchInput, type WatchState } from "./record.ts";
import { outcomeText } from "./words.ts";

const OVER: ReadonlySet<string> = new Set(["completed", "denied", "failed", "cancelled"]);

/** Takes note of how the linked run ended, and says so where it was asked for. */
export async function settlePending(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: { watch: WatchInput; state: WatchState; origin: Delivered },
): Promise<EffectIntent[]> {
  const { watch, state } = given;
  const { pending } = state;
  if (pending === null) return [];
  const own = await ports.runs?.view(ctx.run);
  const begun = own?.effects[fixKey(ctx.run, pending.n)] as { run?: string } | undefined;
  const view = begun?.run === undefined ? null : await ports.runs?.view(begun.run) ?? null;
  if (view === null) throw new Error(`Cannot go on: the linked run ${pending.n} was not begun`);
  const at = ctx.clock.now();
  const known = state.runs.find(({ n }) => n === pending.n);
  if (known === undefined) {
    state.runs.push({ n: pending.n, kind: pending.kind, run: view.run, status: view.status });
  } else known.status = view.status;
  // Its evidence is named in the answer.
  if (!OVER.has(view.status) || view.evidence === null) {
    if (view.status === "escalated") {
      tell(state, at, `the run ${view.run} asks a person: forge workflow show ${view.run}`);
    }
    return [];
  }
  const judged = view.status === "completed" ? await judgedAgain(ports, view) : null;
  if (judged !== null) {
    Object.assign(state, { ...judged, judgedBy: view.run, conflict: null, pending: null });
    tell(
      state,
      at,
      `the run ${view.run} judged the change on ${judged.base}: it may be merged there as ${judged.tree}`,
    );
    return [];
  }
  const pull = view.effects[`${view.run}/pull-request`] as unknown as PullRequestRef | undefined;
  const delivered = view.status === "completed" && pull !== undefined
    ? await deliveredBy(ports, view.run, given.origin.input)
    : null;
  if (delivered !== null) {
    Object.assign(state, {
      delivery: view.run,
      head: delivered.pull.commit,
      tree: delivered.tree,
      base: delivered.base,
      judgedBy: view.run,
      leaves: false,
      conflict: null,
    });
  } else if (pending.base !== state.base) state.conflict = pending.base;
  state.pending = null;
  tell(
    state,
    at,
    `the run ${view.run} ended ${view.status}${delivered === null ? "" : `: ${delivered.pull.commit}`}`,
  );
  const text = outcomeText(view, delivered?.pull.commit ?? null);
  return pending.comments.map((id) => reply(ctx, watch, `outcome/${id}/${pending.n}`, text, id));
}

/** What a run judged that pushed nothing; null of one that pushes. */
async function judgedAgain(
  ports: Pick<FactoryPorts, "blobs">,
  view: RunView,
): Promise<{ base: string; tree: string } | null> {
  const { input } = await readInput(ports.blobs, view.input);
  if (input.continues?.pushes !== false) return null;
  const proposal = await proposalOf(ports.blobs, view.outputs);
  return proposal?.change ? { base: input.repository.baseCommit, tree: proposal.change.tree } : null;
}
