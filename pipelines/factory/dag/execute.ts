import type { MergeConflict, MergeRequest } from "../../../connectors/mod.ts";
import { err, ok, type PlanTask, type Result } from "../../../specs/mod.ts";
import {
  type Board,
  countsOf,
  failedTask,
  frontier,
  isOver,
  linked,
  moved,
  newBoard,
  redone,
  stateOf,
  type TaskState,
} from "./board.ts";
import { ancestorsOf, mergeOrder } from "./order.ts";

/** The work of one task: the tree that it began with, and the tree that it left. */
export interface TaskTrees {
  readonly base: string;
  readonly tree: string;
}

/** What a task is begun with. */
export interface TaskStart {
  readonly task: PlanTask;
  /** The run's base with the merged work of all that the task depends on. */
  readonly base: string;
  /** Counts how often it is begun in this execution, from 1. */
  readonly round: number;
  /** Why it is done again: its work did not fit that of the tasks named. */
  readonly conflict: TaskConflict | null;
  /** True while everything that it depends on was found done, so that what was found of it still fits. */
  readonly sameGround: boolean;
}

export interface TaskConflict {
  readonly with: readonly string[];
  readonly conflicts: readonly MergeConflict[];
}

/** What happened to a task, as watchers are told. */
export interface TaskNews {
  readonly task: string;
  readonly state: TaskState | "conflict" | "found";
  readonly why?: string;
  readonly counts: ReturnType<typeof countsOf>;
}

export interface Execution<W extends TaskTrees, E> {
  readonly tasks: readonly PlanTask[];
  readonly base: string;
  readonly concurrency: number;
  /** How often a task may be done again because of conflicts. */
  readonly redo: number;
  /** Dependencies that conflicts of an earlier try of this execution have brought. */
  readonly added?: ReadonlyMap<string, readonly string[]>;
  readonly merge: (trees: MergeRequest) => Promise<Result<string, MergeConflict[]>>;
  /** Does a task, or finds that it was done. A throw ends the execution once all at work have ended. */
  readonly work: (start: TaskStart) => Promise<Result<W & { found: boolean }, E>>;
  /** Called when a task's work is part of the whole. */
  readonly told: (news: TaskNews) => void;
  readonly signal: AbortSignal;
}

export interface Executed<W> {
  /** All work merged, in the one order. */
  readonly tree: string;
  readonly order: readonly string[];
  readonly works: ReadonlyMap<string, W>;
}

export interface NotExecuted<W, E> {
  readonly board: Board;
  readonly order: readonly string[];
  readonly works: ReadonlyMap<string, W>;
  readonly errors: ReadonlyMap<string, E>;
}

/**
 * Carries a plan out: each task begins as soon as its own dependencies are done, at most so many at a time and never two that claim
 * the same file. Work is merged in an order that the plan alone decides; what does not fit is done again on the merged work of the
 * others, a bounded number of times. A failed task fails the whole, but what does not depend on it is done all the same: it need not be
 * done again when the run is tried again.
 */
