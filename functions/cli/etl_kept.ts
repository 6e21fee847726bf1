/** What `forge etl list` says beside the tables: staging that is kept, and how fresh the data is. */
import type { KeptStaging } from "../../pipelines/foundry/mod.ts";
import type { ScheduleEvent } from "../../specs/foundry/mod.ts";
import type { Freshness } from "../schedules.ts";
import type { Io } from "./command.ts";

/** Events as lines of JSON, as `forge serve` tells them. */
export const eventLine =
  (io: Pick<Io, "err">) => ({ kind, ...event }: ScheduleEvent & { pipeline: string }) =>
    io.err(`${JSON.stringify({ event: `schedule.${kind}`, ...event })}\n`);

export function freshnessText({ hours, lastSuccess, staleSince }: Freshness): string {
  const last = lastSuccess === null ? "no run has succeeded yet" : `last success ${lastSuccess}`;
  return staleSince === null
    ? `  fresh within ${hours} h (${last})`
    : `  STALE since ${staleSince}: promised are ${hours} h (${last})`;
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
const MOST = 20;

export function stagingText(kept: readonly KeptStaging[]): string[] {
  if (kept.length === 0) return [];
  const bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
  return [
    `staging: ${megabytes(bytes)} in ${kept.length} ${kept.length === 1 ? "place" : "places"}`,
    ...kept.slice(0, MOST).map(({ kind, name, pipeline, status, bytes, why, until }) =>
      `  ${
        kind === "run"
          ? `${name}${pipeline === null ? "" : `  ${pipeline}`}  ${status}`
          : `unfinished ${name.slice(0, 12)}`
      }  ${megabytes(bytes)}  ${why}${until === null ? "" : `; taken away from ${until.slice(0, 16)}Z on`}`
    ),
    ...(kept.length > MOST ? [`  and ${kept.length - MOST} more: --json shows all`] : []),
  ];
}
