/** Where data comes from and where it goes, drawn: sources, streams and the tables that they write. No script, no style of its own. */
import type { FC } from "hono/jsx";
import type { Pipeline } from "../../../specs/mod.ts";

interface Node {
  key: string;
  kind: "source" | "stream" | "table";
  label: string;
  below: string;
}
interface Edge {
  from: string;
  to: string;
  kind: "data" | "parent";
}
export interface Lineage {
  columns: Node[][];
  edges: Edge[];
}

/** The graph of a pipeline: one node for each source, stream and table, however many edges meet there. */
export function lineageOf(
  definition: Pick<Pipeline, "streams">,
  targets: readonly { stream: string; sink: string; table: string }[],
): Lineage {
  const sources = new Map<string, Node>();
  const streams: Node[] = [];
  const tables = new Map<string, Node>();
  const edges: Edge[] = [];
  for (const { id, source } of definition.streams) {
    const from = `source:${source.connector}:${source.resource}`;
    const stream = `stream:${id}`;
    sources.set(from, { key: from, kind: "source", label: source.resource, below: source.connector });
    const target = targets.find((one) => one.stream === id);
    streams.push({ key: stream, kind: "stream", label: id, below: "stream" });
    edges.push({ from, to: stream, kind: "data" });
    if (source.parent !== undefined) {
      edges.push({ from: `stream:${source.parent.stream}`, to: stream, kind: "parent" });
    }
    if (target === undefined) continue;
    const table = `table:${target.sink}:${target.table}`;
    tables.set(table, { key: table, kind: "table", label: target.table, below: target.sink });
    edges.push({ from: stream, to: table, kind: "data" });
  }
  return { columns: [[...sources.values()], streams, [...tables.values()]], edges };
}

const WIDTH = 220;
const HEIGHT = 46;
const GAP_X = 90;
const GAP_Y = 14;
const LABEL = 25;

const short = (text: string) => text.length > LABEL ? `${text.slice(0, LABEL - 1)}…` : text;

export const LineageGraph: FC<{ lineage: Lineage }> = ({ lineage: { columns, edges } }) => {
  const rows = Math.max(1, ...columns.map((column) => column.length));
  const height = rows * (HEIGHT + GAP_Y) + GAP_Y;
  const width = columns.length * WIDTH + (columns.length - 1) * GAP_X + 4;
  const places = new Map<string, { x: number; y: number }>();
  columns.forEach((column, at) => {
    const free = height - column.length * (HEIGHT + GAP_Y) - GAP_Y;
    column.forEach(({ key }, row) =>
      places.set(key, { x: 2 + at * (WIDTH + GAP_X), y: GAP_Y + free / 2 + row * (HEIGHT + GAP_Y) })
    );
  });
  return (
    <svg
      class="lineage"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`Lineage: ${
        edges.map(({ from, to }) => `${spoken(from)} to ${spoken(to)}`).slice(0, 20).join(", ")
      }`}
    >
      {edges.map(({ from, to, kind }) => {
        const [a, b] = [places.get(from), places.get(to)];
        if (a === undefined || b === undefined) return null;
        const path = kind === "parent"
          ? `M${a.x + 24} ${a.y + HEIGHT / 2} C${a.x - 34} ${a.y + HEIGHT / 2} ${b.x - 34} ${
            b.y + HEIGHT / 2
          } ${b.x} ${b.y + HEIGHT / 2}`
          : `M${a.x + WIDTH} ${a.y + HEIGHT / 2} C${a.x + WIDTH + GAP_X / 2} ${a.y + HEIGHT / 2} ${
            b.x - GAP_X / 2
          } ${b.y + HEIGHT / 2} ${b.x} ${b.y + HEIGHT / 2}`;
        return <path class={`lineage-edge ${kind}`} d={path} />;
      })}
      {columns.flat().map(({ key, kind, label, below }) => {
        const { x, y } = places.get(key) ?? { x: 0, y: 0 };
        return (
          <g class={`lineage-node ${kind}`}>
            <title>{`${kind} ${label} (${below})`}</title>
            <rect x={x} y={y} width={WIDTH} height={HEIGHT} rx="8" />
            <text x={x + 12} y={y + 20}>{short(label)}</text>
            <text class="lineage-below" x={x + 12} y={y + 36}>{short(below)}</text>
          </g>
        );
      })}
    </svg>
  );
};

const spoken = (key: string) => key.split(":").at(-1) ?? key;

/** Rows of the latest loads, oldest first, as bars. */
export const Volume: FC<{ loads: readonly { at: string; rows: number }[] }> = ({ loads }) => {
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
