import type { EffectHandler } from "../../../kernel/mod.ts";
import type { Json } from "../../../specs/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import { submitWatch, watchOf } from "../watch/begin.ts";

const ACTOR = { kind: "engine", id: "train" } as const;

/** Begins the watch of a pull request, or joins the one that is under way. */
export function trainEffects(ports: FactoryPorts): Readonly<Record<string, EffectHandler>> {
  return {
    "train-watch": {
      // The engine finds a watch that is under way itself.
      look: () => Promise.resolve({ found: false }),
      async act(_key, args): Promise<Json> {
        const { delivery } = args as { delivery: string };
        const { runs } = ports;
        if (runs === undefined) throw new Error("Cannot begin a watch: nothing here is wired to do that");
        const watch = await watchOf(ports, delivery, Date.now());
        if (watch === null) return { run: null };
        return { run: (await submitWatch(runs, watch, ACTOR)).run };
      },
    },
    // What it stood on is merged: it looks at once, by the same call that a webhook makes.
    "train-wake": {
      look: () => Promise.resolve({ found: false }),
      async act(key, args): Promise<Json> {
        const { run } = args as { run: string };
        const told = await ports.runs?.signal?.(run, "forge", { asked: true }, ACTOR, key);
        return { told: told?.ok === true };
      },
    },
  };
}
