import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import { mermaidOf, planShown, seenTask } from "./shown.ts";

const output: Json = {
  planner: "a-model",
  why: "three criteria",
  visit: 1,
  tasks: [
    { id: "a", title: "first", dependsOn: [], risk: "low", files: ["src/a.ts"], criteria: ["AC1"] },
    { id: "b-2", title: 'se"cond]; click x', dependsOn: ["a"], risk: "high" },
  ],
  forecast: { calls: 12, costMicroUsd: 1, seconds: 60, steps: 2, model: "m", leftMicroUsd: null, fits: null },
};

Deno.test("a plan is shown with where its tasks were seen last, and its graph", () => {
  const seen = new Map([["a", { state: "merged" as const }], ["b-2", {
    state: "waiting" as const,
    why: "conflict",
  }]]);
  const shown = planShown(output, seen);
  assert.deepEqual(shown?.tasks.map(({ id, state, why }) => [id, state, why]), [
    ["a", "merged", undefined],
    ["b-2", "waiting", "conflict"],
  ]);
  assert.equal(shown?.forecast?.calls, 12);
  assert.equal(
    shown?.mermaid,
    'graph LR\n  t0["a: first"]:::merged\n  t1["b-2: se#34;cond#93;; click x"]:::waiting\n  t0 --> t1',
  );
});

Deno.test("what is no plan is shown as none", () => {
  const none: (Json | undefined)[] = [
    undefined,
    null,
    "x",
    [],
    {},
    { planner: "rules" },
    { planner: "rules", tasks: [{ id: 1 }] },
  ];
  for (const no of none) {
    assert.equal(planShown(no, new Map()), null);
  }
  assert.equal(mermaidOf([]), "graph LR");
});

Deno.test("progress of tasks is told from other progress", () => {
  assert.deepEqual(seenTask({ task: { id: "a", state: "found" } }), { id: "a", state: "done" });
  assert.deepEqual(seenTask({ task: { id: "a", state: "conflict", why: "w" } }), {
    id: "a",
    state: "waiting",
    why: "w",
  });
  const none: (Json | undefined)[] = [
    undefined,
    null,
    {},
    { task: "plan" },
    { task: { id: "a", state: "toString" } },
    { call: {} },
  ];
  for (const no of none) {
    assert.equal(seenTask(no), null);
  }
});
