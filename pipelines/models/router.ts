/** Which model does a call. Pure: the same input gives the same choice, with a reason for every model that was not taken. */
import { findModel } from "../../connectors/models/mod.ts";
import type { ModelCandidate, ModelChoice, ModelEntry, ModelRegistry, TaskClass } from "../../specs/mod.ts";
import { circuitKey, circuitState, type Health } from "./health.ts";
import { fitness, outcomeKey, type Outcomes } from "./outcomes.ts";
import { usd } from "./money.ts";
import type { ModelNeed } from "./port.ts";
import { worstCase } from "./price.ts";

/** Whether a provider can be asked here; `local` when what it is told does not leave this machine. */
export type Availability = Readonly<
  Record<string, { readonly ok: boolean; readonly by: string; readonly local: boolean }>
>;

/** What a choice rests on, besides the need. */
export interface Grounds {
  readonly registry: ModelRegistry;
  readonly availability: Availability;
  readonly health: Health;
  /** When a human last wanted everything asked anew: circuits that were opened before are tried. */
  readonly anewMs?: number;
  /** Until when a provider, or one of its models (`circuitKey`), asked to be left alone. */
  readonly resting?: Readonly<Record<string, number>>;
  readonly outcomes: Outcomes;
  /** Circuits that are being tried right now: no second call joins. */
  readonly probing?: readonly string[];
  /** Tighter bounds of the prompt, of models that counted its beginning before. */
  readonly counted?: Readonly<Record<string, number>>;
  /** Models that the operator allows, by id or alias; all when it is absent. */
  readonly allow?: readonly string[];
}

/** Minutes that a call may take when nobody says. */
export const DEFAULT_TIMEOUT_MS = 600_000;
/** Less than this comes back from no call that is worth making. */
const MIN_OUTPUT_TOKENS = 256;
/** A model that the caller names is offered also where the registry says nothing of the class. */
const NAMED_FIT = 50;

/** How much a tenfold price weighs against fitness, by task class. */
const PRICE_WEIGHT: Readonly<Record<TaskClass, number>> = {
  "thinking-heavy": 12,
  "execution": 10,
  "validation": 8,
  "large-context": 9,
  "privacy-sensitive": 4,
  "cost-optimized": 25,
};
const SHORT_ANSWER = 15;
/** A call that could take more than half of what is left leaves the next ones without. */
const STARVES = 15;
const LEGACY = 10;

/** What a call of this model may use: the answer is cut to what the model can give. */
export function boundsOf(need: ModelNeed, entry: ModelEntry, counted: Grounds["counted"] = {}) {
  const promptTokens = counted[entry.id] ?? need.promptBound ??
    Math.ceil(need.promptTokens * Math.max(1, entry.tokenFactor));
  const likely = Math.min(promptTokens, Math.ceil(need.promptTokens * entry.tokenFactor));
  const room = Math.max(0, entry.contextTokens - likely);
  return {
    likelyPromptTokens: likely,
    promptTokens,
    outputTokens: Math.min(need.maxOutputTokens, entry.maxOutputTokens, room),
    timeoutMs: need.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  };
}

interface Considered extends ModelCandidate {
  readonly otherFamily: boolean;
  readonly isFit: boolean;
}

/** Chooses a model for a need. None is fit: `model` is null, and the reasons say why. */
export function choose(need: ModelNeed, grounds: Grounds, at: string): ModelChoice {
  const atMs = Date.parse(at);
  const named = names(need.only, grounds.registry);
  const allowed = names(grounds.allow, grounds.registry);
  const except = names(need.except, grounds.registry);
  const considered = grounds.registry.models.map((entry) =>
    consider(entry, need, grounds, { named, allowed, except, atMs })
  ).sort(byPreference);
  const [first] = considered;
  const chosen = first?.isFit ? first : null;
  const alternatives = considered.filter((one) => one !== chosen).map(bare);
  const unknown = [...named.unknown, ...allowed.unknown].map((name) =>
    `'${name}' is no model of the registry; names must be exact`
  );
  return {
    task: need.task,
    model: chosen?.model ?? null,
    provider: chosen?.provider ?? null,
    reasons: [
      ...(chosen === null ? refusal(need, alternatives) : [...chosen.reasons, ...familyReason(need, chosen)]),
      ...unknown,
    ].map((reason) => reason.slice(0, 500)).slice(0, 30),
    alternatives: alternatives.slice(0, 1000),
    at,
  };
}

interface Names {
  /** Null when every model is meant. */
  readonly ids: ReadonlySet<string> | null;
  readonly unknown: readonly string[];
}

