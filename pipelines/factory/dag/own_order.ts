import { compileGlob } from "../../../policies/code/mod.ts";
import type { PlanTask } from "../../../specs/mod.ts";
import type { RepairOrder } from "../implementers/port.ts";
import type { TaskFailure } from "./records.ts";

/** Whether a task claimed a path; one that says nothing about its files may touch any. */
export function claimedBy(task: Pick<PlanTask, "files" | "tests">): (path: string) => boolean {
  const globs = [...task.files, ...task.tests].flatMap((glob) => {
    const compiled = compileGlob(glob);
    return compiled.ok ? [compiled.glob] : [];
  });
  return globs.length === 0 ? () => true : (path) => globs.some((glob) => glob(path));
}

/**
 * What one task of a plan is to repair when the whole is tried again: how its own last try failed, and what gates found in files that
 * it claims. Null for a task of which nothing failed, such as one that was skipped: it begins as it would have begun.
 *
 * @param order of the whole: findings without a gate tell of the try as a whole, and so of other tasks
 */
export function ownOrder(
  order: RepairOrder,
  task: PlanTask,
  failure: TaskFailure | undefined,
): RepairOrder | null {
  const isOwn = claimedBy(task);
  const found = order.findings.filter(({ gate, path }) =>
    gate !== undefined && (path === undefined || isOwn(path))
  );
  const failed = failure === undefined ? [] : [{
    message: failure.failure.message,
    ...(failure.failure.remedy === undefined ? {} : { remediation: failure.failure.remedy }),
  }];
  if (failed.length + found.length === 0) return null;
  const { start: _, ...rest } = order;
  return {
    ...rest,
    strategy: order.strategy === "switch-model" && failure === undefined ? "fix" : order.strategy,
    findings: [...failed, ...found],
    output: found.length === 0 ? "" : order.output,
    except: order.strategy === "switch-model" ? [...failure?.models ?? []] : order.except,
  };
}
