/** The tries of one question: which model, how often, what after each trouble. */
import type { ModelMessage, ModelReply } from "../../connectors/mod.ts";
import { findModel } from "../../connectors/models/mod.ts";
import type { PhaseContext } from "../../kernel/mod.ts";
import {
  err,
  type Json,
  type ModelCall,
  type ModelChoice,
  type ModelEntry,
  type ModelTrouble,
  ok,
  type Result,
} from "../../specs/mod.ts";
import { schemaFaults } from "./answer_schema.ts";
import { circuitKey, circuitState, type Health } from "./health.ts";
import type { Attempt } from "./left_alone.ts";
import { noneFit, restMs } from "./none_fit.ts";
import { paidCall, reserve } from "./paid_call.ts";
import type { ModelAnswer, ModelAsk, ModelNeed, NoAnswer } from "./port.ts";
import { boundsOf, choose, DEFAULT_TIMEOUT_MS, type Grounds, isPrivate } from "./router.ts";
import type { ModelSource } from "./desk.ts";
import type { CountedPrompts } from "./tokens.ts";
import type { Transcript } from "./transcript.ts";
import { tellChoice } from "./tell_choice.ts";
import { lastFailure, LOCAL_REMEDY, TROUBLE_RULES } from "./trouble.ts";

interface Around {
  readonly grounds: () => Promise<Grounds & { source: ModelSource }>;
  readonly note: (attempt: Attempt, health: Health) => Promise<void>;
  /** Circuits that a call is trying right now. */
  readonly probing: Set<string>;
  /** The last choice that a run's ledger was told, by purpose. */
  readonly said: Map<string, string>;
  readonly counted: CountedPrompts;
  readonly transcript: (blobs: AskContext["blobs"]) => Promise<Transcript>;
  readonly random: () => number;
}

export type AskContext = Pick<
  PhaseContext,
  "run" | "budget" | "abort" | "clock" | "ids" | "progress" | "blobs"
>;

/** Calls for one question at most, whatever goes wrong. */
const MAX_CALLS = 8;
/** Calls of one model that end in the same passing trouble. */
const SAME_MODEL = 3;
/** How long a question waits for a limit to end before the run parks. */
const MAX_WAIT_MS = 60_000;
const BASE_WAIT_MS = 1_000;
/** Choices that others spoilt by reserving first. */
const MAX_CHOICES = 20;

/** Everything of a question that its troubles change. */
interface Course {
  except: string[];
  exceptProviders: Set<string>;
  maxOutputTokens: number;
  messages: readonly ModelMessage[];
  passing: Map<string, number>;
  waitedMs: number;
  lengthened: boolean;
  told: boolean;
}

/** What went wrong last. */
interface Trouble {
  readonly trouble: ModelTrouble;
  readonly message: string;
  readonly text?: string;
  readonly retryAfterMs?: number;
  readonly remedy?: string;
}

