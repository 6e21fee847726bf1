import type { ImplementerKind, Spec } from "../../../specs/mod.ts";
import { intentsOf } from "../../../specs/code/mod.ts";

/** Who plans, and why. */
export interface PlannerChoice {
  readonly planner: "rules" | "model";
  readonly why: string;
}

/** Up to here one implementer keeps a spec in mind without a plan. */
const SMALL = { criteria: 2, characters: 1500, globs: 3, steps: 3 } as const;

/**
 * By rules, so that the same spec is always planned in the same way: edits that are given are one task, and so is a small spec; all
 * others are planned by a model.
 */
export function choosePlanner(
  spec: Spec,
  implementer: ImplementerKind,
  hasModels: boolean,
  perTask = false,
): PlannerChoice {
  if (implementer === "codemod" || implementer === "patch") {
    return { planner: "rules", why: `the implementer is ${implementer}: its edits are given` };
  }
  const large = perTask ? "a pull request was asked for each task" : largeness(spec);
  if (large === null) {
    return { planner: "rules", why: "the spec is small: one intent, few criteria, a short text" };
  }
  if (!hasModels) return { planner: "rules", why: `no model can be asked for a plan, though ${large}` };
  return { planner: "model", why: large };
}

/** Why a spec is worth a plan; null when it is not. */
function largeness(spec: Spec): string | null {
  const intents = intentsOf(spec);
  if (intents.length > 1) return `the spec has ${intents.length} intents`;
  if (spec.acceptance.length > SMALL.criteria) {
    return `the spec has ${spec.acceptance.length} acceptance criteria`;
  }
  const text = [spec.title, spec.reason, spec.description, ...spec.constraints].join("\n");
  if (text.length > SMALL.characters) return `the spec's text has ${text.length} characters`;
  const globs = intents.flatMap(({ scope }) => scope).length;
  if (globs > SMALL.globs) return `the spec's scope has ${globs} globs`;
  const steps = spec.description.split("\n").filter((line) => /^\s*(?:[-*+]|\d+[.)])\s+\S/.test(line)).length;
  if (steps >= SMALL.steps) return `the spec's text lists ${steps} points`;
  return null;
}
