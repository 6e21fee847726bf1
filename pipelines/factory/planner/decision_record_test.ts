import assert from "node:assert/strict";
import { Plan, Spec } from "../../../specs/code/mod.ts";
import { decisionRecord } from "./decision_record.ts";

const spec = Spec.parse({
  title: "Two parts",
  intent: [{ type: "UPDATE", scope: ["src/**"] }, { type: "CREATE", scope: ["lib/**"] }],
  reason: "They drift apart",
  constraints: ["No new dependency"],
});
const given = {
  spec,
  reaches: [{ type: "UPDATE", scope: ["src/**"], count: 3 }, { type: "CREATE", scope: ["lib/**"], count: 0 }],
  overlaps: [],
  run: "run_00000001",
  at: "2026-11-23T12:00:00.000Z",
};

Deno.test("a record says context, decision and consequences of a plan, and who made it", () => {
  const plan = Plan.parse({
    v: 1,
    planner: "a-model",
    components: ["store", "api"],
    decision: "Keep one format, as both read it | always",
    risks: ["The old format stays in files"],
    tasks: [
      { id: "a", title: "format", files: ["src/f.ts"], criteria: ["AC1"] },
      { id: "b", title: "readers", dependsOn: ["a"], risk: "high" },
    ],
  });
  const text = decisionRecord({ ...given, plan });
  for (
    const part of [
      "# Two parts",
      "Date: 2026-11-23",
      "## Context",
      "They drift apart",
      "Constraint: No new dependency",
      "Components: store, api.",
      "## Decision",
      "Keep one format",
      "| b | readers | a | – | – | high |",
      "## Consequences",
      "- The old format stays in files",
      "Planned by `a-model`",
    ]
  ) assert.ok(text.includes(part), part);
});

Deno.test("without a plan of a model it says what rules know, and text from outside starts no markup", () => {
  const hostile = { ...spec, title: "x <script> ![a](http://e)", reason: "# Heading\n- list" };
  const text = decisionRecord({ ...given, spec: hostile, plan: null, overlaps: ["src/a.ts"] });
  assert.match(text, /no mind weighed alternatives/);
  assert.match(text, /More than one intent reaches: `src\/a\.ts`/);
  assert.doesNotMatch(text, /<script>|!\[a\]\(/);
  assert.match(text, /The intents are carried out together/);
  assert.ok(!text.split("\n").includes("# Heading"));
});
