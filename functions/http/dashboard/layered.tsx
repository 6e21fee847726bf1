/** Graphs whose edges lead one way, drawn in columns by the server: no script, no style of their own. */
import type { FC } from "hono/jsx";

export interface DrawnNode {
  readonly id: string;
  readonly label: string;
  readonly below: string;
  /** The whole text, for whoever points at it. */
  readonly title: string;
  /** A class that gives the colour. */
  readonly tone: string;
}

export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
}

const WIDTH = 196;
const HEIGHT = 44;
const GAP_X = 40;
const GAP_Y = 14;
const SIDE = 12;
/** About as many characters as fit. */
const LABEL = 26;
const BELOW = 30;

const short = (text: string, most: number) => {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
};

/** The column of each node: one behind the last that leads to it. A circle ends the count. */
export function columnsOf(
  { nodes, edges }: { nodes: readonly { readonly id: string }[]; edges: readonly DrawnEdge[] },
): Map<string, number> {
  const columns = new Map(nodes.map(({ id }) => [id, 0]));
  for (let round = 0; round < nodes.length; round++) {
    let moved = false;
    for (const { from, to } of edges) {
      const least = (columns.get(from) ?? 0) + 1;
      if ((columns.get(to) ?? 0) >= least || least > nodes.length) continue;
      columns.set(to, least);
      moved = true;
    }
    if (!moved) break;
  }
  // What nothing leads to stands beside what it goes into.
  const led = new Set(edges.map(({ to }) => to));
  for (const { id } of nodes) {
    if (led.has(id)) continue;
    const next = edges.filter(({ from }) => from === id).map(({ to }) => columns.get(to) ?? 1);
    if (next.length > 0) columns.set(id, Math.max(0, Math.min(...next) - 1));
  }
  return columns;
}

/** @param said the graph in words, for who cannot see it */
export const Layered: FC<{
  nodes: readonly DrawnNode[];
  edges: readonly DrawnEdge[];
  name: string;
  said: string;
}> = ({ nodes, edges, name, said }) => {
  const columns = columnsOf({ nodes, edges });
  const rows = new Map<number, number>();
  const places = new Map(nodes.map(({ id }) => {
    const column = columns.get(id) ?? 0;
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    return [id, { x: SIDE + column * (WIDTH + GAP_X), y: GAP_Y + row * (HEIGHT + GAP_Y) }];
  }));
  const width = 2 * SIDE + (Math.max(0, ...columns.values()) + 1) * (WIDTH + GAP_X) - GAP_X;
  const height = GAP_Y + Math.max(1, ...rows.values()) * (HEIGHT + GAP_Y);
  return (
    <div class="lineage-frame" tabindex={0} role="group" aria-label={`${name}, drawn`}>
      <svg
        class="lineage layered"
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label={`${name}: ${said}`}
      >
        {edges.map(({ from, to }) => {
          const [a, b] = [places.get(from), places.get(to)];
          if (a === undefined || b === undefined) return null;
          const [start, end] = [a.x + WIDTH, b.x];
          const bend = Math.max(16, (end - start) / 2);
          return (
            <path
              class="lineage-edge data"
              d={`M${start} ${a.y + HEIGHT / 2} C${start + bend} ${a.y + HEIGHT / 2} ${end - bend} ${
                b.y + HEIGHT / 2
              } ${end} ${b.y + HEIGHT / 2}`}
            />
          );
        })}
        {nodes.map(({ id, label, below, title, tone }) => {
          const { x, y } = places.get(id) ?? { x: 0, y: 0 };
          return (
            <g class={`lineage-node ${tone}`}>
              <title>{title}</title>
              <rect x={x} y={y} width={WIDTH} height={HEIGHT} rx="8" />
              <text x={x + 10} y={y + 18}>{short(label, LABEL)}</text>
              <text class="lineage-below" x={x + 10} y={y + 34}>{short(below, BELOW)}</text>
            </g>
          );
        })}
      </svg>
    </div>
  );
};
