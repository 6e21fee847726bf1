/**
 * Who may begin, who is at work, who is done: the state of a plan's tasks as data, and the moves between them. Pure; the executor
 * carries out what it says.
 */
import { globsOverlap } from "../../../policies/code/mod.ts";
import type { PlanTask } from "../../../specs/mod.ts";

/** Where a task stands. `merged` is done and part of the integrated tree. */
export type TaskState = "waiting" | "running" | "done" | "merged" | "failed" | "skipped";

export interface Board {
  readonly tasks: readonly PlanTask[];
  readonly states: ReadonlyMap<string, TaskState>;
  /** Dependencies that a conflict brought: the task is done again on their work. */
  readonly added: ReadonlyMap<string, readonly string[]>;
  /** Why a task failed or was skipped. */
  readonly why: ReadonlyMap<string, string>;
}

export function newBoard(tasks: readonly PlanTask[]): Board {
  return {
    tasks,
    states: new Map(tasks.map(({ id }) => [id, "waiting"])),
    added: new Map(),
    why: new Map(),
  };
}

export function stateOf(board: Board, id: string): TaskState {
  const state = board.states.get(id);
  if (state === undefined) throw new Error(`Cannot tell the state of ${id}: the plan has no such task`);
  return state;
}

/** What a task waits for: what the plan says, and what conflicts have added. */
export function dependenciesOf(board: Board, task: PlanTask): string[] {
  return [...new Set([...task.dependsOn, ...board.added.get(task.id) ?? []])];
}

/** The tasks with the dependencies that they have by now. */
export function linked(board: Board): PlanTask[] {
  return board.tasks.map((task) => ({ ...task, dependsOn: dependenciesOf(board, task) }));
}

/** A task that says nothing about its files may touch any. */
function claims(task: PlanTask): readonly string[] {
  const claimed = [...task.files, ...task.tests];
  return claimed.length === 0 ? ["**"] : claimed;
}

const overlaps = new WeakMap<PlanTask, WeakMap<PlanTask, boolean>>();

/** Whether two tasks may change the same file, so that they are not worked on at the same time. */
export function sharesFiles(one: PlanTask, other: PlanTask): boolean {
  const known = overlaps.get(one) ?? new WeakMap<PlanTask, boolean>();
  overlaps.set(one, known);
  const found = known.get(other) ?? globsOverlap(claims(one), claims(other));
  known.set(other, found);
  return found;
}

const isDone = (state: TaskState): boolean => state === "done" || state === "merged";

/**
 * The tasks that may begin now, at most so many that `concurrency` are at work, in the order of the plan: their own dependencies
 * are done, and no file that they claim is claimed by one at work.
 */
export function frontier(board: Board, concurrency: number): PlanTask[] {
  const running = board.tasks.filter(({ id }) => stateOf(board, id) === "running");
  const next: PlanTask[] = [];
  for (const task of board.tasks) {
    if (running.length + next.length >= concurrency) break;
    if (stateOf(board, task.id) !== "waiting") continue;
    if (!dependenciesOf(board, task).every((id) => isDone(stateOf(board, id)))) continue;
    if ([...running, ...next].some((other) => sharesFiles(task, other))) continue;
    next.push(task);
  }
  return next;
}

/** The board after a task went over to another state. */
export function moved(board: Board, id: string, state: TaskState, why?: string): Board {
  stateOf(board, id);
  return {
    ...board,
    states: new Map(board.states).set(id, state),
    why: why === undefined ? board.why : new Map(board.why).set(id, why),
  };
}

/** The board after a task has failed: whatever depends on it is skipped, with the reason. */
export function failedTask(board: Board, id: string, why: string): { board: Board; skipped: string[] } {
  let next = moved(board, id, "failed", why);
  const skipped: string[] = [];
  for (const task of unreachable(next)) {
    const because = dependenciesOf(next, task).filter((one) =>
      stateOf(next, one) === "failed" || skipped.includes(one) || stateOf(next, one) === "skipped"
    );
    next = moved(next, task.id, "skipped", `${because.join(", ")} did not get done`);
    skipped.push(task.id);
  }
  return { board: next, skipped };
}

/** Tasks not begun, of which a dependency will not get done; each after those that it depends on. */
function unreachable(board: Board): PlanTask[] {
  const gone = new Set(
    board.tasks.filter(({ id }) => ["failed", "skipped"].includes(stateOf(board, id))).map(({ id }) => id),
  );
  const found: PlanTask[] = [];
  for (let more = true; more;) {
    more = false;
    for (const task of board.tasks) {
      if (gone.has(task.id) || stateOf(board, task.id) !== "waiting") continue;
      if (!dependenciesOf(board, task).some((id) => gone.has(id))) continue;
      gone.add(task.id);
      found.push(task);
      more = true;
    }
  }
  return found;
}

/** The board after a task's work did not fit that of others: it waits again, now for them, too. */
export function redone(board: Board, id: string, on: readonly string[]): Board {
  const added = [...new Set([...board.added.get(id) ?? [], ...on])];
  return { ...moved(board, id, "waiting"), added: new Map(board.added).set(id, added) };
}

/** How many tasks are in which state. */
export function countsOf(board: Board): Record<TaskState, number> & { total: number } {
  const counts = { waiting: 0, running: 0, done: 0, merged: 0, failed: 0, skipped: 0, total: 0 };
  for (const state of board.states.values()) {
    counts[state]++;
    counts.total++;
  }
  return counts;
}

/** Whether nothing is left to be done or waited for. */
export function isOver(board: Board): boolean {
  return [...board.states.values()].every((state) => state !== "waiting" && state !== "running");
}
