import { type Forge, ForgeError, type PullRequestState } from "../../../connectors/mod.ts";
import type { PhaseContext, PhaseHandler, PhaseResult, RunView } from "../../../kernel/mod.ts";
import type { EffectIntent, Json, PullRequestRef } from "../../../specs/mod.ts";
import { forgeNamed } from "../forge_choice.ts";
import { readInput, readJson } from "../input.ts";
import type { FactoryPorts } from "../ports.ts";
import { proposalOf } from "../proposal.ts";
import { readComments, reply } from "./comments.ts";
import { type Delivered, deliveredBy } from "./delivered.ts";
import { mergedAs, mergeNow } from "./merging.ts";
import { nextRun } from "./next_run.ts";
import { fixKey, tell, WatchInput, WatchState } from "./record.ts";
import { outcomeText } from "./words.ts";
import { MOST_LOOKS } from "./workflow.ts";

const FIRST_MS = 30_000;
const LONGEST_MS = 30 * 60_000;
/** While a linked run is under way, little else is of interest. */
const PENDING_MS = 5 * 60_000;
/** Looks one after the other that failed for good, such as by a credential that is gone. */
const MOST_TROUBLES = 8;

/** One look at a pull request that is watched: what it is, what is to be done about it, and when to look again. */
export function look(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const watch = WatchInput.parse(ctx.input);
    const forge = forgeNamed(ports, watch.forge);
    if (!forge?.state || !ports.runs) {
      throw new Error(
        `Cannot watch ${watch.pull.url}: the forge '${watch.forge}' is not wired here to be watched`,
      );
    }
    const origin = await deliveredBy(ports, watch.delivery);
    if (origin === null) throw new Error(`Cannot watch: ${watch.delivery} has opened no pull request`);
    const state = await stateOf(ctx, origin);
    state.looks++;
    state.lookedAt = ctx.clock.now();
    if (state.looks === 1) await ports.forgeEvents?.watch(ctx.run, watch.pull);
    try {
      return await looked(ports, ctx, { watch, state, origin, forge });
    } catch (error) {
      if (!(error instanceof ForgeError)) throw error;
      return await troubled(ports, ctx, state, watch, error);
    }
  };
}

/** What the last look knew, or what the delivery left when this is the first. */
async function stateOf(ctx: PhaseContext, origin: Delivered): Promise<WatchState> {
  const before = (ctx.outputs.look as { state?: string } | undefined)?.state;
  if (before !== undefined) return WatchState.parse(await readJson(ctx.blobs, before));
  return {
    v: 1,
    looks: 0,
    delivery: origin.run,
    head: origin.pull.commit,
    tree: origin.tree,
    base: origin.base,
    foreign: null,
    account: null,
    since: null,
    comments: {},
    pending: null,
    runs: [],
    fixes: 0,
    regates: 0,
    checks: {},
    conflict: null,
    troubles: 0,
    told: [],
    ended: null,
    merged: null,
    intervalMs: FIRST_MS,
    nextAt: 0,
    lookedAt: 0,
  };
}

interface Looking {
  watch: WatchInput;
  state: WatchState;
  origin: Delivered;
  forge: Forge;
}

async function looked(ports: FactoryPorts, ctx: PhaseContext, given: Looking): Promise<PhaseResult> {
  const { watch, state, forge, origin } = given;
  const at = ctx.clock.now();
  const effects = await settlePending(ports, ctx, given);
  const now = await forge.state?.(watch.pull);
  if (now === undefined) throw new Error("Cannot look: the forge tells no state");
  state.troubles = 0;
  const delivered = await deliveredBy(ports, state.delivery, origin.input) ?? origin;

  if (now.state === "merged") {
    state.merged = await mergedAs({ watch, state, delivered, forge, now });
    tell(state, at, `merged: ${state.merged.verdict}: ${state.merged.why}`);
    return await end(ports, ctx, state, "merged", effects);
  }
  if (now.state === "closed") {
    tell(state, at, "closed without a merge: nothing is pushed any more");
    return await end(ports, ctx, state, "closed", effects);
  }
  if (at >= Date.parse(watch.until)) {
    tell(state, at, `the time is over: it is open, ${now.mergeable}, head ${now.head}`);
    return await end(ports, ctx, state, "time", effects);
  }
  if (state.looks >= MOST_LOOKS - 1) return await end(ports, ctx, state, "looks", effects);

  if (now.head !== state.head && state.pending === null && state.foreign !== now.head) {
    state.foreign = now.head;
    tell(state, at, `somebody else has pushed ${now.head}: this watch pushes nothing more`);
  }
  told(state, at, now);
  const reading = await readComments(ports, ctx, {
    watch,
    state,
    delivered,
    forge,
    pushes: state.foreign === null,
  });
  effects.push(...reading.replies);
  if (state.pending === null && state.foreign === null) {
    const next = await nextRun(ports, ctx, { watch, state, delivered, forge, now, bodies: reading.bodies });
    effects.push(...next);
    if (state.pending === null) {
      const merge = await mergeNow(ports, ctx, { watch, state, delivered, forge, now });
      if ("effect" in merge) {
        effects.push(merge.effect);
        tell(state, at, `merging ${state.head}: policy allows it`);
      } else tell(state, at, `not merged: ${merge.why}`);
    }
  }
  return await waits(ctx, state, watch, effects, `${now.state}, ${now.mergeable}`);
}

