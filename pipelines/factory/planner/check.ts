import { compileGlob, globBeyond, isExactPath, protectedClass, scopeOf } from "../../../policies/code/mod.ts";
import type { Plan, PlanTask, Problem, Spec } from "../../../specs/mod.ts";
import { intentsOf } from "../../../specs/code/mod.ts";
import { cycleIn, depthOf } from "../dag/order.ts";

/** What a plan may be at most: a planner that splits without end costs without end. */
export const PLAN_LIMITS = {
  tasks: 20,
  /** Tasks in the longest chain of dependencies. */
  depth: 8,
  /** Tasks that depend on one task directly, or that one depends on. */
  fanOut: 10,
} as const;

export interface PlanGround {
  readonly spec: Spec;
  /** Paths of the base commit. */
  readonly paths: readonly string[];
}

/** Everything that is wrong with a plan, each with what to do about it; nothing when it may be carried out. */
export function planProblems(plan: Plan, ground: PlanGround): Problem[] {
  return [
    ...graphProblems(plan.tasks),
    ...claimProblems(plan.tasks, ground),
    ...criteriaProblems(plan.tasks, ground.spec),
    ...proofProblems(plan.tasks, ground.spec),
  ];
}

const problem = (path: string, message: string, remedy: string, value?: string): Problem => ({
  code: "plan",
  path,
  message,
  remedy,
  ...(value === undefined ? {} : { value }),
});

function graphProblems(tasks: readonly PlanTask[]): Problem[] {
  const found: Problem[] = [];
  const ids = new Set<string>();
  for (const { id } of tasks) {
    if (ids.has(id)) {
      found.push(problem("tasks", `Two tasks are called ${id}`, "Give each task its own id", id));
    }
    ids.add(id);
  }
  for (const { id, dependsOn } of tasks) {
    for (const on of dependsOn.filter((one) => !ids.has(one))) {
      found.push(
        problem(
          `tasks.${id}.dependsOn`,
          `Task ${id} depends on ${on}, which is no task of the plan`,
          `Name one of ${[...ids].join(", ")}`,
          on,
        ),
      );
    }
    if (dependsOn.length > PLAN_LIMITS.fanOut) {
      found.push(
        problem(
          `tasks.${id}.dependsOn`,
          `Task ${id} depends on ${dependsOn.length} tasks; ${PLAN_LIMITS.fanOut} is the limit`,
          "Leave out what it depends on through others",
        ),
      );
    }
  }
  for (const id of ids) {
    const dependents = tasks.filter(({ dependsOn }) => dependsOn.includes(id)).length;
    if (dependents > PLAN_LIMITS.fanOut) {
      found.push(
        problem(
          `tasks.${id}`,
          `${dependents} tasks depend on ${id}; ${PLAN_LIMITS.fanOut} is the limit`,
          "Plan fewer and larger tasks",
        ),
      );
    }
  }
  if (tasks.length > PLAN_LIMITS.tasks) {
    found.push(
      problem(
        "tasks",
        `The plan has ${tasks.length} tasks; ${PLAN_LIMITS.tasks} is the limit`,
        "Plan fewer and larger tasks, or split the spec",
      ),
    );
  }
  const cycle = cycleIn(tasks);
  if (cycle !== null) {
    found.push(
      problem(
        "tasks",
        `The tasks depend on one another in a circle: ${cycle.join(" -> ")}`,
        "Take one of these dependencies out",
        cycle.join(" -> "),
      ),
    );
  } else if (tasks.every(({ dependsOn }) => dependsOn.every((on) => ids.has(on)))) {
    const depth = depthOf(uniqueById(tasks));
    if (depth > PLAN_LIMITS.depth) {
      found.push(
        problem(
          "tasks",
          `${depth} tasks have to be done one after the other; ${PLAN_LIMITS.depth} is the limit`,
          "Take dependencies out that are not needed, or plan fewer tasks",
        ),
      );
    }
  }
  return found;
}

const uniqueById = (tasks: readonly PlanTask[]): PlanTask[] => [
  ...new Map(tasks.map((task) => [task.id, task])).values(),
];

