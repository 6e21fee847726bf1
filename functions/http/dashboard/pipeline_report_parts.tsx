/** The parts of a pipeline's report, for its page and for the report that is a file: what is shown comes from data and is escaped. */
import type { Child, FC } from "hono/jsx";
import type {
  ColumnProfile,
  PipelineReport,
  ReportedRule,
  ReportedStream,
} from "../../../specs/foundry/mod.ts";
import {
  figure,
  Histogram,
  percent,
  RuleTrend,
  Share,
  TopValues,
  Trend,
  VolumePlot,
} from "./pipeline_plots.tsx";
import { Badge, statusTone, statusWord, type Tone, VERDICT } from "./words.tsx";

export const NOTHING = <span class="muted" aria-label="none">–</span>;

/** A cursor as people read it. */
export const cursorText = (cursor: unknown): string =>
  typeof cursor === "string"
    ? cursor
    : cursor === null || cursor === undefined
    ? "–"
    : JSON.stringify(cursor);

export const Table: FC<{ caption: string; columns: readonly string[]; children?: Child }> = (
  { caption, columns, children },
) => (
  <table class="runs">
    <caption class="visually-hidden">{caption}</caption>
    <thead>
      <tr>{columns.map((column) => <th scope="col">{column}</th>)}</tr>
    </thead>
    <tbody>{children}</tbody>
  </table>
);

const when = (at: string | null) =>
  at === null ? NOTHING : <time datetime={at}>{at.slice(0, 19).replace("T", " ")}</time>;

/** Rows over the runs, drawn. */
export const VolumePart: FC<{ report: PipelineReport }> = ({ report }) =>
  report.runs.length === 0 ? <p class="muted">It was not run yet.</p> : <VolumePlot runs={report.runs} />;

/** What each run read, wrote and set aside, by stream. */
export const LoadsTable: FC<{ stream: ReportedStream }> = ({ stream }) => (
  <div class="wide-table" tabindex={0}>
    <Table
      caption={`Loads of ${stream.stream}, newest first`}
      columns={[
        "Run",
        "Status",
        "Read",
        "Accepted",
        "Set aside",
        "Written",
        "Already there",
        "Left out",
        "Late",
        "Requests",
        "Cursor before",
        "Cursor after",
      ]}
    >
      {stream.loads.map(({ run, at, status, reason, counts, requests, cursor }) => (
        <tr>
          <th scope="row" class="cell-title">
            {when(at)}
            <code class="id">{run}</code>
          </th>
          <td data-label="Status">
            <Badge tone={LOAD[status]} word={status} />
            {reason === null ? null : <p class="why">{reason}</p>}
          </td>
          <td data-label="Read">{figure(counts.read)}</td>
          <td data-label="Accepted">{figure(counts.accepted)}</td>
          <td data-label="Set aside">{figure(counts.quarantined)}</td>
          <td data-label="Written">{figure(counts.written)}</td>
          <td data-label="Already there">{figure(counts.deduped)}</td>
          <td data-label="Left out">{figure(counts.filtered)}</td>
          <td data-label="Late">{figure(counts.late)}</td>
          <td data-label="Requests">{figure(requests.made)}</td>
          <td data-label="Cursor before">
            <code class="break">{cursorText(cursor.before)}</code>
          </td>
          <td data-label="Cursor after">
            <code class="break">{cursorText(cursor.after)}</code>
          </td>
        </tr>
      ))}
    </Table>
  </div>
);

const LOAD: Record<ReportedStream["loads"][number]["status"], Tone> = {
  complete: "good",
  skipped: "idle",
  parked: "idle",
  incomplete: "bad",
  failed: "bad",
};

const TREATED: Record<NonNullable<ColumnProfile["treatment"]>, string> = {
  hash: "hashed: no values are told",
  mask: "masked: no values are told",
  drop: "dropped",
};

