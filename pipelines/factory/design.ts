import picomatch from "picomatch";
import type { PhaseHandler } from "../../kernel/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { intentsOf, Plan } from "../../specs/code/mod.ts";
import { decisionRecord } from "./planner/decision_record.ts";
import { readInput } from "./input.ts";
import { readJson } from "../blob_reads.ts";
import { failed } from "./outcome.ts";
import type { FactoryPorts } from "./ports.ts";
import { freshWorkspace } from "./base_objects.ts";

/**
 * For a spec that mixes intents, and for a plan that decides something or touches more than one component: which files each intent can
 * reach at base, where two of them overlap, and a record of what is decided.
 */
export function design(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const clone = await freshWorkspace(ports, ctx.run, input.repository, "design");
    if (!clone.ok) return failed(clone.error, { class: "external", source: "user-environment" });
    try {
      const paths = await clone.value.list("base");
      const reaches = intentsOf(spec).map((intent) => {
        const inScope = picomatch(intent.scope, { dot: true });
        const files = paths.filter((path) => inScope(path));
        return { type: intent.type, scope: intent.scope, count: files.length, files };
      });
      const seen = new Map<string, number>();
      for (const reach of reaches) for (const path of reach.files) seen.set(path, (seen.get(path) ?? 0) + 1);
      const overlaps = [...seen].filter(([, times]) => times > 1).map(([path]) => path);
      ctx.progress(`${reaches.length} intents, ${overlaps.length} files in more than one`);
      const planned = ctx.outputs.plan as { plan?: string } | undefined;
      const plan = planned?.plan ? Plan.parse(await readJson(ctx.blobs, planned.plan)) : null;
      const record = decisionRecord({
        spec,
        plan,
        reaches,
        overlaps,
        run: ctx.run,
        at: new Date(ctx.clock.now()).toISOString(),
      });
      const output: Json = {
        designer: "rules",
        record: await ctx.blobs.put(record),
        intents: reaches.map((reach) => ({ ...reach, files: reach.files.slice(0, 50) })),
        overlaps: overlaps.slice(0, 50),
      };
      return { kind: "done", outcome: "designed", output };
    } finally {
      await clone.value.dispose();
    }
  };
}
