import assert from "node:assert/strict";
import { memoryBlobs, type PhaseContext, randomIds, systemClock } from "../../../kernel/mod.ts";
import type { Json } from "../../../specs/mod.ts";
import { Spec } from "../../../specs/code/mod.ts";
import type { NoAnswer } from "../../models/port.ts";
import { choosePlanner } from "./choice.ts";
import { forecastOf, forecastText, makespan } from "./forecast.ts";
import { planByModel } from "./model.ts";
import { PLAN_SCHEMA } from "./prompt.ts";
import { task } from "../dag/testing/room.ts";
import { deskOf } from "./testing/desk.ts";

const SPEC = Spec.parse({
  title: "Two things",
  intent: { type: "UPDATE", scope: ["src/**"] },
  acceptance: [{ id: "AC1", text: "one" }, { id: "AC2", text: "two" }],
  implementer: "model",
  description: "Text\u200b with a hidden mark",
});

const draft = (more: Record<string, Json> = {}): Json => ({
  tasks: [
    {
      id: "a",
      title: "first",
      detail: "",
      dependsOn: [],
      files: ["src/a.ts"],
      tests: ["src/a_test.ts"],
      criteria: ["AC1"],
      risk: "low",
    },
    {
      id: "b",
      title: "second",
      detail: "",
      dependsOn: ["a"],
      files: ["src/b.ts"],
      tests: [],
      criteria: ["AC2"],
      risk: "high",
    },
  ],
  components: [],
  decision: "",
  risks: [],
  unclear: [],
  ...more,
});

function context(): PhaseContext & { told: string[] } {
  const clock = systemClock();
  const told: string[] = [];
  return {
    told,
    run: "run_1",
    clock,
    ids: randomIds(clock),
    blobs: memoryBlobs(),
    abort: new AbortController().signal,
    progress: (message: string) => void told.push(message),
  } as unknown as PhaseContext & { told: string[] };
}

const grounds = {
  spec: SPEC,
  specDigest: `sha256:${"a".repeat(64)}`,
  paths: ["src/a.ts", "README.md", "docs/x/y.md"],
  inScope: (path: string) => path.startsWith("src/"),
  explored: { languages: { TypeScript: 1 } },
  guidance: ["Keep the old name."],
  before: "",
  need: "thinking-heavy" as const,
  localOnly: false,
};

Deno.test("a plan that holds is taken at once, and names the model that made it", async () => {
  const desk = deskOf(draft());
  const made = await planByModel(desk, context(), grounds);
  assert.ok(made.ok);
  assert.deepEqual([made.value.plan.planner, made.value.plan.tasks.length, made.value.rounds], [
    "test-model",
    2,
    1,
  ]);
  const [ask] = desk.asked;
  assert.deepEqual([ask?.purpose, ask?.need.task, ask?.output?.name], ["plan", "thinking-heavy", "plan"]);
  const prompt = ask?.messages[0] as { text: string };
  assert.match(prompt.text, /src\/a\.ts/);
  assert.match(prompt.text, /docs\/x\/ \(1 files\)/);
  assert.match(prompt.text, /- Keep the old name\./);
  assert.doesNotMatch(prompt.text, /\u200b/, "hidden characters are taken out");
  assert.doesNotMatch(ask?.system ?? "", /Two things|Keep the old/, "data is no instruction");
  assert.ok(made.value.context.every(({ trust }) => trust === "untrusted"));
});

