/** The one way to a model: chosen by rules, reserved before, paid after, tried again by a table, recorded. */
import type { ModelProvider } from "../../connectors/mod.ts";
import { findModel } from "../../connectors/models/mod.ts";
import type { Blobs } from "../../kernel/mod.ts";
import { err, type ModelRegistry, type Result } from "../../specs/mod.ts";
import { attemptModels } from "./attempts.ts";
import { circuitAfter, circuitKey, type Health, notThere } from "./health.ts";
import { notFit } from "./none_fit.ts";
import { type Attempt, leftAlone } from "./left_alone.ts";
import { passages } from "./passage.ts";
import type { ModelAnswer, ModelAsk, ModelDesk, NoAnswer } from "./port.ts";
import type { ModelRecords } from "./records.ts";
import { type Availability, choose, type Grounds } from "./router.ts";
import { countedPrompts } from "./tokens.ts";
import { type Transcript, transcript } from "./transcript.ts";
import { lastFailure, LOCAL_REMEDY, TROUBLE_RULES } from "./trouble.ts";

/** What there is to ask, as it is now. */
export interface ModelSource {
  readonly registry: ModelRegistry;
  readonly providers: readonly ModelProvider[];
  /** Providers whose server is on this machine. */
  readonly local: readonly string[];
  /** Models that the operator allows, by id or alias; all when it is absent. */
  readonly allow?: readonly string[];
  /** Why nothing can be asked whatever keys there are, such as settings that cannot be read. */
  readonly fault?: string;
}

export interface DeskOptions {
  /** Read before each question: keys, prices and settings may change while a server runs. */
  readonly source: () => Promise<ModelSource>;
  readonly records: ModelRecords;
  /** Loads what takes the secrets out of a text that is kept. */
  readonly redact: () => Promise<(text: string) => string>;
  readonly now: () => number;
  /** In [0, 1): spreads the waits of many that failed together. */
  readonly random?: () => number;
}

export const NO_MODEL_REMEDY =
  "Set ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, DEEPSEEK_API_KEY or OLLAMA_HOST, and look: forge doctor";

const NO_LOCAL = "nothing of this spec may leave the machine, and no model that runs on it is set up";

/** Providers as the router sees them. */
export function availabilityOf(
  source: ModelSource,
  blocked: ReadonlyMap<string, string> = new Map(),
): Availability {
  return Object.fromEntries(source.providers.map(({ id, available }) => {
    const why = source.fault ?? blocked.get(id);
    return [id, {
      ok: available.ok && why === undefined,
      by: why ?? (available.ok ? available.by : available.why),
      local: source.local.includes(id),
    }];
  }));
}

export function modelDesk(options: DeskOptions): ModelDesk {
  const { records, now } = options;
  const counted = countedPrompts();
  const probing = new Set<string>();
  const said = new Map<string, string>();
  const alone = leftAlone();

  /** One for each place where texts are kept: what it has kept it need not clean again. */
  const transcripts = new WeakMap<Pick<Blobs, "put" | "has">, Promise<Transcript>>();
  const written = (blobs: Pick<Blobs, "put" | "has">): Promise<Transcript> => {
    const known = transcripts.get(blobs) ?? options.redact().then((redact) => transcript(redact, blobs));
    transcripts.set(blobs, known);
    known.catch(() => transcripts.delete(blobs));
    return known;
  };

  const grounds = async (): Promise<Grounds & { source: ModelSource }> => {
    const [source, health, outcomes, anewMs] = await Promise.all([
      options.source(),
      records.health(),
      records.outcomes(),
      records.anew(),
    ]);
    const { blocked, resting } = alone.at(source, now(), anewMs);
    return {
      source,
      registry: source.registry,
      availability: availabilityOf(source, blocked),
      resting,
      health,
      anewMs,
      outcomes,
      probing: [...probing],
      ...(source.allow === undefined ? {} : { allow: source.allow }),
    };
  };

  /** Keeps how a call went; a success of a model that was well is no news. */
  async function note(attempt: Attempt, health: Health): Promise<void> {
    const { provider, model, trouble } = attempt;
    alone.note(attempt, now());
    if (trouble === "auth" || trouble === "quota") return;
    if (trouble === "unknown-model") {
      await records.setCircuit(provider, model, () => notThere(now()));
      return;
    }
    const failed = trouble !== null && TROUBLE_RULES[trouble].unhealthy;
    // A refusal, a cut answer, a bad one: the provider is there all the same.
    const answered = trouble === null || !TROUBLE_RULES[trouble].free;
    if (!failed && !answered) return;
    if (!failed && (health[circuitKey(provider, model)]?.failures ?? 0) === 0) return;
    const anewMs = await records.anew();
    await records.setCircuit(
      provider,
      model,
      (before) => circuitAfter(before, failed ? "failed" : "well", now(), anewMs),
    );
  }

  return {
    async available({ localOnly = false } = {}) {
      const { registry, providers, allow, fault, local } = await options.source();
      if (fault !== undefined) return { ok: false, why: fault, remedy: "Mend it, and look: forge doctor" };
      const ready = providers.filter(({ available }) => available.ok).map(({ id }) => id);
      const allowed = allow === undefined
        ? null
        : new Set(allow.map((name) => findModel(registry, name)?.id));
      const models = registry.models.filter(({ id, provider, status, locality }) =>
        ready.includes(provider) && status !== "shut-down" && (allowed === null || allowed.has(id)) &&
        (!localOnly || (locality === "local" && local.includes(provider)))
      ).map(({ id }) => id);
      if (models.length > 0) return { ok: true, models };
      if (localOnly) return { ok: false, why: NO_LOCAL, remedy: LOCAL_REMEDY };
      return {
        ok: false,
        why: providers.length === 0
          ? "no provider of models is set up"
          : `no model can be asked: ${
            providers.map(({ id, available }) => `${id}: ${available.ok ? "no model" : available.why}`).join(
              "; ",
            )
          }`,
        remedy: NO_MODEL_REMEDY,
      };
    },
    choose: async (need, at) => choose(need, await grounds(), at),
    refusal: async (need, purpose, at) => notFit(need, await grounds(), purpose, at),
    async ask(ctx, ask): Promise<Result<ModelAnswer, NoAnswer>> {
      if (ctx.abort.aborted) return err(aborted(ask));
      return await attemptModels(ctx, ask, {
        grounds,
        note,
        probing,
        counted,
        said,
        transcript: written,
        random: options.random ?? Math.random,
      });
    },
    passages: passages({ source: options.source, grounds, note, transcript: written }),
    family: async (model) => findModel((await options.source()).registry, model)?.family ?? null,
    outcome: ({ model, task, passed }) => records.addOutcome(model, task, passed),
    askAnew: (atMs) => records.askAnew(atMs),
  };
}

const aborted = (ask: ModelAsk): NoAnswer => ({
  trouble: "aborted",
  failure: lastFailure("aborted", `Cannot ask a model to ${ask.purpose}: the phase was told to end`),
  choice: null,
  calls: [],
});
