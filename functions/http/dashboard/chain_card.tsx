/** A chain of runs: its stages drawn, each behind those that it takes from or waits for, and told in a table. */
import type { FC } from "hono/jsx";
import type { ChainShown, ChainStageShown } from "../../../specs/mod.ts";
import { Layered } from "./layered.tsx";
import { Badge, type Tone } from "./words.tsx";

type Status = ChainStageShown["status"];

const STAGE: Readonly<Record<Status, { tone: Tone; word: string; fill: string }>> = {
  completed: { tone: "good", word: "Completed", fill: "table" },
  denied: { tone: "bad", word: "Denied", fill: "failed" },
  failed: { tone: "bad", word: "Failed", fill: "failed" },
  cancelled: { tone: "idle", word: "Cancelled", fill: "source" },
  escalated: { tone: "warn", word: "Needs a human", fill: "check" },
  parked: { tone: "idle", word: "Waits", fill: "source" },
  paused: { tone: "idle", word: "Paused", fill: "source" },
  queued: { tone: "idle", word: "Queued", fill: "source" },
  running: { tone: "busy", word: "Running", fill: "stream" },
  waiting: { tone: "idle", word: "Not begun", fill: "source" },
  skipped: { tone: "warn", word: "Skipped", fill: "check" },
  refused: { tone: "bad", word: "Refused", fill: "failed" },
};

/** What leads from one stage to another, in words. */
function takenFrom({ stage, takes, ends }: ChainStageShown["dependsOn"][number]): string {
  const when = ends.length === 1 && ends[0] === "completed" ? "" : ` (${ends.join(", ")})`;
  return `${stage}${when}${takes.length === 0 ? "" : `: ${takes.join(", ")}`}`;
}

const Stage: FC<{ stage: ChainStageShown }> = (
  { stage: { id, kind, what, dependsOn, status, run, why, outputs } },
) => (
  <tr>
    <td>
      {run === null ? <code>{id}</code> : <a href={`/runs/${run}`}>{id}</a>}
      <p class="muted">{`${kind}: ${what}`}</p>
    </td>
    <td>
      <Badge tone={STAGE[status].tone} word={STAGE[status].word} />
      {why === null ? null : <p class="muted">{why}</p>}
    </td>
    <td>{dependsOn.length === 0 ? "–" : dependsOn.map((one) => <p>{takenFrom(one)}</p>)}</td>
    <td>
      {Object.keys(outputs).length === 0 ? "–" : (
        <dl class="facts">
          {Object.entries(outputs).map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>
                <code class="break">{value}</code>
              </dd>
            </>
          ))}
        </dl>
      )}
    </td>
  </tr>
);

export const ChainCard: FC<{ chain: ChainShown }> = ({ chain: { name, stages } }) => {
  const done = stages.filter(({ status }) => status === "completed").length;
  return (
    <section class="card" aria-labelledby="chain-title">
      <h2 id="chain-title">{`Chain ${name}`}</h2>
      <p class="muted">{`${done} of ${stages.length} stages completed.`}</p>
      <Layered
        name={`Chain ${name}`}
        said={stages.map(({ id, status, dependsOn }) =>
          `${id} ${STAGE[status].word}${
            dependsOn.length === 0 ? "" : ` after ${dependsOn.map(({ stage }) => stage).join(" and ")}`
          }`
        ).join(", ")}
        nodes={stages.map(({ id, kind, what, status }) => ({
          id,
          label: id,
          below: `${STAGE[status].word}: ${what}`,
          title: `${id} (${STAGE[status].word}), ${kind}: ${what}`,
          tone: STAGE[status].fill,
        }))}
        edges={stages.flatMap(({ id, dependsOn }) => dependsOn.map(({ stage }) => ({ from: stage, to: id })))}
      />
      <div class="wide-table">
        <table class="runs">
          <caption class="visually-hidden">Stages of the chain</caption>
          <thead>
            <tr>
              <th scope="col">Stage</th>
              <th scope="col">State</th>
              <th scope="col">Takes from</th>
              <th scope="col">Gave</th>
            </tr>
          </thead>
          <tbody>{stages.map((stage) => <Stage stage={stage} />)}</tbody>
        </table>
      </div>
    </section>
  );
};
