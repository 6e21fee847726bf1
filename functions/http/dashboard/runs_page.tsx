import type { FC } from "hono/jsx";
import type { RunDocument } from "../../../specs/mod.ts";
import type { Caller } from "../door.ts";
import { page } from "./frame.tsx";
import { Ago, duration, Empty, StatusBadge, statusWord } from "./words.tsx";

export const FILTERS = [
  "running",
  "escalated",
  "completed",
  "denied",
  "failed",
  "parked",
  "cancelled",
] as const;

const Filters: FC<{ status?: string }> = ({ status }) => (
  <nav aria-label="Filter by status">
    <ul class="filters">
      {[undefined, ...FILTERS].map((filter) => (
        <li>
          <a
            href={filter === undefined ? "/" : `/?status=${filter}`}
            aria-current={filter === status ? "true" : undefined}
          >
            {filter === undefined ? "All" : statusWord(filter)}
          </a>
        </li>
      ))}
    </ul>
  </nav>
);

/** Why a run did not go through, or what it waits for, in the words of the first reason. */
const Why: FC<{ run: RunDocument }> = ({ run: { denials, failure, waiting } }) => {
  const [first] = denials;
  const more = denials.length > 1 ? ` and ${denials.length - 1} more` : "";
  const text = first !== undefined
    ? `${first.rule} ${first.gate}${more}: ${first.message}`
    : failure?.message ?? waiting?.reason;
  return text === undefined ? null : <p class="why">{text}</p>;
};

const Row: FC<{ run: RunDocument; pipeline: string | null; now: number }> = ({ run, pipeline, now }) => (
  <tr>
    <td class="cell-status">
      <StatusBadge status={run.status} />
    </td>
    <th scope="row" class="cell-title">
      <a href={`/runs/${run.run}`}>{run.title || "Untitled run"}</a>
      <code class="id">{run.run}</code>
      {pipeline === null
        ? null
        : <a class="pipeline-link" href={`/pipelines/${pipeline}`}>{`Pipeline ${pipeline}`}</a>}
      <Why run={run} />
    </th>
    <td data-label="Phase">{run.phase}</td>
    <td data-label="Pull request">
      {run.pullRequest === null
        ? <span class="muted" aria-label="none">–</span>
        : <a href={`/runs/${run.run}#pull`}>{`#${run.pullRequest.number}`}</a>}
    </td>
    <td data-label="Took">{duration(run.usage.seconds)}</td>
    <td data-label="Started">
      {run.createdAt === undefined ? <span class="muted">–</span> : <Ago at={run.createdAt} now={now} />}
    </td>
  </tr>
);

/** The list of runs, newest first. */
export function runsPage(options: {
  caller: Caller;
  runs: RunDocument[];
  /** Pipelines of the data runs among them, by run. */
  pipelines: ReadonlyMap<string, string>;
  next: string | null;
  status?: string;
  paged: boolean;
  now: number;
}): Response {
  const { runs, next, status, now } = options;
  const older = `/?${new URLSearchParams({
    ...(status === undefined ? {} : { status }),
    cursor: next ?? "",
  })}`;
  return page(
    { title: "Runs", current: "/", caller: options.caller, ...(options.paged ? {} : { refreshSeconds: 5 }) },
    <>
      <div class="heading">
        <h1>Runs</h1>
        <Filters status={status} />
      </div>
      <div id="runs" data-live>
        {runs.length === 0 ? <NoRuns status={status} /> : (
          <table class="runs">
            <caption class="visually-hidden">Runs, newest first</caption>
            <thead>
              <tr>
                <th scope="col">Status</th>
                <th scope="col">Title</th>
                <th scope="col">Phase</th>
                <th scope="col">Pull request</th>
                <th scope="col">Took</th>
                <th scope="col">Started</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <Row
                  run={run}
                  pipeline={options.pipelines.get(run.run) ?? null}
                  now={now}
                />
              ))}
            </tbody>
          </table>
        )}
      </div>
      {options.paged || next !== null
        ? (
          <nav class="pager" aria-label="Pages">
            {options.paged ? <a href={status === undefined ? "/" : `/?status=${status}`}>Newest</a> : null}
            {next === null ? null : <a href={older} rel="next">Older runs</a>}
          </nav>
        )
        : null}
    </>,
  );
}

const NoRuns: FC<{ status?: string }> = ({ status }) =>
  status !== undefined
    ? (
      <Empty title={`No run is ${statusWord(status).toLowerCase()}.`}>
        <p>
          <a href="/">Show all runs</a>
        </p>
      </Empty>
    )
    : (
      <Empty title="No runs yet.">
        <p>Start one from a terminal, or send a spec to the API:</p>
        <pre
          tabindex={0}
        ><code>forge run spec.md --repo .

curl -H "Authorization: Bearer $KEY" -H "Content-Type: text/markdown" \
  --data-binary @spec.md "http://127.0.0.1:8787/v1/runs?repo=$PWD"</code></pre>
        <p>
          <a href="/docs">Read the API</a>
        </p>
      </Empty>
    );