function names(given: readonly string[] | undefined, registry: ModelRegistry): Names {
  if (given === undefined) return { ids: null, unknown: [] };
  const found = given.map((name) => ({ name, id: findModel(registry, name)?.id }));
  return {
    ids: new Set(found.flatMap(({ id }) => id === undefined ? [] : [id])),
    unknown: found.flatMap(({ name, id }) => id === undefined ? [name] : []),
  };
}

/** What speaks for a model, or the first things that rule it out. */
function consider(
  entry: ModelEntry,
  need: ModelNeed,
  grounds: Grounds,
  given: { named: Names; allowed: Names; except: Names; atMs: number },
): Considered {
  const { atMs } = given;
  const bounds = boundsOf(need, entry, grounds.counted);
  const cost = worstCase(entry, bounds, atMs);
  const out = [
    ...ruledOut(entry, need, grounds, given),
    ...tooMuch(entry, need, bounds, cost),
  ];
  const otherFamily = need.notFamily === undefined || entry.family !== need.notFamily;
  const base = { model: entry.id, provider: entry.provider, costMicroUsd: cost, otherFamily };
  if (out.length > 0) return { ...base, score: null, reasons: out, isFit: false };
  const fit = entry.fit[need.task] ?? NAMED_FIT;
  const outcome = grounds.outcomes[outcomeKey(entry.id, need.task)];
  const quality = fitness(fit, outcome);
  const dearness = PRICE_WEIGHT[need.task] * Math.log10(1 + (cost ?? 0) / 1_000);
  const starves = need.budgetMicroUsd !== undefined && cost !== null && cost > need.budgetMicroUsd / 2;
  const isShort = bounds.outputTokens < need.maxOutputTokens;
  const score = quality - dearness - (isShort ? SHORT_ANSWER : 0) - (starves ? STARVES : 0) -
    (entry.status === "legacy" ? LEGACY : 0);
  const circuit = circuitState(
    grounds.health[circuitKey(entry.provider, entry.id)],
    atMs,
    grounds.anewMs,
  );
  return {
    ...base,
    score: Math.round(score * 100) / 100,
    isFit: true,
    reasons: [
      `fit ${fit} of 100 for ${need.task}` +
      (outcome === undefined ? "" : `, ${outcome.passed} of ${outcome.passed + outcome.failed} passed here`),
      cost === null ? "no price is known, and there is no cap on cost" : `worst case ${usd(cost)}`,
      `available by ${grounds.availability[entry.provider]?.by ?? ""}`,
      ...(isShort ? [`answers with ${bounds.outputTokens} tokens at most`] : []),
      ...(starves ? ["could take more than half of what is left"] : []),
      ...(entry.status === "legacy" ? ["legacy"] : []),
      ...(circuit.kind === "half-open" ? ["its provider failed before: this call tries it again"] : []),
    ],
  };
}

/** Whether nothing of it may leave the machine. */
export function isPrivate(need: Pick<ModelNeed, "localOnly" | "task">): boolean {
  return need.localOnly === true || need.task === "privacy-sensitive";
}

/** Why a model is not asked, whatever it costs. */
function ruledOut(
  entry: ModelEntry,
  need: ModelNeed,
  { availability, health, probing, anewMs, resting = {} }: Grounds,
  { named, allowed, except, atMs }: { named: Names; allowed: Names; except: Names; atMs: number },
): string[] {
  const reasons: string[] = [];
  const provider = Object.hasOwn(availability, entry.provider) ? availability[entry.provider] : undefined;
  if (entry.status === "shut-down") reasons.push("shut down by its provider");
  if (named.ids !== null && !named.ids.has(entry.id)) {
    reasons.push("not among the models that were asked for");
  }
  if (allowed.ids !== null && !allowed.ids.has(entry.id)) reasons.push("not allowed in models.yaml");
  if (except.ids?.has(entry.id)) reasons.push("was tried for this before");
  if (provider === undefined || !provider.ok) {
    reasons.push(`${NOT_AVAILABLE} ${provider?.by ?? `no provider '${entry.provider}' is set up`}`);
  }
  if (isPrivate(need) && (entry.locality !== "local" || provider?.local !== true)) {
    reasons.push(
      entry.locality !== "local"
        ? "hosted elsewhere, and nothing may leave this machine"
        : "its server is not on this machine, and nothing may leave it",
    );
  }
  if (entry.fit[need.task] === undefined && named.ids === null) reasons.push(`not offered for ${need.task}`);
  if (need.tools && entry.tools === "none") reasons.push("cannot call tools");
  const key = circuitKey(entry.provider, entry.id);
  const circuit = circuitState(health[key], atMs, anewMs);
  if (circuit.kind === "open") {
    reasons.push(`its provider keeps failing: left alone until ${new Date(circuit.untilMs).toISOString()}`);
  }
  if (circuit.kind === "half-open" && probing?.includes(key)) {
    reasons.push("its provider kept failing, and another call is trying it just now");
  }
  const restsMs = restsUntil(resting, entry);
  if (restsMs > atMs) {
    reasons.push(`its provider asked to be left alone until ${new Date(restsMs).toISOString()}`);
  }
  return reasons;
}

