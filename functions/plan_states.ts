import type { Engine, RunView } from "../kernel/mod.ts";
import { planShown, type SeenTask, seenTask, stackOf } from "../pipelines/factory/mod.ts";
import type { PlanShown } from "../specs/mod.ts";

const PAGE = 200;
/** A ledger is read so far back and no further: what a task did before that is not shown. */
const MOST_PAGES = 25;

/** The plan as the phase handed it on; with tasks that were split since, where they were. */
function stackedOutput({ outputs }: Pick<RunView, "outputs">): RunView["outputs"][string] | undefined {
  const { plan } = outputs;
  const tasks = stackOf({ outputs })?.tasks;
  if (tasks === undefined || plan === null || typeof plan !== "object" || Array.isArray(plan)) return plan;
  return { ...plan, tasks };
}

/** The plan of a run with where its tasks stand, read from its ledger, newest events first; null where there is none to show. */
export async function planOfRun(
  engine: Pick<Engine, "events">,
  view: Pick<RunView, "run" | "head" | "outputs">,
): Promise<PlanShown | null> {
  const output = stackedOutput(view);
  const bare = planShown(output, new Map());
  // One task that follows from the spec is the run itself.
  if (bare === null || (bare.tasks.length < 2 && bare.planner === "rules")) return null;
  const seen = new Map<string, SeenTask>();
  let pages = 0;
  for (let end = view.head.seq; end > 0 && pages < MOST_PAGES && seen.size < bare.tasks.length; end -= PAGE) {
    pages++;
    const after = Math.max(0, end - PAGE);
    const page = await engine.events(view.run, { after, limit: end - after });
    for (const event of page.toReversed()) {
      // Tasks of a plan before this one may have the same ids.
      if (event.type === "phase.finished" && event.payload.phase === "plan") return planShown(output, seen);
      if (event.type !== "phase.progress") continue;
      const task = seenTask(event.payload.data);
      if (task !== null && !seen.has(task.id)) seen.set(task.id, task);
    }
  }
  return planShown(output, seen);
}
