/** Plots of the fleet, drawn by the server: no script, no inline style, and a sentence for who cannot see them. */
import type { FC } from "hono/jsx";
import type { FleetReport, TierReport } from "../../../specs/mod.ts";
import { figure, percent } from "./pipeline_plots.tsx";

const px = (value: number): number => Math.round(value * 10) / 10;

const PARTS = [
  { key: "good", word: "completed or escalated", tone: "plot-written" },
  { key: "denied", word: "denied by a gate", tone: "plot-deduped" },
  { key: "failed", word: "failed", tone: "plot-held" },
] as const;

const RUNS = { width: 640, height: 150, left: 44, right: 8, top: 10, bottom: 22 };
const DAYS = 30;
const DAY_MS = 86_400_000;

/** Runs of each of the last thirty days, by what became of them. */
export const RunsPlot: FC<{ trend: FleetReport["trend"]; at: string }> = ({ trend, at }) => {
  const { width, height, left, right, top, bottom } = RUNS;
  const last = Math.floor(Date.parse(at) / DAY_MS);
  const days = Array.from({ length: DAYS }, (_, n) => {
    const day = new Date((last - DAYS + 1 + n) * DAY_MS).toISOString().slice(0, 10);
    const of = trend.filter((one) => one.day === day);
    const sum = (key: typeof PARTS[number]["key"]) => of.reduce((all, one) => all + one[key], 0);
    return { day, good: sum("good"), denied: sum("denied"), failed: sum("failed") };
  });
  const most = Math.max(1, ...days.map(({ good, denied, failed }) => good + denied + failed));
  const floor = height - bottom;
  const pitch = (width - left - right) / DAYS;
  const tall = (runs: number) => (runs / most) * (floor - top);
  const busy = days.filter(({ good, denied, failed }) => good + denied + failed > 0);
  return (
    <figure class="plot">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label={`Runs of the last ${DAYS} days: ${
          busy.length === 0
            ? "none"
            : busy.map(({ day, good, denied, failed }) =>
              `${day} ${good} completed or escalated, ${denied} denied, ${failed} failed`
            ).join("; ")
        }`}
      >
        {[0, 1].map((share) => (
          <g class="plot-axis">
            <line
              x1={left}
              x2={width - right}
              y1={px(floor - tall(most * share))}
              y2={px(floor - tall(most * share))}
            />
            <text x={left - 8} y={px(floor - tall(most * share)) + 4} text-anchor="end">
              {figure(most * share)}
            </text>
          </g>
        ))}
        {days.map((day, at) => {
          let y = floor;
          return (
            <g>
              <title>{`${day.day}: ${PARTS.map(({ key, word }) => `${day[key]} ${word}`).join(", ")}`}</title>
              <rect
                class="plot-hit"
                x={px(left + at * pitch)}
                y={top}
                width={px(pitch)}
                height={floor - top}
              />
              {PARTS.map(({ key, tone }) => {
                if (day[key] === 0) return null;
                const own = Math.max(1, tall(day[key]));
                y -= own;
                return (
                  <rect
                    class={tone}
                    x={px(left + at * pitch + pitch * 0.15)}
                    y={px(y)}
                    width={px(pitch * 0.7)}
                    height={px(own)}
                  />
                );
              })}
            </g>
          );
        })}
        <g class="plot-axis">
          <text x={left} y={height - 6}>{days[0]?.day ?? ""}</text>
          <text x={width - right} y={height - 6} text-anchor="end">{days.at(-1)?.day ?? ""}</text>
        </g>
      </svg>
      <figcaption>
        <ul class="legend">
          {PARTS.map(({ word, tone }) => (
            <li>
              <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true" focusable="false">
                <rect class={tone} width="10" height="10" />
              </svg>
              {word}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
};

const GAUGE = { width: 200, height: 14 };

/** What is left of an error budget, with the quarter below which the fleet is degraded. */
export const BudgetGauge: FC<{ budget: TierReport["budget"] }> = ({ budget }) => {
  if (budget.target === null) return <span class="muted">no objective</span>;
  if (budget.remaining === null) {
    return <span class="muted">{`counts from ${budget.minimum} runs on; there are ${budget.runs}`}</span>;
  }
  const left = Math.max(0, Math.min(1, budget.remaining));
  const { width, height } = GAUGE;
  const tone = left === 0 ? "plot-held" : left < 0.25 ? "plot-quarantined" : "plot-written";
  return (
    <span class="share-line">
      <svg
        class="share"
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label={`${percent(left)} of the error budget is left`}
      >
        <rect class="share-all" width={width} height={height} />
        <rect class={tone} width={px(left * width)} height={height} />
        <line class="plot-baseline" x1={width / 4} x2={width / 4} y1={0} y2={height} />
      </svg>
      <span>{`${percent(left)}, burn ${(budget.burn ?? 0).toFixed(2)}`}</span>
    </span>
  );
};

/** How often each gate let a transition through at the first look. */
export const GateBars: FC<{ gates: TierReport["gates"] }> = ({ gates }) => (
  <ul class="top-values">
    {gates.map(({ gate, judged, passed }) => (
      <li>
        <svg
          class="share"
          viewBox="0 0 100 8"
          width="80"
          height="8"
          preserveAspectRatio="none"
          role="img"
          aria-label={`${passed} of ${judged} passed at first`}
        >
          <rect class="share-all" width="100" height="8" />
          <rect class="share-part" width={px((passed / Math.max(judged, 1)) * 100)} height="8" />
        </svg>
        <span class="top-value">{gate}</span>
        <span class="muted">{`${passed}/${judged}`}</span>
      </li>
    ))}
  </ul>
);
