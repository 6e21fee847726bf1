import {
  err,
  type ModelEntry,
  type ModelPrice,
  type ModelRegistry,
  ok,
  type Problem,
  type Result,
} from "../../specs/mod.ts";
import { checkedRegistry } from "./registry.ts";

/** What an update changes, in words that a person can check. */
export interface RegistryChange {
  readonly model: string;
  readonly kind: "added" | "changed";
  readonly lines: readonly string[];
}

export interface RegistryUpdate {
  readonly registry: ModelRegistry;
  readonly changes: readonly RegistryChange[];
}

const SHOWN = 120;

/**
 * A registry after an update: models by id, replaced whole but for their prices. A price that has begun to hold before `at` stays
 * as it is, since calls were paid by it; one that is open ends where the next begins. What the update does not name stays.
 */
export function updatedRegistry(
  current: ModelRegistry,
  given: ModelRegistry,
  at: string,
): Result<RegistryUpdate, Problem> {
  const early = notYet(given, at);
  if (early !== null) return err(early);
  const causes: Problem[] = [];
  const changes: RegistryChange[] = [];
  const models = new Map(current.models.map((model) => [model.id, model]));
  for (const model of given.models) {
    const before = models.get(model.id);
    const prices = before === undefined ? ok(inOrder(model.prices)) : updatedPrices(before, model.prices, at);
    if (!prices.ok) {
      causes.push(prices.error);
      continue;
    }
    const after = { ...model, prices: prices.value };
    models.set(model.id, after);
    const lines = before === undefined ? [priceLine(after.prices.at(-1))] : differences(before, after);
    if (lines.length > 0) {
      changes.push({ model: model.id, kind: before === undefined ? "added" : "changed", lines });
    }
  }
  if (causes.length > 0) {
    return err({
      code: "past-price",
      message: causes[0]?.message ?? "",
      remedy: "Give the new price a `from` that has not passed, and leave earlier prices as they are or out",
      causes,
    });
  }
  const updatedOn = given.updatedOn > current.updatedOn ? given.updatedOn : current.updatedOn;
  // Names that clash only together, and prices that overlap, come out here.
  const whole = checkedRegistry({ v: 1, updatedOn, models: [...models.values()] });
  return whole.ok ? ok({ registry: whole.value, changes }) : whole;
}

const DAY_MS = 86_400_000;

/** Days that have not come: by them prices would never be old. Clocks and time zones are a day apart at most. */
function notYet(given: ModelRegistry, at: string): Problem | null {
  const latest = Date.parse(at) + DAY_MS;
  const days = [
    { of: "updatedOn", day: given.updatedOn },
    ...given.models.flatMap(({ id, prices }) =>
      prices.map(({ readOn }) => ({ of: `${id}.readOn`, day: readOn }))
    ),
  ];
  const found = days.find(({ day }) => Date.parse(day) > latest);
  return found === undefined ? null : {
    code: "invalid-registry",
    path: found.of,
    value: found.day,
    message: `Cannot take the registry: ${found.of} is ${found.day}, and that day has not come`,
    remedy: "Give the day on which the prices were read",
  };
}

/**
 * A registry with the operator's updates over it. The operator's word about a model holds; prices are those of both, each ending
 * where the next begins, and the operator's where both begin at once.
 */
export function overlaidRegistry(
  base: ModelRegistry,
  over: ModelRegistry,
): Result<ModelRegistry, Problem> {
  const models = new Map(base.models.map((model) => [model.id, model]));
  for (const model of over.models) {
    const starts = new Set(model.prices.map(({ from }) => Date.parse(from)));
    const others = (models.get(model.id)?.prices ?? []).filter(({ from }) => !starts.has(Date.parse(from)));
    models.set(model.id, { ...model, prices: endToEnd([...others, ...model.prices]) });
  }
  const updatedOn = over.updatedOn > base.updatedOn ? over.updatedOn : base.updatedOn;
  return checkedRegistry({ v: 1, updatedOn, models: [...models.values()] });
}

