import type { EffectHandler, PhaseHandler } from "../kernel/mod.ts";
import { foundry, PUBLISH } from "../pipelines/mod.ts";
import type { DataFamily } from "./data_family.ts";

type Bound<T> = Record<string, T>;

/**
 * Phases and effects of data runs, bound by their names and loaded when the first of them is driven: what they need is a third of
 * the program, and a process that moves code changes never asks for it.
 */
export function dataRuns(
  load: () => Promise<Pick<DataFamily, "handlers" | "effects">>,
): { handlers: Bound<PhaseHandler>; effects: Bound<EffectHandler> } {
  const handler = (name: string): PhaseHandler => async (...given) =>
    await bound((await load()).handlers, name)(...given);
  const effect = (name: string): EffectHandler => ({
    look: async (...given) => await bound((await load()).effects, name).look(...given),
    act: async (...given) => await bound((await load()).effects, name).act(...given),
  });
  const names = new Set(Object.values(foundry.phases).map((phase) => phase.handler));
  return {
    handlers: Object.fromEntries([...names].map((name) => [name, handler(name)])),
    effects: { [PUBLISH]: effect(PUBLISH) },
  };
}

function bound<T>(all: Readonly<Bound<T>>, name: string): T {
  const found = all[name];
  if (found === undefined) throw new Error(`Cannot do '${name}': nothing of the data runs is bound to it`);
  return found;
}
