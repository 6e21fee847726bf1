import type { FC } from "hono/jsx";
import type { PipelineDocument } from "../../../specs/foundry/mod.ts";
import type { PipelineView } from "../../pipeline_view.ts";
import type { Caller } from "../door.ts";
import { page } from "./frame.tsx";
import { LineageGraph, lineageOf } from "./lineage.tsx";
import { LoadBars } from "./pipeline_plots.tsx";
import {
  ColumnsTable,
  cursorText,
  NOTHING,
  QualityTable,
  QuarantineTable,
  SchemaChanges,
  Table,
  VolumePart,
} from "./pipeline_report_parts.tsx";
import { Ago, Badge, Empty, Short, StatusBadge } from "./words.tsx";

const START = `forge demo etl
forge etl run pipeline.yaml --env env.yaml
forge serve --pipelines DIR --env env.yaml`;

/** The list of pipelines. */
export function pipelinesPage(caller: Caller, views: readonly PipelineView[], now: number): Response {
  return page(
    { title: "Pipelines", current: "/pipelines", caller, refreshSeconds: 15 },
    <>
      <h1>Pipelines</h1>
      <div id="pipelines" data-live>
        {views.length === 0
          ? (
            <Empty title="No pipeline was registered or run yet.">
              <pre
                tabindex={0}
              ><code>{START}</code></pre>
            </Empty>
          )
          : (
            <Table
              caption="Pipelines by name"
              columns={["Last run", "Pipeline", "Streams", "Rows", "Next time", "Fresh"]}
            >
              {views.map((view) => {
                const [last] = view.runs;
                return (
                  <tr>
                    <td class="cell-status">
                      {last === undefined ? NOTHING : <StatusBadge status={last.status} />}
                    </td>
                    <th scope="row" class="cell-title">
                      <a href={`/pipelines/${view.id}`}>{view.id}</a>
                      <code class="id">{view.pipeline}</code>
                      {view.definition.description === ""
                        ? null
                        : <p class="why">{view.definition.description.slice(0, 200)}</p>}
                    </th>
                    <td data-label="Streams">{view.streams.length}</td>
                    <td data-label="Rows">
                      {view.streams.reduce((sum, { state }) => sum + (state?.rows ?? 0), 0)}
                    </td>
                    <td data-label="Next time">
                      {view.schedule === null
                        ? NOTHING
                        : view.schedule.paused !== null
                        ? "paused"
                        : view.schedule.next[0] ?? NOTHING}
                    </td>
                    <td data-label="Fresh">
                      <Fresh view={view} now={now} />
                    </td>
                  </tr>
                );
              })}
            </Table>
          )}
      </div>
    </>,
  );
}

const Fresh: FC<{ view: PipelineView; now: number }> = ({ view: { schedule }, now }) => {
  const freshness = schedule?.freshness ?? null;
  if (freshness === null) return NOTHING;
  return freshness.staleSince === null ? <Badge tone="good" word={`within ${freshness.hours} h`} /> : (
    <>
      <Badge tone="bad" word="stale" /> since <Ago at={freshness.staleSince} now={now} />
    </>
  );
};

const Runs: FC<{ runs: readonly PipelineDocument[]; now: number }> = ({ runs, now }) =>
  runs.length === 0 ? <Empty title="It was not run yet." /> : (
    <Table
      caption="Runs, newest first"
      columns={[
        "Status",
        "Run",
        "Mode",
        "Read",
        "Accepted",
        "Set aside",
        "Written",
        "Already there",
        "Requests",
        "Started",
      ]}
    >
      {runs.map((run) => {
        const sum = (pick: (stream: PipelineDocument["streams"][number]) => number) =>
          run.streams.reduce((total, stream) => total + pick(stream), 0);
        const why = run.denials[0]?.message ?? run.failure?.message;
        return (
          <tr>
            <td class="cell-status">
              <StatusBadge status={run.status} />
            </td>
            <th scope="row" class="cell-title">
              <a href={`/runs/${run.run}`}>
                <Short text={run.run} head={16} />
              </a>
              {why === undefined ? null : <p class="why">{why}</p>}
            </th>
            <td data-label="Mode">{run.mode}</td>
            <td data-label="Read">{sum(({ read }) => read)}</td>
            <td data-label="Accepted">{sum(({ accepted }) => accepted)}</td>
            <td data-label="Set aside">{sum(({ quarantined }) => quarantined)}</td>
            <td data-label="Written">{sum(({ written }) => written)}</td>
            <td data-label="Already there">{sum(({ deduped }) => deduped)}</td>
            <td data-label="Requests">{sum(({ requests }) => requests.made)}</td>
            <td data-label="Started">
              {run.createdAt === undefined ? NOTHING : <Ago at={run.createdAt} now={now} />}
            </td>
          </tr>
        );
      })}
    </Table>
  );

const Streams: FC<{ view: PipelineView; now: number }> = ({ view, now }) => (
  <Table
    caption="Streams"
    columns={["Stream", "Table", "Cursor", "Rows", "Loads", "Last load", "Rows of each load"]}
  >
    {view.streams.map(({ stream, sink, table, state, fault, loads }) => (
      <tr>
        <th scope="row" class="cell-title">
          {stream}
          {fault === null ? null : <p class="why">{`Its state cannot be read: ${fault}`}</p>}
        </th>
        <td data-label="Table">
          <code class="break">{`${sink}.${table}`}</code>
        </td>
        <td data-label="Cursor">
          <code class="break">{cursorText(state?.cursor)}</code>
        </td>
        <td data-label="Rows">{state?.rows ?? 0}</td>
        <td data-label="Loads">{state?.loads ?? 0}</td>
        <td data-label="Last load">{state?.at == null ? NOTHING : <Ago at={state.at} now={now} />}</td>
        <td data-label="Rows of each load">{loads.length === 0 ? NOTHING : <LoadBars loads={loads} />}</td>
      </tr>
    ))}
  </Table>
);

