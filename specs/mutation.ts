import { z } from "zod";

/** A small change of the program that its tests should notice. */
export const Mutation = z.strictObject({
  path: z.string(),
  line: z.number().int().min(1),
  operator: z.enum([
    "comparison",
    "boundary",
    "boolean",
    "negation",
    "arithmetic",
    "literal",
    "return",
    "call",
    "else",
  ]),
  what: z.string().max(200).describe("what became of which token; never the source line"),
});
export type Mutation = z.infer<typeof Mutation>;

/** What came of a mutant. `timeout` is noticed, too; what does not compile is no mutant. */
export const TriedMutation = z.strictObject({
  ...Mutation.shape,
  outcome: z.enum(["killed", "survived", "timeout", "not-compiled"]),
  by: z.string().max(400).optional().describe("the first test, or the command, that noticed it"),
  kept: z.literal(true).optional().describe("known from an earlier verification of the same tree"),
});
export type TriedMutation = z.infer<typeof TriedMutation>;

/** What the tests notice of small changes in the lines that the patch added or altered (T5 of the gate catalogue). */
export const MutationFacts = z.strictObject({
  budget: z.strictObject({
    mutants: z.number().int().min(0),
    atLeast: z.number().int().min(0).describe("so many are tried though the time were used up"),
    seconds: z.number().min(0).describe("time for all of them, by the tier and by what verification took"),
  }),
  possible: z.number().int().min(0).describe("mutants that the changed lines have"),
  lines: z.number().int().min(0).describe("changed lines that have one"),
  tried: z.array(TriedMutation),
  seconds: z.number().min(0),
  stopped: z.enum(["done", "mutants", "time"]).describe("why no more were tried"),
  skipped: z.string().optional().describe("why none was to be tried"),
  unread: z.array(z.string()).describe("changed code that was too large to be read"),
  problem: z.string().optional().describe("why those that were due could not be tried"),
});
export type MutationFacts = z.infer<typeof MutationFacts>;
