/** What is needed to hold pipelines to `sla.freshnessHours` that are run from the command line and registered nowhere. */
import type { Engine } from "../kernel/mod.ts";
import { FoundryInput, type FoundryPorts } from "../pipelines/foundry/mod.ts";
import { Pipeline } from "../specs/foundry/mod.ts";
import { readBlob } from "./pipeline_runs.ts";
import type { WatchedPipeline } from "./schedules.ts";

interface World {
  engine: Pick<Engine, "view">;
  ports: FoundryPorts;
}

/** How many runs back a success is looked for. */
const RUNS = 50;

/** Pipelines that were run here and promise freshness, by the definition of their latest run. */
export async function promisedElsewhere(
  { engine, ports, lastRun }: World & { lastRun: (id: string) => Promise<string | null> },
  registered: ReadonlySet<string>,
): Promise<WatchedPipeline[]> {
  const known = new Set((await ports.records.tables.list()).map(({ pipeline }) => pipeline));
  const found: WatchedPipeline[] = [];
  for (const id of known) {
    if (registered.has(id)) continue;
    const run = await lastRun(id);
    const view = run === null ? null : await engine.view(run);
    const input = view === null ? null : FoundryInput.safeParse(view.input).data ?? null;
    if (input === null) continue;
    const { sla } = Pipeline.parse(await readBlob(ports, input.definition));
    if (sla.freshnessHours !== undefined) {
      found.push({ id, schedule: null, freshnessHours: sla.freshnessHours });
    }
  }
  return found;
}

/** When a run of a pipeline succeeded last that was neither a backfill nor a replay; null when none of the latest did. */
export async function lastSuccess({ engine, ports }: World, id: string): Promise<number | null> {
  for (const { run } of await ports.records.runs.list(id, RUNS)) {
    const view = await engine.view(run);
    if (view?.status !== "completed") continue;
    const input = FoundryInput.safeParse(view.input).data;
    if (input !== undefined && input.mode !== "backfill" && !input.replay) return Date.parse(view.updatedAt);
  }
  return null;
}
