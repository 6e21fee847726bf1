import { type Forge, ForgeError, type PullRequestState } from "../../../connectors/mod.ts";
import type { PhaseContext, PhaseHandler, PhaseResult, RunView } from "../../../kernel/mod.ts";
import type { EffectIntent, Json } from "../../../specs/mod.ts";
import { forgeNamed } from "../forge_choice.ts";
import { readJson } from "../../blob_reads.ts";
import type { FactoryPorts } from "../ports.ts";
import { trainOf } from "../train/hold.ts";
import { readComments } from "./comments.ts";
import type { Merge } from "./effects.ts";
import { type Delivered, deliveredBy } from "./delivered.ts";
import { type About, aboutPull, mergeNow } from "./about.ts";
import { mergedAs } from "./merging.ts";
import { nextRun } from "./next_run.ts";
import { standsOn } from "./stacked.ts";
import { settlePending } from "./pending.ts";
import { tell, WatchInput, WatchState } from "./record.ts";
import { whyNot } from "./words.ts";
import { MOST_LOOKS } from "./workflow.ts";

const FIRST_MS = 30_000;
/** After something that the next look builds upon. */
const SOON_MS = 2000;
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
    const own = await ports.runs.view(ctx.run);
    const state = await stateOf(ctx, origin);
    state.looks++;
    state.lookedAt = ctx.clock.now();
    if (state.looks === 1) await ports.forgeEvents?.watch(ctx.run, watch.pull);
    try {
      return asBegun(own, state, await looked(ports, ctx, { watch, state, origin, forge, own }));
    } catch (error) {
      if (!(error instanceof ForgeError)) throw error;
      return asBegun(
        own,
        state,
        await troubled(ports, ctx, { watch, state, delivered: origin }, error),
      );
    }
  };
}

/** A watch that was begun before merges and ends were judged goes on by the workflow that it was begun with. */
function asBegun(own: RunView | null, { ended, merged }: WatchState, result: PhaseResult): PhaseResult {
  if (own?.workflow?.version !== "1.0.0" || result.kind !== "done") return result;
  if (result.outcome === "merges") return { ...result, outcome: "waits" };
  const isWell = ended !== "forge" && (merged === null || merged.verdict === "as-judged");
  return result.outcome === "ended" && !isWell ? { ...result, outcome: "differs" } : result;
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
  own: RunView | null;
}

async function looked(ports: FactoryPorts, ctx: PhaseContext, given: Looking): Promise<PhaseResult> {
  const { watch, state, forge, origin } = given;
  const at = ctx.clock.now();
  const effects = await settlePending(ports, ctx, given);
  const now = await forge.state?.(watch.pull);
  if (now === undefined) throw new Error("Cannot look: the forge tells no state");
  state.troubles = 0;
  const delivered = await deliveredBy(ports, state.delivery, origin.input) ?? origin;

  const isOver = now.state !== "open" || at >= Date.parse(watch.until) || state.looks >= MOST_LOOKS - 1;
  // What is still to be said is said before the end is judged: a denial would keep it back.
  if (isOver && effects.length > 0 && state.looks < MOST_LOOKS - 1) {
    return await waits(ctx, state, watch, effects, now.state, { soon: true });
  }
  const ends = (ended: Ended) => end(ports, ctx, { watch, state, delivered, now }, ended);
  if (now.state === "merged") {
    state.merged = await mergedAs({ watch, state, forge, now });
    tell(state, at, `merged: ${state.merged.verdict}: ${state.merged.why}`);
    return await ends("merged");
  }
  if (now.state === "closed") {
    tell(state, at, "closed without a merge: nothing is pushed any more");
    return await ends("closed");
  }
  if (at >= Date.parse(watch.until)) {
    tell(state, at, `the time is over: it is open, ${now.mergeable}, head ${now.head}`);
    return await ends("time");
  }
  if (isOver) return await ends("looks");

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
  const below = await standsOn(ctx, { watch, state, origin: origin.input, forge, now });
  effects.push(...below.effects);
  if (below.effects.length > 0) {
    return await waits(ctx, state, watch, effects, "it goes into another branch", { soon: true });
  }
  if (state.pending === null && state.foreign === null) {
    const next = await nextRun(ports, ctx, { watch, state, delivered, forge, now, bodies: reading.bodies });
    effects.push(...next);
    const refused = refusedMerge(given.own, state);
    if (refused !== null) tell(state, at, `not merged: the forge refuses: ${refused}`);
    // What was asked for is answered first; the next look merges. One that the forge refused is asked for again, ever later.
    if (state.pending === null && effects.length === 0 && refused === null) {
      const isFree = below.facts?.cars.every(({ id, merged }) => merged !== null || id === below.facts?.car);
      const train = isFree === false
        ? below.facts
        : await trainOf(ports, [watch.pull.url, watch.delivery]) ?? below.facts;
      const about = await aboutPull(ports, { asks: "merge", watch, state, delivered, now, train });
      const decision = await mergeNow(ports, ctx, about);
      if (decision.verdict === "allow") {
        tell(state, at, `merging ${state.head}: policy allows it`);
        return await merges(ctx, state, watch, about);
      }
      tell(state, at, `not merged: ${whyNot(decision)}`);
    }
  }
  return await waits(ctx, state, watch, effects, `${now.state}, ${now.mergeable}`);
}

