import type { Blobs } from "./port.ts";
import { type EffectIntent, FailureRecord, type Json } from "../specs/ledger/mod.ts";
import { type Active, heldBack } from "./active.ts";
import { canonicalJson } from "./canonical.ts";
import type { Core } from "./core.ts";
import { failureOf } from "./failure.ts";
import { type Made, STOPPED } from "./phase.ts";
import { Step } from "./step.ts";

/** An effect may take this long before it counts as failed. */
const EFFECT_TIMEOUT_MS = 600_000;
const BASE_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** No server's limit is waited for longer. The run holds no worker meanwhile. */
const LONGEST_WAIT_MS = 24 * 3600_000;
/** A longer outcome goes into a blob: the effect has happened, so its record must fit. */
const MAX_OUTCOME = 15_000;

/** An effect that may not act now: its run waits with it, or ends without it when it is being cancelled. */
function heldEffect(
  core: Core,
  effect: EffectIntent,
  failures: number,
  why: string,
  cancelling: boolean,
): Made {
  if (!cancelling) {
    return { make: (at) => at.cancelling || at.stage.at !== "allowed" ? [] : [heldBack(why)] };
  }
  return failedEffect(core, effect, failures, {
    class: "policy",
    source: "factory",
    retryable: false,
    message: `Effect ${effect.key} was not done: ${why}`.slice(0, 8000),
  });
}

/** Performs an intended effect: look for it first, act only when it is not there. */
export async function performEffect(
  core: Core,
  active: Active,
  effect: EffectIntent,
  failures: number,
): Promise<Made | typeof STOPPED> {
  const { state } = active.record;
  const handler = Object.hasOwn(core.options.effects, effect.kind)
    ? core.options.effects[effect.kind]
    : undefined;
  if (handler === undefined) {
    return failedEffect(core, effect, failures, {
      class: "data-integrity",
      source: "factory",
      retryable: false,
      message: `Cannot perform ${effect.key} as no effect of kind ${effect.kind} is bound here`,
    });
  }
  const { hold } = core.options;
  const work = new Step(core.clock, EFFECT_TIMEOUT_MS, core.settings.abortGraceMs);
  active.step = work;
  try {
    const perform = async (): Promise<{ outcome: Json; found: boolean } | { held: string }> => {
      const seen = await handler.look(effect.key, effect.args, state.run);
      if (seen.found) return { outcome: seen.outcome, found: true };
      if (work.signal.aborted) throw work.signal.reason;
      const held = hold === undefined ? null : await hold(state.run);
      if (held !== null) return { held };
      return { outcome: await handler.act(effect.key, effect.args, state.run, work.signal), found: false };
    };
    const result = await work.race(perform);
    if (work.reason === "lost") return { make: () => [] };
    if ("given" in result) {
      const { given } = result;
      return "held" in given
        ? heldEffect(core, effect, failures, given.held, state.cancelling)
        : await doneEffect(effect, given, core.options.blobsOf?.(state.input) ?? core.blobs);
    }
    if (work.reason === "stopping") return STOPPED;
    if (work.reason === "timeout") {
      return failedEffect(core, effect, failures, {
        class: "timeout",
        source: "provider",
        retryable: true,
        message: `Effect ${effect.key} did not end within ${EFFECT_TIMEOUT_MS} ms`,
      });
    }
    const threw = "threw" in result ? result.threw : work.signal.reason;
    return failedEffect(core, effect, failures, recordOf(threw), untilOf(threw));
  } finally {
    active.step = null;
  }
}

async function doneEffect(
  effect: EffectIntent,
  { outcome, found }: { outcome: Json; found: boolean },
  blobs: Blobs,
): Promise<Made> {
  // Through JSON: an adapter's `undefined` or Date must not undo what has happened.
  const text = JSON.stringify(outcome ?? null);
  const plain: Json = text.length <= MAX_OUTCOME
    ? JSON.parse(text)
    : { blob: await blobs.put(canonicalJson(JSON.parse(text))) };
  return {
    make: (state) =>
      Object.hasOwn(state.pending, effect.key)
        ? [{ type: "effect.done", v: 1, payload: { key: effect.key, outcome: plain, found } }]
        : [],
  };
}

function failedEffect(
  core: Core,
  effect: EffectIntent,
  failures: number,
  failure: FailureRecord,
  untilMs = 0,
): Made {
  const attempt = failures + 1;
  const random = core.settings.random();
  const make: Made["make"] = (state) => {
    if (!Object.hasOwn(state.pending, effect.key)) return [];
    const final = !failure.retryable || attempt >= core.settings.effectAttempts || state.cancelling;
    const delayMs = Math.min(BASE_DELAY_MS * 2 ** failures, MAX_DELAY_MS) * (0.75 + random / 2);
    const nowMs = core.clock.now();
    const retryMs = Math.max(nowMs + delayMs, Math.min(untilMs, nowMs + LONGEST_WAIT_MS));
    const retryAt = final ? {} : { retryAt: new Date(Math.ceil(retryMs)).toISOString() };
    return [{
      type: "effect.failed",
      v: 1,
      payload: { key: effect.key, attempt, failure, final, ...retryAt },
    }];
  };
  return { make };
}

/** An adapter may say with its error that nothing is to be asked again before an instant, such as the end of a rate limit. */
function untilOf(threw: unknown): number {
  const until = threw !== null && typeof threw === "object" && "untilMs" in threw ? threw.untilMs : 0;
  return typeof until === "number" && Number.isFinite(until) ? until : 0;
}

/** An adapter may throw an error that carries its failure record; any other error is taken for an outside one. */
function recordOf(threw: unknown): FailureRecord {
  if (threw !== null && typeof threw === "object" && "failure" in threw) {
    const parsed = FailureRecord.safeParse(threw.failure);
    if (parsed.success) return parsed.data;
  }
  return failureOf(threw, { class: "external", source: "provider", retryable: true });
}
