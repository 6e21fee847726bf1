import type { EventBody, Json } from "../specs/mod.ts";
import { type Active, appendTo } from "./active.ts";
import { budgetMeter } from "./budget.ts";
import type { Core } from "./core.ts";
import type { BudgetMeter, PhaseContext } from "./port.ts";
import { valuesOf } from "./projection.ts";
import { type RunFold, visitOf } from "./state.ts";
import type { Step } from "./step.ts";

/** What the handler of a step sees. */
export function stepContext(core: Core, active: Active, work: Step): PhaseContext {
  return new StepContext(core, active, work);
}

const NO_SIGNALS: PhaseContext["signals"] = [];
const MAX_PROGRESS_DATA = 8_000;

/** A class, as getters in an object literal would cost V8 a hidden class of its own for every step. */
class StepContext implements PhaseContext {
  readonly run: string;
  readonly phase: string;
  readonly visit: number;
  readonly attempt: number;
  readonly parks: number;
  readonly idempotencyKey: string;
  readonly input: Json;
  readonly signals: PhaseContext["signals"];
  readonly feedback: Json;
  readonly blobs: PhaseContext["blobs"];
  readonly clock: PhaseContext["clock"];
  readonly ids: PhaseContext["ids"];
  readonly progress: PhaseContext["progress"];
  private readonly core: Core;
  private readonly active: Active;
  private readonly work: Step;
  private readonly state: RunFold;
  // Made when the handler asks for them: most ask for little.
  private madeOutputs: Record<string, Json> | null = null;
  private madeBudget: BudgetMeter | null = null;

  constructor(core: Core, active: Active, work: Step) {
    const { state, crashes } = active.record;
    this.core = core;
    this.active = active;
    this.work = work;
    this.state = state;
    this.run = state.run;
    this.phase = state.phase;
    this.visit = visitOf(state);
    this.attempt = state.failures + crashes + 1;
    this.parks = state.parks;
    this.idempotencyKey = `${state.run}/${state.phase}/${this.visit}`;
    this.input = state.input;
    this.signals = state.signals.length === 0
      ? NO_SIGNALS
      : state.signals.map((s) => ({ id: s.id, name: s.name, payload: s.payload.value }));
    this.feedback = state.feedback?.value ?? null;
    this.blobs = core.options.blobsOf?.(state.input) ?? core.blobs;
    this.clock = core.clock;
    this.ids = core.ids;
    // A function of its own, so that a handler may take it out of the context.
    this.progress = (message, data) => {
      // After its end a step has nothing to say any more.
      if (active.step !== work) return;
      if (active.progress.length === 0) active.progressSinceMs = core.clock.now();
      active.progress.push(progressOf(state.phase, message, data));
    };
  }

  get outputs(): Readonly<Record<string, Json>> {
    return this.madeOutputs ??= valuesOf(this.state.outputs);
  }

  get abort(): AbortSignal {
    return this.work.signal;
  }

  get budget(): BudgetMeter {
    return this.madeBudget ??= budgetMeter(this.core.ids, () => this.active.record.state, async (make) => {
      if (this.active.step !== this.work) {
        throw new Error(`Cannot use the budget of ${this.phase} as the step is over`);
      }
      await appendTo(this.core, this.active, make, { settle: false });
    });
  }
}

function progressOf(phase: string, message: string, data: Json | undefined): EventBody {
  const text = data === undefined ? undefined : JSON.stringify(data);
  const fits = text !== undefined && text.length <= MAX_PROGRESS_DATA;
  return {
    type: "phase.progress",
    v: 1,
    payload: {
      phase,
      message: String(message).slice(0, 2000),
      // Through JSON and back, so that nothing in it can be refused later.
      ...(fits ? { data: JSON.parse(text) as Json } : {}),
    },
  };
}
