import type { PhaseContext, PhaseHandler, RunView } from "../../kernel/mod.ts";
import { denialsOf } from "../../policies/mod.ts";
import type { ChainStage, EffectIntent } from "../../specs/mod.ts";
import { bindingsOf, dependenciesOf, endsOf } from "./binding.ts";
import { ChainInput } from "./input.ts";
import { book, shareOf } from "./limits.ts";
import type { Begun, ChainPorts, StageOrder } from "./port.ts";
import {
  asJson,
  type ChainState,
  chainStateOf,
  isDone,
  stageIsOver,
  stageMoves,
  type StageState,
  unbegun,
} from "./state.ts";
import { inputTypes } from "./input_types.ts";
import { takeInputs } from "./take.ts";
import { codeValues, type StageValue, toldValue } from "./value.ts";

/** The first wait after something happened; each one without is twice as long. */
const SOON_MS = 500;
const LATEST_MS = 30_000;
/** Where people are waited for alone: the run that they let go on calls when it has ended. */
const PATIENT_MS = 600_000;
/** Sealing is tried again for less than a minute. */
const UNSEALED_MS = 120_000;

/** Looks at the runs of a chain's stages, and begins those whose turn it is. */
export function look(ports: ChainPorts): PhaseHandler {
  return async (ctx) => {
    const input = ChainInput.parse(ctx.input);
    const own = await ports.runs.view(ctx.run);
    if (own === null) throw new Error(`Cannot look at ${ctx.run}: the ledger does not have it`);
    const before = chainStateOf(ctx);
    const state: ChainState = before === null ? begin(input) : structuredClone(before);
    const known = new Map(Object.entries(state.stages).map(([id, { status }]) => [id, status]));
    state.lookedAt = ctx.clock.now();
    if (state.over) again(state);
    const values = new Map<string, Values>();
    for (const { id } of input.chain.stages) {
      const found = await refresh(ports, ctx, input, id, state, own);
      if (found !== null) values.set(id, found);
    }
    const effects: EffectIntent[] = [];
    for (let moved = true; moved;) {
      moved = false;
      for (const stage of input.chain.stages) {
        if (stageOf(state, stage.id).status !== "waiting") continue;
        const effect = await turn(ctx, { input, stage, state, values });
        if (effect === "waits") continue;
        // What is skipped lets others be skipped.
        moved = true;
        if (effect !== "over") effects.push(effect);
      }
    }
    tell(ctx, input, state, known);
    state.over = Object.values(state.stages).every(stageIsOver);
    state.waitsFor = state.over ? "" : waitsFor(state);
    const called = (ctx.outputs.wait as { signals?: number } | undefined)?.signals ?? 0;
    state.quiet = called > 0 || effects.length > 0 ? 0 : (before?.quiet ?? 0) + 1;
    return {
      kind: "done",
      outcome: !state.over ? "waits" : isDone(state) ? "done" : "stopped",
      output: asJson(state),
      effects,
    };
  };
}

/** When to look again, where nothing calls before. */
export function nextLookAt(
  { lookedAt, quiet, stages }: Pick<ChainState, "lookedAt" | "quiet" | "stages">,
): number {
  const open = Object.values(stages).filter((stage) => !stageIsOver(stage));
  const isHeld = open.every(({ status, why }) =>
    ["escalated", "paused"].includes(status) || (status === "waiting" && why === null)
  );
  return lookedAt + Math.min(isHeld ? PATIENT_MS : LATEST_MS, SOON_MS * 2 ** Math.min(quiet, 11));
}

interface Values {
  readonly run: string;
  readonly values: ReadonlyMap<string, StageValue>;
}

const begin = ({ chain }: ChainInput): ChainState => ({
  chain: 1,
  stages: Object.fromEntries(chain.stages.map(({ id }) => [id, unbegun()])),
  over: false,
  lookedAt: 0,
  quiet: 0,
  waitsFor: "",
});

function stageOf(state: ChainState, id: string): StageState {
  const stage = Object.hasOwn(state.stages, id) ? state.stages[id] : undefined;
  if (stage === undefined) throw new Error(`Cannot look at the stage ${id}: the chain has none`);
  return stage;
}

