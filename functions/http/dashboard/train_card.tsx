/** A train of pull requests: drawn, each to the right of those that it stands on, and told in a table. */
import type { FC } from "hono/jsx";
import type { TrainDocument } from "../../../specs/mod.ts";
import { Badge, type Tone } from "./words.tsx";

type Car = TrainDocument["cars"][number];

const STATE: Readonly<Record<Car["state"], { tone: Tone; word: string }>> = {
  works: { tone: "busy", word: "At work" },
  waits: { tone: "idle", word: "Waits" },
  merged: { tone: "good", word: "Merged" },
  stopped: { tone: "bad", word: "Stopped" },
};
/** Colours that the picture of a pipeline has, too: of a state. */
const FILL: Readonly<Record<Car["state"], string>> = {
  works: "stream",
  waits: "source",
  merged: "table",
  stopped: "stopped",
};

const WIDTH = 190;
const HEIGHT = 46;
const GAP_X = 56;
const GAP_Y = 18;
const LABEL = 24;

const short = (text: string, most: number) => text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** A car stands one column to the right of the last of those that it stands on. */
export function trainPlaces(
  cars: readonly Pick<Car, "id" | "after">[],
): Map<string, { x: number; y: number }> {
  const column = new Map<string, number>();
  const rows = new Map<number, number>();
  const places = new Map<string, { x: number; y: number }>();
  for (const { id, after } of cars) {
    const at = 1 + Math.max(-1, ...after.map((one) => column.get(one) ?? -1));
    const row = rows.get(at) ?? 0;
    column.set(id, at);
    rows.set(at, row + 1);
    places.set(id, { x: 14 + at * (WIDTH + GAP_X), y: GAP_Y + row * (HEIGHT + GAP_Y) });
  }
  return places;
}

const Picture: FC<{ cars: readonly Car[] }> = ({ cars }) => {
  const places = trainPlaces(cars);
  const most = (of: "x" | "y") => Math.max(0, ...[...places.values()].map((place) => place[of]));
  const [width, height] = [most("x") + WIDTH + 14, most("y") + HEIGHT + GAP_Y];
  const told = cars.map(({ id, after, state }) =>
    `${id} ${STATE[state].word}${after.length === 0 ? "" : ` after ${after.join(" and ")}`}`
  );
  return (
    <svg
      class="lineage"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`Train: ${told.join(", ")}`}
    >
      {cars.flatMap(({ id, after }) =>
        after.map((below) => {
          const [from, to] = [places.get(below), places.get(id)];
          if (from === undefined || to === undefined) return null;
          const [x, y, end, down] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
          const bend = (end - x) / 2;
          return (
            <path
              class="lineage-edge"
              d={`M${x} ${y} C${x + bend} ${y} ${end - bend} ${down} ${end} ${down}`}
            />
          );
        })
      )}
      {cars.map(({ id, state, merged }) => {
        const { x, y } = places.get(id) ?? { x: 0, y: 0 };
        return (
          <g class={`lineage-node ${FILL[state]}`}>
            <title>{`${id}: ${STATE[state].word}`}</title>
            <rect x={x} y={y} width={WIDTH} height={HEIGHT} rx="8" />
            <text x={x + 12} y={y + 20}>{short(id, LABEL)}</text>
            <text class="lineage-below" x={x + 12} y={y + 37}>
              {`${STATE[state].word}${merged === null ? "" : `, ${merged}.`}`}
            </text>
          </g>
        );
      })}
    </svg>
  );
};

export const TrainCard: FC<{ train: TrainDocument }> = ({ train: { cars, started } }) => (
  <section class="card" aria-labelledby="train-title">
    <h2 id="train-title">Train</h2>
    <p class="muted">
      {`${
        cars.filter(({ merged }) => merged !== null).length
      } of ${cars.length} merged.${started ? "" : " It has not been started."}`}
    </p>
    <div class="lineage-frame" tabindex={0}>
      <Picture cars={cars} />
    </div>
    <div class="wide-table">
      <table class="runs">
        <caption class="visually-hidden">Pull requests of the train</caption>
        <thead>
          <tr>
            <th scope="col">Pull request</th>
            <th scope="col">State</th>
            <th scope="col">Why</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {cars.map(({ id, url, run, watch, state, why, after }) => (
            <tr>
              <td>
                {url === null || !/^https?:\/\//.test(url) ? <code>{id}</code> : <a href={url}>{id}</a>}
                {run === null ? null : (
                  <p class="muted">
                    <a href={`/runs/${watch ?? run}`}>{watch === null ? "its run" : "its watch"}</a>
                  </p>
                )}
              </td>
              <td>
                <Badge {...STATE[state]} />
              </td>
              <td>{why}</td>
              <td>{after.length === 0 ? "–" : after.join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </section>
);
