import assert from "node:assert/strict";
import fc from "fast-check";
import { ancestorsOf, cycleIn, depthOf, mergeOrder } from "./order.ts";

const nodes = (text: Record<string, string>) =>
  Object.entries(text).map(([id, on]) => ({ id, dependsOn: on === "" ? [] : on.split(" ") }));

Deno.test("a cycle is told by the path that closes it", () => {
  assert.equal(cycleIn(nodes({ A: "", B: "A", C: "A B" })), null);
  assert.deepEqual(cycleIn(nodes({ A: "A" })), ["A", "A"]);
  assert.deepEqual(cycleIn(nodes({ A: "", B: "D", C: "B", D: "C A" })), ["B", "D", "C", "B"]);
  assert.equal(cycleIn(nodes({ A: "nowhere" })), null, "what does not exist is another problem");
});

Deno.test("work is put together as the plan has it, each task after what it depends on", () => {
  assert.deepEqual(mergeOrder(nodes({ C: "A", A: "", B: "", D: "B C" })), ["A", "C", "B", "D"]);
  assert.throws(() => mergeOrder(nodes({ A: "B", B: "A" })), /Cannot order the tasks A, B/);
});

Deno.test("ancestors and depth follow dependencies all the way", () => {
  const plan = nodes({ A: "", B: "A", C: "B", D: "", E: "C D" });
  assert.deepEqual([...ancestorsOf(plan, "E")].sort(), ["A", "B", "C", "D"]);
  assert.deepEqual([...ancestorsOf(plan, "A")], []);
  assert.equal(depthOf(plan), 4);
  assert.equal(depthOf([]), 0);
});

Deno.test("property: a graph has an order or a cycle, never both", () => {
  const graph = fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 3 }), {
    minLength: 1,
    maxLength: 7,
  })
    .map((edges) =>
      edges.map((on, i) => ({
        id: `T${i}`,
        dependsOn: [...new Set(on.filter((j) => j < edges.length))].map((j) => `T${j}`),
      }))
    );
  fc.assert(fc.property(graph, (tasks) => {
    const cycle = cycleIn(tasks);
    if (cycle === null) {
      const order = mergeOrder(tasks);
      for (const one of tasks) {
        for (const on of one.dependsOn) assert.ok(order.indexOf(on) < order.indexOf(one.id));
      }
      return;
    }
    assert.throws(() => mergeOrder(tasks));
    assert.equal(cycle[0], cycle.at(-1));
    for (let i = 0; i + 1 < cycle.length; i++) {
      const from = tasks.find(({ id }) => id === cycle[i]);
      assert.ok(from?.dependsOn.includes(cycle[i + 1] ?? ""), "every step of it is a dependency");
    }
  }));
});
