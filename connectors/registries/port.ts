import type { Ecosystem, RegistryEntry } from "../../specs/mod.ts";

/** One version of a package that somebody wants to know about. */
export interface PackageQuery {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version: string;
}

/** The package registries. What one does not answer is told as `unreachable`, never left out. */
export interface PackageRegistries {
  look(queries: readonly PackageQuery[], signal: AbortSignal): Promise<RegistryEntry[]>;
}
