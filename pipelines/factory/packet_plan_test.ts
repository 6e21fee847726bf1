import assert from "node:assert/strict";
import { Plan } from "../../specs/code/mod.ts";
import { planLines } from "./packet_plan.ts";

const below = (task: string, number: number) => ({ task, number, url: "", branch: `forge/x-${task}` });

Deno.test("a task's pull request says what comes before it, for people and, in a comment that nothing ends early, for machines", () => {
  const task = {
    run: "run_1",
    plan: `sha256:${"0".repeat(64)}`,
    id: "b---c",
    nth: 2,
    of: 3,
    branch: "forge/x-b",
    dependsOn: [below("a", 7)],
    base: below("a", 7),
    holds: ["a"],
  };
  const text = planLines({ task, forge: "github" }, null).join("\n");
  assert.match(text, /^Depends on #7 \(task `a`\)$/m);
  assert.match(text, /branch `forge\/x-a` of #7, which holds task `a`/);
  const [, record = ""] = /<!-- edgeforge:stack (.*) -->$/.exec(text) ?? [];
  assert.ok(!record.includes("--"));
  assert.deepEqual(JSON.parse(record), { v: 1, run: "run_1", task: "b---c", dependsOn: [7], base: 7 });
  assert.match(planLines({ task, forge: "gitlab" }, null).join("\n"), /Depends on !7/);
});

Deno.test("one pull request for several tasks lists them; for one task there is nothing to list", () => {
  const plan = (...ids: string[]) =>
    Plan.parse({
      v: 1,
      planner: "p",
      tasks: ids.map((id, at) => ({ id, title: `do ${id}`, dependsOn: ids.slice(0, at) })),
    });
  assert.deepEqual(planLines({ forge: "local" }, plan("a", "b")).slice(-2), [
    "- `a`: do a",
    "- `b`: do b, after `a`",
  ]);
  assert.deepEqual(planLines({ forge: "local" }, plan("a")), []);
});
