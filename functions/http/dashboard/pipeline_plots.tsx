/** Plots of a pipeline's history, drawn by the server as SVG: no script, no inline style, and a sentence for who cannot see them. */
import type { FC } from "hono/jsx";
import type { ColumnProfile, ReportedRule, ReportedRun } from "../../../specs/foundry/mod.ts";

/** A number as people read it. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e15 || size < 1e-4)) return value.toExponential(2);
  return value.toLocaleString("en-US", { maximumFractionDigits: size >= 1000 ? 0 : 4 });
}

export const percent = (share: number): string =>
  `${(share * 100).toLocaleString("en-US", { maximumFractionDigits: share < 0.1 ? 2 : 1 })} %`;

/** A place in a drawing, short enough to send. */
const px = (value: number): number => Math.round(value * 10) / 10;
const day = (at: string | null): string => at?.slice(0, 10) ?? "";
const minute = (at: string | null): string => at?.slice(0, 16).replace("T", " ") ?? "";

/** What became of the rows of a run, in the order of the stack. */
const PARTS = [
  { key: "written", word: "written" },
  { key: "deduped", word: "already there" },
  { key: "quarantined", word: "set aside" },
  { key: "held", word: "accepted, not published" },
] as const;

type Part = typeof PARTS[number]["key"];

function partsOf({ counts }: ReportedRun): Record<Part, number> {
  const { accepted, written, deduped, quarantined } = counts;
  return { written, deduped, quarantined, held: Math.max(0, accepted - written - deduped) };
}

const VOLUME = { width: 640, height: 170, left: 58, right: 8, top: 12, bottom: 24 };