/** What people have to know of checks and reviews. */
function told(state: WatchState, at: number, now: PullRequestState): void {
  for (const check of now.checks) {
    if (check.conclusion === "action_required") {
      tell(
        state,
        at,
        `the check ${check.name} waits for a person on the forge (action_required): ${check.url ?? now.url}`,
      );
    }
  }
  for (const review of now.reviews) {
    tell(state, at, `${review.author.name}: ${review.state} of ${review.commit ?? "an unknown commit"}`);
  }
  if (now.cut) tell(state, at, "not all checks and reviews could be read");
}

const OVER: ReadonlySet<string> = new Set(["completed", "denied", "failed", "cancelled"]);

/** Takes note of how the linked run ended, and says so where it was asked for. */
async function settlePending(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: Looking,
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
    Object.assign(state, { ...judged, conflict: null, pending: null });
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

/** The forge did not answer: it is asked again later, and one that refuses for good ends the watch. */
async function troubled(
  ports: FactoryPorts,
  ctx: PhaseContext,
  state: WatchState,
  watch: WatchInput,
  error: ForgeError,
): Promise<PhaseResult> {
  const at = ctx.clock.now();
  state.troubles++;
  tell(state, at, `the forge does not answer: ${error.problem.message}`);
  if (at >= Date.parse(watch.until)) return await end(ports, ctx, state, "time", []);
  if (state.looks >= MOST_LOOKS - 1) return await end(ports, ctx, state, "looks", []);
  if (error.failure?.retryable === false && state.troubles >= MOST_TROUBLES) {
    return await end(ports, ctx, state, "forge", []);
  }
  return await waits(
    ctx,
    state,
    watch,
    [],
    `the forge does not answer: ${error.problem.message}`,
    error.untilMs,
  );
}

async function waits(
  ctx: PhaseContext,
  state: WatchState,
  watch: WatchInput,
  effects: EffectIntent[],
  why: string,
  notBefore = 0,
): Promise<PhaseResult> {
  const at = ctx.clock.now();
  const began = effects.some((one) => one.kind !== "watch-reply");
  state.intervalMs = began ? FIRST_MS : Math.min(LONGEST_MS, Math.round(state.intervalMs * 1.5));
  const after = state.pending === null ? state.intervalMs : PENDING_MS;
  state.nextAt = Math.max(Math.min(at + after, Date.parse(watch.until)), notBefore);
  return done(ctx, "waits", state, effects, await output(ctx, state, why));
}

async function end(
  ports: FactoryPorts,
  ctx: PhaseContext,
  state: WatchState,
  ended: NonNullable<WatchState["ended"]>,
  effects: EffectIntent[],
): Promise<PhaseResult> {
  state.ended = ended;
  await ports.forgeEvents?.unwatch(ctx.run);
  if (state.pending !== null) {
    const running = state.runs.find(({ n }) => n === state.pending?.n);
    if (running !== undefined) {
      await ports.runs?.control(running.run, { action: "cancel", why: `the pull request: ${ended}` }, {
        kind: "engine",
        id: "watch",
      });
    }
  }
  const well = ended !== "forge" && (state.merged === null || state.merged.verdict === "as-judged");
  return done(ctx, well ? "ended" : "differs", state, effects, await output(ctx, state, ended));
}

async function output(ctx: PhaseContext, state: WatchState, why: string): Promise<Record<string, Json>> {
  return {
    state: await ctx.blobs.put(JSON.stringify(state)),
    why: why.slice(0, 500),
    nextAt: state.nextAt,
    lookedAt: state.lookedAt,
    looks: state.looks,
    head: state.head,
    pending: state.pending?.n ?? null,
    ended: state.ended,
    merged: state.merged as Json,
  };
}

function done(
  ctx: PhaseContext,
  outcome: string,
  state: WatchState,
  effects: EffectIntent[],
  output: Record<string, Json>,
): PhaseResult {
  const since = new Date(state.lookedAt).toISOString();
  for (const { at, what } of state.told) if (at >= since) ctx.progress(what);
  return { kind: "done", outcome, output, ...(effects.length === 0 ? {} : { effects }) };
}