/** The columns of each stream, open when there is only one. */
const Columns: FC<{ view: PipelineView }> = ({ view: { report: { streams } } }) => (
  <>
    {streams.map((stream) => (
      <details class="stream-part" data-key={`columns-${stream.stream}`} open={streams.length === 1}>
        <summary>{stream.stream}</summary>
        <ColumnsTable stream={stream} />
        <SchemaChanges stream={stream} />
      </details>
    ))}
  </>
);

const Quarantine: FC<{ rows: PipelineView["quarantine"]; now: number }> = ({ rows, now }) =>
  rows.length === 0
    ? <p class="muted">Nothing waits here: every row that was read is in a table.</p>
    : (
      <Table caption="Rows that were set aside" columns={["Where", "Rule", "Why", "Row", "When"]}>
        {rows.map((row) => (
          <tr>
            <th scope="row" class="cell-title">
              <code class="break">{row.locator}</code>
              <p class="why">{row.stream}</p>
            </th>
            <td data-label="Rule">
              <code class="break">{row.rule}</code>
            </td>
            <td data-label="Why">{row.reason}</td>
            <td data-label="Row">
              <details>
                <summary>Show</summary>
                <pre tabindex={0}>{JSON.stringify(row.row, null, 2).slice(0, 4000)}</pre>
              </details>
            </td>
            <td data-label="When">
              <Ago at={row.at} now={now} />
            </td>
          </tr>
        ))}
      </Table>
    );

const Times: FC<{ view: PipelineView; now: number }> = ({ view: { schedule, ...view }, now }) => {
  if (schedule === null) return null;
  return (
    <section class="card" aria-labelledby="times">
      <h2 id="times">Schedule</h2>
      <dl class="facts">
        <dt>Times</dt>
        <dd>
          <code>{schedule.cron}</code> {schedule.tz}
        </dd>
        <dt>Next</dt>
        <dd>
          {schedule.paused !== null
            ? `paused by ${schedule.paused.by}${schedule.paused.why === "" ? "" : `: ${schedule.paused.why}`}`
            : schedule.next[0] ?? NOTHING}
        </dd>
        <dt>Overlap, catch-up</dt>
        <dd>{`${schedule.overlap}, ${schedule.catchup} within ${schedule.window}`}</dd>
        <dt>Freshness</dt>
        <dd>
          <Fresh view={{ ...view, schedule }} now={now} />
        </dd>
      </dl>
      {schedule.events.length === 0 ? null : (
        <ul class="plain">
          {schedule.events.slice(0, 8).map(({ at, kind, run, detail }) => (
            <li>
              <Ago at={at} now={now} /> <strong>{kind}</strong> {detail}{" "}
              {run === null ? null : (
                <a href={`/runs/${run}`}>
                  <Short text={run} />
                </a>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};

/** One pipeline: lineage, streams with their cursors, runs, quality, what was set aside, times. */
export function pipelinePage(caller: Caller, view: PipelineView, now: number): Response {
  const { definition, registered, runs } = view;
  return page(
    { title: view.id, current: "/pipelines", caller, refreshSeconds: 10 },
    <>
      <nav class="crumbs" aria-label="Breadcrumb">
        <a href="/pipelines">Pipelines</a>
      </nav>
      <div class="heading">
        <h1>{view.id}</h1>
        {runs[0] === undefined ? null : <StatusBadge status={runs[0].status} />}
      </div>
      <div id="pipeline" class="parts" data-live>
        {definition.description === "" ? null : <p class="pre">{definition.description}</p>}
        <p class="muted">
          <code class="break">{view.pipeline}</code>
          {registered === null
            ? " · run from the command line, not registered"
            : ` · registered from ${
              registered.from === "server" ? "a file of the server" : "a request"
            } by ${registered.by} · ${registered.versions} version${registered.versions === 1 ? "" : "s"}`}
          {definition.owner === "" ? "" : ` · owner ${definition.owner}`}
          {` · ${definition.classification} · `}
          <a href={`/v1/pipelines/${view.id}/report?format=html`}>Report</a>
        </p>
        <section aria-labelledby="lineage">
          <h2 id="lineage">Lineage</h2>
          <div class="lineage-frame" tabindex={0}>
            <LineageGraph lineage={lineageOf(view.report.streams)} />
          </div>
        </section>
        <section aria-labelledby="streams">
          <h2 id="streams">Streams</h2>
          <Streams view={view} now={now} />
        </section>
        <section aria-labelledby="runs">
          <h2 id="runs">Runs</h2>
          {runs.length === 0 ? null : <VolumePart report={view.report} />}
          <Runs runs={runs} now={now} />
        </section>
        <section aria-labelledby="quality">
          <h2 id="quality">Quality</h2>
          <QualityTable rules={view.report.quality} />
        </section>
        <section aria-labelledby="columns">
          <h2 id="columns">Columns</h2>
          <Columns view={view} />
        </section>
        <section aria-labelledby="quarantine">
          <h2 id="quarantine">Set aside</h2>
          {view.report.quarantine.length === 0 ? null : <QuarantineTable report={view.report} />}
          <Quarantine rows={view.quarantine} now={now} />
        </section>
        <Times view={view} now={now} />
      </div>
    </>,
  );
}
