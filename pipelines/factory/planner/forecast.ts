import type { Plan, PlanTask, TaskClass } from "../../../specs/mod.ts";
import type { ModelDesk } from "../../models/port.ts";
import { frontier, isOver, moved, newBoard } from "../dag/board.ts";

/** What a plan will probably take, told before work begins. A guess, not a limit. */
export interface Forecast {
  /** Calls of models, all tasks together; null where the implementer makes its own. */
  calls: number | null;
  /** Null when no price is known. */
  costMicroUsd: number | null;
  seconds: number;
  /** The longest time that tasks stand one after the other, in tasks. */
  steps: number;
  model: string | null;
  /** What the budget has left; null when it has no limit there. */
  leftMicroUsd: number | null;
  fits: boolean | null;
}

/** Turns of a tool loop by how risky a task is, and seconds for each: of published sessions of coding agents, on the high side. */
const TURNS: Readonly<Record<PlanTask["risk"], number>> = { low: 6, medium: 10, high: 16 };
const SECONDS_A_TURN = 12;
/** A prompt of the middle of such a session, and what comes back. */
const PROMPT_TOKENS = 12_000;
const OUTPUT_TOKENS = 1_500;

/** Cost by the model that would be asked now, time by the frontier with so many tasks at once. */
export async function forecastOf(
  plan: Pick<Plan, "tasks">,
  given: {
    desk: ModelDesk | null;
    task: TaskClass;
    localOnly: boolean;
    atOnce: number;
    at: string;
    leftMicroUsd: number | null;
  },
): Promise<Forecast> {
  const { desk, leftMicroUsd } = given;
  const turns = plan.tasks.reduce((sum, { risk }) => sum + TURNS[risk], 0);
  const { steps, seconds } = makespan(plan.tasks, given.atOnce);
  const price = desk === null ? null : await priceOfTurn(desk, given);
  const costMicroUsd = price === null || price.costMicroUsd === null ? null : turns * price.costMicroUsd;
  return {
    calls: desk === null ? null : turns,
    costMicroUsd,
    seconds,
    steps,
    model: price?.model ?? null,
    leftMicroUsd,
    fits: costMicroUsd === null || leftMicroUsd === null ? null : costMicroUsd <= leftMicroUsd,
  };
}

async function priceOfTurn(
  desk: ModelDesk,
  { task, localOnly, at }: { task: TaskClass; localOnly: boolean; at: string },
): Promise<{ model: string; costMicroUsd: number | null } | null> {
  const need = {
    task,
    promptTokens: PROMPT_TOKENS,
    maxOutputTokens: OUTPUT_TOKENS,
    tools: true,
    structured: false,
    ...(localOnly ? { localOnly: true } : {}),
  };
  const { model } = await desk.choose(need, at);
  if (model === null) return null;
  // What it costs stands with the alternatives, so it is made one.
  const { alternatives } = await desk.choose({ ...need, except: [model] }, at);
  return { model, costMicroUsd: alternatives.find((one) => one.model === model)?.costMicroUsd ?? null };
}

/** How long the tasks take with so many at once, each as long as its turns: the frontier's own order, played through. */
export function makespan(tasks: readonly PlanTask[], atOnce: number): { steps: number; seconds: number } {
  let board = newBoard(tasks);
  let now = 0;
  const ends = new Map<string, number>();
  const depth = new Map<string, number>();
  while (!isOver(board)) {
    for (const task of frontier(board, atOnce)) {
      board = moved(board, task.id, "running");
      ends.set(task.id, now + TURNS[task.risk] * SECONDS_A_TURN);
      depth.set(task.id, 1 + Math.max(0, ...task.dependsOn.map((id) => depth.get(id) ?? 0)));
    }
    const running = [...ends].filter(([id]) => board.states.get(id) === "running");
    if (running.length === 0) throw new Error("Cannot forecast a plan of which no task can begin");
    now = Math.min(...running.map(([, end]) => end));
    for (const [id, end] of running) if (end <= now) board = moved(board, id, "done");
  }
  return { steps: Math.max(0, ...depth.values()), seconds: now };
}

/** A forecast in a line. */
export function forecastText(forecast: Forecast, tasks: number): string {
  const { calls, costMicroUsd, seconds, model, fits } = forecast;
  const cost = costMicroUsd === null
    ? calls === null ? "" : ", cost not known"
    : `, up to $${(costMicroUsd / 1_000_000).toFixed(2)}`;
  const time = seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `forecast: ${tasks} ${tasks === 1 ? "task" : "tasks"}${
    calls === null ? "" : `, about ${calls} calls${model === null ? "" : ` of ${model}`}`
  }${cost}, about ${time}${fits === false ? "; the budget has less left" : ""}`;
}