/** Why the forge did not make the merge that the look before has asked for; null when it was not asked, or has made it. */
function refusedMerge(own: RunView | null, state: WatchState): string | null {
  const outcome = state.asked === undefined ? undefined : own?.effects[state.asked];
  delete state.asked;
  return (outcome as { notDone?: string } | undefined)?.notDone ?? null;
}

/** Asks for the merge of this very head; what the gates read goes with it. */
async function merges(
  ctx: PhaseContext,
  state: WatchState,
  { forge, pull }: WatchInput,
  about: About,
): Promise<PhaseResult> {
  // The merge is seen at once.
  state.nextAt = ctx.clock.now() + SOON_MS;
  const args: Merge = { forge, repository: pull.repository, number: pull.number, head: state.head };
  state.asked = `${ctx.run}/merge/${state.head}/${state.looks}`;
  const effect: EffectIntent = { key: state.asked, kind: "watch-merge", args: args as unknown as Json };
  return done(ctx, "merges", state, [effect], await output(ctx, state, "merging", about));
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

/** The forge did not answer: it is asked again later, and one that refuses for good ends the watch. */
async function troubled(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: Omit<Ending, "now">,
  error: ForgeError,
): Promise<PhaseResult> {
  const { state, watch } = given;
  const at = ctx.clock.now();
  const ends = (ended: Ended) => end(ports, ctx, { ...given, now: null }, ended);
  state.troubles++;
  tell(state, at, `the forge does not answer: ${error.problem.message}`);
  if (at >= Date.parse(watch.until)) return await ends("time");
  if (state.looks >= MOST_LOOKS - 1) return await ends("looks");
  if (error.failure?.retryable === false && state.troubles >= MOST_TROUBLES) return await ends("forge");
  return await waits(ctx, state, watch, [], `the forge does not answer: ${error.problem.message}`, {
    ...(error.untilMs === undefined ? {} : { notBefore: error.untilMs }),
  });
}

async function waits(
  ctx: PhaseContext,
  state: WatchState,
  watch: WatchInput,
  effects: EffectIntent[],
  why: string,
  { soon = false, notBefore = 0 }: { soon?: boolean; notBefore?: number } = {},
): Promise<PhaseResult> {
  const at = ctx.clock.now();
  const began = effects.some((one) => one.kind !== "watch-reply");
  state.intervalMs = began ? FIRST_MS : Math.min(LONGEST_MS, Math.round(state.intervalMs * 1.5));
  const after = soon ? SOON_MS : state.pending === null ? state.intervalMs : PENDING_MS;
  state.nextAt = Math.max(Math.min(at + after, Date.parse(watch.until)), notBefore);
  return done(ctx, "waits", state, effects, await output(ctx, state, why));
}

type Ended = NonNullable<WatchState["ended"]>;
interface Ending {
  watch: WatchInput;
  state: WatchState;
  delivered: Delivered;
  /** Null where the forge does not answer. */
  now: PullRequestState | null;
}

async function end(
  ports: FactoryPorts,
  ctx: PhaseContext,
  given: Ending,
  ended: Ended,
): Promise<PhaseResult> {
  const { state } = given;
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
  // Whether that is well is for the gates to say.
  const about = await aboutPull(ports, { ...given, asks: "end", train: null });
  return done(ctx, "ended", state, [], await output(ctx, state, ended, about));
}

async function output(
  ctx: PhaseContext,
  state: WatchState,
  why: string,
  about?: About,
): Promise<Record<string, Json>> {
  return {
    state: await ctx.blobs.put(JSON.stringify(state)),
    ...(about === undefined ? {} : { about: await ctx.blobs.put(JSON.stringify(about)) }),
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
