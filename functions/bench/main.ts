/** `deno task bench`: the figures that the README quotes, measured on this machine. */
import { join } from "node:path";
import { benchEngine } from "../../kernel/bench/mod.ts";

const room = await Deno.makeTempDir({ prefix: "forge-bench-" });
try {
  const engine = await benchEngine({
    workflows: 5000,
    steps: 5,
    concurrency: 50,
    storePath: join(room, "engine.db"),
  });
  console.log("engine");
  for (const [name, value] of Object.entries(engine)) console.log(`  ${name.padEnd(26)} ${value}`);

  console.log("command line, forge --help (9 cold starts)");
  const starts: number[] = [];
  const main = new URL("../cli/main.ts", import.meta.url).href;
  for (let at = 0; at < 10; at++) {
    const began = performance.now();
    await new Deno.Command(Deno.execPath(), { args: ["run", "-A", main, "--help"], stdout: "null" }).output();
    starts.push(performance.now() - began);
  }
  const counted = starts.slice(1).sort((a, b) => a - b);
  console.log(`  p50Ms                      ${Math.round(counted[4] ?? 0)}`);
  console.log(`  maxMs                      ${Math.round(counted[8] ?? 0)}`);
} finally {
  await Deno.remove(room, { recursive: true });
}
