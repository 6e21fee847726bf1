/** Where a run's change or data comes from and what became of it, drawn. No script, no style of its own. */
import type { FC } from "hono/jsx";
import type { ProvenanceGraph, ProvenanceNode } from "../../../specs/attestation/mod.ts";

const WIDTH = 196;
const HEIGHT = 44;
const GAP_X = 40;
const GAP_Y = 14;
const LABEL = 26;
/** More than these are counted, not drawn: a load may read thousands of requests. */
const MAX_OF_A_KIND = 12;

const short = (text: string, most: number) => {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
};

/** What is drawn of a graph, and how much is not. */
export function drawn(graph: ProvenanceGraph): { graph: ProvenanceGraph; left: number } {
  const counts = new Map<string, number>();
  const nodes = graph.nodes.filter(({ kind }) => {
    const n = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, n);
    return n <= MAX_OF_A_KIND;
  });
  const kept = new Set(nodes.map(({ id }) => id));
  return {
    graph: { nodes, edges: graph.edges.filter(({ from, to }) => kept.has(from) && kept.has(to)) },
    left: graph.nodes.length - nodes.length,
  };
}

/** The column of each node: one behind the last that leads to it. A circle, which no run makes, ends the count. */
export function columnsOf({ nodes, edges }: ProvenanceGraph): Map<string, number> {
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

const TONE: Readonly<Partial<Record<ProvenanceNode["kind"], string>>> = {
  request: "source",
  base: "source",
  intent: "source",
  pack: "steps",
  waiver: "steps",
  approval: "steps",
  agent: "steps",
  model: "steps",
  decision: "check",
  tests: "check",
  table: "table",
  "pull-request": "table",
  evidence: "table",
};

export const Provenance: FC<{ graph: ProvenanceGraph }> = ({ graph: whole }) => {
  const { graph, left } = drawn(whole);
  const columns = columnsOf(graph);
  const rows = new Map<number, number>();
  const places = new Map(graph.nodes.map(({ id }) => {
    const column = columns.get(id) ?? 0;
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    return [id, { x: 12 + column * (WIDTH + GAP_X), y: GAP_Y + row * (HEIGHT + GAP_Y) }];
  }));
  const width = 24 + (Math.max(0, ...columns.values()) + 1) * (WIDTH + GAP_X) - GAP_X;
  const height = GAP_Y + Math.max(1, ...rows.values()) * (HEIGHT + GAP_Y);
  const labels = new Map(graph.nodes.map(({ id, kind, label }) => [id, `${kind} ${label}`]));
  return (
    <div class="lineage-frame" tabindex={0} role="group" aria-label="Provenance, drawn">
      <svg
        class="lineage provenance"
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label={`Provenance: ${
          graph.edges.slice(0, 60).map(({ from, to }) => `${labels.get(from)} to ${labels.get(to)}`).join(
            ", ",
          )
        }`}
      >
        {graph.edges.map(({ from, to }) => {
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
        {graph.nodes.map(({ id, kind, label, digest }) => {
          const { x, y } = places.get(id) ?? { x: 0, y: 0 };
          return (
            <g class={`lineage-node ${TONE[kind] ?? "stream"}`}>
              <title>{`${kind}: ${label}${digest === null ? "" : ` ${digest}`}`}</title>
              <rect x={x} y={y} width={WIDTH} height={HEIGHT} rx="8" />
              <text x={x + 10} y={y + 18}>{short(label, LABEL)}</text>
              <text class="lineage-below" x={x + 10} y={y + 34}>
                {`${kind}${digest === null ? "" : ` ${digest.slice(7, 19)}`}`}
              </text>
            </g>
          );
        })}
      </svg>
      {left === 0
        ? null
        : <p class="muted">{`${left} more are not drawn: forge artifact provenance tells all.`}</p>}
    </div>
  );
};
