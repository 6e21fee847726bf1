/** How the work of models went, by task class: what the router learns from. */
import type { TaskClass } from "../../specs/mod.ts";

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

/** Outcomes by `outcomeKey`. */
export type Outcomes = Readonly<Record<string, Outcome>>;

export const outcomeKey = (model: string, task: TaskClass): string => `${model} ${task}`;

/** The registry's word counts as much as so many outcomes. */
const PRIOR = 10;

/** How fit a model is, 0 to 100: what the registry says, moved by what happened here. */
export function fitness(fit: number, outcome: Outcome | undefined): number {
  const { passed, failed } = outcome ?? { passed: 0, failed: 0 };
  return (fit * PRIOR + 100 * passed) / (PRIOR + passed + failed);
}