/** Somebody retries a chain that was over: what is not completed has its turn once more. */
function again(state: ChainState): void {
  state.over = false;
  for (const stage of Object.values(state.stages)) {
    if (stage.status === "completed") continue;
    stage.status = stage.run === null ? "waiting" : "again";
    stage.why = null;
    stage.benign = false;
  }
}

/** What became of a stage's run, and what it has given once it has ended. */
async function refresh(
  ports: ChainPorts,
  ctx: PhaseContext,
  { chain, requests }: ChainInput,
  id: string,
  state: ChainState,
  own: RunView,
): Promise<Values | null> {
  const stage = stageOf(state, id);
  const begun = stage.key === null ? undefined : own.effects[stage.key] as unknown as Begun | undefined;
  if (stage.status === "begun" && begun !== undefined) {
    if ("run" in begun) stage.run = begun.run;
    else if ("busy" in begun) Object.assign(stage, { status: "waiting", key: null, why: begun.busy });
    else {
      const { message, causes } = begun.refused;
      const first = causes?.[0]?.message;
      const why = `${message}${first === undefined ? "" : `: ${first}`}`;
      Object.assign(stage, { status: "refused", key: null, why: why.slice(0, 1000) });
    }
  }
  const view = stage.run === null || stage.status === "refused" ? null : await ports.runs.view(stage.run);
  if (view === null) return null;
  // One that was denied may have been retried by itself; else it is begun once more.
  if (stage.status === "again" && isEnd(view.status) && view.status !== "completed") {
    Object.assign(stage, {
      status: "waiting",
      run: null,
      key: null,
      evidence: null,
      outputs: {},
      denials: [],
    });
    return null;
  }
  if (stage.status === "waiting") return null;
  // What it leaves behind is sealed a moment after it ended; what cannot be sealed is nothing to build on.
  const unsealed = isEnd(view.status) && view.evidence === null;
  const sealing = unsealed && ctx.clock.now() - Date.parse(view.updatedAt) < UNSEALED_MS;
  stage.status = sealing ? "running" : unsealed ? "failed" : view.status;
  await book(ctx.budget, chain.budget, stage, view);
  stage.evidence = view.evidence === null ? null : { id: view.evidence.id, digest: view.evidence.digest };
  if (sealing || !isEnd(view.status)) return null;
  stage.denials = deniedOf(id, view);
  stage.why = unsealed
    ? `the evidence of ${view.run} could not be sealed: ${view.failure?.message ?? "it is not there"}`.slice(
      0,
      1000,
    )
    : view.status === "completed"
    ? null
    : (stage.denials[0]?.message ?? view.failure?.message ?? `its run is ${view.status}`).slice(0, 1000);
  const isAsked = chain.stages.some((one) =>
    bindingsOf(one).some((binding) => binding.stage === id) && stageOf(state, one.id).status === "waiting"
  );
  if (!isAsked && Object.keys(stage.outputs).length > 0) return null;
  const request = requests[id];
  const values = request?.kind === "data" ? await ports.dataValues(view) : await codeValues(ctx.blobs, view);
  stage.outputs = Object.fromEntries(
    [...values].filter(([name]) => !request?.secrets.includes(name)).slice(0, 200)
      .map(([name, value]): [string, string] => [name, toldValue(value)]),
  );
  return { run: view.run, values };
}

const isEnd = (status: string): boolean => ["completed", "denied", "failed", "cancelled"].includes(status);

function deniedOf(stage: string, view: RunView): StageState["denials"] {
  const decision = view.lastDecision;
  return view.status === "denied" && decision !== null && decision.verdict !== "allow"
    ? denialsOf(decision).slice(0, 20).map((one) => ({ ...one, message: `${stage}: ${one.message}` }))
    : [];
}

