import picomatch from "picomatch";
import type { PhaseHandler } from "../../kernel/mod.ts";
import { intentsOf, type Json } from "../../specs/mod.ts";
import { readInput } from "./input.ts";
import { failed } from "./outcome.ts";
import type { FactoryPorts } from "./ports.ts";
import { freshWorkspace } from "./base_objects.ts";

/** For a spec that mixes intents: which files each intent can reach at base, and where two of them overlap. */
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
      const output: Json = {
        designer: "rules",
        intents: reaches.map((reach) => ({ ...reach, files: reach.files.slice(0, 50) })),
        overlaps: overlaps.slice(0, 50),
      };
      return { kind: "done", outcome: "designed", output };
    } finally {
      await clone.value.dispose();
    }
  };
}
