import type { Plan } from "../../specs/mod.ts";
import type { FactoryInput, StackedTask } from "./input.ts";
import { code, plain } from "./markdown_text.ts";

/**
 * What a pull request says of its plan: the tasks that it was made of, one line each, or, of one task, what has to be merged before
 * it and what it stands on, for people and, in a comment, for machines.
 */
export function planLines(
  { task, forge }: Pick<FactoryInput, "task" | "forge">,
  plan: Plan | null,
): string[] {
  // GitLab counts merge requests apart from issues.
  if (task !== undefined) return stackedLines(task, forge === "gitlab" ? "!" : "#");
  if (plan === null || plan.tasks.length < 2) return [];
  return [
    "",
    "## Plan",
    "",
    ...plan.tasks.map(({ id, title, dependsOn }) =>
      `- ${code(id)}: ${plain(title.slice(0, 200))}${
        dependsOn.length === 0 ? "" : `, after ${dependsOn.map(code).join(", ")}`
      }`
    ),
  ];
}

function stackedLines(
  { run, id, nth, of, dependsOn, base, holds }: StackedTask,
  sign: "#" | "!",
): string[] {
  const record = {
    v: 1,
    run,
    task: id,
    dependsOn: dependsOn.map(({ number }) => number),
    base: base?.number ?? null,
  };
  return [
    "",
    "## Stack",
    "",
    `Task ${code(id)}, ${nth} of ${of} of the plan of run ${code(run)}.`,
    ...(dependsOn.length === 0
      ? []
      : ["", ...dependsOn.map(({ number, task }) => `Depends on ${sign}${number} (task ${code(task)})`)]),
    ...(base === null ? [] : [
      "",
      `It stands on the branch ${code(base.branch)} of ${sign}${base.number}, which holds ${
        holds.map((one) => `task ${code(one)}`).join(", ")
      }: merge in this order.`,
    ]),
    "",
    // Two dashes would end the comment.
    `<!-- edgeforge:stack ${JSON.stringify(record).replaceAll("--", "-\\u002d")} -->`,
  ];
}
