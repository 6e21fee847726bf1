/** Where data comes from, what happens to it and where it goes, drawn: sources, streams, steps, checks, tables. No script, no style of its own. */
import type { FC } from "hono/jsx";
import type { ReportedStream } from "../../../specs/foundry/mod.ts";
import { figure } from "./pipeline_plots.tsx";

interface Node {
  key: string;
  kind: "source" | "stream" | "steps" | "check" | "table";
  label: string;
  below: string;
  column: 0 | 1 | 2 | 3 | 4;
  /** The streams that it belongs to: where it stands. */
  rows: number[];
}
interface Edge {
  from: string;
  to: string;
  kind: "data" | "parent" | "join";
}
export interface Lineage {
  nodes: Node[];
  edges: Edge[];
}

/** The graph of a pipeline: one node for each source and table, however many edges meet there; steps and checks by stream. */
export function lineageOf(streams: readonly ReportedStream[]): Lineage {
  const nodes = new Map<string, Node>();
  const edges: Edge[] = [];
  const node = (one: Omit<Node, "rows">, row: number) => {
    const known = nodes.get(one.key);
    if (known === undefined) nodes.set(one.key, { ...one, rows: [row] });
    else known.rows.push(row);
  };
  streams.forEach((stream, row) => {
    const { stream: id, source, steps, joins, rules, sink, table } = stream;
    const counts = stream.loads[0]?.counts ?? null;
    const told = (text: (known: NonNullable<typeof counts>) => string) =>
      counts === null ? "not run yet" : text(counts);
    // Streams that read the same place have one source.
    const from = `source:${source.connector}:${source.resource}:${source.place ?? id}`;
    node(
      {
        key: from,
        kind: "source",
        label: `${source.connector} ${source.resource}`,
        below: placeOf(source.place, stream.inputs ?? 0),
        column: 0,
      },
      row,
    );
    const read = `stream:${id}`;
    node({
      key: read,
      kind: "stream",
      label: id,
      below: told(({ read }) => `read ${figure(read)}`),
      column: 1,
    }, row);
    edges.push({ from, to: read, kind: "data" });
    if (source.parent !== null) edges.push({ from: `stream:${source.parent}`, to: read, kind: "parent" });
    let last = read;
    if (steps.length > 0) {
      const key = `steps:${id}`;
      const below = told(({ filtered, produced }) =>
        filtered + produced === 0
          ? "every row kept"
          : `left out ${figure(filtered)}, made ${figure(produced)}`
      );
      node({ key, kind: "steps", label: steps.join(", "), below, column: 2 }, row);
      edges.push({ from: last, to: key, kind: "data" });
      for (const joined of joins) {
        const table = `table:${sink}:${joined}`;
        const isOwn = streams.some((other) => other.sink === sink && other.table === joined);
        if (!isOwn) node({ key: table, kind: "table", label: joined, below: sink, column: 0 }, row);
        edges.push({ from: table, to: key, kind: "join" });
      }
      last = key;
    }
    const check = `check:${id}`;
    node({
      key: check,
      kind: "check",
      label: rules === 0 ? "contract" : `contract, ${rules} rule${rules === 1 ? "" : "s"}`,
      below: told(({ accepted, quarantined }) =>
        `accepted ${figure(accepted)}, set aside ${figure(quarantined)}`
      ),
      column: 3,
    }, row);
    edges.push({ from: last, to: check, kind: "data" });
    const target = `table:${sink}:${table}`;
    node({ key: target, kind: "table", label: table, below: sink, column: 4 }, row);
    edges.push({ from: check, to: target, kind: "data" });
  });
  // A table's rows are those of all streams that write it.
  for (const one of nodes.values()) {
    if (one.column !== 4) continue;
    const writers = streams.filter(({ sink, table }) => one.key === `table:${sink}:${table}`);
    const sum = (pick: (counts: ReportedStream["loads"][number]["counts"]) => number) =>
      writers.reduce((total, { loads }) => total + (loads[0] === undefined ? 0 : pick(loads[0].counts)), 0);
    if (writers.every(({ loads }) => loads.length === 0)) continue;
    one.below += ` · wrote ${figure(sum(({ written }) => written))}`;
  }
  return { nodes: [...nodes.values()], edges };
}

