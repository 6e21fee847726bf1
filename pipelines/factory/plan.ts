import type { PhaseHandler } from "../../kernel/mod.ts";
import { intentsOf, type Json } from "../../specs/mod.ts";
import { readInput } from "./input.ts";

/** Without a model the plan is one task, derived from the spec: where it may happen, what proves it, who does it. */
export function plan(): PhaseHandler {
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const intents = intentsOf(spec);
    const output: Json = {
      planner: "rules",
      tasks: [{
        id: "T1",
        title: spec.title,
        intents: intents.map((intent) => ({ type: intent.type, scope: intent.scope })),
        implementer: input.implementer,
        operations: spec.operations.map((operation) => operation.op),
        proof: spec.acceptance.map((criterion) => ({
          id: criterion.id,
          held: criterion.check !== undefined,
        })),
        dependsOn: [],
      }],
    };
    ctx.progress(`1 task, ${spec.acceptance.length} acceptance criteria`);
    return { kind: "done", outcome: intents.length > 1 ? "needs-design" : "planned", output };
  };
}
