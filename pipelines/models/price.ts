/** What a call costs, in whole micro-USD, always rounded up. */
import type { ModelEntry, ModelPrice, ModelUsage, PriceTier } from "../../specs/mod.ts";

/** A dollar for a million tokens is a micro-dollar for one; prices are held to a millionth of that, exactly. */
const SCALE = 1_000_000;
const HOUR_MS = 3_600_000;

/** The price that holds at an instant; null when none is known then. */
export function priceAt(entry: ModelEntry, atMs: number): ModelPrice | null {
  return entry.prices.find((price) => holds(price, atMs, atMs)) ?? null;
}

/** The factor of the hour (UTC) at an instant: rules that meet multiply nothing, the dearest counts. */
export function hourFactor(price: ModelPrice, atMs: number): number {
  const hour = new Date(atMs).getUTCHours();
  const factors = price.hours.filter(({ from, to }) =>
    from < to ? hour >= from && hour < to : hour >= from || hour < to
  ).map(({ factor }) => factor);
  return factors.length === 0 ? 1 : Math.max(...factors);
}

/** Tiers with the factor of the hour in them, as they hold at an instant. */
export function tiersAt(price: ModelPrice, atMs: number): PriceTier[] {
  const factor = hourFactor(price, atMs);
  const times = (rate: number | null) => rate === null ? null : Math.round(rate * factor * SCALE) / SCALE;
  return price.tiers.map((tier) => ({
    abovePromptTokens: tier.abovePromptTokens,
    input: times(tier.input) ?? 0,
    output: times(tier.output) ?? 0,
    cacheRead: times(tier.cacheRead),
    cacheWrite5m: times(tier.cacheWrite5m),
    cacheWrite1h: times(tier.cacheWrite1h),
  }));
}

/** What a call may use at most, and how long it may take. */
export interface CallBounds {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly timeoutMs: number;
}

/**
 * The most that a call within its bounds can cost, or null when no price is known at its instant. Every price that holds before it
 * must have ended, every tier that its prompt can reach, and the dearest way for each token of the prompt: read, written or neither.
 */
export function worstCase(entry: ModelEntry, bounds: CallBounds, atMs: number): number | null {
  return dearest(
    entry,
    atMs,
    atMs + bounds.timeoutMs,
    (price) =>
      price.tiers.filter((tier) =>
        tier.abovePromptTokens === 0 || tier.abovePromptTokens < bounds.promptTokens
      ).map((tier) => {
        const rates = ratesOf(entry, tier);
        const prompt = [rates.input, rates.cacheRead, rates.cacheWrite5m, rates.cacheWrite1h]
          .reduce((most, rate) => rate > most ? rate : most);
        return BigInt(bounds.promptTokens) * prompt + BigInt(bounds.outputTokens) * rates.output;
      }),
  );
}

/** What a call cost, from what its provider counted; null when no price is known. The tier of its prompt holds for all of it. */
export function actualCost(
  entry: ModelEntry,
  usage: ModelUsage,
  atMs: number,
  endMs: number,
): number | null {
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  return dearest(entry, atMs, Math.max(atMs, endMs), (price) => {
    const tier = price.tiers.filter((one) => one.abovePromptTokens === 0 || one.abovePromptTokens < prompt)
      .reduce<PriceTier | null>(
        (last, one) => last === null || one.abovePromptTokens > last.abovePromptTokens ? one : last,
        null,
      );
    if (tier === null) return [];
    const rates = ratesOf(entry, tier);
    return [
      BigInt(usage.input) * rates.input + BigInt(usage.cacheRead) * rates.cacheRead +
      BigInt(usage.cacheWrite5m) * rates.cacheWrite5m + BigInt(usage.cacheWrite1h) * rates.cacheWrite1h +
      BigInt(usage.output) * rates.output,
    ];
  });
}

/** The dearest of what the prices say that hold at some time of a call. Without one at its start there is none. */
function dearest(
  entry: ModelEntry,
  fromMs: number,
  toMs: number,
  costs: (price: ModelPrice) => bigint[],
): number | null {
  if (entry.locality === "local" && entry.prices.length === 0) return 0;
  if (priceAt(entry, fromMs) === null) return null;
  let most = 0n;
  for (const price of entry.prices) {
    if (!holds(price, fromMs, toMs)) continue;
    const factor = factorDuring(price, fromMs, toMs);
    for (const cost of costs(price)) if (cost * factor > most) most = cost * factor;
  }
  const whole = BigInt(SCALE) * BigInt(SCALE);
  return Number((most + whole - 1n) / whole);
}

const holds = (price: ModelPrice, fromMs: number, toMs: number): boolean =>
  Date.parse(price.from) <= toMs && (price.until === null || Date.parse(price.until) > fromMs);

/** The dearest hour that a span of time touches, scaled. */
function factorDuring(price: ModelPrice, fromMs: number, toMs: number): bigint {
  let most = hourFactor(price, fromMs);
  const last = Math.min(toMs, fromMs + 24 * HOUR_MS);
  for (let at = (Math.floor(fromMs / HOUR_MS) + 1) * HOUR_MS; at <= last; at += HOUR_MS) {
    most = Math.max(most, hourFactor(price, at));
  }
  return scaled(most);
}

/**
 * The rates of a tier. What is read from a cache at no known price counts as input. What is written to one, where the caller marks
 * it (Anthropic's wire), counts as the dearest known: a quarter more for five minutes, twice as much for an hour.
 */
function ratesOf(entry: ModelEntry, tier: PriceTier) {
  const input = scaled(tier.input);
  const marked = entry.wire === "anthropic-messages";
  return {
    input,
    output: scaled(tier.output),
    cacheRead: tier.cacheRead === null ? input : scaled(tier.cacheRead),
    cacheWrite5m: tier.cacheWrite5m !== null
      ? scaled(tier.cacheWrite5m)
      : marked
      ? (input * 5n + 3n) / 4n
      : input,
    cacheWrite1h: tier.cacheWrite1h !== null ? scaled(tier.cacheWrite1h) : marked ? input * 2n : input,
  };
}

/** Up, but for what only the binary form of a number adds: 0.1 is a tenth. */
const scaled = (rate: number): bigint => BigInt(Math.ceil(Number((rate * SCALE).toPrecision(15))));
