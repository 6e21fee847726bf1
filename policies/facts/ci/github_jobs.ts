import { heldBy, injectionsIn } from "./injection.ts";
import { type Job, type Step, type Workflow } from "./workflow.ts";

import type { Add } from "./told.ts";

const stepKey = (job: Job, step: Step, at: number): string =>
  `${job.id}\n${step.name || step.uses.split("@")[0] || step.run.slice(0, 60) || at}`;

/** Scripts into which head puts text that anybody can choose. */
export function injections(base: Workflow | null, head: Workflow, add: Add): void {
  const countOf = (workflow: Workflow | null) => {
    const found = new Map<string, number>();
    for (const { expression } of workflow === null ? [] : injectionsOf(workflow)) {
      found.set(expression, (found.get(expression) ?? 0) + 1);
    }
    return found;
  };
  const before = countOf(base);
  for (const { expression, line, job } of injectionsOf(head)) {
    const left = before.get(expression) ?? 0;
    before.set(expression, left - 1);
    if (left <= 0) {
      add(
        "script-injection",
        `${job}: ${expression.slice(0, 100)}`,
        "text that anybody can choose is put into a script, and runs there",
        true,
        line,
      );
    }
  }
}

/** Places of a workflow where text of strangers becomes a script. */
function injectionsOf(workflow: Workflow): { expression: string; line: number; job: string }[] {
  const found: { expression: string; line: number; job: string }[] = [];
  const top = heldBy(workflow.env);
  for (const job of workflow.jobs) {
    const held = [...top, ...heldBy(job.env)];
    for (const step of job.steps) {
      const names = new Set([...held, ...heldBy(step.env)]);
      for (const expression of [...injectionsIn(step.run, names), ...injectionsIn(step.script, names)]) {
        found.push({ expression, line: step.line, job: job.id });
      }
    }
  }
  return found;
}

/** Inputs by which agents take their orders, and those by which actions take a command. */
const PROMPT =
  /^(?:\w+[-_])?(?:prompt|instructions?|system[-_]?message|user[-_]?message|query|question|task)$/i;
const COMMAND = /^(?:command|commands|cmd|run|inline[-_]?script|pre[-_]?command|post[-_]?command)$/i;

/** Inputs of actions that hold text of strangers, and are read as an order. */
function strangersInputs(job: Job): { step: Step; name: string; prompt: boolean }[] {
  return job.steps.flatMap((step) => {
    const held = new Set(heldBy(step.env));
    return step.uses === "" ? [] : Object.entries(step.with).flatMap(([name, value]) => {
      const prompt = PROMPT.test(name);
      return (prompt || COMMAND.test(name)) && typeof value === "string" &&
          injectionsIn(value, held).length > 0
        ? [{ step, name, prompt }]
        : [];
    });
  });
}

const NEVER =
  /^(?:\$\{\{\s*)?(?:false|'false'|"false"|0|!always\(\)|github\.event_name\s*==\s*'never')(?:\s*\}\})?$/;

/** What a job runs otherwise, or under other conditions. */
export function jobChanges(
  was: Job | undefined,
  job: Job,
  base: Workflow | null,
  head: Workflow,
  add: Add,
): void {
  const requests = "pull_request" in head.triggers || "pull_request_target" in head.triggers;
  if (
    /self-hosted/.test(job.runsOn) && requests &&
    (was === undefined || !/self-hosted/.test(was.runsOn) ||
      !("pull_request" in (base?.triggers ?? {}) || "pull_request_target" in (base?.triggers ?? {})))
  ) {
    add("self-hosted", job.id, "a runner of one's own runs what pull requests bring", false, job.line);
  }
  for (const { step, name, prompt } of strangersInputs(job)) {
    if (was?.steps.some((one) => one.with[name] === step.with[name])) continue;
    add(
      prompt ? "prompt-injection" : "script-injection",
      `${job.id}: ${name}`,
      prompt
        ? "text that anybody can choose stands in the prompt of an agent"
        : "text that anybody can choose is given to an action as a command",
      false,
      step.line,
    );
  }
  for (const step of job.steps) {
    if (!/cache(?:@|\/)/.test(step.uses)) continue;
    const key = JSON.stringify([step.with.key, step.with["restore-keys"]]);
    const before = was?.steps.some((one) =>
      one.uses === step.uses && JSON.stringify([one.with.key, one.with["restore-keys"]]) === key
    );
    if (injectionsIn(key).length > 0 && before !== true) {
      add("cache-key", job.id, "strangers choose the key of a cache", false, step.line);
    }
  }
  if (was === undefined) return;
  if (job.condition !== was.condition && job.condition !== "") {
    add(
      "job-conditional",
      job.id,
      "the job runs under another condition",
      NEVER.test(job.condition.trim()),
      job.line,
    );
  }
  for (const need of was.needs) {
    if (!job.needs.includes(need) && head.jobs.some(({ id }) => id === need)) {
      add("needs-dropped", `${job.id}: ${need}`, "the job does not wait for it any more", false, job.line);
    }
  }
  if (was.timeout !== null && job.timeout !== null && job.timeout < was.timeout / 4) {
    add("timeout-narrowed", job.id, `${was.timeout} minutes become ${job.timeout}`, false, job.line);
  }
  for (const [axis, values] of Object.entries(was.matrix)) {
    const [before, after] = [values, job.matrix[axis]].map((one) => Array.isArray(one) ? one.length : 0) as [
      number,
      number,
    ];
    if (Array.isArray(values) && after < before) {
      add("matrix-narrowed", `${job.id}: ${axis}`, `${before} values become ${after}`, false, job.line);
    }
  }
  const steps = new Map(was.steps.map((step, at) => [stepKey(was, step, at), step]));
  for (const [at, step] of job.steps.entries()) {
    const before = steps.get(stepKey(job, step, at));
    if (before === undefined || before.condition === step.condition || step.condition === "") continue;
    add(
      "step-conditional",
      `${job.id}: ${step.name || step.uses || step.run.slice(0, 60)}`,
      "the step runs under another condition",
      NEVER.test(step.condition.trim()),
      step.line,
    );
  }
}
