import type { EffectHandler } from "../../../kernel/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import type { LinkedRun } from "../watch/linked.ts";

/** Begins the run of a task, once for each key. */
export function stackEffects(ports: FactoryPorts): Readonly<Record<string, EffectHandler>> {
  return {
    "task-run": {
      // The engine finds a run of this key itself.
      look: () => Promise.resolve({ found: false }),
      async act(key, args, run) {
        if (ports.runs === undefined) throw new Error("Cannot begin a run: nothing here is wired to do that");
        const submitted = await ports.runs.submit({
          ...args as unknown as LinkedRun,
          actor: { kind: "engine", id: "plan" },
          parent: run,
          idempotencyKey: key,
        });
        return { run: submitted.run };
      },
    },
  };
}
