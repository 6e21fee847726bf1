import assert from "node:assert/strict";
import { Chain, readChain } from "../../specs/mod.ts";
import { stagesOf } from "./binding.ts";
import { chainProblems } from "./check.ts";

const chain = (stages: Record<string, unknown>[]) =>
  Chain.parse({ name: "c", stages: stages.map((stage) => ({ spec: "s.md", ...stage })) });
const problems = (stages: Record<string, unknown>[]) =>
  chainProblems(chain(stages)).map(({ message }) => message);

Deno.test("a chain whose bindings fit has no problem, and says what waits for what", () => {
  const good = [
    { id: "first" },
    { id: "second", with: { base: "first.branch" } },
    { id: "third", with: { base: "second.commit", patch: "first.patch" }, after: ["first"] },
  ];
  assert.deepEqual(problems(good), []);
  assert.deepEqual(stagesOf(chain(good)).map(({ dependsOn }) => dependsOn), [[], ["first"], [
    "first",
    "second",
  ]]);
});

Deno.test("unknown stages and ports, wrong types, doubles and circles are told, all of them", () => {
  assert.deepEqual(problems([{ id: "a" }, { id: "a" }]), ["Two stages are called a"]);
  assert.deepEqual(problems([{ id: "a", with: { base: "b.branch" }, after: ["c"] }]), [
    "Stage a comes after c, which is no stage",
    "Stage a takes from b, which is no stage",
  ]);
  assert.deepEqual(problems([{ id: "a" }, { id: "b", with: { base: "a.pull-request" } }]), [
    "The input 'base' is a revision, and a.pull-request is a pull-request",
  ]);
  assert.deepEqual(problems([{ id: "a" }, { id: "b", with: { tree: "a.constructor" } }]), [
    "A run takes no 'tree'",
    "A run gives no 'constructor'",
  ]);
  assert.deepEqual(
    problems([{ id: "a", with: { base: "c.branch" } }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] }]),
    ["The stages wait for one another in a circle: a -> c -> b -> a"],
  );
});

Deno.test("a chain is read from YAML or JSON, with what is wrong in its form", async () => {
  const good = await readChain(
    "name: two\nstages:\n  - { id: a, spec: a.md }\n  - { id: b, spec: b.md, with: { base: a.branch } }\n",
  );
  assert.ok(good.ok);
  assert.deepEqual(good.value.stages[1]?.with, { base: "a.branch" });
  assert.ok((await readChain(JSON.stringify(good.value))).ok);
  for (
    const bad of [
      "name: x\nstages: []\n",
      "name: x\nstages: [{ id: a, spec: s, with: { base: a } }]\n",
      "[",
      "name: x\nstages: [{ id: a, spec: s, other: 1 }]\n",
    ]
  ) {
    const read = await readChain(bad);
    assert.ok(!read.ok && read.error.length > 0, bad);
  }
});