export async function attemptModels(
  ctx: AskContext,
  ask: ModelAsk,
  around: Around,
): Promise<Result<ModelAnswer, NoAnswer>> {
  const kept = await around.transcript(ctx.blobs);
  const course: Course = {
    except: [...ask.need.except ?? []],
    exceptProviders: new Set(),
    maxOutputTokens: ask.need.maxOutputTokens,
    messages: ask.messages,
    passing: new Map(),
    waitedMs: 0,
    lengthened: false,
    told: false,
  };
  const calls: ModelCall[] = [];
  let choice: ModelChoice | null = null;
  let before: Trouble | null = null;
  const none = (trouble: ModelTrouble, message: string, text?: string): Result<never, NoAnswer> => {
    const wait = before?.trouble === trouble && before.retryAfterMs !== undefined
      ? { retryAfterMs: Math.max(0, Math.ceil(before.retryAfterMs)) }
      : {};
    return err({
      ...wait,
      trouble,
      failure: {
        ...lastFailure(trouble, kept.clean(message), calls.at(-1)?.prompt),
        ...(trouble === "unavailable" && isPrivate(ask.need) ? { remedy: LOCAL_REMEDY } : {}),
        ...(before?.trouble === trouble && before.remedy !== undefined ? { remedy: before.remedy } : {}),
        ...wait,
      },
      choice,
      calls,
      ...(text === undefined ? {} : { text }),
    });
  };

  for (let choices = 0; choices < MAX_CHOICES && calls.length < MAX_CALLS; choices++) {
    if (ctx.abort.aborted) return none("aborted", "The question was ended from outside");
    const prompt = { ...ask, messages: course.messages };
    const size = await around.counted.size(prompt);
    const given = await around.grounds();
    const grounds = { ...given, counted: size.counted };
    const need = needOf(ask, course, size, grounds, ctx);
    const at = new Date(ctx.clock.now()).toISOString();
    choice = choose(need, grounds, at);
    tellChoice(ctx, ask, choice, around.said);
    if (choice.model === null) {
      const trouble = noneFit(need, grounds, at);
      const waitMs = trouble === "rate" ? restMs(need, grounds, at) : 0;
      if (waitMs > 0 && course.waitedMs + waitMs <= MAX_WAIT_MS) {
        course.waitedMs += waitMs;
        await slept(ctx, waitMs);
        continue;
      }
      // What failed before says more than that nothing else is left.
      if (before !== null) return none(before.trouble, before.message, before.text);
      const message = `No model can ${ask.purpose}: ${choice.reasons.join("; ")}`;
      if (waitMs > 0) before = { trouble, message, retryAfterMs: waitMs };
      return none(trouble, message);
    }
    const entry = findModel(grounds.registry, choice.model);
    const provider = given.source.providers.find(({ id }) => id === choice?.provider);
    if (entry === null || provider === undefined) {
      throw new Error(`The router chose ${choice.model} of ${choice.provider}, which is not there`);
    }
    const circuit = circuitKey(provider.id, entry.id);
    const probes =
      circuitState(grounds.health[circuit], ctx.clock.now(), grounds.anewMs).kind === "half-open";
    if (probes && around.probing.has(circuit)) continue;
    if (probes) around.probing.add(circuit);
    const bounds = boundsOf(need, entry, size.counted);
    let made;
    try {
      const promptDigest = await kept.prompt(prompt);
      const reservation = await reserve(ctx.budget, entry, bounds, ctx.clock.now());
      // Another child took the rest meanwhile: chosen again by what is left now.
      if (reservation === "budget") continue;
      if (reservation === "price-unknown") {
        course.except.push(entry.id);
        continue;
      }
      made = await paidCall(ctx, {
        provider,
        request: {
          entry,
          system: ask.system,
          messages: course.messages,
          ...(ask.tools === undefined ? {} : { tools: ask.tools }),
          ...(ask.output === undefined ? {} : { output: ask.output }),
          ...(ask.effort === undefined ? {} : { effort: ask.effort }),
          maxOutputTokens: bounds.outputTokens,
          timeoutMs: bounds.timeoutMs,
          signal: ctx.abort,
          // Each would be paid again, and one call is reserved for.
          continuations: 0,
        },
        reservation,
        bounds,
        purpose: ask.purpose,
        task: need.task,
        prompt: promptDigest,
        transcript: kept,
      });
    } finally {
      if (probes) around.probing.delete(circuit);
    }
    const reply = made.result.ok ? made.result.value : null;
    const faults = reply === null || ask.output === undefined || reply.stop !== "end"
      ? []
      : await schemaFaults(ask.output.schema, reply.output);
    const record: ModelCall = faults.length > 0 ? { ...made.record, trouble: "bad-output" } : made.record;
    calls.push(record);
    ctx.progress("model.called", record as unknown as Json);
    if (record.costMicroUsd > record.reservedMicroUsd) {
      // The provider counted more than the prompt and the answer can have: paid all the same, and nobody shall miss it.
      ctx.progress("model.overrun", { call: record.id, over: record.costMicroUsd - record.reservedMicroUsd });
    }
    await around.note({
      provider: provider.id,
      model: entry.id,
      trouble: record.trouble,
      retryAfterMs: made.result.ok ? undefined : made.result.error.retryAfterMs,
      credential: provider.credential,
    }, grounds.health);
    if (reply !== null && reply.usageTold !== false) {
      await around.counted.learn(entry.id, prompt, reply.usage);
    }
    if (reply !== null && faults.length === 0) return ok({ reply, choice, calls });

    const failed = made.result.ok ? null : made.result.error;
    const trouble = record.trouble ?? "bad-output";
    const message = failed?.failure.message ?? `The answer of ${entry.id} is wrong: ${faults.join("; ")}`;
    const text = failed === null ? reply?.text : failed.text;
    before = {
      trouble,
      message,
      ...(text === undefined ? {} : { text }),
      ...(failed?.retryAfterMs === undefined ? {} : { retryAfterMs: failed.retryAfterMs }),
      ...(failed?.remedy === undefined ? {} : { remedy: failed.remedy }),
    };
    const goesOn = await afterTrouble(
      course,
      {
        trouble,
        entry,
        grounds,
        retryAfterMs: failed?.retryAfterMs,
        reply,
        faults,
        text,
      },
      ctx,
      around.random,
    );
    if (!goesOn) return none(trouble, message, text);
  }
  if (before !== null) return none(before.trouble, before.message, before.text);
  return none("budget", `No call to ${ask.purpose} could be reserved: others took what was left`);
}

