/**
 * Runs a codemod spec and tells, as one line of JSON, how long children (git, sandbox, the repository's own tests) were at work:
 * `{ runs: [{ wallMs, childrenMs }] }`. What is left of the wall clock is ours. Arguments: SPEC REPOSITORY DATA RUNS.
 */
import { fileURLToPath } from "node:url";

const [spec = "", repo = "", data = "", runs = "1"] = Deno.args;
const spans: [began: number, ended: number][] = [];
const { Command } = Deno;
Object.defineProperty(Deno, "Command", {
  value: class extends Command {
    override async output(): Promise<Deno.CommandOutput> {
      const began = performance.now();
      try {
        return await super.output();
      } finally {
        spans.push([began, performance.now()]);
      }
    }
    override spawn(): Deno.ChildProcess {
      const began = performance.now();
      const child = super.spawn();
      child.status.then(() => spans.push([began, performance.now()]));
      return child;
    }
  },
});

// Loaded after the change: what is measured includes loading it.
const { compose } = await import("../compose.ts");
const measured: { wallMs: number; childrenMs: number }[] = [];
const service = await compose({ data, sandbox: "bwrap", workers: true, only: "code" });
try {
  const text = await Deno.readTextFile(spec);
  for (let at = 0; at < Number(runs); at++) {
    // The first one pays for the start of the process.
    const began = at === 0 ? 0 : performance.now();
    if (at > 0) spans.length = 0;
    const submitted = await service.submit(
      { spec: text, specName: spec, specDir: fileURLToPath(new URL(".", `file://${spec}`)), repo },
      { kind: "user", id: "bench" },
    );
    if (!submitted.ok) throw new Error(submitted.error.message);
    const { status } = await service.settled(submitted.value.run);
    if (status !== "completed") throw new Error(`The run ended ${status}`);
    measured.push({ wallMs: performance.now() - began, childrenMs: together() });
  }
} finally {
  await service.close();
}
console.log(JSON.stringify({ runs: measured }));

/** How long at least one child was at work. */
function together(): number {
  let sum = 0;
  let until = 0;
  for (const [began, ended] of spans.toSorted(([a], [b]) => a - b)) {
    if (ended <= until) continue;
    sum += ended - Math.max(began, until);
    until = ended;
  }
  return sum;
}
