import { redact } from "../../../policies/mod.ts";
import { Plan } from "../../../specs/code/mod.ts";

/** A model may repeat a secret that it saw: it is not kept. */
export function redactedPlan(plan: Plan): Plan {
  const text = JSON.stringify(plan, (_key, one: unknown) => typeof one === "string" ? redact(one) : one);
  return Plan.parse(JSON.parse(text));
}
