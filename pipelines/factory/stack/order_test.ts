import assert from "node:assert/strict";
import fc from "fast-check";
import { PlanTask } from "../../../specs/code/mod.ts";
import { stackPlaces } from "./order.ts";

const task = (id: string, dependsOn: string[] = [], more: object = {}) =>
  PlanTask.parse({ id, title: id, dependsOn, files: [`src/${id}.ts`], ...more });

const places = (...tasks: PlanTask[]) =>
  Object.fromEntries(stackPlaces(tasks).map(({ task: { id }, after }) => [id, after.join(" ")]));

Deno.test("independent tasks stand side by side, dependent ones on one another", () => {
  assert.deepEqual(places(task("b", ["a"]), task("a"), task("c")), { a: "", b: "a", c: "" });
});

Deno.test("two tasks that a third needs are stacked, so that one base holds both", () => {
  const found = stackPlaces([task("a"), task("b"), task("c", ["a", "b"]), task("d")]);
  assert.deepEqual(found.map(({ after }) => after), [[], ["a"], ["a", "b"], []]);
  assert.deepEqual(found.map(({ needs }) => needs), [[], [], ["a", "b"], []], "b does not need a");
});

Deno.test("tasks that may change the same file are stacked; who claims nothing may change any", () => {
  assert.deepEqual(places(task("a"), task("b", [], { files: ["src/**"] })), { a: "", b: "a" });
  assert.deepEqual(places(task("a"), task("b", [], { files: [] }), task("c")), { a: "", b: "a", c: "a b" });
});

Deno.test("a criterion of several tasks is proven by the last of them, which needs the others", () => {
  const [a, b] = stackPlaces([
    task("a", [], { criteria: ["AC1", "AC2"] }),
    task("b", [], { criteria: ["AC1"] }),
  ]);
  assert.deepEqual([a?.criteria, b?.criteria, b?.needs], [["AC2"], ["AC1"], ["a"]]);
});

Deno.test("whatever the plan and whoever fails, the last that is done holds all that are done before", () => {
  const plans = fc.integer({ min: 1, max: 9 }).chain((count) =>
    fc.record({
      edges: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 14 }),
      fails: fc.uniqueArray(fc.nat(count - 1), { maxLength: 3 }),
      count: fc.constant(count),
    })
  );
  fc.assert(
    fc.property(plans, ({ edges, fails, count }) => {
      const tasks = Array.from(
        { length: count },
        (_, at) =>
          task(`t${at}`, [
            ...new Set(
              edges.filter(([, to]) => to === at).flatMap(([from]) => from < at ? [`t${from}`] : []),
            ),
          ]),
      );
      const done = new Map<string, Set<string>>();
      for (const { task: { id }, needs, after } of stackPlaces(tasks)) {
        if (fails.includes(Number(id.slice(1))) || !needs.every((one) => done.has(one))) continue;
        const base = after.findLast((one) => done.has(one));
        const holds = base === undefined ? new Set<string>() : done.get(base) ?? new Set();
        for (const one of after.filter((before) => done.has(before))) {
          assert.ok(holds.has(one), `${id} lacks ${one}`);
        }
        done.set(id, new Set([...holds, id]));
      }
    }),
    { numRuns: 200 },
  );
});
