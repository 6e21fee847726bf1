/** What every sink checks before it commits a load. */
import type { StreamState } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { StagedLoad } from "../data/sink_port.ts";

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

/** Bytes of the longest state, as JSON: it is written with every load, and some hosts keep no longer value. */
const MOST_STATE_BYTES = 60_000;

/** The state as it is kept. Throws when a connector has let it grow. */
export function stateText(stream: string, state: StreamState): string {
  const text = JSON.stringify(state);
  if (new TextEncoder().encode(text).length <= MOST_STATE_BYTES) return text;
  throw new DataFailure(
    "contract",
    `Cannot keep the state of ${stream}: it has more than ${MOST_STATE_BYTES} bytes`,
    "A connector must keep its state small: report this with the connector's name.",
  );
}
