/** How long six tasks of equal length take with three at a time: the bar is 2.4 task times, two being the least. */
import { room } from "../tests/samples.ts";
import { LARGE, moduleWriter, plan, planning } from "../tests/plan_room.ts";
import { tiny } from "../tests/scripted.ts";

export interface PlanFigures {
  tasks: number;
  atOnce: number;
  taskSeconds: number;
  /** From the first task's start to the end of the phase (all merged, facts of the change extracted), in task times. */
  taskTimes: number;
  /** Most tasks that were at work at the same moment. */
  mostAtOnce: number;
  pullRequests: number;
  runSeconds: number;
}

const TASKS = 6;
const TASK_MS = 5_000;

/** The real engine, git and sandbox; only what the implementer does is a wait. */
export async function benchPlan(): Promise<PlanFigures> {
  await using at = await room();
  let running = 0;
  let mostAtOnce = 0;
  let first = 0;
  const implementer = moduleWriter(async () => {
    first ||= Date.now();
    mostAtOnce = Math.max(mostAtOnce, ++running);
    await new Promise((resolve) => setTimeout(resolve, TASK_MS));
    running--;
  });
  const tasks = Array.from({ length: TASKS }, (_, i) => ({ id: `task${i}` }));
  const it = await tiny(at, { implementers: { model: implementer }, models: planning(plan(tasks)) });
  try {
    const began = performance.now();
    const document = await it.run(LARGE.replace("MORE", ""));
    if (document.status !== "completed") {
      throw new Error(`The run ended ${document.status}: ${JSON.stringify(document)}`);
    }
    const runSeconds = (performance.now() - began) / 1000;
    const events = await it.events(document.run);
    const finished = events.find((event) =>
      event.type === "phase.finished" && event.payload.phase === "implement"
    );
    if (finished === undefined) throw new Error("The ledger does not say when the tasks were done");
    const branches = (await at.git(it.repo, "branch", "--list", "forge/*")).trim().split("\n").filter(
      Boolean,
    );
    const ms = Date.parse(finished.at) - first;
    return {
      tasks: TASKS,
      atOnce: 3,
      taskSeconds: TASK_MS / 1000,
      taskTimes: Math.round(ms / TASK_MS * 100) / 100,
      mostAtOnce,
      pullRequests: branches.length,
      runSeconds: Math.round(runSeconds * 10) / 10,
    };
  } finally {
    await it.service.close();
  }
}
