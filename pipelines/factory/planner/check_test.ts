import assert from "node:assert/strict";
import type { PlanTask } from "../../../specs/mod.ts";
import { Plan, Spec } from "../../../specs/code/mod.ts";
import { PLAN_LIMITS, planProblems } from "./check.ts";

const spec = (more: Record<string, unknown> = {}) =>
  Spec.parse({
    title: "Two things",
    intent: { type: "UPDATE", scope: ["src/**"] },
    acceptance: [{ id: "AC1", text: "one" }, { id: "AC2", text: "two" }],
    implementer: "model",
    ...more,
  });
const PATHS = ["src/a.ts", "src/a_test.ts", "src/b.ts", "test/src/a_test.ts", "README.md", "deno.json"];

type Task = Partial<PlanTask> & { id: string };
const problems = (tasks: Task[], on = spec(), paths = PATHS): string[] =>
  planProblems(
    Plan.parse({
      v: 1,
      planner: "m",
      tasks: tasks.map((task) => ({ title: task.id, files: [`src/${task.id}.ts`], ...task })),
    }),
    { spec: on, paths },
  ).map(({ message }) => message);

const good: Task[] = [
  { id: "a", criteria: ["AC1"], tests: ["src/a_test.ts"] },
  { id: "b", criteria: ["AC2"], dependsOn: ["a"] },
];

Deno.test("a plan that keeps to the spec has no problem", () => {
  assert.deepEqual(problems(good), []);
});

Deno.test("ids are unique, dependencies exist, and a circle is told by its path", () => {
  assert.match(problems([...good, { id: "a" }]).join(), /Two tasks are called a/);
  assert.match(problems([...good, { id: "c", dependsOn: ["x"] }]).join(), /c depends on x, which is no task/);
  assert.match(
    problems([{ ...good[0], id: "a", dependsOn: ["c"] } as Task, ...good.slice(1), {
      id: "c",
      dependsOn: ["b"],
    }]).join(),
    /in a circle: a -> c -> b -> a/,
  );
});

Deno.test("tasks, their depth and their fan-out are bounded", () => {
  const chain = Array.from({ length: PLAN_LIMITS.depth + 1 }, (_, i): Task => ({
    id: `t${i}`,
    criteria: ["AC1", "AC2"],
    tests: ["src/a_test.ts"],
    dependsOn: i === 0 ? [] : [`t${i - 1}`],
  }));
  assert.deepEqual(problems(chain), ["9 tasks have to be done one after the other; 8 is the limit"]);
  const many = Array.from({ length: PLAN_LIMITS.tasks + 1 }, (_, i): Task => ({
    id: `t${i}`,
    criteria: ["AC1", "AC2"],
    tests: ["src/a_test.ts"],
  }));
  assert.deepEqual(problems(many), ["The plan has 21 tasks; 20 is the limit"]);
  const fan = many.slice(0, 13).map((task, i): Task => ({ ...task, dependsOn: i === 0 ? [] : ["t0"] }));
  assert.deepEqual(problems(fan), ["12 tasks depend on t0; 10 is the limit"]);
  const join = many.slice(0, 13).map((task, i): Task => ({
    ...task,
    dependsOn: i === 12 ? many.slice(0, 12).map(({ id }) => id) : [],
  }));
  assert.deepEqual(problems(join), ["Task t12 depends on 12 tasks; 10 is the limit"]);
});

Deno.test("claims stay within the scope and the tests beside it", () => {
  const claims = (files: string[], on = spec()) =>
    problems([{ ...good[0], id: "a", files, criteria: ["AC1", "AC2"] }], on);
  for (const fine of ["src/new/x.ts", "src/**/*.ts", "src/{a,b}.ts", "test/src/a_test.ts"]) {
    assert.deepEqual(claims([fine]), [], fine);
  }
  assert.match(claims(["docs/x.md"]).join(), /'docs\/x\.md', and that is outside/);
  assert.match(claims(["**"]).join(), /claims '\*\*', and '[^']+' in it would be outside/);
  assert.match(claims(["../x"]).join(), /no path or glob that is understood: it leaves the repository/);
  assert.match(
    claims(["src/**/*.ts"], spec({ intent: { type: "UPDATE", scope: ["src/*.ts"] } })).join(),
    /outside/,
  );
});

Deno.test("protected files open only to a spec that names their exact path", () => {
  const on = (scope: string[]) =>
    problems(
      [{ ...good[0], id: "a", files: [".github/workflows/ci.yml"], criteria: ["AC1", "AC2"] }],
      spec({ intent: { type: "UPDATE", scope } }),
    );
  assert.match(on(["**"]).join(), /a protected file/);
  assert.deepEqual(on([".github/workflows/ci.yml", "src/**"]), []);
});

Deno.test("beside others a task says what it touches", () => {
  assert.match(
    problems([good[0] as Task, { id: "b", files: [], criteria: ["AC2"] }]).join(),
    /Task b claims no file/,
  );
  assert.deepEqual(problems([{ ...good[0], id: "a", files: [], criteria: ["AC1", "AC2"] }]), []);
});

Deno.test("every acceptance criterion is served, and none that does not exist", () => {
  assert.deepEqual(problems([good[0] as Task]), ["No task serves the acceptance criterion AC2"]);
  assert.deepEqual(problems([...good, { id: "c", criteria: ["AC9"] }]), [
    "Task c serves AC9, which is no acceptance criterion of the spec",
  ]);
});

Deno.test("where nothing else could prove the change, a test is planned", () => {
  const bare = good.map(({ tests: _, ...task }): Task => task);
  assert.match(problems(bare).join(), /No task adds a test/);
  const checked = spec({
    acceptance: [
      { id: "AC1", text: "one", check: { files: [], run: ["true"] } },
      { id: "AC2", text: "two" },
    ],
  });
  assert.deepEqual(problems(bare, checked), []);
  assert.deepEqual(problems(bare, spec({ proof: { none: "a log text" } })), []);
  assert.deepEqual(problems(bare, spec({ intent: { type: "REFACTOR", scope: ["src/**"] } })), []);
  const docs = bare.map((task): Task => ({ ...task, files: [`src/${task.id}.md`] }));
  assert.deepEqual(problems(docs), []);
});

Deno.test("all problems are told at once", () => {
  assert.equal(problems([{ id: "a", files: ["x"], dependsOn: ["y"], criteria: ["z"] }]).length, 6);
});
