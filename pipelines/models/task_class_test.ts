import assert from "node:assert/strict";
import type { Spec } from "../../specs/mod.ts";
import { taskClassOf } from "./task_class.ts";

const spec = (more: Partial<Pick<Spec, "constraints" | "tier" | "budget">> = {}) => ({
  constraints: [],
  tier: "standard" as const,
  budget: { usd: 2, tokens: 400_000, seconds: 1_800, repairs: 4 },
  ...more,
});

Deno.test("phases have their classes: planning thinks, implementing executes, reviewing validates", () => {
  const classes = [
    "plan",
    "design",
    "diagnose",
    "implement",
    "repair",
    "review",
    "verify",
    "explore",
    "other",
  ].map(
    (phase) => taskClassOf({ phase, spec: spec() }),
  );
  assert.deepEqual(classes, [
    "thinking-heavy",
    "thinking-heavy",
    "thinking-heavy",
    "execution",
    "execution",
    "validation",
    "validation",
    "cost-optimized",
    "execution",
  ]);
});

Deno.test("what must stay on this machine is privacy-sensitive before anything else", () => {
  assert.equal(taskClassOf({ phase: "plan", promptTokens: 900_000, localOnly: true }), "privacy-sensitive");
  assert.equal(
    taskClassOf({ phase: "plan", spec: spec({ constraints: ["Local models only."] }) }),
    "privacy-sensitive",
  );
  const other = "Local models only are listed in the menu";
  assert.equal(taskClassOf({ phase: "plan", spec: spec({ constraints: [other] }) }), "thinking-heavy");
});

Deno.test("a long prompt needs a large window; a cheap best-effort change a cheap model", () => {
  assert.equal(taskClassOf({ phase: "review", spec: spec(), promptTokens: 150_001 }), "large-context");
  const cheap = spec({ tier: "best-effort", budget: { usd: 0.1, tokens: 1, seconds: 1, repairs: 0 } });
  assert.equal(taskClassOf({ phase: "implement", spec: cheap }), "cost-optimized");
  assert.equal(taskClassOf({ phase: "review", spec: cheap }), "validation");
});
