import assert from "node:assert/strict";
import fc from "fast-check";
import type { ProvenanceNode } from "../../specs/attestation/mod.ts";
import { joinedGraphs, mermaidText, reach } from "./provenance.ts";

const node = (id: string, label = id, runs = ["run_01m8abcdefgh"]): ProvenanceNode => ({
  id,
  kind: "change",
  label,
  digest: null,
  runs,
  file: null,
  verdict: null,
});

Deno.test("backwards is what something came from, forwards what became of it, and neither takes in what stands beside", () => {
  const graph = {
    nodes: ["a", "b", "c", "d", "beside"].map((id) => node(id)),
    edges: [["a", "b"], ["b", "c"], ["c", "d"], ["beside", "d"]].map(([from = "", to = ""]) => ({
      from,
      to,
    })),
  };
  const ids = (direction: "backwards" | "forwards") =>
    reach(graph, ["b"], direction).nodes.map(({ id }) => id);
  assert.deepEqual([ids("backwards"), ids("forwards")], [["a", "b"], ["b", "c", "d"]]);
  assert.deepEqual(reach(graph, ["d"], "backwards").nodes.length, 5);
  assert.deepEqual(
    reach({ ...graph, edges: [...graph.edges, { from: "d", to: "a" }] }, ["a"], "forwards").edges.length,
    4,
  );
});

Deno.test("what two runs have in common is one node, of both runs", () => {
  const joined = joinedGraphs([
    { nodes: [node("pack"), node("x")], edges: [{ from: "pack", to: "x" }] },
    { nodes: [node("pack", "pack", ["run_01m8other123"]), node("y")], edges: [{ from: "pack", to: "y" }] },
  ]);
  assert.deepEqual(joined.nodes.map(({ id, runs }) => [id, runs.length]), [["pack", 2], ["x", 1], ["y", 1]]);
  assert.equal(joined.edges.length, 2);
});

Deno.test("no label can end its node, add a line, a link, a style or markup to the Mermaid text", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.constantFrom(
          '"] --> n1\nclick n0 "javascript:x"',
          "<img src=x>",
          "%%{init: {}}%%",
          "`md`",
          "&lt;",
          "#quot;",
          "a://b",
        ),
      ),
      (label) => {
        const lines = mermaidText({ nodes: [node("a", label), node("b")], edges: [{ from: "a", to: "b" }] }, [
          "a",
        ])
          .split("\n");
        assert.equal(lines.length, 6);
        assert.match(lines[1] ?? "", /^ {2}n0\["change: [^"\]\[<>&#`%\\{}]*"\]$/u);
        assert.ok(!lines[1]?.includes("://"));
      },
    ),
    { numRuns: 300 },
  );
});