/** The need of the next call, with what is left of the budget. */
function needOf(
  ask: ModelAsk,
  course: Course,
  size: { likely: number; bound: number },
  grounds: Grounds,
  ctx: AskContext,
): ModelNeed {
  const shut = grounds.registry.models.filter(({ provider }) => course.exceptProviders.has(provider));
  return {
    ...ask.need,
    maxOutputTokens: course.maxOutputTokens,
    except: [...course.except, ...shut.map(({ id }) => id)],
    promptTokens: size.likely,
    promptBound: size.bound,
    tools: (ask.tools?.length ?? 0) > 0,
    structured: ask.output !== undefined,
    budgetMicroUsd: ctx.budget.left("costMicroUsd"),
    budgetTokens: ctx.budget.left("tokens"),
    timeoutMs: ask.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  };
}

/** Changes the course by the table of troubles; false when it ends here. */
async function afterTrouble(
  course: Course,
  what: {
    trouble: ModelTrouble;
    entry: ModelEntry;
    grounds: Grounds;
    retryAfterMs: number | undefined;
    reply: ModelReply | null;
    faults: readonly string[];
    text: string | undefined;
  },
  ctx: AskContext,
  random: () => number,
): Promise<boolean> {
  const { trouble, entry } = what;
  const { step } = TROUBLE_RULES[trouble];
  switch (step) {
    case "stop":
      return false;
    case "provider":
      course.exceptProviders.add(entry.provider);
      return true;
    case "model":
      course.except.push(entry.id);
      return true;
    case "wait":
    case "retry": {
      const times = (course.passing.get(entry.id) ?? 0) + 1;
      course.passing.set(entry.id, times);
      const waitMs = what.retryAfterMs ?? Math.round(BASE_WAIT_MS * 2 ** (times - 1) * (0.75 + random() / 2));
      if (times < SAME_MODEL && course.waitedMs + waitMs <= MAX_WAIT_MS) {
        course.waitedMs += waitMs;
        return await slept(ctx, waitMs);
      }
      // A limit is the provider's as a whole, an overload or a cut the model's.
      if (step === "wait") course.exceptProviders.add(entry.provider);
      else course.except.push(entry.id);
      return true;
    }
    case "longer": {
      const longer = Math.min(course.maxOutputTokens * 2, entry.maxOutputTokens);
      if (course.lengthened || longer <= course.maxOutputTokens) return false;
      course.lengthened = true;
      course.maxOutputTokens = longer;
      return true;
    }
    case "window":
      for (const model of what.grounds.registry.models) {
        if (model.contextTokens <= entry.contextTokens) course.except.push(model.id);
      }
      return true;
    case "tell": {
      if (course.told) return false;
      course.told = true;
      const said = what.reply?.text ?? what.text ?? "";
      course.messages = [
        ...course.messages,
        // An empty turn is refused by most providers.
        ...(said === "" ? [] : [{ role: "assistant" as const, text: said }]),
        {
          role: "user",
          text: [
            "That answer cannot be used:",
            ...(what.faults.length > 0 ? what.faults : ["it is not of the form that was asked for"]).map((
              one,
            ) => `- ${one}`),
            "Give the whole answer again, of that form and with nothing else.",
          ].join("\n"),
        },
      ];
      return true;
    }
    default: {
      const never: never = step;
      throw new Error(`Cannot go on after ${trouble}: nobody knows the step ${String(never)}`);
    }
  }
}

/** Waits; false when the phase is told to end meanwhile. */
async function slept(ctx: AskContext, ms: number): Promise<boolean> {
  try {
    await ctx.clock.sleep(ms, ctx.abort);
    return true;
  } catch (error) {
    if (ctx.abort.aborted) return false;
    throw error;
  }
}
