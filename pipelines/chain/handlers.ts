import type { EffectHandler, PhaseHandler } from "../../kernel/mod.ts";
import type { ChainPorts, StageOrder } from "./port.ts";

type Ports = () => Promise<ChainPorts>;

/** The phases of chains by their names, loaded when the first of them is driven. */
export function chainHandlers(ports: Ports): Readonly<Record<string, PhaseHandler>> {
  return {
    "chain-look": async (ctx) => await (await import("./look.ts")).look(await ports())(ctx),
    "chain-wait": async (ctx) => await (await import("./wait.ts")).wait()(ctx),
    "chain-settle": async (ctx) => await (await import("./wait.ts")).settle()(ctx),
  };
}

/** Begins the run of a stage, once for each key: the engine finds a run of that key itself. */
export function chainEffects(ports: Ports): Readonly<Record<string, EffectHandler>> {
  return {
    "chain-stage": {
      look: () => Promise.resolve({ found: false }),
      act: async (_, args) => {
        const { asJson } = await import("./state.ts");
        return asJson(await (await ports()).begin(args as unknown as StageOrder));
      },
    },
  };
}
