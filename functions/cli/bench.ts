import { join } from "node:path";
import { benchEngine } from "../../kernel/bench/mod.ts";
import type { Handler } from "./command.ts";
import { countOption } from "./count_option.ts";

/** `forge bench engine`: the real engine on a fresh store of its own, removed afterwards. */
export const benchEngineCommand: Handler = async ({ options }) => {
  const workflows = countOption(options.workflows, "workflows", 5000, 1, 1_000_000);
  const steps = countOption(options.steps, "steps", 5, 1, 100_000);
  const concurrency = countOption(options.concurrency, "concurrency", 50, 1, 10_000);
  const room = await Deno.makeTempDir({ prefix: "forge-bench-" });
  try {
    const figures = await benchEngine({ workflows, steps, concurrency, storePath: join(room, "bench.db") });
    const text = Object.entries(figures).map(([name, value]) => `${name.padEnd(24)} ${value}`).join("\n");
    return { exit: 0, document: figures, text };
  } finally {
    await Deno.remove(room, { recursive: true });
  }
};