/** The end of an address tells more than its beginning. */
function placeOf(place: string | null, inputs: number): string {
  if (place === null) return inputs === 0 ? "nothing read yet" : `${figure(inputs)} inputs`;
  const more = inputs > 1 ? ` and ${figure(inputs - 1)} more` : "";
  const room = BELOW - more.length;
  return `${place.length > room ? `…${place.slice(1 - room)}` : place}${more}`;
}

const WIDTH = 196;
const HEIGHT = 48;
const GAP_X = 44;
const GAP_Y = 16;
/** About as many characters as fit; the whole text is in the node's title. */
const LABEL = 24;
const BELOW = 27;

const short = (text: string, most: number) => text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** Every node stands beside the middle of its streams, and below the one above it. */
function placesOf(nodes: readonly Node[]): Map<string, { x: number; y: number }> {
  const places = new Map<string, { x: number; y: number }>();
  for (const column of [0, 1, 2, 3, 4] as const) {
    let free = GAP_Y;
    const middle = ({ rows }: Node) => rows.reduce((sum, row) => sum + row, 0) / rows.length;
    for (const node of nodes.filter((one) => one.column === column).sort((a, b) => middle(a) - middle(b))) {
      const y = Math.max(free, GAP_Y + middle(node) * (HEIGHT + GAP_Y));
      places.set(node.key, { x: 14 + column * (WIDTH + GAP_X), y });
      free = y + HEIGHT + GAP_Y;
    }
  }
  return places;
}

export const LineageGraph: FC<{ lineage: Lineage }> = ({ lineage: { nodes, edges } }) => {
  const places = placesOf(nodes);
  const height = Math.max(0, ...[...places.values()].map(({ y }) => y)) + HEIGHT + GAP_Y;
  const width = 5 * WIDTH + 4 * GAP_X + 28;
  const labels = new Map(nodes.map((node) => [node.key, node.label]));
  const spoken = (key: string) => labels.get(key) ?? key;
  return (
    <svg
      class="lineage"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`Lineage: ${
        edges.map(({ from, to, kind }) =>
          kind === "data"
            ? `${spoken(from)} to ${spoken(to)}`
            : kind === "parent"
            ? `${spoken(to)} is read by the rows of ${spoken(from)}`
            : `${spoken(to)} joins ${spoken(from)}`
        ).slice(0, 60).join(", ")
      }`}
    >
      {edges.map(({ from, to, kind }) => {
        const [a, b] = [places.get(from), places.get(to)];
        if (a === undefined || b === undefined) return null;
        return <path class={`lineage-edge ${kind}`} d={pathOf(a, b, kind)} />;
      })}
      {nodes.map(({ key, kind, label, below }) => {
        const { x, y } = places.get(key) ?? { x: 0, y: 0 };
        return (
          <g class={`lineage-node ${kind}`}>
            <title>{`${kind} ${label} (${below})`}</title>
            <rect x={x} y={y} width={WIDTH} height={HEIGHT} rx="8" />
            <text x={x + 12} y={y + 20}>{short(label, LABEL)}</text>
            <text class="lineage-below" x={x + 12} y={y + 37}>{short(below, BELOW)}</text>
          </g>
        );
      })}
    </svg>
  );
};

interface Place {
  x: number;
  y: number;
}

function pathOf(a: Place, b: Place, kind: Edge["kind"]): string {
  const [from, to] = [a.y + HEIGHT / 2, b.y + HEIGHT / 2];
  if (kind === "parent") {
    const left = Math.min(a.x, b.x) - 30;
    return `M${a.x} ${from + 8} C${left} ${from + 8} ${left} ${to + 8} ${b.x} ${to + 8}`;
  }
  // A table that stands to the right is joined from its near side.
  const start = kind === "join" && a.x > b.x ? a.x : a.x + WIDTH;
  const end = kind === "join" && a.x > b.x ? b.x + WIDTH : b.x;
  const bend = (end - start) / 2;
  return `M${start} ${from} C${start + bend} ${from} ${end - bend} ${to} ${end} ${to}`;
}
