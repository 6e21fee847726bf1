/** The plan of a run: its tasks, what each waits for, where it stands. */
import type { FC } from "hono/jsx";
import type { PlanShown, TaskState } from "../../../specs/mod.ts";
import { Layered } from "./layered.tsx";
import { Badge, type Tone } from "./words.tsx";

const TASK: Readonly<Record<TaskState, { tone: Tone; word: string }>> = {
  waiting: { tone: "idle", word: "Waiting" },
  running: { tone: "busy", word: "Running" },
  done: { tone: "good", word: "Done" },
  merged: { tone: "good", word: "Merged" },
  failed: { tone: "bad", word: "Failed" },
  skipped: { tone: "warn", word: "Skipped" },
};

/** Colours that other graphs have, too. */
const FILL: Readonly<Record<TaskState, string>> = {
  waiting: "source",
  running: "stream",
  done: "table",
  merged: "table",
  failed: "failed",
  skipped: "check",
};

export const PlanCard: FC<{ plan: PlanShown }> = ({ plan }) => (
  <section class="card" aria-labelledby="plan-title">
    <h2 id="plan-title">Plan</h2>
    <p class="muted">{said(plan)}</p>
    <div class="wide-table">
      <table class="runs">
        <caption class="visually-hidden">Tasks of the plan</caption>
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">State</th>
            <th scope="col">Does</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {plan.tasks.map(({ id, title, dependsOn, state, why }) => (
            <tr>
              <td>
                <code>{id}</code>
              </td>
              <td>
                <Badge {...TASK[state]} />
              </td>
              <td>
                {title}
                {why === undefined || state === "merged" ? null : <p class="muted">{why}</p>}
              </td>
              <td>{dependsOn.length === 0 ? "–" : dependsOn.join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
    {plan.tasks.length < 2 ? null : <PlanGraph plan={plan} />}
    <details data-key="plan-graph">
      <summary>The graph as Mermaid</summary>
      <pre tabindex={0}>{plan.mermaid}</pre>
    </details>
  </section>
);

/** Each task behind those that it waits for, in the colour of its state. */
const PlanGraph: FC<{ plan: PlanShown }> = ({ plan: { tasks } }) => (
  <Layered
    name="Plan"
    said={tasks.map(({ id, dependsOn, state }) =>
      `${id} ${TASK[state].word}${dependsOn.length === 0 ? "" : ` after ${dependsOn.join(" and ")}`}`
    ).join(", ")}
    nodes={tasks.map(({ id, title, state }) => ({
      id,
      label: id,
      below: `${TASK[state].word}: ${title}`,
      title: `${id} (${TASK[state].word}): ${title}`,
      tone: FILL[state],
    }))}
    edges={tasks.flatMap(({ id, dependsOn }) => dependsOn.map((from) => ({ from, to: id })))}
  />
);

function said({ planner, tasks, forecast }: PlanShown): string {
  const done = tasks.filter(({ state }) => state === "done" || state === "merged").length;
  const cost = forecast?.costMicroUsd == null
    ? ""
    : `, up to $${(forecast.costMicroUsd / 1_000_000).toFixed(2)}`;
  return `By ${planner}: ${done} of ${tasks.length} tasks done.${
    forecast === undefined
      ? ""
      : ` Forecast before work began: about ${Math.max(1, Math.round(forecast.seconds / 60))} min${cost}.`
  }`;
}
