/** Where a run's change or data comes from and what became of it, drawn. No script, no style of its own. */
import type { FC } from "hono/jsx";
import type { ProvenanceGraph, ProvenanceNode } from "../../../specs/attestation/mod.ts";
import { Layered } from "./layered.tsx";

/** More than these are counted, not drawn: a load may read thousands of requests. */
const MAX_OF_A_KIND = 12;

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
  const { graph: { nodes, edges }, left } = drawn(whole);
  const labels = new Map(nodes.map(({ id, kind, label }) => [id, `${kind} ${label}`]));
  return (
    <>
      <Layered
        name="Provenance"
        said={edges.slice(0, 60).map(({ from, to }) => `${labels.get(from)} to ${labels.get(to)}`).join(", ")}
        nodes={nodes.map(({ id, kind, label, digest }) => ({
          id,
          label,
          below: `${kind}${digest === null ? "" : ` ${digest.slice(7, 19)}`}`,
          title: `${kind}: ${label}${digest === null ? "" : ` ${digest}`}`,
          tone: TONE[kind] ?? "stream",
        }))}
        edges={edges}
      />
      {left === 0
        ? null
        : <p class="muted">{`${left} more are not drawn: forge artifact provenance tells all.`}</p>}
    </>
  );
};