const Figures: FC<{ column: ColumnProfile }> = ({ column }) => {
  const { min, max, mean, quantiles, lengths, hidden, top } = column;
  const told = (value: number | string | null) => typeof value === "number" ? figure(value) : value ?? "–";
  const median = quantiles?.["0.5"];
  return (
    <p class="figures">
      {min === null
        ? lengths === null
          ? null
          : `${lengths.min === lengths.max ? "" : `${figure(lengths.min)} to `}${
            figure(lengths.max)
          } characters`
        : `${told(min)} to ${told(max)}`}
      {median === undefined ? null : `, median ${figure(median)}`}
      {mean === null ? null : `, mean ${figure(mean)}`}
      {hidden === 0 ? null : ` · ${hidden} frequent value${hidden === 1 ? "" : "s"} not told`}
      {top.length > 5 ? ` · ${top.length - 5} more` : null}
    </p>
  );
};

/** The columns of the latest load with their distribution, and how their gaps went over the runs. */
export const ColumnsTable: FC<{ stream: ReportedStream }> = ({ stream }) => {
  const { profile, columns, schema } = stream;
  if (profile === null) {
    return <p class="muted">No load of this stream was profiled yet.</p>;
  }
  const history = new Map(columns.map((one) => [one.column, one.points]));
  return (
    <>
      <p class="muted">
        {profile.profiled === profile.rows
          ? `All ${figure(profile.rows)} rows of the latest load.`
          : `${figure(profile.profiled)} of ${
            figure(profile.rows)
          } rows of the latest load, taken in blocks that are spread evenly over it.`}
        {profile.more === 0 ? "" : ` ${figure(profile.more)} more columns are not shown.`}
      </p>
      <div class="wide-table" tabindex={0}>
        <Table
          caption={`Columns of ${stream.stream}`}
          columns={["Column", "Type", "Missing", "Missing over runs", "Different", "Distribution"]}
        >
          {profile.columns.map((column) => (
            <tr>
              <th scope="row" class="cell-title">
                <code class="break">{column.column}</code>
              </th>
              <td data-label="Type">
                {column.type ?? NOTHING}
                {schema?.[column.column]?.nullable === false ? <p class="figures">never missing</p> : null}
              </td>
              <td data-label="Missing">
                <Share share={column.nulls / Math.max(1, profile.profiled)} of="missing" />
              </td>
              <td data-label="Missing over runs">
                <Trend
                  label={`Share missing in ${column.column}`}
                  points={(history.get(column.column) ?? []).map(({ at, nulls }) => ({ at, value: nulls }))}
                  told={percent}
                />
              </td>
              <td data-label="Different">
                <Share
                  share={column.distinct / Math.max(1, column.values)}
                  of="of the values are different"
                />
                <p class="figures">{figure(column.distinct)}</p>
              </td>
              <td data-label="Distribution">
                {column.treatment !== null ? <p class="figures">{TREATED[column.treatment]}</p> : (
                  <>
                    {column.histogram === null ? null : <Histogram column={column} />}
                    {column.top.length === 0 ? null : <TopValues column={column} />}
                    <Figures column={column} />
                  </>
                )}
              </td>
            </tr>
          ))}
        </Table>
      </div>
    </>
  );
};

/** What changed in a stream's columns, newest first. */
export const SchemaChanges: FC<{ stream: ReportedStream }> = ({ stream: { stream, changes } }) =>
  changes.length === 0 ? <p class="muted">Its columns did not change.</p> : (
    <Table
      caption={`Changes of ${stream}'s columns`}
      columns={["When", "Change", "Column", "Before", "After"]}
    >
      {changes.slice(0, 50).map(({ at, kind, column, before, after, breaking, mode }) => (
        <tr>
          <th scope="row">{when(at)}</th>
          <td data-label="Change">
            {kind} {breaking ? <Badge tone="bad" word={`breaking, ${mode}`} /> : null}
          </td>
          <td data-label="Column">
            {column === undefined ? NOTHING : <code class="break">{column}</code>}
          </td>
          <td data-label="Before">{before ?? NOTHING}</td>
          <td data-label="After">{after ?? NOTHING}</td>
        </tr>
      ))}
    </Table>
  );

const drifted = (drift: number | null) =>
  drift === null ? NOTHING : `${drift > 0 ? "+" : ""}${percent(drift)}`;

