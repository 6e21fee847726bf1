import type { PlanTask } from "../../../specs/mod.ts";
import { sharesFiles } from "../dag/board.ts";
import { mergeOrder } from "../dag/order.ts";

/** A task's place in a stack of pull requests. */
export interface StackPlace {
  readonly task: PlanTask;
  /** What it cannot be without: what the plan says, through others too, and tasks that prove a criterion together with it. */
  readonly needs: readonly string[];
  /**
   * Everything that has to be over before it begins, in the order of the stack: what it needs, and what its base would otherwise have
   * to be merged from. Each comes after all that stand before it, so that the last that is done holds the work of all that are.
   */
  readonly after: readonly string[];
  /** Criteria that its pull request has to prove: those of which it does the last part. */
  readonly criteria: readonly string[];
}

/**
 * The order in which a plan's pull requests stand on one another. A pull request has one base: tasks that another needs, and tasks
 * that may change the same file, are put one on top of the other and not side by side, so that nothing has to be merged that nobody
 * reviews. Independent tasks stay side by side.
 */
export function stackPlaces(tasks: readonly PlanTask[]): StackPlace[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const order = mergeOrder(tasks).flatMap((id) => byId.get(id) ?? []);
  const position = new Map(order.map(({ id }, at) => [id, at]));
  const sorted = (ids: Iterable<string>) =>
    [...ids].toSorted((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));

  const needs = new Map(order.map(({ id, dependsOn }) => [id, new Set(dependsOn)]));
  const lastOf = new Map<string, string>();
  for (const { id, criteria } of order) {
    for (const criterion of criteria) {
      const before = lastOf.get(criterion);
      if (before !== undefined && before !== id) needs.get(id)?.add(before);
      lastOf.set(criterion, id);
    }
  }
  close(order, needs);

  const after = new Map(order.map(({ id }) => [id, new Set(needs.get(id))]));
  for (const [at, task] of order.entries()) {
    for (const before of order.slice(0, at)) {
      if (sharesFiles(before, task)) after.get(task.id)?.add(before.id);
    }
  }
  for (let size = -1; size !== sizeOf(after);) {
    size = sizeOf(after);
    close(order, after);
    for (const one of after.values()) {
      const chain = sorted(one);
      for (const [at, id] of chain.entries()) {
        const below = chain[at - 1];
        if (below !== undefined) after.get(id)?.add(below);
      }
    }
  }
  return order.map((task) => ({
    task,
    needs: sorted(needs.get(task.id) ?? []),
    after: sorted(after.get(task.id) ?? []),
    criteria: task.criteria.filter((criterion) => lastOf.get(criterion) === task.id),
  }));
}

/** Adds to each set what the sets of its members hold; the order has members first. */
function close(order: readonly PlanTask[], sets: ReadonlyMap<string, Set<string>>): void {
  for (const { id } of order) {
    const own = sets.get(id);
    for (const one of [...own ?? []]) for (const more of sets.get(one) ?? []) own?.add(more);
  }
}

const sizeOf = (sets: ReadonlyMap<string, Set<string>>): number =>
  [...sets.values()].reduce((sum, { size }) => sum + size, 0);
