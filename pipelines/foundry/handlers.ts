import type { EffectHandler, PhaseHandler } from "../../kernel/mod.ts";
import { acquire, resolve } from "./acquire.ts";
import { assure } from "./assure.ts";
import { outsideFreezes } from "../operation.ts";
import { readAsked } from "./input.ts";
import type { FoundryPorts } from "./ports.ts";
import { publish } from "./publish.ts";
import { publishEffect } from "./publish_effect.ts";
import { inRoom } from "./room_lock.ts";
import { settle } from "./settle.ts";
import { PUBLISH } from "./workflow.ts";

/** One handler a phase of the foundry's workflow. */
export function foundryHandlers(ports: FoundryPorts): Readonly<Record<string, PhaseHandler>> {
  return {
    resolve: resolve(ports),
    acquire: inRoom(ports, acquire(ports)),
    assure: inRoom(ports, assure(ports)),
    "publish-data": outsideFreezes(ports, async ({ blobs, input }) => {
      const { pipeline } = await readAsked(blobs, input);
      return { tier: pipeline.tier, intents: [], windows: [] };
    }, publish(ports)),
    settle: settle(ports),
  };
}

export function foundryEffects(ports: FoundryPorts): Readonly<Record<string, EffectHandler>> {
  return { [PUBLISH]: publishEffect(ports) };
}