/** Until when a model is left alone because its provider asked for it; 0 when it did not. */
export function restsUntil(
  resting: NonNullable<Grounds["resting"]>,
  { provider, id }: Pick<ModelEntry, "provider" | "id">,
): number {
  const at = (place: string) => Object.hasOwn(resting, place) ? resting[place] ?? 0 : 0;
  return Math.max(at(provider), at(circuitKey(provider, id)));
}

/** Why a model cannot take this prompt, or not for what is left. */
function tooMuch(
  entry: ModelEntry,
  need: ModelNeed,
  bounds: ReturnType<typeof boundsOf>,
  cost: number | null,
): string[] {
  const reasons: string[] = [];
  const least = Math.min(MIN_OUTPUT_TOKENS, need.maxOutputTokens);
  if (bounds.outputTokens < least) {
    reasons.push(
      `the prompt of about ${bounds.likelyPromptTokens} tokens does not fit into ${entry.contextTokens}`,
    );
    return reasons;
  }
  if (need.budgetMicroUsd !== undefined) {
    if (cost === null) reasons.push("no price is known now, and the cost is capped");
    else if (cost > need.budgetMicroUsd) {
      reasons.push(`worst case ${usd(cost)} is above the ${usd(need.budgetMicroUsd)} that are left`);
    }
  }
  const tokens = bounds.promptTokens + bounds.outputTokens;
  if (need.budgetTokens !== undefined && tokens > need.budgetTokens) {
    reasons.push(`up to ${tokens} tokens are above the ${need.budgetTokens} that are left`);
  }
  return reasons;
}

/** Fit ones first, of another family first where that is wanted, then by score, price and name. */
function byPreference(a: Considered, b: Considered): number {
  if (a.isFit !== b.isFit) return a.isFit ? -1 : 1;
  if (a.otherFamily !== b.otherFamily) return a.otherFamily ? -1 : 1;
  if (a.score !== b.score) return (b.score ?? 0) - (a.score ?? 0);
  if (a.costMicroUsd !== b.costMicroUsd) return (a.costMicroUsd ?? Infinity) - (b.costMicroUsd ?? Infinity);
  return a.model < b.model ? -1 : 1;
}

const bare = ({ model, provider, score, costMicroUsd, reasons }: Considered): ModelCandidate => ({
  model,
  provider,
  score,
  costMicroUsd,
  reasons: reasons.map((reason) => reason.slice(0, 500)).slice(0, 30),
});

function familyReason(need: ModelNeed, chosen: Considered): string[] {
  if (need.notFamily === undefined) return [];
  return [
    chosen.otherFamily
      ? `of another family than ${need.notFamily}, whose work it looks at`
      : `of the same family (${need.notFamily}) as the work that it looks at: none of another is fit`,
  ];
}

const NOT_AVAILABLE = "not available:";

/** Why none is fit: of models that could be asked first, then what rules out the most. */
function refusal(need: ModelNeed, alternatives: readonly ModelCandidate[]): string[] {
  // The same reason with other numbers is the same reason; the smallest numbers say what would be enough.
  const alike = Map.groupBy(
    alternatives.flatMap(({ reasons }) => reasons),
    (reason) => reason.replace(/\d+(?:\.\d+)?/g, "#"),
  );
  const counted = [...alike.values()].map((reasons) => {
    const [least = ""] = reasons.toSorted((a, b) =>
      a.localeCompare(b, "en", { numeric: true }) || (a < b ? -1 : 1)
    );
    const others = new Set(reasons).size - 1;
    return { count: reasons.length, reason: others === 0 ? least : `${least}, and ${others} alike` };
  });
  const away = ({ reason }: { reason: string }) =>
    reason.startsWith(NOT_AVAILABLE) && reason.endsWith(" is not set") ? 1 : 0;
  const ranked = counted.sort((a, b) =>
    away(a) - away(b) || b.count - a.count || (a.reason < b.reason ? -1 : 1)
  ).slice(0, 8);
  return [
    `no model is fit for ${need.task}`,
    ...ranked.map(({ count, reason }) => `${count} of ${alternatives.length}: ${reason}`),
  ];
}
