import type { PlanTask } from "../../../specs/mod.ts";

type Node = Pick<PlanTask, "id" | "dependsOn">;

/** A cycle of dependencies as the path that closes it (`A, B, A`); null when there is none. Dependencies that do not exist are passed over. */
export function cycleIn(tasks: readonly Node[]): string[] | null {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const done = new Set<string>();
  const path: string[] = [];
  const on = new Set<string>();
  const visit = (id: string): string[] | null => {
    if (on.has(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return null;
    path.push(id);
    on.add(id);
    for (const next of byId.get(id)?.dependsOn ?? []) {
      const found = byId.has(next) ? visit(next) : null;
      if (found !== null) return found;
    }
    path.pop();
    on.delete(id);
    done.add(id);
    return null;
  };
  for (const { id } of tasks) {
    const found = visit(id);
    if (found !== null) return found;
  }
  return null;
}

/**
 * The one order in which the tasks' work is put together: each after what it depends on, and else as the plan has them. It does not
 * depend on who was done first.
 *
 * @throws when the dependencies close a cycle or name what is not there: a plan is checked before
 */
export function mergeOrder(tasks: readonly Node[]): string[] {
  const left = [...tasks];
  const order: string[] = [];
  const placed = new Set<string>();
  while (left.length > 0) {
    const at = left.findIndex((task) => task.dependsOn.every((id) => placed.has(id)));
    const [next] = at < 0 ? [] : left.splice(at, 1);
    if (next === undefined) {
      throw new Error(`Cannot order the tasks ${left.map(({ id }) => id).join(", ")}: none can be the next`);
    }
    order.push(next.id);
    placed.add(next.id);
  }
  return order;
}

/** What a task depends on, directly or through others. */
export function ancestorsOf(tasks: readonly Node[], id: string): Set<string> {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const found = new Set<string>();
  const waiting = [...byId.get(id)?.dependsOn ?? []];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    waiting.push(...byId.get(at)?.dependsOn ?? []);
  }
  return found;
}

/** How many tasks the longest chain of dependencies has. */
export function depthOf(tasks: readonly Node[]): number {
  const depth = new Map<string, number>();
  for (const id of mergeOrder(tasks)) {
    const own = tasks.find((task) => task.id === id)?.dependsOn ?? [];
    depth.set(id, 1 + Math.max(0, ...own.map((dependency) => depth.get(dependency) ?? 0)));
  }
  return Math.max(0, ...depth.values());
}
