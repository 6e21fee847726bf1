import assert from "node:assert/strict";
import type { RepairOrder } from "../implementers/port.ts";
import { ownOrder } from "./own_order.ts";
import { task } from "./testing/room.ts";

const order: RepairOrder = {
  strategy: "fix",
  round: 3,
  findings: [
    { message: "1 of 2 tasks failed. A: it broke" },
    { gate: "tests", message: "a_test fails", path: "src/a_test.ts" },
    { gate: "size", message: "the change is too large" },
  ],
  output: "FAIL a_test",
  advice: "look at the clock",
  except: ["m"],
  start: { from: "previous-patch" },
  record: null,
};
const failure = (models: string[] = []) => ({
  v: 1 as const,
  task: "A",
  visit: 1,
  failure: { class: "agent-error", source: "provider", retryable: true, message: "it broke" } as const,
  models,
});

Deno.test("findings of gates go to the tasks that claim their files, those without a file to all", () => {
  const own = ownOrder(order, task("A", { files: ["src/a.ts"], tests: ["src/a_test.ts"] }), undefined);
  assert.deepEqual(own?.findings.map(({ message }) => message), ["a_test fails", "the change is too large"]);
  assert.deepEqual([own?.output, own?.advice, own?.start], ["FAIL a_test", "look at the clock", undefined]);
  const other = ownOrder(order, task("B"), undefined);
  assert.deepEqual(other?.findings.map(({ message }) => message), ["the change is too large"]);
});

Deno.test("a task of which nothing failed gets no order; one that failed gets its own failure alone, without another's output", () => {
  const whole = { ...order, findings: order.findings.slice(0, 1) };
  assert.equal(ownOrder(whole, task("B"), undefined), null);
  const own = ownOrder(whole, task("A"), failure());
  assert.deepEqual(own?.findings, [{ message: "it broke" }]);
  assert.equal(own?.output, "");
});

Deno.test("another model is asked for where the task's own models failed, and nowhere else", () => {
  const switched = { ...order, strategy: "switch-model" as const };
  assert.deepEqual(ownOrder(switched, task("A"), failure(["x"]))?.except, ["x"]);
  const other = ownOrder(switched, task("B"), undefined);
  assert.deepEqual([other?.strategy, other?.except], ["fix", []]);
});