/** What each rule said over the runs, and how far its latest value is from those before. */
export const QualityTable: FC<{ rules: readonly ReportedRule[] }> = ({ rules }) =>
  rules.length === 0
    ? <p class="muted">No run has judged a rule of quality.</p>
    : (
      <div class="wide-table" tabindex={0}>
        <Table
          caption="Rules of quality over the runs"
          columns={[
            "Latest",
            "Rule",
            "Stream",
            "Does",
            "Allowed",
            "Failed",
            "Value",
            "Mean before",
            "Drift",
            "Over runs",
          ]}
        >
          {rules.map((rule) => {
            const latest = rule.results[0];
            if (latest === undefined) return null;
            return (
              <tr>
                <td class="cell-status">
                  <Badge {...VERDICT[latest.verdict]} />
                </td>
                <th scope="row" class="cell-title">
                  <code class="break">{rule.rule}</code>
                  {latest.detail === "" ? null : <p class="why">{latest.detail}</p>}
                </th>
                <td data-label="Stream">{rule.stream}</td>
                <td data-label="Does">{latest.severity}</td>
                <td data-label="Allowed">{rule.limit ?? NOTHING}</td>
                <td data-label="Failed">{`${figure(latest.failed)} of ${figure(latest.checked)}`}</td>
                <td data-label="Value">{latest.value === null ? NOTHING : figure(latest.value)}</td>
                <td data-label="Mean before">
                  {rule.baseline === null ? NOTHING : `${figure(rule.baseline.mean)} (${rule.baseline.runs})`}
                </td>
                <td data-label="Drift">{drifted(rule.drift)}</td>
                <td data-label="Over runs">
                  <RuleTrend rule={rule} />
                </td>
              </tr>
            );
          })}
        </Table>
      </div>
    );

/** Rows that were set aside, by rule. */
export const QuarantineTable: FC<{ report: PipelineReport }> = ({ report: { quarantine } }) =>
  quarantine.length === 0 ? <p class="muted">Nothing was set aside.</p> : (
    <Table
      caption="Why rows were set aside"
      columns={["Rule", "Stream", "Rows", "Still open", "For example"]}
    >
      {quarantine.map(({ stream, rule, rows, open, reason, locator }) => (
        <tr>
          <th scope="row" class="cell-title">
            <code class="break">{rule}</code>
          </th>
          <td data-label="Stream">{stream}</td>
          <td data-label="Rows">{figure(rows)}</td>
          <td data-label="Still open">{figure(open)}</td>
          <td data-label="For example">
            {reason}
            <p class="why">{locator}</p>
          </td>
        </tr>
      ))}
    </Table>
  );

/** How old the data may be, and how old it is. */
export const FreshnessLine: FC<{ report: PipelineReport }> = (
  { report: { freshness: { hours, lastSuccess, ageHours, stale } } },
) => (
  <p>
    {stale === null ? null : <Badge tone={stale ? "bad" : "good"} word={stale ? "stale" : "fresh"} />}{" "}
    {lastSuccess === null
      ? "No run of those told here was completed."
      : `Latest completed run: ${lastSuccess.slice(0, 19).replace("T", " ")} UTC, ${
        figure(ageHours ?? 0)
      } hours before this report.`}
    {hours === null
      ? " Nothing is promised (sla.freshnessHours)."
      : ` Promised: within ${figure(hours)} hours.`}
  </p>
);

/** All runs of the report as a table. */
export const RunsTable: FC<{ report: PipelineReport }> = ({ report }) => (
  <div class="wide-table" tabindex={0}>
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
        "Version",
      ]}
    >
      {report.runs.map(({ run, status, mode, pipeline, at, counts, requests, why }) => (
        <tr>
          <td class="cell-status">
            <Badge tone={statusTone(status)} word={statusWord(status)} />
          </td>
          <th scope="row" class="cell-title">
            {when(at)}
            <code class="id">{run}</code>
            {why === null ? null : <p class="why">{why}</p>}
          </th>
          <td data-label="Mode">{mode}</td>
          <td data-label="Read">{figure(counts.read)}</td>
          <td data-label="Accepted">{figure(counts.accepted)}</td>
          <td data-label="Set aside">{figure(counts.quarantined)}</td>
          <td data-label="Written">{figure(counts.written)}</td>
          <td data-label="Already there">{figure(counts.deduped)}</td>
          <td data-label="Requests">{figure(requests.made)}</td>
          <td data-label="Version">
            <code class="id">{pipeline.split("@").at(-1) ?? pipeline}</code>
          </td>
        </tr>
      ))}
    </Table>
  </div>
);
