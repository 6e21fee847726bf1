import { ForgeError } from "../../../connectors/mod.ts";
import type { PhaseContext, PhaseHandler, PhaseResult, RunView } from "../../../kernel/mod.ts";
import type { EffectIntent } from "../../../specs/mod.ts";
import { readJson } from "../../blob_reads.ts";
import type { FactoryPorts } from "../ports.ts";
import type { About } from "../watch/about.ts";
import { applyAsks } from "./asks.ts";
import { carNow } from "./car_now.ts";
import { trainFacts } from "./hold.ts";
import { trainOrder } from "./order.ts";
import { type CarState, newCar, TRAIN_SIGNAL, TrainInput, TrainState } from "./record.ts";
import { MOST_LOOKS } from "./workflow.ts";

const FIRST_MS = 15_000;
const LONGEST_MS = 10 * 60_000;
const MOST_TOLD = 300;

/** Looks at every pull request of the train, begins the watches of those that may move, and stops what stands on one that has failed. */
export function look(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const input = TrainInput.parse(ctx.input);
    if (ports.runs === undefined || ports.trains === undefined) {
      throw new Error("Cannot merge a train: nothing here is wired to watch pull requests");
    }
    const own = await ports.runs.view(ctx.run);
    if (own === null) throw new Error(`Cannot look at ${ctx.run}: the ledger does not have it`);
    const state = await stateOf(ctx, input);
    const at = ctx.clock.now();
    state.looks++;
    state.lookedAt = at;
    if (state.over) again(state);
    const asked = ctx.signals.filter(({ name }) => name === TRAIN_SIGNAL);
    for (const { why } of await applyAsks(ports, ctx.run, state, asked)) tell(state, at, why);
    const isAsked = asked.some(({ payload }) => (payload as { ask?: string }).ask === "run");
    const effects = await lookAtCars(ports, ctx, { state, own, isAsked });
    return await result(ctx, { input, state, effects, consumed: asked.map(({ id }) => id) });
  };
}

async function stateOf(ctx: PhaseContext, input: TrainInput): Promise<TrainState> {
  const before = (ctx.outputs.look as { state?: string } | undefined)?.state;
  if (before !== undefined) return TrainState.parse(await readJson(ctx.blobs, before));
  const ordered = trainOrder(input.cars);
  if (!ordered.ok) throw new Error(ordered.error.message);
  return {
    v: 1,
    started: false,
    cars: ordered.value.map(newCar),
    looks: 0,
    over: false,
    told: [],
    intervalMs: FIRST_MS,
    nextAt: 0,
    lookedAt: 0,
  };
}

/** Somebody retries a train that was over: what is not merged is watched once more. */
function again(state: TrainState): void {
  state.over = false;
  for (const car of state.cars) if (car.merged === null) Object.assign(car, { watch: null, asked: false });
}

async function lookAtCars(
  ports: FactoryPorts,
  ctx: PhaseContext,
  { state, own, isAsked }: { state: TrainState; own: RunView; isAsked: boolean },
): Promise<EffectIntent[]> {
  const effects: EffectIntent[] = [];
  const at = ctx.clock.now();
  const merged = new Set<string>();
  const byId = new Map(state.cars.map((car) => [car.id, car]));
  for (const car of state.cars) {
    if (car.merged !== null) continue;
    for (const name of [car.pull?.url, car.run]) {
      if (typeof name === "string" && await ports.trains?.put(name, ctx.run) === false) {
        Object.assign(car, { state: "stopped", why: "another train has it" });
      }
    }
    const before = `${car.state} ${car.why}`;
    const now = await seen(ports, state, car, own);
    Object.assign(car, now.car);
    if (now.begins !== null) {
      Object.assign(car, { tries: car.tries + 1, asked: true });
      const key = `${ctx.run}/watch/${car.id}/${car.tries}`;
      effects.push({ key, kind: "train-watch", args: { delivery: now.begins } });
    }
    if (now.merged !== null) {
      const order = Math.max(0, ...state.cars.map((one) => one.merged ?? 0)) + 1;
      Object.assign(car, { merged: order, commit: now.merged.commit, state: "merged", why: now.merged.why });
      merged.add(car.id);
    } else if (car.state !== "stopped") {
      const below = car.after.map((id) => byId.get(id)).find((one) => one?.state === "stopped");
      if (below !== undefined) {
        Object.assign(car, { state: "stopped", why: `it stands on ${below.id}, which is stopped` });
      }
    }
    if (`${car.state} ${car.why}` !== before) tell(state, at, `${car.id} ${car.state}: ${car.why}`);
  }
  // What it stood on is merged, or somebody wants to know how it is now: its watch looks at once.
  for (const { id, after, watch, merged: place } of state.cars) {
    if (watch === null || place !== null || !(isAsked || after.some((one) => merged.has(one)))) continue;
    effects.push({ key: `${ctx.run}/wake/${id}/${state.looks}`, kind: "train-wake", args: { run: watch } });
  }
  return effects;
}

