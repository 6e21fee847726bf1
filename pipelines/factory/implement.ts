import type { PhaseHandler } from "../../kernel/mod.ts";
import { freshWorkspace } from "./base_objects.ts";
import type { Implementer } from "./implementers/port.ts";
import { readInput } from "./input.ts";
import { failed } from "./outcome.ts";
import { pinnedPacks } from "./packs.ts";
import type { FactoryPorts } from "./ports.ts";
import { propose } from "./propose.ts";
import { workOn } from "./one_task.ts";

/**
 * Lets the implementer work in a workspace of its own, then reads git's diff: that diff is the change, whatever the implementer
 * says.
 */
export function implement(
  ports: FactoryPorts,
  implementers: Readonly<Record<string, Implementer>>,
): PhaseHandler {
  const judging = pinnedPacks(ports);
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const implementer = implementers[input.implementer];
    if (!implementer) throw new Error(`Cannot implement: no implementer is bound as '${input.implementer}'`);
    const clone = await freshWorkspace(ports, ctx.run, input.repository, `implement-${ctx.visit}`);
    if (!clone.ok) return failed(clone.error, { class: "external", source: "user-environment" });
    const workspace = clone.value;
    try {
      // Before anybody works in it.
      const history = await workspace.history();
      const worked = await workOn(ctx, implementer, { input, spec, workspace });
      if (!worked.ok) return failed(worked.error, { class: "task-code", source: "user-environment" });
      const output = await propose(ports, ctx, {
        input,
        spec,
        workspace,
        worked: worked.value,
        history,
        judging,
      });
      return { kind: "done", outcome: "implemented", output };
    } finally {
      await workspace.dispose();
    }
  };
}