/** Rows of each run, oldest first, by what became of them. */
export const VolumePlot: FC<{ runs: readonly ReportedRun[] }> = ({ runs }) => {
  const { width, height, left, right, top, bottom } = VOLUME;
  const bars = runs.toReversed().map((run) => ({ run, parts: partsOf(run) }));
  const sum = (parts: Record<Part, number>) => PARTS.reduce((total, { key }) => total + parts[key], 0);
  const most = niceAbove(Math.max(1, ...bars.map(({ parts }) => sum(parts))));
  const floor = height - bottom;
  const room = width - left - right;
  const pitch = room / Math.max(bars.length, 8);
  const tall = (rows: number) => (rows / most) * (floor - top);
  return (
    <figure class="plot">
      <svg
        class="plot-volume"
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label={`Rows of the last ${bars.length} runs, oldest first: ${
          bars.map(({ run, parts }) =>
            `${day(run.at)} ${
              PARTS.filter(({ key }) => parts[key] > 0).map(({ key, word }) => `${parts[key]} ${word}`).join(
                ", ",
              ) || "none"
            }`
          ).join("; ")
        }`}
      >
        {[0, 0.5, 1].map((share) => (
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
        {bars.map(({ run, parts }, at) => {
          let y = floor;
          const x = left + at * pitch + pitch * 0.15;
          return (
            <g>
              <title>
                {`${minute(run.at)} ${run.status}: ${
                  PARTS.map(({ key, word }) => `${figure(parts[key])} ${word}`).join(", ")
                }`}
              </title>
              <rect
                class="plot-hit"
                x={px(left + at * pitch)}
                y={top}
                width={px(pitch)}
                height={floor - top}
              />
              {PARTS.map(({ key }) => {
                if (parts[key] === 0) {
                  return null;
                }
                const own = Math.max(1, tall(parts[key]));
                y -= own;
                return (
                  <rect class={`plot-${key}`} x={px(x)} y={px(y)} width={px(pitch * 0.7)} height={px(own)} />
                );
              })}
            </g>
          );
        })}
        <g class="plot-axis">
          <text x={left} y={height - 6}>{day(bars[0]?.run.at ?? null)}</text>
          {bars.length < 2
            ? null
            : (
              <text x={px(Math.max(left + 150, left + bars.length * pitch))} y={height - 6} text-anchor="end">
                {day(bars.at(-1)?.run.at ?? null)}
              </text>
            )}
        </g>
      </svg>
      <figcaption>
        <ul class="legend">
          {PARTS.map(({ key, word }) => (
            <li>
              <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true" focusable="false">
                <rect class={`plot-${key}`} width="10" height="10" />
              </svg>
              {word}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
};

/** The next round number: 1, 1.5, 2, 3, 5, 7.5, 10, 15 and so on. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 5, 7.5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

const HISTOGRAM = { width: 200, height: 44 };

/** How the numbers or dates of a column are spread. */
export const Histogram: FC<{ column: ColumnProfile }> = ({ column }) => {
  const bins = column.histogram ?? [];
  const { width, height } = HISTOGRAM;
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const isTime = typeof column.min === "string";
  const told = (value: number) =>
    isTime ? new Date(value).toISOString().slice(0, 16).replace("T00:00", "") : figure(value);
  const pitch = width / Math.max(bins.length, 1);
  return (
    <svg
      class="plot-histogram"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`Distribution of ${column.column} in ${bins.length} bins: ${
        bins.map(({ from, to, count }) => `${told(from)}${to === from ? "" : ` to ${told(to)}`}: ${count}`)
          .join("; ")
      }`}
    >
      {bins.map(({ from, to, count }, at) => {
        const tall = count === 0 ? 0 : Math.max(1.5, (count / most) * (height - 2));
        return (
          <rect
            class="plot-bin"
            x={px(at * pitch)}
            y={px(height - tall)}
            width={px(Math.max(1, Math.min(pitch - 1, 40)))}
            height={px(tall)}
          >
            <title>{`${told(from)}${to === from ? "" : ` to ${told(to)}`}: ${figure(count)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
};

/** The most frequent texts of a column, each with its share of the values. */
export const TopValues: FC<{ column: ColumnProfile }> = ({ column: { top, values } }) => (
  <ul class="top-values">
    {top.slice(0, 5).map(({ value, count }) => (
      <li>
        <svg
          class="share"
          viewBox="0 0 100 8"
          width="60"
          height="8"
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <rect class="share-all" width="100" height="8" />
          <rect class="share-part" width={px((count / Math.max(values, 1)) * 100)} height="8" />
        </svg>
        <span class="top-value">{value}</span>
        <span class="muted">{figure(count)}</span>
      </li>
    ))}
  </ul>
);

/** A share as a bar beside its number. */
export const Share: FC<{ share: number; of: string }> = ({ share, of }) => (
  <span class="share-line">
    <svg
      class="share"
      viewBox="0 0 100 8"
      width="56"
      height="8"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${percent(share)} ${of}`}
    >
      <rect class="share-all" width="100" height="8" />
      <rect class="share-part" width={px(Math.min(1, share) * 100)} height="8" />
    </svg>
    <span>{percent(share)}</span>
  </span>
);

const TREND = { width: 132, height: 30, edge: 4 };

interface Point {
  at: string | null;
  value: number | null;
  bad?: boolean;
}

/** Values over runs, oldest first, with what they are compared with as a broken line. */
export const Trend: FC<
  { label: string; points: readonly Point[]; baseline?: number | null; told?: (value: number) => string }
> = (
  { label, points, baseline = null, told = figure },
) => {
  const { width, height, edge } = TREND;
  const known = points.flatMap(({ value }) => value === null ? [] : [value]);
  if (known.length === 0) return <span class="muted" aria-label="nothing measured">–</span>;
  const all = baseline === null ? known : [...known, baseline];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const y = (value: number) =>
    px(
      most === least ? height / 2 : height - edge - ((value - least) / (most - least)) * (height - 2 * edge),
    );
  const x = (at: number) =>
    px(points.length < 2 ? width / 2 : edge + (at / (points.length - 1)) * (width - 2 * edge));
  // A run that measured nothing is a gap, not a line across.
  let isOpen = false;
  const line = points.map(({ value }, at) => {
    if (value === null) {
      isOpen = false;
      return "";
    }
    const command = `${isOpen ? "L" : "M"}${x(at)} ${y(value)}`;
    isOpen = true;
    return command;
  }).join("");
  return (
    <svg
      class="plot-trend"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`${label} over ${points.length} runs, oldest first: ${
        points.map(({ value }) => value === null ? "nothing" : told(value)).join(", ")
      }${baseline === null ? "" : `; mean before: ${told(baseline)}`}`}
    >
      {baseline === null
        ? null
        : <line class="plot-baseline" x1={edge} x2={width - edge} y1={y(baseline)} y2={y(baseline)} />}
      <path class="plot-line" d={line} />
      {points.map(({ value, at: when, bad }, at) =>
        value === null
          ? null
          : (
            <circle class={bad ? "plot-bad" : "plot-dot"} cx={x(at)} cy={y(value)} r={bad ? 3.2 : 2.2}>
              <title>{`${minute(when)}: ${told(value)}`}</title>
            </circle>
          )
      )}
    </svg>
  );
};

/** What a rule measured over the runs; runs that it failed stand out. */
export const RuleTrend: FC<{ rule: ReportedRule }> = ({ rule }) => (
  <Trend
    label={rule.rule}
    points={rule.results.toReversed().map(({ at, value, verdict }) => ({
      at,
      value,
      bad: verdict === "fail" || verdict === "error",
    }))}
    baseline={rule.baseline?.mean ?? null}
  />
);

/** Rows of the latest loads, oldest first, as small bars. */
export const LoadBars: FC<{ loads: readonly { at: string; rows: number }[] }> = ({ loads }) => {
  const most = Math.max(1, ...loads.map(({ rows }) => rows));
  return (
    <svg
      class="volume"
      viewBox="0 0 160 32"
      width="160"
      height="32"
      role="img"
      aria-label={`Rows of the last ${loads.length} loads: ${loads.map(({ rows }) => rows).join(", ")}`}
    >
      {loads.map(({ at, rows }, index) => {
        const height = Math.max(1, Math.round((rows / most) * 30));
        return (
          <rect x={index * 4} y={32 - height} width="3" height={height}>
            <title>{`${at}: ${rows} rows`}</title>
          </rect>
        );
      })}
    </svg>
  );
};
