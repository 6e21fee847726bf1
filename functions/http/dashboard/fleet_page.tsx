/** All runs together: how they do against their objectives, and what holds them back. */
import type { FC } from "hono/jsx";
import type { FleetEntry, FleetIndicator, FleetReport, TierReport } from "../../../specs/mod.ts";
import { INDICATOR_WORDS } from "../../fleet/words.ts";
import type { Caller } from "../door.ts";
import { BudgetGauge, GateBars, RunsPlot } from "./fleet_plots.tsx";
import { page } from "./frame.tsx";
import { percent, Share } from "./pipeline_plots.tsx";
import { Ago, Badge, duration, Empty, type Tone } from "./words.tsx";

const MODE_TONE: Readonly<Record<FleetReport["mode"], Tone>> = {
  "nominal": "good",
  "degraded": "warn",
  "safe-mode": "bad",
};
const MAX_GATES = 12;

export function fleetPage(
  caller: Caller,
  report: FleetReport,
  log: readonly FleetEntry[],
  now: number,
): Response {
  const month = report.tiers.filter(({ window }) => window === "30d");
  const hasRuns = month.some(({ runs }) => Object.values(runs).some((count) => count > 0));
  return page(
    { title: "Fleet", current: "/fleet", caller, refreshSeconds: 60 },
    <>
      <h1>Fleet</h1>
      <p>
        <Badge tone={MODE_TONE[report.mode]} word={report.mode} /> {report.why}
      </p>
      {report.held > 0 ? <p>{`${report.held} runs wait for the end of safe-mode.`}</p> : null}
      {hasRuns
        ? (
          <>
            <h2>Runs of the last 30 days</h2>
            <RunsPlot trend={report.trend} at={report.at} />
          </>
        )
        : (
          <Empty title="No run has ended yet.">
            <p>Figures are counted when a run ends or asks a human.</p>
          </Empty>
        )}
      {month.map((tier) => <TierPart report={tier} windows={report.tiers} />)}
      <Autonomy rows={report.autonomy} />
      <Freezes rows={report.freezes} />
      <Log entries={log} now={now} />
    </>,
  );
}

