/** A plan as users see it: its tasks, where each stands, and what it was thought to take. */
import { z } from "zod";

export const TaskState = z.enum(["waiting", "running", "done", "merged", "failed", "skipped"]);
export type TaskState = z.infer<typeof TaskState>;

export const PlanShown = z.strictObject({
  planner: z.string().describe("`rules`, or the model that made it"),
  why: z.string().optional().describe("why it was planned so"),
  tasks: z.array(z.strictObject({
    id: z.string(),
    title: z.string(),
    dependsOn: z.array(z.string()),
    risk: z.enum(["low", "medium", "high"]).optional(),
    files: z.array(z.string()).optional().describe("what it claims, the first ones"),
    criteria: z.array(z.string()).optional(),
    state: TaskState,
    why: z.string().optional().describe("why it failed, was skipped, or is done again"),
  })),
  forecast: z.strictObject({
    calls: z.number().nullable(),
    costMicroUsd: z.number().nullable(),
    seconds: z.number(),
    steps: z.number(),
    model: z.string().nullable(),
    leftMicroUsd: z.number().nullable(),
    fits: z.boolean().nullable(),
  }).optional().describe("a guess from before work began"),
  mermaid: z.string().describe("the graph of the tasks, for whoever draws it"),
});
export type PlanShown = z.infer<typeof PlanShown>;