Deno.test("a plan that does not hold goes back with every problem, and the next one counts", async () => {
  const desk = deskOf(
    draft({
      tasks: [{
        id: "a",
        title: "t",
        detail: "",
        dependsOn: ["a"],
        files: ["docs/x"],
        tests: [],
        criteria: ["AC1", "AC2"],
        risk: "low",
      }],
    }),
    draft(),
  );
  const ctx = context();
  const made = await planByModel(desk, ctx, grounds);
  assert.ok(made.ok);
  assert.equal(made.value.rounds, 2);
  const back = desk.asked[1]?.messages.at(-1) as { text: string };
  assert.match(back.text, /in a circle: a -> a/);
  assert.match(back.text, /outside of the spec's scope/);
  assert.match(back.text, /No task adds a test/);
  assert.match(ctx.told.join(), /the plan does not hold/);
});

Deno.test("an answer that is no plan goes back with what is wrong in it", async () => {
  const desk = deskOf("no plan", { ...draft() as object, tasks: [{ id: "a b" }] } as Json, draft());
  const made = await planByModel(desk, context(), grounds);
  assert.ok(made.ok);
  assert.equal(made.value.rounds, 3);
  assert.match((desk.asked[2]?.messages.at(-1) as { text: string }).text, /tasks\.0\.id: letters, digits/);
});

Deno.test("after three plans that do not hold a human is asked, with what was wrong", async () => {
  const desk = deskOf(draft({ tasks: [] }));
  const made = await planByModel(desk, context(), grounds);
  assert.ok(!made.ok);
  assert.equal(desk.asked.length, 3);
  assert.deepEqual([made.error.failure.class, made.error.failure.retryable], ["agent-error", false]);
  assert.match(made.error.failure.message, /in 3 rounds.*tasks/s);
  assert.match(made.error.failure.question ?? "", /How should the work be planned/);
});

Deno.test("what a provider refused is told as it is, with what was paid", async () => {
  const failure = { class: "external", source: "provider", retryable: true, message: "529" } as const;
  const fails: NoAnswer = { trouble: "overloaded", failure, choice: null, calls: [] };
  const made = await planByModel(deskOf({ fails } as unknown as Json), context(), grounds);
  assert.ok(!made.ok);
  assert.deepEqual(made.error.failure, failure);
});

Deno.test("questions for a human come through, whatever else the answer lacks", async () => {
  const asks = { unclear: ["Which currency?"] };
  for (const answer of [draft(asks), draft({ ...asks, tasks: [] })]) {
    const made = await planByModel(deskOf(answer), context(), grounds);
    assert.ok(made.ok);
    assert.deepEqual(made.value.plan.unclear, ["Which currency?"]);
  }
});

Deno.test("the schema that is asked by has no bounds and wants every field", () => {
  const text = JSON.stringify(PLAN_SCHEMA);
  for (const word of ["maxLength", "minItems", "maxItems", "pattern", "$schema"]) {
    assert.ok(!text.includes(word), word);
  }
  const { required, additionalProperties } = PLAN_SCHEMA as {
    required: string[];
    additionalProperties: boolean;
  };
  assert.deepEqual([required.length, additionalProperties], [5, false]);
});

Deno.test("edits that are given and small specs are planned by rules, others by a model", () => {
  const big = { ...SPEC, description: "- one\n- two\n- three\n" };
  assert.equal(choosePlanner(SPEC, "model", true).planner, "rules");
  assert.deepEqual(choosePlanner(big, "model", true), {
    planner: "model",
    why: "the spec's text lists 3 points",
  });
  assert.equal(choosePlanner(big, "codemod", true).planner, "rules");
  assert.match(choosePlanner(big, "cli", false).why, /no model can be asked/);
  for (
    const more of [
      { description: "x".repeat(2000) },
      { acceptance: [1, 2, 3].map((n) => ({ id: `A${n}`, text: "t" })) },
      { intent: [{ type: "UPDATE", scope: ["a"] }, { type: "CREATE", scope: ["b"] }] },
      { intent: { type: "UPDATE", scope: ["a", "b", "c", "d"] } },
    ]
  ) {
    assert.equal(
      choosePlanner(Spec.parse({ ...SPEC, description: "", ...more }), "cli", true).planner,
      "model",
    );
  }
});

Deno.test("a forecast plays the frontier through, and prices the model that would be asked", async () => {
  const tasks = [1, 2, 3, 4, 5, 6].map((n) => task(`T${n}`));
  assert.deepEqual(makespan(tasks, 3), { steps: 1, seconds: 144 });
  assert.deepEqual(makespan(tasks.map((one, i) => ({ ...one, dependsOn: i === 0 ? [] : [`T${i}`] })), 3), {
    steps: 6,
    seconds: 432,
  });
  assert.deepEqual(makespan(tasks.map((one) => ({ ...one, files: ["same"] })), 3), {
    steps: 1,
    seconds: 432,
  });
  const given = {
    desk: deskOf(),
    task: "execution" as const,
    localOnly: false,
    atOnce: 3,
    at: "2026-11-23T00:00:00.000Z",
    leftMicroUsd: 500_000,
  };
  const forecast = await forecastOf({ tasks }, given);
  assert.deepEqual([forecast.calls, forecast.costMicroUsd, forecast.fits], [36, 720_000, false]);
  assert.equal(
    forecastText(forecast, 6),
    "forecast: 6 tasks, about 36 calls of test-model, up to $0.72, about 2 min; the budget has less left",
  );
  const other = await forecastOf({ tasks }, { ...given, desk: null });
  assert.deepEqual([other.calls, other.costMicroUsd, other.fits], [null, null, null]);
  assert.equal(forecastText(other, 1), "forecast: 1 task, about 2 min");
});
