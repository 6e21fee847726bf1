import type { Binding } from "../rule.ts";

/** Phases after which the facts of a kind exist, and the last transition before anything is published. */
export const SPEC_KNOWN: readonly Binding[] = ["explore->", "plan->", "design->"];
export const PATCH_ALWAYS: readonly Binding[] = ["implement->", "verify->", "review->", "final"];
export const VERIFY_KNOWN: readonly Binding[] = ["verify->", "final"];
export const OUTGOING_KNOWN: readonly Binding[] = ["review->", "final"];
export const EVERYWHERE: readonly Binding[] = [
  "explore->",
  "plan->",
  "design->",
  "implement->",
  "verify->",
  "review->",
  "release->",
  "observe->",
  "final",
];

/** Whether a rule that is bound so is judged at this transition. */
export function isBound(bindings: readonly Binding[], transition: { from: string; to: string }): boolean {
  const { from, to } = transition;
  const publishes = to === "release" || (to === "@completed" && from !== "release" && from !== "observe");
  return bindings.some((binding) => binding === "final" ? publishes : binding === `${from}->`);
}
