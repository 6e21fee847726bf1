import type { PhaseContext, PhaseHandler, PhaseResult } from "../../kernel/mod.ts";
import { scopeOf } from "../../policies/code/mod.ts";
import type { Json, Plan, Spec } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { isLocalOnly, taskClassOf } from "../models/task_class.ts";
import { freshWorkspace } from "./base_objects.ts";
import { DEFAULT_TASKS } from "./dag/planned.ts";
import { type FactoryInput, readInput } from "./input.ts";
import { failed } from "./outcome.ts";
import { choosePlanner } from "./planner/choice.ts";
import { forecastOf, forecastText } from "./planner/forecast.ts";
import { planByModel } from "./planner/model.ts";
import { redactedPlan } from "./planner/redacted.ts";
import type { FactoryPorts } from "./ports.ts";
import { unfinished } from "./repair/mod.ts";

/**
 * Makes the plan of a run: one task derived from the spec where its edits are given or it is small, else what a model plans and the
 * checks let through. Nothing begins before; a question that only a human can answer ends in one.
 */
export function plan(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const usable = await ports.models?.available();
    const choice = choosePlanner(spec, input.implementer, usable?.ok === true, input.pr === "per-task");
    if (choice.planner === "rules") return await byRules(ports, ctx, input, spec, choice.why);
    return await byModel(ports, ctx, input, spec, choice.why);
  };
}

/** What a planner has to know where each task is a pull request. */
const PER_TASK =
  "Each task becomes a pull request of its own, on top of those that it depends on: each has to pass all tests by " +
  "itself, to be proven by a test that it adds or changes, and to stay below 300 changed lines without its tests.";

/** Without a model the plan is one task, derived from the spec: where it may happen, what proves it, who does it. */
async function byRules(
  ports: FactoryPorts,
  ctx: PhaseContext,
  input: FactoryInput,
  spec: Spec,
  why: string,
): Promise<PhaseResult> {
  const intents = intentsOf(spec);
  const output: Json = {
    planner: "rules",
    why,
    visit: ctx.visit,
    tasks: [{
      id: "T1",
      title: spec.title,
      intents: intents.map((intent) => ({ type: intent.type, scope: intent.scope })),
      implementer: input.implementer,
      operations: spec.operations.map((operation) => operation.op),
      proof: spec.acceptance.map((criterion) => ({
        id: criterion.id,
        held: criterion.check !== undefined,
      })),
      dependsOn: [],
    }],
  };
  ctx.progress(`1 task, ${spec.acceptance.length} acceptance criteria`);
  if (input.implementer === "model" || input.implementer === "cli") {
    const task = {
      id: "T1",
      title: spec.title,
      detail: "",
      dependsOn: [],
      files: [],
      tests: [],
      criteria: [],
    };
    output.forecast = await told(ports, ctx, spec, { tasks: [{ ...task, risk: "medium" }] });
  }
  return { kind: "done", outcome: intents.length > 1 ? "needs-design" : "planned", output };
}

