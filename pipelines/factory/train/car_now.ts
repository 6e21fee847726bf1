import type { RunView } from "../../../kernel/mod.ts";
import { denialsOf } from "../../../policies/mod.ts";
import type { PullRequestRef } from "../../../specs/mod.ts";
import { forgeNamed } from "../forge_choice.ts";
import { FactoryInput } from "../input.ts";
import { readJson } from "../../blob_reads.ts";
import type { FactoryPorts } from "../ports.ts";
import { WatchState } from "../watch/record.ts";
import type { CarState, TrainState } from "./record.ts";

/** What is new of a pull request of the train. */
export interface CarNow {
  readonly car: Partial<Pick<CarState, "state" | "why" | "pull" | "watch">>;
  /** The run whose pull request is to be watched from now on. */
  readonly begins: string | null;
  readonly merged: { commit: string | null; why: string } | null;
}

const OVER: ReadonlySet<string> = new Set(["completed", "denied", "failed", "cancelled"]);
const ASKS: ReadonlySet<string> = new Set(["escalated", "paused"]);

const is = (state: CarState["state"], why: string, more: Partial<CarState> = {}): CarNow => ({
  car: { state, why: why.slice(0, 1000), ...more },
  begins: null,
  merged: null,
});

/** How one pull request of the train stands: by its watch where this installation opened it, else by its forge. */
export async function carNow(
  ports: FactoryPorts,
  { started, cars }: TrainState,
  car: CarState,
  own: RunView,
): Promise<CarNow> {
  if (car.why === "another train has it") return is("stopped", car.why);
  if (car.run === null) return started ? await ofOthers(ports, car) : is("waits", NOT_STARTED);
  if (car.pull === null) {
    const opened = await openedBy(ports, car.run);
    if ("now" in opened) return opened.now;
    return { ...is("waits", "its pull request is open", { pull: opened.pull }), begins: null };
  }
  if (!started) return is("waits", NOT_STARTED);
  if (!car.asked) return { ...is("works", "its watch begins"), begins: car.run };
  const watch = car.watch ?? begun(own, `${own.run}/watch/${car.id}/${car.tries}`);
  const view = watch === null ? null : await ports.runs?.view(watch) ?? null;
  if (view === null) return is("stopped", `${car.run} has opened nothing that can be watched`);
  const before = cars.filter(({ id, merged }) => car.after.includes(id) && merged === null).map(({ id }) =>
    id
  );
  return await ofWatch(ports, view, before);
}

const NOT_STARTED = "the train has not been started";

const begun = (own: RunView, key: string): string | null =>
  (own.effects[key] as { run?: string | null } | undefined)?.run ?? null;

/** The pull request that a run has opened, or how the run stands until it has. */
async function openedBy(
  ports: FactoryPorts,
  run: string,
): Promise<{ pull: NonNullable<CarState["pull"]> } | { now: CarNow }> {
  const view = await ports.runs?.view(run) ?? null;
  if (view === null) return { now: is("stopped", `there is no run ${run}`) };
  if (!OVER.has(view.status)) {
    return {
      now: ASKS.has(view.status)
        ? is("waits", `its run is ${view.status}: forge workflow show ${run}`)
        : is("works", `its run ${run} is ${view.status}`),
    };
  }
  const pull = view.effects[`${run}/pull-request`] as unknown as PullRequestRef | undefined;
  const input = FactoryInput.safeParse(view.input);
  if (view.status !== "completed" || pull === undefined || !input.success) {
    const [denial] = view.lastDecision !== null && view.lastDecision.verdict !== "allow"
      ? denialsOf(view.lastDecision)
      : [];
    const why = denial?.message ?? view.failure?.message ?? "it opened no pull request";
    return { now: is("stopped", `its run ended ${view.status}: ${why}`) };
  }
  const { forge, repository: { remote } } = input.data;
  if (forge === "local" || remote === undefined) {
    return { now: is("stopped", "its pull request is one of the local forge, where nothing is merged") };
  }
  return { pull: { forge, repository: remote, number: pull.number, url: pull.url } };
}

async function ofWatch(ports: FactoryPorts, view: RunView, before: readonly string[]): Promise<CarNow> {
  const digest = (view.outputs.look as { state?: string } | undefined)?.state;
  const watch = digest === undefined ? null : WatchState.parse(await readJson(ports.blobs, digest));
  const by = { watch: view.run };
  if (!OVER.has(view.status)) {
    if (before.length > 0) return is("waits", `it stands on ${before.join(", ")}`, by);
    const said = watch?.told.findLast(({ what }) => what.startsWith("not merged: "))?.what;
    return is(watch?.pending == null ? "waits" : "works", said ?? "it is watched", by);
  }
  const { ended = null, merged = null } = watch ?? {};
  if (view.status === "completed" && ended === "merged" && merged?.verdict === "as-judged") {
    return { ...is("merged", "", by), merged: { commit: merged.commit, why: merged.why } };
  }
  const why = merged !== null
    ? `what was merged is not what was judged: ${merged.why}`
    : ended === "closed"
    ? "it was closed without a merge"
    : ended === "time" || ended === "looks"
    ? "its watch is over, and it is not merged"
    : `its watch ended ${view.status}${view.failure === null ? "" : `: ${view.failure.message}`}`;
  return is("stopped", why, by);
}

/** Nobody here has judged it, so that a person merges it; the train waits for that. */
async function ofOthers(ports: FactoryPorts, { pull }: CarState): Promise<CarNow> {
  const forge = pull === null ? null : forgeNamed(ports, pull.forge);
  const now = pull === null ? undefined : await forge?.state?.(pull);
  if (now === undefined) return is("stopped", "its forge cannot be asked here");
  if (now.state === "merged") {
    return {
      ...is("merged", ""),
      merged: { commit: now.mergeCommit, why: "a person merged it, unjudged here" },
    };
  }
  if (now.state === "closed") return is("stopped", "it was closed without a merge");
  return is("waits", "a person merges it: no run of this installation has judged it");
}