/** A test may be named by its title; only what looks like a path is one. */
export const isPathLike = (text: string): boolean => !/\s/.test(text) && /[/.*]/.test(text);

function claimProblems(tasks: readonly PlanTask[], { spec, paths }: PlanGround): Problem[] {
  const found: Problem[] = [];
  const allowed = intentsOf(spec).flatMap((intent) => intent.scope);
  const scope = scopeOf(spec, paths);
  const named = new Set(allowed.filter(isExactPath));
  for (const { id, files, tests } of tasks) {
    // Alone it may touch whatever the spec allows; beside others nobody knows what it must not meet.
    if (files.length === 0 && tests.length === 0 && tasks.length > 1) {
      found.push(
        problem(`tasks.${id}.files`, `Task ${id} claims no file`, "Name the paths or globs that it changes"),
      );
    }
    for (const claim of [...files, ...tests.filter(isPathLike)]) {
      const at = `tasks.${id}.files`;
      const compiled = compileGlob(claim);
      if (!compiled.ok) {
        found.push(
          problem(
            at,
            `Task ${id} claims '${claim}', which is no path or glob that is understood: ${compiled.problem}`,
            "Write it with *, **, ?, [abc] and {a,b}, relative to the repository's root",
            claim,
          ),
        );
        continue;
      }
      const beyond = isExactPath(claim) ? claim : globBeyond(claim, allowed);
      if (beyond !== null && scope.reasonFor(beyond) === null) {
        found.push(
          problem(
            at,
            `Task ${id} claims '${claim}', and ${
              beyond === claim ? "that is" : `'${beyond}' in it would be`
            } outside of the spec's scope`,
            `Stay within ${allowed.join(", ")} and the tests beside`,
            claim,
          ),
        );
        continue;
      }
      const closed = isExactPath(claim) && !named.has(claim) ? protectedClass(claim) : null;
      if (closed !== null) {
        found.push(
          problem(
            at,
            `Task ${id} claims '${claim}', a protected file (${closed.class}): ${closed.why}`,
            "Leave it as it is; it opens only to a spec that names its exact path",
            claim,
          ),
        );
      }
    }
  }
  return found;
}

function criteriaProblems(tasks: readonly PlanTask[], spec: Spec): Problem[] {
  const found: Problem[] = [];
  const known = new Set(spec.acceptance.map(({ id }) => id));
  const served = new Set(tasks.flatMap(({ criteria }) => criteria));
  for (const { id, criteria } of tasks) {
    for (const one of criteria.filter((criterion) => !known.has(criterion))) {
      found.push(
        problem(
          `tasks.${id}.criteria`,
          `Task ${id} serves ${one}, which is no acceptance criterion of the spec`,
          known.size === 0
            ? "The spec has none: leave criteria empty"
            : `Name one of ${[...known].join(", ")}`,
          one,
        ),
      );
    }
  }
  for (const id of [...known].filter((criterion) => !served.has(criterion))) {
    found.push(
      problem(
        "tasks",
        `No task serves the acceptance criterion ${id}`,
        `Add ${id} to the criteria of the task that does it, or plan a task for it`,
        id,
      ),
    );
  }
  return found;
}

/** Text that is read and not run: nothing of it can fail before the change. */
const READ_ONLY = /\.(md|mdx|markdown|txt|rst|adoc|csv|tsv|json|ya?ml|toml|svg|png|jpe?g|gif)$/i;

/** Where nothing else proves the change, a test has to be planned that can. */
function proofProblems(tasks: readonly PlanTask[], spec: Spec): Problem[] {
  const promises = intentsOf(spec).some(({ type }) => type === "CREATE" || type === "UPDATE");
  if (!promises || spec.proof !== "fail-to-pass") return [];
  if (spec.acceptance.some(({ check }) => check !== undefined)) return [];
  if (tasks.some(({ tests }) => tests.length > 0)) return [];
  const files = tasks.flatMap((task) => task.files);
  if (files.length > 0 && files.every((file) => READ_ONLY.test(file))) return [];
  return [problem(
    "tasks",
    "No task adds a test, and the spec has no acceptance check: nothing would show that the change does anything",
    "Name in `tests` of a task the test file that fails before the change and passes after it",
  )];
}
