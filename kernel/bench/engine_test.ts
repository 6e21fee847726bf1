import assert from "node:assert/strict";
import { benchEngine } from "./mod.ts";

async function bench(options: { workflows: number; steps: number; concurrency: number; history?: number }) {
  const folder = await Deno.makeTempDir({ prefix: "kernel-bench-" });
  try {
    return await benchEngine({ ...options, storePath: `${folder}/bench.db` });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

// req: N8-13
Deno.test("the bench drives real runs and gives every figure that is promised", async () => {
  const figures = await bench({ workflows: 40, steps: 3, concurrency: 8, history: 1_000 });
  const { workflows, steps, concurrency, fsync, store, gated, commits, fileCommits, ...measured } = figures;
  assert.deepEqual({ workflows, steps, concurrency, fsync, store, gated }, {
    workflows: 40,
    steps: 3,
    concurrency: 8,
    fsync: true,
    store: "kv-file",
    gated: false,
  });
  // Submission and steps are commits of their own; the file sees them in groups.
  assert.equal(commits, 40 * 3);
  assert.ok(fileCommits < 40 * 4, `${fileCommits} commits of the file`);
  assert.deepEqual(Object.keys(measured).sort(), [
    "flatness",
    "gatedWorkflowsPerSecond",
    "idleP50Ms",
    "p50Ms",
    "p99Ms",
    "rssMb",
    "stepMsAtEvent10",
    "stepMsAtEvent100000",
    "stepsPerSecond",
    "workflowsPerSecond",
  ]);
  for (const [name, value] of Object.entries(measured)) assert.ok(value > 0, `${name} is ${value}`);
});

Deno.test("a bench of more steps than a workflow can have is refused", async () => {
  await assert.rejects(bench({ workflows: 1, steps: 301, concurrency: 1 }), /steps must be at most 300/);
});