/** Prices after an update: what was there, the last one ended where the next begins, and what is new. */
function updatedPrices(
  before: ModelEntry,
  given: readonly ModelPrice[],
  at: string,
): Result<ModelPrice[], Problem> {
  const now = Date.parse(at);
  const kept = new Map(before.prices.map((price) => [Date.parse(price.from), price]));
  for (const price of given) {
    const from = Date.parse(price.from);
    const known = kept.get(from);
    if (known !== undefined && sameTerms(known, price)) {
      // Read again on a later day: the same price, newly confirmed.
      kept.set(from, {
        ...known,
        source: price.source,
        readOn: price.readOn,
        until: until(known, price, now),
      });
      continue;
    }
    if (from < now) {
      return err({
        code: "past-price",
        path: `${before.id}.prices`,
        message: known === undefined
          ? `Cannot add a price of ${before.id} from ${price.from}: that is past, and calls since then were counted otherwise`
          : `Cannot rewrite the price of ${before.id} from ${price.from}: calls were paid by it`,
      });
    }
    kept.set(from, price);
  }
  return ok(endToEnd([...kept.values()]));
}

/** Prices in their order, none reaching into the next. */
function endToEnd(prices: readonly ModelPrice[]): ModelPrice[] {
  const all = inOrder(prices);
  return all.map((price, index) => {
    const next = all[index + 1];
    const ends = price.until === null ? Infinity : Date.parse(price.until);
    return next !== undefined && Date.parse(next.from) < ends ? { ...price, until: next.from } : price;
  });
}

/** An end may be told for a price that had none, but not one that has passed. */
function until(known: ModelPrice, given: ModelPrice, now: number): string | null {
  if (given.until === null || known.until === given.until) return known.until;
  const isPast = Date.parse(given.until) < now || (known.until !== null && Date.parse(known.until) < now);
  return isPast ? known.until : given.until;
}

const sameTerms = (a: ModelPrice, b: ModelPrice): boolean =>
  JSON.stringify([a.tiers, a.hours]) === JSON.stringify([b.tiers, b.hours]);

const inOrder = (prices: readonly ModelPrice[]): ModelPrice[] =>
  [...prices].sort((a, b) => Date.parse(a.from) - Date.parse(b.from));

/** One line for each field that differs, and for each price that was not there. */
function differences(before: ModelEntry, after: ModelEntry): string[] {
  const lines: string[] = [];
  for (const name of Object.keys({ ...before, ...after }) as (keyof ModelEntry)[]) {
    if (name === "prices") continue;
    const [was, is] = [JSON.stringify(before[name] ?? null), JSON.stringify(after[name] ?? null)];
    if (was !== is) lines.push(`${name}: ${was.slice(0, SHOWN)} -> ${is.slice(0, SHOWN)}`);
  }
  for (const price of after.prices) {
    const was = before.prices.find(({ from }) => Date.parse(from) === Date.parse(price.from));
    if (was === undefined || !sameTerms(was, price)) lines.push(`+ ${priceLine(price)}`);
    else if (was.until !== price.until) {
      lines.push(`price from ${price.from}: ends ${was.until ?? "never"} -> ${price.until ?? "never"}`);
    } else if (was.readOn !== price.readOn || was.source !== price.source) {
      lines.push(`price from ${price.from}: read on ${price.readOn} at ${price.source}`);
    }
  }
  return lines;
}

function priceLine(price: ModelPrice | undefined): string {
  if (price === undefined) return "no price";
  const tiers = price.tiers.map(({ abovePromptTokens, input, output }) =>
    `${abovePromptTokens > 0 ? `above ${abovePromptTokens} tokens ` : ""}${input} in, ${output} out`
  );
  return `price from ${price.from}: ${tiers.join("; ")} (USD per million tokens, ${price.source})`;
}
