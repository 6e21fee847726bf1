import type { Engine, RunView } from "../kernel/mod.ts";
import { type ModelRecords, workOutcomes } from "../pipelines/models/mod.ts";
import type { Event } from "../specs/mod.ts";

const PAGE = 500;

/** Tells the records how the work of models went in a run that ended or asks. Told again, it counts once. */
export async function learnFrom(
  engine: Pick<Engine, "events">,
  records: Pick<ModelRecords, "learn">,
  view: Pick<RunView, "run" | "budget">,
): Promise<void> {
  // No model was paid: its ledger need not be read.
  if ((view.budget.tokens?.spent ?? 0) === 0) return;
  const events: Event[] = [];
  for (let after = 0;;) {
    const page = await engine.events(view.run, { after, limit: PAGE });
    events.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.seq;
  }
  await records.learn(view.run, workOutcomes(events));
}
