import type { ArtifactPlace, EvidenceFilter } from "../../specs/attestation/mod.ts";

/** One bundle as an index keeps it. */
export interface IndexedBundle {
  readonly id: string;
  /** Changes when the bundle is written anew. */
  readonly stamp: string;
  readonly run: string;
  readonly status: string;
  readonly at: string;
  readonly title: string;
  /** Why its parts could not be read; null when they could. */
  readonly problem: string | null;
  readonly places:
    readonly (Pick<ArtifactPlace, "role" | "name" | "mediaType" | "size"> & { digest: string })[];
  readonly facets: readonly { kind: string; value: string }[];
  /** What is searched beside the title. Nothing sensitive: the caller sees to that. */
  readonly messages: readonly string[];
}

export type FoundPlace = ArtifactPlace & { digest: string };

/** Finds bundles by what is in them. Derived: it may be thrown away at any time, and is made again from the evidence. */
export interface ArtifactIndex {
  /** Bundles that it holds, with the stamp of each. */
  known(): Promise<ReadonlyMap<string, string>>;
  /** Takes bundles in, whole or not at all, in place of what it held under their ids. */
  put(bundles: readonly IndexedBundle[]): Promise<void>;
  drop(ids: readonly string[]): Promise<void>;
  /** Where a digest occurs, newest bundles first. */
  places(digest: string, limit: number): Promise<FoundPlace[]>;
  /** All places after a cursor, newest bundles first. */
  page(options: { limit: number; cursor?: string; run?: string; role?: string }): Promise<{
    places: FoundPlace[];
    cursor: string | null;
  }>;
  /** Ids of bundles that fit, newest first. */
  bundles(
    filter: EvidenceFilter & { run?: string },
    page: { limit: number; after?: string },
  ): Promise<string[]>;
  /** Words are looked for as they are: nothing in the text is an operator. */
  search(
    words: readonly string[],
    limit: number,
  ): Promise<{ evidence: string; run: string; status: string; at: string; title: string; excerpt: string }[]>;
  close(): void;
}
