import type { EffectHandler, PhaseHandler } from "../../kernel/mod.ts";
import { look } from "./look.ts";
import type { ChainPorts, StageOrder } from "./port.ts";
import { asJson } from "./state.ts";
import { settle, wait } from "./wait.ts";

export function chainHandlers(ports: ChainPorts): Readonly<Record<string, PhaseHandler>> {
  return { "chain-look": look(ports), "chain-wait": wait(), "chain-settle": settle() };
}

/** Begins the run of a stage, once for each key: the engine finds a run of that key itself. */
export function chainEffects(ports: ChainPorts): Readonly<Record<string, EffectHandler>> {
  return {
    "chain-stage": {
      look: () => Promise.resolve({ found: false }),
      act: async (_, args) => asJson(await ports.begin(args as unknown as StageOrder)),
    },
  };
}