const TierPart: FC<{ report: TierReport; windows: readonly TierReport[] }> = ({ report, windows }) => {
  const { tier, runs } = report;
  if (Object.values(runs).every((count) => count === 0)) return null;
  const others = windows.filter((one) => one.tier === tier && one.window !== "30d");
  const refusing = report.gates.filter(({ judged, passed }) => passed < judged).slice(0, MAX_GATES);
  return (
    <section>
      <h2>{tier}</h2>
      <p>
        Error budget of 30 days: <BudgetGauge budget={report.budget} />
      </p>
      <div class="wide-table">
        <table class="runs">
          <caption class="visually-hidden">{`Indicators of the tier ${tier}`}</caption>
          <thead>
            <tr>
              <th scope="col">Indicator</th>
              <th scope="col">30 days</th>
              {others.toReversed().map(({ window }) => <th scope="col">{window}</th>)}
              <th scope="col">Objective</th>
              <th scope="col">Verdict</th>
            </tr>
          </thead>
          <tbody>
            {report.indicators.map((one) => (
              <tr>
                <th scope="row" class="cell-title">{INDICATOR_WORDS[one.sli]}</th>
                <td data-label="30 days">
                  <Value of={one} /> <span class="muted">{`of ${one.samples}`}</span>
                </td>
                {others.toReversed().map(({ window, indicators }) => (
                  <td data-label={window}>
                    <Value of={indicators.find(({ sli }) => sli === one.sli) ?? one} />
                  </td>
                ))}
                <td data-label="Objective">{objectiveOf(one)}</td>
                <td data-label="Verdict">
                  <Verdict of={one} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="figures">
        {`${runs.completed} completed, ${runs.denied} denied, ${runs.failed} failed, ${runs.escalated} escalated, ${runs.cancelled} cancelled`}
      </p>
      <Latency phases={report.phases} />
      {refusing.length === 0 ? null : (
        <>
          <h3>Gates that refused at the first look</h3>
          <GateBars gates={refusing} />
        </>
      )}
      {Object.keys(report.failures).length === 0 ? null : (
        <>
          <h3>Failures by class</h3>
          <FailureBars failures={report.failures} />
        </>
      )}
    </section>
  );
};

const isTime = (sli: FleetIndicator["sli"]) => sli === "phase-latency" || sli === "context-age";

const Value: FC<{ of: FleetIndicator }> = ({ of: { sli, value } }) =>
  value === null
    ? <span class="muted">–</span>
    : isTime(sli)
    ? <span>{duration(value / 1000)}</span>
    : <Share share={value} of={INDICATOR_WORDS[sli]} />;

function objectiveOf({ objective }: FleetIndicator): string {
  if (objective === null) return "";
  return objective.atLeast !== undefined
    ? `at least ${percent(objective.atLeast)}`
    : `at most ${percent(objective.atMost ?? 0)}`;
}

const Verdict: FC<{ of: FleetIndicator }> = ({ of: { objective, verdict } }) =>
  objective === null
    ? null
    : verdict === "not_applicable"
    ? <span class="muted">too few</span>
    : <Badge tone={verdict === "met" ? "good" : "bad"} word={verdict} />;

const Latency: FC<{ phases: TierReport["phases"] }> = ({ phases }) => {
  const rows = Object.entries(phases);
  return rows.length === 0 ? null : (
    <>
      <h3>How long phases took</h3>
      <div class="wide-table">
        <table class="runs">
          <caption class="visually-hidden">How long phases took</caption>
          <thead>
            <tr>
              <th scope="col">Phase</th>
              <th scope="col">p50</th>
              <th scope="col">p95</th>
              <th scope="col">p99</th>
              <th scope="col">Times</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([phase, { p50Ms, p95Ms, p99Ms, count }]) => (
              <tr>
                <th scope="row" class="cell-title">{phase}</th>
                <td data-label="p50">{duration(p50Ms / 1000)}</td>
                <td data-label="p95">{duration(p95Ms / 1000)}</td>
                <td data-label="p99">{duration(p99Ms / 1000)}</td>
                <td data-label="Times">{count}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
};

const FailureBars: FC<{ failures: TierReport["failures"] }> = ({ failures }) => {
  const rows = Object.entries(failures);
  const all = rows.reduce((sum, [, count]) => sum + count, 0);
  return (
    <ul class="top-values">
      {rows.map(([name, count]) => (
        <li>
          <Share share={count / all} of={name} />
          <span class="top-value">{name}</span>
          <span class="muted">{count}</span>
        </li>
      ))}
    </ul>
  );
};

const Autonomy: FC<{ rows: FleetReport["autonomy"] }> = ({ rows }) =>
  rows.length === 0 ? null : (
    <section>
      <h2>Autonomy</h2>
      <div class="wide-table">
        <table class="runs">
          <caption class="visually-hidden">Levels by repository, intent and tier</caption>
          <thead>
            <tr>
              <th scope="col">Granted</th>
              <th scope="col">Repository</th>
              <th scope="col">Intent</th>
              <th scope="col">Tier</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ repository, intent, tier, earned, granted }) => (
              <tr>
                <td data-label="Granted">
                  <Badge tone={earned.lost === null ? "good" : "warn"} word={granted} />
                </td>
                <th scope="row" class="cell-title">{repository}</th>
                <td data-label="Intent">{intent}</td>
                <td data-label="Tier">{tier}</td>
                <td data-label="Why">{earned.because}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );

const Freezes: FC<{ rows: FleetReport["freezes"] }> = ({ rows }) =>
  rows.length === 0 ? null : (
    <section>
      <h2>Freeze windows of the installation</h2>
      {rows.map(({ id, window, open, ends, by }) => (
        <p>
          <Badge tone={open ? "bad" : "idle"} word={open ? `frozen until ${ends}` : "not now"} />{" "}
          <code class="id">{id}</code>{" "}
          {`${window.reason} (${by}): ${
            window.cron === undefined ? `${window.from} to ${window.to}` : window.cron
          } ${window.tz}`}
        </p>
      ))}
    </section>
  );

const Log: FC<{ entries: readonly FleetEntry[]; now: number }> = ({ entries, now }) =>
  entries.length === 0 ? null : (
    <section>
      <h2>What was done to all runs</h2>
      {entries.map(({ at, what, by, reason }) => (
        <p>
          <Ago at={at} now={now} /> <strong>{what}</strong> {`${by.id}: ${reason}`}
        </p>
      ))}
    </section>
  );
