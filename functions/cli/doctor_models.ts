/** What doctor says of models: which keys are there (by name), what each class of tasks would use, how old the prices are. */
import { availabilityOf, choose, NO_MODEL_REMEDY } from "../../pipelines/models/mod.ts";
import { TaskClass } from "../../specs/code/mod.ts";
import { environmentOf, modelDirectory } from "../model_directory.ts";
import { recordingOf } from "./recording.ts";
import { ageDays, PRICE_DAYS } from "../model_view.ts";
import type { Invocation } from "./command.ts";
import { knownDataDirectory } from "./data_dir.ts";

export interface ModelFindings {
  readonly checks: readonly { name: string; ok: boolean; needed: boolean; detail: string; remedy: string }[];
  readonly document: {
    readonly providers: readonly { id: string; ok: boolean; by: string; onThisMachine: boolean }[];
    readonly use: Readonly<Record<string, string | null>>;
    readonly prices: { updatedOn: string; ageDays: number; old: boolean };
  };
}

/** Sizes of a usual call: what would be chosen for it is shown. */
const PROMPT_TOKENS = 20_000;
const OUTPUT_TOKENS = 8_000;

export async function modelFindings(
  invocation: Pick<Invocation, "io" | "options">,
  at: string,
): Promise<ModelFindings> {
  const { env } = invocation.io;
  const { cassette } = await recordingOf(invocation);
  const source = await modelDirectory(knownDataDirectory(invocation), () => environmentOf(env), cassette)
    .source();
  const availability = availabilityOf(source);
  const ready = Object.entries(availability).filter(([, { ok }]) => ok);
  const use = Object.fromEntries(TaskClass.options.map((task) => {
    const need = {
      task,
      promptTokens: PROMPT_TOKENS,
      maxOutputTokens: OUTPUT_TOKENS,
      tools: task === "execution",
      structured: false,
      // Under a cap, as runs are: what has no price is not used.
      budgetMicroUsd: Number.MAX_SAFE_INTEGER,
    };
    const grounds = {
      registry: source.registry,
      availability,
      health: {},
      outcomes: {},
      ...(source.allow === undefined ? {} : { allow: source.allow }),
    };
    return [task, choose(need, grounds, at).model];
  }));
  const { updatedOn } = source.registry;
  const days = ageDays(updatedOn, at);
  const old = days > PRICE_DAYS;
  const used = Object.entries(use).filter(([, model]) => model !== null);
  // What nobody has set up is no news; what somebody has and does not work is.
  const broken = Object.entries(availability).filter(([, { ok, by }]) =>
    !ok && !/^[A-Z_]+ is not set$/.test(by)
  );
  return {
    checks: [
      {
        name: "models",
        ok: ready.length > 0,
        needed: false,
        detail: source.fault ??
          (ready.length > 0
            ? ready.map(([id, { by }]) => `${id} by ${by}`).join(", ")
            : "no key and no server of models is set"),
        remedy: source.fault === undefined ? NO_MODEL_REMEDY : "Mend it, or take the file away",
      },
      ...(broken.length === 0 || source.fault !== undefined ? [] : [{
        name: "model keys",
        ok: false,
        needed: false,
        detail: broken.map(([id, { by }]) => `${id}: ${by}`).join("; "),
        remedy: "Mend it, or take it away: these providers are not asked",
      }]),
      {
        name: "model use",
        ok: used.length > 0,
        needed: false,
        detail: used.length > 0
          ? used.map(([task, model]) => `${task}: ${model}`).join(", ")
          : "no task can be given to a model",
        remedy: "See why: forge model choose --task execution",
      },
      {
        name: "prices",
        ok: !old,
        needed: false,
        detail: `table of ${updatedOn}, ${days} days old`,
        remedy: "Read them again where the table says, and take them in: forge model update --from FILE",
      },
    ],
    document: {
      providers: Object.entries(availability).map(([id, { ok, by, local }]) => ({
        id,
        ok,
        by,
        onThisMachine: local,
      })),
      use,
      prices: { updatedOn, ageDays: days, old },
    },
  };
}
