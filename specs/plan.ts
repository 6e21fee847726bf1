/** The plan of a change: tasks, what each depends on, claims and proves. */
import { z } from "zod";

const TaskId = z.string().regex(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/,
  "letters, digits, dots, dashes and underscores",
);

/** One task of a plan, done by one implementer in a clone of its own. */
export const PlanTask = z.strictObject({
  id: TaskId,
  title: z.string().trim().min(1).max(300),
  detail: z.string().max(20_000).default(""),
  dependsOn: z.array(TaskId).max(50).default([]),
  files: z.array(z.string().min(1).max(500)).max(200).default([]).describe(
    "paths or globs that this task changes and no other task at the same time; within the spec's scope",
  ),
  tests: z.array(z.string().min(1).max(500)).max(100).default([]).describe("tests that it adds or changes"),
  criteria: z.array(z.string().min(1).max(64)).max(200).default([]).describe(
    "ids of the acceptance criteria that it serves",
  ),
  risk: z.enum(["low", "medium", "high"]).default("low"),
});
export type PlanTask = z.infer<typeof PlanTask>;

/** What a planner proposes. Checked before anything of it is done: ids, cycles, scope, criteria. */
export const Plan = z.strictObject({
  v: z.literal(1),
  planner: z.string().min(1).max(200).describe("`rules`, or the model that made it"),
  tasks: z.array(PlanTask).min(1).max(50),
  components: z.array(z.string().min(1).max(200)).max(50).default([]).describe(
    "parts of the system that it touches",
  ),
  decision: z.string().max(10_000).default("").describe(
    "a decision that has to be taken first; empty when there is none",
  ),
  risks: z.array(z.string().min(1).max(1000)).max(50).default([]),
  unclear: z.array(z.string().min(1).max(1000)).max(20).default([]).describe("what only a human can answer"),
});
export type Plan = z.infer<typeof Plan>;
