/** Models as the doors show them. */
import { availabilityOf, hourFactor, type ModelSource, priceAt, tiersAt } from "../pipelines/models/mod.ts";
import type { ListedModel, ModelEntry, ModelList } from "../specs/mod.ts";

const DAY_MS = 86_400_000;
/** Older prices are worth a look before anybody is billed by them. */
export const PRICE_DAYS = 45;

/** Every model with its price of this instant and whether it can be asked. */
export function listedModels(source: ModelSource, at: string): ModelList {
  return {
    at,
    updatedOn: source.registry.updatedOn,
    models: source.registry.models.map((entry) => listedModel(entry, source, at)),
  };
}

export function listedModel(entry: ModelEntry, source: ModelSource, at: string): ListedModel {
  const atMs = Date.parse(at);
  const { prices: _, ...model } = entry;
  const price = priceAt(entry, atMs);
  const availability = availabilityOf(source);
  const provider = Object.hasOwn(availability, entry.provider) ? availability[entry.provider] : undefined;
  const isAllowed = source.allow === undefined ||
    source.allow.some((name) => name === entry.id || entry.aliases.includes(name));
  const isShut = entry.status === "shut-down";
  return {
    model,
    price: price === null ? null : {
      tiers: tiersAt(price, atMs),
      factor: hourFactor(price, atMs),
      until: price.until,
      source: price.source,
      readOn: price.readOn,
    },
    available: provider?.ok === true && isAllowed && !isShut,
    why: isShut
      ? "shut down by its provider"
      : !isAllowed
      ? "not allowed in models.yaml"
      : provider?.by ?? source.fault ?? `no provider '${entry.provider}' is set up`,
  };
}

/** Age of a price table in whole days. */
export function ageDays(updatedOn: string, at: string): number {
  return Math.max(0, Math.floor((Date.parse(at) - Date.parse(updatedOn)) / DAY_MS));
}
