import type { Json, RegistryEntry } from "../../specs/mod.ts";
import type { PackageQuery } from "./port.ts";

export type Found = Omit<RegistryEntry, "ecosystem" | "name" | "version" | "state">;

/** What is known of a package of which nobody told anything. */
export const NOTHING: Found = {
  firstPublished: null,
  published: null,
  downloads: null,
  integrity: [],
  licence: null,
  deprecated: null,
  installScript: null,
};

export const entry = (
  query: PackageQuery,
  state: RegistryEntry["state"],
  found: Partial<Found> = {},
): RegistryEntry => ({
  ecosystem: query.ecosystem,
  name: query.name,
  version: query.version,
  state,
  ...NOTHING,
  ...found,
});

export type Members = Readonly<Record<string, Json>>;
export const members = (value: Json | undefined): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value as Members : {};
export const items = (value: Json | undefined): readonly Json[] => Array.isArray(value) ? value : [];
export const textOf = (value: Json | undefined): string | null =>
  typeof value === "string" && value !== "" ? value.slice(0, 500) : null;

/** An instant as registries write it, in our form; null when it is none. */
export function instantOf(value: Json | undefined): string | null {
  const at = typeof value === "string"
    ? Date.parse(/[zZ]$|[+-]\d\d:?\d\d$/.test(value) ? value : `${value}Z`)
    : NaN;
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
