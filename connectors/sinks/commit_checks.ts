/** What every sink checks before it commits a load. */
import type { StreamState } from "../../specs/foundry/mod.ts";
import { DataFailure, type StagedLoad } from "../data/port.ts";

/** Fencing: whoever began from another state than the one that is there has been overtaken. */
export function checkTurn(load: StagedLoad, state: StreamState | null): void {
  if (load.keepsState || (state?.load ?? null) === load.after) return;
  throw new DataFailure(
    "conflict",
    `Cannot publish ${load.stream}: another run has committed load ${
      (state?.load ?? "none").slice(0, 12)
    } since this one began at ${(load.after ?? "none").slice(0, 12)}`,
    "Run the pipeline again: it starts from what is committed now",
  );
}

/** Every staged row is written, or known to be there, or refused by the other side and kept. */
export function checkCounts(
  load: StagedLoad,
  counts: { written: number; deduped: number; dead?: number },
): void {
  const offered = load.segments.reduce((sum, segment) => sum + segment.rows, 0);
  if (counts.written + counts.deduped + (counts.dead ?? 0) === offered) return;
  throw new DataFailure(
    "contract",
    `Cannot commit ${load.stream}: ${offered} rows were staged, and ${counts.written} written with ${counts.deduped} deduplicated do not account for them`,
    "Nothing was published. Report this with the run's evidence",
  );
}
