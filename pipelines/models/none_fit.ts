/** Why no model is fit: what has to change for one to be. */
import type { FailureRecord, ModelTrouble } from "../../specs/mod.ts";
import type { ModelNeed } from "./port.ts";
import { choose, type Grounds, isPrivate, restsUntil } from "./router.ts";
import { lastFailure, LOCAL_REMEDY } from "./trouble.ts";

/** Why no model is fit, as the table of failures is told it. */
export function notFit(need: ModelNeed, grounds: Grounds, purpose: string, at: string): FailureRecord {
  const trouble = noneFit(need, grounds, at);
  const { reasons } = choose(need, grounds, at);
  const waitMs = trouble === "rate" ? restMs(need, grounds, at) : 0;
  return {
    ...lastFailure(trouble, `No model can ${purpose}: ${reasons.join("; ")}`.slice(0, 4_000)),
    ...(trouble === "unavailable" && isPrivate(need) ? { remedy: LOCAL_REMEDY } : {}),
    ...(waitMs > 0 ? { retryAfterMs: waitMs } : {}),
  };
}

/** How long until a model that would be fit may be asked again; 0 when none only waits. */
export function restMs(need: ModelNeed, grounds: Grounds, at: string): number {
  const atMs = Date.parse(at);
  const waits = grounds.registry.models.map((entry) => restsUntil(grounds.resting ?? {}, entry) - atMs)
    .filter((ms) => ms > 0).sort((a, b) => a - b);
  const fits = (ms: number) =>
    choose(need, { ...grounds, resting: later(grounds.resting ?? {}, atMs + ms) }, at).model !== null;
  return waits.find(fits) ?? 0;
}

const later = (resting: NonNullable<Grounds["resting"]>, afterMs: number) =>
  Object.fromEntries(Object.entries(resting).filter(([, untilMs]) => untilMs > afterMs));

/** The trouble that stands in the way, found by leaving one demand after the other away. */
export function noneFit(need: ModelNeed, grounds: Grounds, at: string): ModelTrouble {
  const { budgetMicroUsd: _cost, budgetTokens: _tokens, ...unpaid } = need;
  const rich = choose(unpaid, grounds, at);
  if (rich.model !== null) {
    const priced = choose({ ...unpaid, budgetMicroUsd: Number.MAX_SAFE_INTEGER }, grounds, at);
    return priced.model === null ? "price-unknown" : "budget";
  }
  const rested = { ...grounds, resting: {} };
  if (choose(unpaid, rested, at).model !== null) return "rate";
  if (choose(unpaid, { ...rested, health: {}, probing: [] }, at).model !== null) return "overloaded";
  const short = { ...unpaid, promptTokens: 1, promptBound: 1 };
  if (choose(short, { ...rested, counted: {} }, at).model !== null) return "context-window";
  return "unavailable";
}
