import { z } from "zod";

const Name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);

/** Ways out of a workflow. `@escalated` waits for a human; the others end the run. */
export const WayOut = z.enum(["@completed", "@denied", "@failed", "@escalated"]);
export type WayOut = z.infer<typeof WayOut>;

/** Where an outcome leads. A gated transition is judged by all five layers before anything moves. */
export const Transition = z.strictObject({
  to: z.union([Name, WayOut]),
  gated: z.boolean(),
  budget: z.number().int().min(1).max(10_000).optional()
    .describe("how often it may be taken in one run; required on every transition that closes a cycle"),
  denied: z.union([Name, WayOut]).default("@denied").describe(
    "where a denial leads, such as implement for a repair",
  ),
  deniedBudget: z.number().int().min(1).max(100).optional(),
  deniedUnit: z.string().min(1).max(100).optional().describe(
    "unit of the run's budget of which each denial that leads to a phase takes one, such as repairs",
  ),
  exhausted: WayOut.exclude(["@completed"]).optional().describe(
    "where a denial leads when deniedBudget or deniedUnit is used up; @denied unless told",
  ),
  final: z.array(z.string().min(1).max(200)).max(100).optional().describe(
    "rules whose denial never leads to a phase, by id; a * at the end stands for any rest. It ends in @denied, or, where the rule " +
      "asks for a human, in `exhausted`",
  ),
});
export type Transition = z.infer<typeof Transition>;

/** A phase emits an outcome; it never chooses the next phase itself. */
export const Phase = z.strictObject({
  handler: Name,
  timeoutSeconds: z.number().int().min(1).max(86_400).default(1800),
  attempts: z.number().int().min(1).max(20).default(3).describe(
    "tries of one entry of the phase before it has failed",
  ),
  on: z.record(Name, Transition).describe("outcome -> transition; an outcome that is not here is a failure"),
});
export type Phase = z.infer<typeof Phase>;

/** A graph of phases with transitions, budgets and gates, as data; compiled once per run. */
export const WorkflowDefinition = z.strictObject({
  id: Name,
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  start: Name,
  phases: z.record(Name, Phase),
  seals: z.boolean().default(true).describe(
    "whether evidence is sealed on every way out; false only for engine benchmarks",
  ),
});
export type WorkflowDefinition = z.infer<typeof WorkflowDefinition>;
