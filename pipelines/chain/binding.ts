import type { Chain, ChainStage, StageEnd } from "../../specs/mod.ts";

export interface Binding {
  readonly input: string;
  readonly stage: string;
  readonly output: string;
}

/** What a stage takes from others. */
export function bindingsOf(stage: Pick<ChainStage, "with">): Binding[] {
  return Object.entries(stage.with).map(([input, from]) => {
    const dot = from.indexOf(".");
    return { input, stage: from.slice(0, dot), output: from.slice(dot + 1) };
  });
}

/** Ends of another stage after which this one is run. */
export function endsOf(stage: Pick<ChainStage, "when">, other: string): readonly StageEnd[] {
  const { when = {} } = stage;
  return Object.hasOwn(when, other) ? when[other] ?? ["completed"] : ["completed"];
}

/** What a stage waits for: what it takes from, comes after, or names a condition of. */
export function dependenciesOf(stage: Pick<ChainStage, "with" | "after" | "when">): string[] {
  return [
    ...new Set([
      ...stage.after,
      ...bindingsOf(stage).map((one) => one.stage),
      ...Object.keys(stage.when ?? {}),
    ]),
  ];
}

/** Stages as a graph: what each waits for. */
export function stagesOf(chain: Pick<Chain, "stages">): { id: string; dependsOn: string[] }[] {
  return chain.stages.map((stage) => ({ id: stage.id, dependsOn: dependenciesOf(stage) }));
}
