/** What kind of work a call of a model is. */
import type { Spec, TaskClass } from "../../specs/mod.ts";

export interface TaskContext {
  /** The phase, or the purpose within it: plan, implement, repair, review, diagnose. */
  readonly phase: string;
  readonly spec?: Pick<Spec, "constraints" | "tier" | "budget">;
  /** Estimated tokens of the prompt, where they are known. */
  readonly promptTokens?: number;
  /** The repository or the operator keeps everything on this machine. */
  readonly localOnly?: boolean;
}

const BY_PHASE: Readonly<Record<string, TaskClass>> = {
  plan: "thinking-heavy",
  "re-plan": "thinking-heavy",
  design: "thinking-heavy",
  diagnose: "thinking-heavy",
  implement: "execution",
  repair: "execution",
  conflict: "execution",
  verify: "validation",
  review: "validation",
  explore: "cost-optimized",
  summarize: "cost-optimized",
  classify: "cost-optimized",
  observe: "cost-optimized",
};

/** Above this a prompt needs a model that is good at long ones. */
const LARGE_TOKENS = 150_000;
/** A best-effort change with a budget below this is not worth the best model. */
const SMALL_BUDGET_USD = 0.25;

/** Constraints of a spec that keep everything on this machine; exactly these words, since a mistake either way is dear. */
const LOCAL_ONLY = new Set(["privacy-sensitive", "local models only", "no hosted models"]);

/** Whether a spec says that nothing of it may leave the machine. */
export function isLocalOnly(spec: Pick<Spec, "constraints">): boolean {
  return spec.constraints.some((constraint) =>
    LOCAL_ONLY.has(constraint.trim().toLowerCase().replace(/[.!]$/, ""))
  );
}

/** The task class of a call. The same context gives the same class. */
export function taskClassOf(context: TaskContext): TaskClass {
  const { phase, spec, promptTokens = 0 } = context;
  if (context.localOnly || (spec !== undefined && isLocalOnly(spec))) return "privacy-sensitive";
  if (promptTokens > LARGE_TOKENS) return "large-context";
  const task = Object.hasOwn(BY_PHASE, phase) ? BY_PHASE[phase] ?? "execution" : "execution";
  const isCheap = spec?.tier === "best-effort" && spec.budget.usd < SMALL_BUDGET_USD;
  return isCheap && task === "execution" ? "cost-optimized" : task;
}
