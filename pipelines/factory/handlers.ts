import type { EffectHandler, PhaseHandler } from "../../kernel/mod.ts";
import type { FactoryPorts } from "./ports.ts";

const PHASES = [
  "explore",
  "plan",
  "design",
  "implement",
  "verify",
  "ci-send",
  "ci-look",
  "ci-wait",
  "ci-stuck",
  "ci-verify",
  "review",
  "release",
  "observe",
  "stack-look",
  "stack-wait",
  "stack-settle",
  "watch-look",
  "watch-wait",
  "train-look",
  "train-wait",
] as const;
export type PhaseName = typeof PHASES[number];

const EFFECTS = [
  "pull-request",
  "pull-request-notes",
  "pull-request-update",
  "ci-order",
  "ci-drop",
  "task-run",
  "watch-reply",
  "watch-run",
  "watch-merge",
  "watch-begin",
  "watch-retarget",
  "train-watch",
  "train-wake",
] as const;
type EffectKind = typeof EFFECTS[number];

/**
 * One handler a phase, loaded with what it works through when the first of them is driven: they are a third of the program, and a data
 * run or a command that only reads drives none. The start-up check compares these names with what the workflows ask for.
 */
export function factoryHandlers(ports: () => Promise<FactoryPorts>): Readonly<Record<string, PhaseHandler>> {
  let loaded: Promise<Readonly<Record<PhaseName, PhaseHandler>>> | null = null;
  const load = () =>
    loaded ??= import("./phases.ts").then(async ({ factoryPhases }) => factoryPhases(await ports()));
  const handler = (name: PhaseName): PhaseHandler => async (...given) => await (await load())[name](...given);
  return Object.fromEntries(PHASES.map((name) => [name, handler(name)]));
}

/** The effects that the factory's phases ask for, by kind, loaded likewise. */
export function factoryEffects(ports: () => Promise<FactoryPorts>): Readonly<Record<string, EffectHandler>> {
  let loaded: Promise<Readonly<Record<string, EffectHandler>>> | null = null;
  const bound = async (kind: EffectKind): Promise<EffectHandler> => {
    const found =
      (await (loaded ??= import("./phases.ts").then(async ({ phaseEffects }) =>
        phaseEffects(await ports())
      )))[kind];
    if (found === undefined) throw new Error(`Cannot do '${kind}': nothing of the factory is bound to it`);
    return found;
  };
  const effect = (kind: EffectKind): EffectHandler => ({
    look: async (...given) => await (await bound(kind)).look(...given),
    act: async (...given) => await (await bound(kind)).act(...given),
  });
  return Object.fromEntries(EFFECTS.map((kind) => [kind, effect(kind)]));
}