export async function executeTasks<W extends TaskTrees, E>(
  given: Execution<W, E>,
): Promise<Result<Executed<W>, NotExecuted<W, E>>> {
  const { tasks, concurrency, signal } = given;
  const order = mergeOrder(tasks);
  const works = new Map<string, W & { found: boolean }>();
  const errors = new Map<string, E>();
  const rounds = new Map<string, number>();
  const conflicts = new Map<string, TaskConflict>();
  const running = new Map<string, Promise<{ id: string; outcome: Result<W & { found: boolean }, E> }>>();
  /** The merged tree after each task of the order, as far as it got. */
  let trunk: { id: string; tree: string }[] = [];
  let board: Board = { ...newBoard(tasks), added: new Map(given.added) };

  const tell = (task: string, state: TaskNews["state"], why?: string) =>
    given.told({ task, state, counts: countsOf(board), ...(why === undefined ? {} : { why }) });
  const fail = (id: string, why: string) => {
    const failed = failedTask(board, id, why);
    board = failed.board;
    tell(id, "failed", why);
    for (const one of failed.skipped) tell(one, "skipped", board.why.get(one));
  };
  const again = (id: string, conflict: TaskConflict) => {
    const where = conflict.conflicts.map(({ path }) => path).join(", ");
    const why = `its work does not fit that of ${conflict.with.join(", ")}: ${where}`;
    // What was merged from here on is merged again.
    const from = trunk.findIndex((one) => one.id === id);
    for (const { id: one } of from < 0 ? [] : trunk.slice(from)) board = moved(board, one, "done");
    if (from >= 0) trunk = trunk.slice(0, from);
    works.delete(id);
    if ((rounds.get(id) ?? 0) > given.redo) return fail(id, `${why}; it was tried ${rounds.get(id)} times`);
    conflicts.set(id, conflict);
    board = redone(board, id, conflict.with);
    tell(id, "conflict", why);
  };

  /** The merged work of some tasks that are done; or the task that did not fit, which then waits again. */
  const together = async (ids: ReadonlySet<string>): Promise<string | null> => {
    let tree = given.base;
    const before: string[] = [];
    for (const id of order.filter((one) => ids.has(one))) {
      const merged = await mergedWith(tree, id);
      if (!merged.ok) {
        again(id, { with: before, conflicts: merged.error });
        return null;
      }
      tree = merged.value;
      before.push(id);
    }
    return tree;
  };
  const mergedWith = async (tree: string, id: string): Promise<Result<string, MergeConflict[]>> => {
    const work = works.get(id);
    if (work === undefined) throw new Error(`Cannot merge the work of ${id}: there is none`);
    return await given.merge({ base: work.base, ours: tree, theirs: work.tree });
  };

  /** Puts what is done onto the trunk, as far as the order goes. */
  const integrate = async () => {
    for (let id = order[trunk.length]; id !== undefined; id = order[trunk.length]) {
      if (stateOf(board, id) !== "done") return;
      const merged = await mergedWith(trunk.at(-1)?.tree ?? given.base, id);
      if (!merged.ok) return again(id, { with: trunk.map((one) => one.id), conflicts: merged.error });
      trunk.push({ id, tree: merged.value });
      board = moved(board, id, "merged");
      tell(id, "merged");
    }
  };

  const begin = async (task: PlanTask): Promise<void> => {
    const ancestors = ancestorsOf(linked(board), task.id);
    const base = await together(ancestors);
    if (base === null) return;
    const round = (rounds.get(task.id) ?? 0) + 1;
    rounds.set(task.id, round);
    board = moved(board, task.id, "running");
    tell(task.id, "running");
    const conflict = conflicts.get(task.id) ?? null;
    const sameGround = [...ancestors].every((id) => works.get(id)?.found === true);
    // In a call of its own, so that what throws at once is waited for like the rest.
    const working = (async () => ({
      id: task.id,
      outcome: await given.work({ task, base, round, conflict, sameGround }),
    }))();
    working.catch(() => undefined);
    running.set(task.id, working);
  };

  try {
    for (;;) {
      signal.throwIfAborted();
      await integrate();
      for (let next = frontier(board, concurrency)[0]; next; next = frontier(board, concurrency)[0]) {
        signal.throwIfAborted();
        await begin(next);
      }
      if (running.size === 0) {
        if (isOver(board) && trunk.length === order.length) break;
        if (isOver(board) && errors.size + board.why.size > 0) break;
        if (frontier(board, concurrency).length > 0) continue;
        throw new Error(`Cannot go on with the tasks: ${JSON.stringify(countsOf(board))}`);
      }
      const { id, outcome } = await Promise.race(running.values());
      running.delete(id);
      if (!outcome.ok) {
        errors.set(id, outcome.error);
        fail(id, messageOf(outcome.error));
        continue;
      }
      works.set(id, outcome.value);
      conflicts.delete(id);
      board = moved(board, id, "done");
      tell(id, outcome.value.found ? "found" : "done");
    }
  } finally {
    // Nobody is left working in a directory that is about to go.
    await Promise.allSettled(running.values());
  }
  const tree = trunk.at(-1)?.tree ?? given.base;
  return trunk.length === order.length ? ok({ tree, order, works }) : err({ board, order, works, errors });
}

function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null)?.message;
  return typeof message === "string" ? message : "it gave no proposal";
}
