import type { Engine, RunView } from "../kernel/mod.ts";
import type { Standstill } from "../pipelines/factory/mod.ts";
import type { Event } from "../specs/mod.ts";

const PAGE = 100;

/**
 * Why a run is parked or paused. It stands only in its ledger: it is looked up there, newest events first, so that its cost does not
 * grow with the ledger.
 */
export async function standstill(
  engine: Pick<Engine, "events">,
  view: RunView,
  status: "parked" | "paused",
): Promise<Standstill | null> {
  for (let end = view.head.seq; end > 0; end -= PAGE) {
    const after = Math.max(0, end - PAGE);
    const page = await engine.events(view.run, { after, limit: end - after });
    const found = page.findLast((event) => event.type === `run.${status}`);
    if (found !== undefined) return reasonIn(found);
  }
  return null;
}

function reasonIn(event: Event): Standstill | null {
  if (event.type === "run.paused") return { reason: event.payload.why };
  if (event.type !== "run.parked") return null;
  const { reason, until } = event.payload;
  return { reason, ...(until === undefined ? {} : { until }) };
}