/** Begins a stage, settles that it is not run, or leaves it waiting. */
async function turn(
  ctx: PhaseContext,
  given: {
    input: ChainInput;
    stage: ChainStage;
    state: ChainState;
    values: ReadonlyMap<string, Values>;
  },
): Promise<EffectIntent | "waits" | "over"> {
  const { input, stage, state, values } = given;
  const own = stageOf(state, stage.id);
  const request = input.requests[stage.id];
  if (request === undefined) throw new Error(`Cannot begin the stage ${stage.id}: it was not asked for`);
  const open = dependenciesOf(stage).map((id) => ({ id, is: stageOf(state, id) }));
  if (open.some(({ is }) => !stageIsOver(is))) return "waits";
  const hinders = open.filter(({ id, is }) => !endsOf(stage, id).some((end) => end === is.status));
  if (hinders.length > 0) {
    own.status = "skipped";
    own.why = hinders.map(({ id, is }) => `${id} is ${is.status}`).join(", ");
    own.benign = hinders.every(({ is }) => is.status === "completed" || is.benign);
    return "over";
  }
  const taken = await takeInputs(
    ctx.blobs,
    stage,
    request,
    (id) => values.get(id) ?? null,
    inputTypes(request, stage),
  );
  if (!taken.ok) {
    Object.assign(own, { status: "refused", why: `Cannot begin ${stage.id}: ${taken.error}`.slice(0, 1000) });
    return "over";
  }
  const share = shareOf(ctx.budget, { budget: input.chain.budget, stages: state.stages, request });
  if (!share.ok && share.held) return "waits";
  if (!share.ok) {
    Object.assign(own, { status: "refused", why: `the chain's budget is used up (${share.unit})` });
    return "over";
  }
  const { from, ...inputs } = taken.value;
  // One that another run was in the way of is the same run, asked for once more.
  const n = own.why !== null && own.n > 0 && own.run === null && own.asked > 0 && own.key === null
    ? own.n
    : own.n + 1;
  const asked = own.asked + 1;
  const order: StageOrder = {
    request,
    key: `chain/${ctx.run}/${stage.id}/${n}`,
    link: { name: input.name, digest: input.digest, stage: stage.id, run: ctx.run, from },
    ...inputs,
    limits: share.limits,
    requester: input.requester,
  };
  const key = `${ctx.run}/stage/${n}.${asked}/${stage.id}`;
  Object.assign(own, {
    n,
    asked,
    key,
    run: null,
    status: "begun",
    why: null,
    limits: share.limits,
    booked: {},
    from,
  });
  return { key, kind: "chain-stage", args: asJson(order) };
}

/** What is new since the look before, a stage at a time. */
function tell(
  ctx: PhaseContext,
  { chain }: ChainInput,
  state: ChainState,
  known: ReadonlyMap<string, string>,
): void {
  const done = Object.values(state.stages).filter(({ status }) => status === "completed").length;
  for (const [id, { status, why, run }] of Object.entries(state.stages)) {
    if (known.get(id) === status) continue;
    const what = status === "begun" ? "begins" : `is ${status}${why === null ? "" : `: ${why}`}`;
    const which = run === null ? "" : ` (${run})`;
    ctx.progress(`${id} ${what}${which}, ${done} of ${chain.stages.length} stages completed`.slice(0, 1900), {
      stage: { id, status, run, why },
    });
  }
}

/** What a chain that waits is told to wait for; a human is named before time. */
function waitsFor({ stages }: ChainState): string {
  const all = Object.entries(stages);
  const still = all.filter(([, stage]) => stage.run !== null && !stageIsOver(stage) && !stageMoves(stage));
  if (still.length > 0) {
    return still.map(([id, { status, run }]) => `stage ${id} is ${status} (${run})`).join("; ").slice(0, 900);
  }
  const held = all.filter(([, { status, why }]) => status === "waiting" && why !== null);
  const moving = all.filter(([, stage]) => stageMoves(stage)).map(([id]) => id);
  return [
    ...(moving.length > 0 ? [`stages at work: ${moving.join(", ")}`] : []),
    ...held.map(([id, { why }]) => `${id}: ${why}`),
  ].join("; ").slice(0, 900);
}
