import assert from "node:assert/strict";
import { phaseOrder, stageOf } from "./rail.tsx";
import { ago } from "./words.tsx";
import { serviceDouble, workflow } from "../tests/service_double.ts";

Deno.test("ago() rounds down to the largest unit, and survives what is no instant", () => {
  const now = Date.parse("2026-01-02T00:00:00.000Z");
  const before = (ms: number) => ago(new Date(now - ms).toISOString(), now);
  assert.deepEqual(
    [
      before(0),
      before(59_000),
      before(60_000),
      before(3_599_000),
      before(86_399_000),
      before(86_400_000),
      before(-60_000),
    ],
    ["just now", "59 s ago", "1 min ago", "59 min ago", "23 h ago", "1 d ago", "just now"],
  );
  assert.equal(ago("soon", now), "at an unknown time");
});

Deno.test("phaseOrder() follows the transitions and ends on cycles", () => {
  const { plan, implement, verify, release } = workflow.phases;
  assert.ok(plan && implement && verify && release);
  const back = {
    ...verify,
    on: { ...verify.on, broken: { to: "implement", gated: true, denied: "@denied" as const } },
  };
  const phases = { release, verify: back, plan, implement };
  assert.deepEqual(phaseOrder({ ...workflow, phases }), ["plan", "implement", "verify", "release"]);
});

Deno.test("stageOf() tells a skipped phase from one that is ahead and one that was not reached", async () => {
  const service = serviceDouble();
  const order = phaseOrder(workflow);
  const stages = async (
    status: Parameters<typeof service.add>[0],
    phase: string,
    visits: Record<string, number>,
  ) => {
    const view = await service.view(service.add(status, { view: { phase, visits } }));
    assert.ok(view);
    return order.map((name) => stageOf(view, name, order));
  };
  assert.deepEqual(await stages("running", "verify", { plan: 1, verify: 1 }), [
    "done",
    "skipped",
    "current",
    "ahead",
  ]);
  assert.deepEqual(await stages("failed", "implement", { plan: 1, implement: 1 }), [
    "done",
    "stopped",
    "unreached",
    "unreached",
  ]);
  assert.deepEqual(await stages("escalated", "plan", { plan: 1 }), ["asking", "ahead", "ahead", "ahead"]);
  assert.deepEqual(await stages("completed", "release", { plan: 1, implement: 1, verify: 1, release: 1 }), [
    "done",
    "done",
    "done",
    "done",
  ]);
});
