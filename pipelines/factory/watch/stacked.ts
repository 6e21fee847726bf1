/** A pull request that stands on others of its plan: it follows what becomes of them, and is not merged before they are. */
import type { Forge, PullRequestState } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import type { TrainFacts } from "../../../policies/code/mod.ts";
import type { EffectIntent, Json } from "../../../specs/mod.ts";
import type { FactoryInput } from "../input.ts";
import { reply } from "./comments.ts";
import type { Retarget } from "./effects.ts";
import { tell, type WatchInput, type WatchState } from "./record.ts";
import { retargetText } from "./words.ts";

interface Stands {
  /** What the gates of a merge read of those below; null where nothing is below. */
  readonly facts: TrainFacts | null;
  /** It goes into another branch from now on. */
  readonly effects: EffectIntent[];
}

/**
 * Looks at the pull requests below. When the one that it stands on is merged or closed, it goes where that one went; the base moves by
 * that, and the change is judged again there. What a closed one brought leaves the branch with the next push.
 */
export async function standsOn(
  ctx: PhaseContext,
  given: { watch: WatchInput; state: WatchState; origin: FactoryInput; forge: Forge; now: PullRequestState },
): Promise<Stands> {
  const { watch, state, origin: { task }, forge, now } = given;
  const base = task?.base ?? null;
  if (task === undefined || (base === null && task.dependsOn.length === 0)) {
    return { facts: null, effects: [] };
  }
  const at = ctx.clock.now();
  const { repository } = watch.pull;
  const below = new Map(
    [...task.dependsOn, ...(base === null ? [] : [base])].map((one) => [one.number, one]),
  );
  const cars: TrainFacts["cars"] = [];
  const effects: EffectIntent[] = [];
  for (const [number, one] of below) {
    const known = await forge.state?.({ repository, number });
    if (known === undefined) throw new Error("Cannot look: the forge tells no state");
    const isMerged = known.state === "merged";
    const stopped = known.state === "closed" ? `pull request ${number} was closed` : null;
    cars.push({ id: one.task, after: [], merged: isMerged ? 1 : null, stopped });
    if (base?.number !== number || known.state === "open" || now.base !== base.branch) continue;
    state.leaves = !isMerged;
    tell(
      state,
      at,
      `pull request ${number}, which it stands on, is ${known.state}: it goes into ${known.base} now`,
    );
    const args: Retarget = { forge: watch.forge, repository, number: watch.pull.number, to: known.base };
    effects.push(
      {
        key: `${ctx.run}/retarget/${number}/${state.looks}`,
        kind: "watch-retarget",
        args: args as unknown as Json,
      },
      reply(ctx, watch, `retarget/${number}`, retargetText(number, known.state, known.base)),
    );
  }
  const own = { id: task.id, after: cars.map(({ id }) => id), merged: null, stopped: null };
  return { facts: { run: task.run, car: task.id, started: true, cars: [...cars, own] }, effects };
}