/** A forge that does not answer changes nothing: it is asked again. */
async function seen(
  ports: FactoryPorts,
  state: TrainState,
  car: CarState,
  own: RunView,
): ReturnType<typeof carNow> {
  try {
    return await carNow(ports, state, car, own);
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    const why = `the forge does not answer: ${error.problem.message}`.slice(0, 500);
    return { car: { state: "waits", why }, begins: null, merged: null };
  }
}

async function result(
  ctx: PhaseContext,
  given: { input: TrainInput; state: TrainState; effects: EffectIntent[]; consumed: string[] },
): Promise<PhaseResult> {
  const { input, state, effects, consumed } = given;
  const at = ctx.clock.now();
  const open = state.cars.filter(({ merged }) => merged === null);
  const late = at >= Date.parse(input.until) || state.looks >= MOST_LOOKS - 1;
  if (late) {
    for (const car of open) {
      if (car.state !== "stopped") {
        Object.assign(car, { state: "stopped", why: "the time of the train is over" });
      }
    }
  }
  const isOver = (state.started || late) && open.every((car) => car.state === "stopped") &&
    effects.length === 0;
  state.over = isOver;
  const moved = effects.length > 0 || consumed.length > 0;
  state.intervalMs = moved ? FIRST_MS : Math.min(LONGEST_MS, Math.round(state.intervalMs * 1.5));
  // One that was not started waits for somebody to do that.
  state.nextAt = Math.min(state.started ? at + state.intervalMs : Infinity, Date.parse(input.until));
  const about: About = {
    pull: null,
    train: trainFacts(ctx.run, state, null),
    requester: input.requester,
    ceiling: "A4",
    policy: null,
    subject: { tier: "critical", intents: [], repository: `train ${input.name}`, editsPolicy: false },
  };
  const since = new Date(state.lookedAt).toISOString();
  for (const one of state.told) if (one.at >= since) ctx.progress(one.what);
  return {
    kind: "done",
    outcome: isOver ? "ended" : "waits",
    output: {
      state: await ctx.blobs.put(JSON.stringify(state)),
      ...(isOver ? { about: await ctx.blobs.put(JSON.stringify(about)) } : {}),
      nextAt: state.nextAt,
      why: whyWaits(state),
    },
    consumed,
    ...(effects.length === 0 ? {} : { effects }),
  };
}

function whyWaits({ started, cars }: TrainState): string {
  if (!started) return "the train has not been started";
  const open = cars.filter(({ merged, state }) => merged === null && state !== "stopped");
  return open.map(({ id, why }) => `${id}: ${why}`).join("; ").slice(0, 500) || "nothing is left to do";
}

function tell(state: TrainState, atMs: number, what: string): void {
  if (state.told.length < MOST_TOLD) {
    state.told.push({ at: new Date(atMs).toISOString(), what: what.slice(0, 1000) });
  }
}