async function byModel(
  ports: FactoryPorts,
  ctx: PhaseContext,
  input: FactoryInput,
  spec: Spec,
  why: string,
): Promise<PhaseResult> {
  if (!ports.models) throw new Error("Cannot plan by a model: there is no way to one");
  const clone = await freshWorkspace(ports, ctx.run, input.repository, `plan-${ctx.visit}`);
  if (!clone.ok) return failed(clone.error, { class: "external", source: "user-environment" });
  const paths = await clone.value.list("base").finally(() => clone.value.dispose());
  const scope = scopeOf(spec, paths);
  const explored = (ctx.outputs.explore ?? {}) as { languages?: Json; testers?: Json };
  const { guidance, before } = fromFeedback(ctx.feedback);
  const made = await planByModel(ports.models, ctx, {
    spec,
    specDigest: input.spec,
    paths,
    inScope: (path) => scope.reasonFor(path) !== null,
    explored: { languages: explored.languages ?? null, testers: explored.testers ?? null },
    guidance: input.pr === "per-task" ? [...guidance, PER_TASK] : guidance,
    before,
    need: taskClassOf({ phase: "plan", spec }),
    localOnly: isLocalOnly(spec),
  });
  if (!made.ok) return unfinished(ctx, made.error.failure);
  const { calls, context, rounds } = made.value;
  const plan = redactedPlan(made.value.plan);
  if (plan.unclear.length > 0) return unclear(plan);
  ctx.progress(
    `${plan.tasks.length} ${plan.tasks.length === 1 ? "task" : "tasks"}: ${
      plan.tasks.map(({ id, dependsOn }) =>
        dependsOn.length === 0 ? id : `${id} after ${dependsOn.join(", ")}`
      )
        .join("; ")
    }`.slice(0, 1900),
  );
  const output: Json = {
    planner: plan.planner,
    why,
    visit: ctx.visit,
    rounds,
    plan: await ctx.blobs.put(JSON.stringify(plan)),
    tasks: plan.tasks.map(({ id, title, dependsOn, files, criteria, risk }) => ({
      id,
      title: title.slice(0, 200),
      dependsOn,
      files: files.slice(0, 10).map((file) => file.slice(0, 200)),
      criteria: criteria.slice(0, 20),
      risk,
    })),
    components: plan.components.length,
    decision: plan.decision !== "",
    calls: await ctx.blobs.put(JSON.stringify(calls)),
    context: await ctx.blobs.put(JSON.stringify(context)),
    forecast: await told(ports, ctx, spec, plan),
  };
  return { kind: "done", outcome: needsDesign(plan, spec) ? "needs-design" : "planned", output };
}

/** Whether something has to be decided, and written down, before anybody works. */
function needsDesign(plan: Plan, spec: Spec): boolean {
  return plan.components.length > 1 || plan.decision !== "" || intentsOf(spec).length > 1;
}

/** What only a human can answer goes to one, as the questions that they are. */
function unclear(plan: Plan): PhaseResult {
  const questions = plan.unclear.map((one, at) => `${at + 1}. ${one}`).join("\n");
  return {
    kind: "failed",
    failure: {
      class: "policy",
      source: "user-environment",
      retryable: false,
      message: `The spec leaves open what has to be known before work begins:\n${questions}`.slice(0, 7900),
      remedy:
        'Answer in a comment and re-plan (forge workflow answer RUN --re-plan --comment "..."), or change the spec and start a new run',
      question: `${
        plan.unclear.length === 1 ? "A question has" : `${plan.unclear.length} questions have`
      } to be answered before work begins:\n${questions}`
        .slice(0, 2000),
    },
  };
}

/** What a human said when the run asked, and what went wrong before: the one is advice, the other data. */
function fromFeedback(feedback: Json): { guidance: string[]; before: string } {
  const told = feedback as { kind?: string; comment?: string } | null;
  if (told === null || typeof told !== "object") return { guidance: [], before: "" };
  if (told.kind === "answer") return { guidance: told.comment ? [told.comment] : [], before: "" };
  return { guidance: [], before: JSON.stringify(told).slice(0, 20_000) };
}

/** The forecast, told before anything is begun. */
async function told(
  ports: FactoryPorts,
  ctx: PhaseContext,
  spec: Spec,
  plan: Pick<Plan, "tasks">,
): Promise<Json> {
  const { input } = await readInput(ctx.blobs, ctx.input);
  const forecast = await forecastOf(plan, {
    desk: input.implementer === "model" ? ports.models ?? null : null,
    task: taskClassOf({ phase: "implement", spec }),
    localOnly: isLocalOnly(spec),
    atOnce: ports.installation.tasks ?? DEFAULT_TASKS,
    at: new Date(ctx.clock.now()).toISOString(),
    leftMicroUsd: ctx.budget.left("costMicroUsd"),
  });
  ctx.progress(forecastText(forecast, plan.tasks.length), { forecast: { ...forecast } });
  return { ...forecast };
}
