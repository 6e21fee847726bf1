import { ArtifactName, type ArtifactPlace, type ProvenanceGraph } from "../../specs/attestation/mod.ts";
import { RunId } from "../../specs/mod.ts";
import type { ProvenanceDesk } from "../provenance/mod.ts";
import { type Handler, type Invocation, usage } from "./command.ts";
import { countOption } from "./count_option.ts";
import { notFound, withService } from "./session.ts";

const SEE = "See: forge artifact list";

const withDesk = (invocation: Invocation, use: (desk: ProvenanceDesk) => ReturnType<Handler>) =>
  withService(invocation, { workers: false, only: "code" }, async ({ provenance }) => {
    if (provenance === undefined) throw new Error("Cannot answer: this installation keeps no evidence");
    return await use(provenance);
  });

/** The digest that was given; what is none names nothing that there is. */
function nameOf({ operands: [given = ""] }: Invocation): string {
  const name = ArtifactName.safeParse(given.trim().toLowerCase());
  if (!name.success) throw notFound("artifact", given, `Give sha256:HEX, or a git commit or tree. ${SEE}`);
  return name.data;
}

const placeLine = ({ role, name, evidence, run, at }: ArtifactPlace) =>
  `${at.slice(0, 19)}Z  ${role.padEnd(12)}  ${name}  ${evidence}  ${run}`;

/** `forge artifact list` */
export const list: Handler = (invocation) => {
  const { run, role, cursor, limit } = invocation.options;
  if (run !== undefined && !RunId.safeParse(run).success) {
    throw usage("--run is no run's id", "See: forge workflow list", { value: String(run) });
  }
  if (cursor !== undefined && !/^ev_[0-9a-z]{1,80}\.\d{1,9}$/.test(String(cursor))) {
    throw usage("--cursor is not the cursor of an earlier page", "Take it from the end of that page", {
      value: String(cursor),
    });
  }
  return withDesk(invocation, async (desk) => {
    const page = await desk.list({
      limit: countOption(limit, "limit", 100, 1, 1000),
      ...(typeof cursor === "string" ? { cursor } : {}),
      ...(typeof run === "string" ? { run } : {}),
      ...(typeof role === "string" ? { role } : {}),
    });
    const lines = page.artifacts.map((one) =>
      `${one.digest}  ${one.role.padEnd(12)}  ${one.name}  ${one.evidence}`
    );
    if (page.cursor !== null) lines.push(`more: forge artifact list --cursor ${page.cursor}`);
    return { exit: 0, document: page, text: lines.length === 0 ? "no artifact yet" : lines.join("\n") };
  });
};

/** `forge artifact show DIGEST` */
export const show: Handler = (invocation) => {
  const digest = nameOf(invocation);
  return withDesk(invocation, async (desk) => {
    const found = await desk.show(digest);
    if (found === null) throw notFound("artifact", digest, SEE);
    return {
      exit: 0,
      document: found,
      text: [
        digest,
        ...found.places.map((place) => `  ${placeLine(place)}`),
        ...(found.more ? ["  and more"] : []),
      ]
        .join("\n"),
    };
  });
};

/** `forge artifact provenance DIGEST` */
export const provenance: Handler = (invocation) => {
  const digest = nameOf(invocation);
  return withDesk(invocation, async (desk) => {
    const found = await desk.provenance(digest);
    if (found === null) throw notFound("artifact", digest, SEE);
    const { joinedGraphs, mermaidText } = await import("../../policies/evidence/reading/mod.ts");
    const mermaid = mermaidText(joinedGraphs([found.backwards, found.forwards]), found.nodes);
    const told = found.problems.map((problem) => `not read: ${problem}`);
    return {
      exit: 0,
      document: invocation.options.mermaid === true ? { ...found, mermaid } : found,
      text: invocation.options.mermaid === true ? mermaid.trimEnd() : [
        digest,
        "came from:",
        ...chainLines(found.backwards, found.nodes, "backwards"),
        "became:",
        ...chainLines(found.forwards, found.nodes, "forwards"),
        `runs: ${found.runs.join(", ")}${found.more ? " and more" : ""}`,
        ...told,
      ].join("\n"),
    };
  });
};

/** Each node once, indented by how far it is away. */
function chainLines(
  graph: ProvenanceGraph,
  starts: readonly string[],
  direction: "backwards" | "forwards",
): string[] {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const seen = new Set<string>();
  const lines: string[] = [];
  let level = starts.filter((id) => nodes.has(id));
  for (let depth = 0; level.length > 0; depth++) {
    const next: string[] = [];
    for (const id of level) {
      if (seen.has(id)) continue;
      seen.add(id);
      const node = nodes.get(id);
      if (node === undefined) continue;
      const digest = node.digest === null ? "" : `  ${node.digest}`;
      lines.push(
        `${"  ".repeat(Math.min(depth, 20) + 1)}${node.kind}: ${node.label.replaceAll(/\s+/g, " ")}${digest}`,
      );
      for (const { from, to } of graph.edges) {
        if (direction === "forwards" && from === id) next.push(to);
        if (direction === "backwards" && to === id) next.push(from);
      }
    }
    level = next;
  }
  return lines;
}

/** `forge artifact search TEXT` */
export const search: Handler = async (invocation) => {
  const [given = ""] = invocation.operands;
  const { wordsOf } = await import("../provenance/mod.ts");
  if (wordsOf(given).length === 0) {
    throw usage("There is no word to look for", "Give letters or digits", { value: given });
  }
  return await withDesk(invocation, async (desk) => {
    const found = await desk.search(given, countOption(invocation.options.limit, "limit", 20, 1, 200));
    const lines = found.hits.map(({ status, run, title, excerpt }) =>
      `${run}  ${status.padEnd(9)}  ${title}\n    ${excerpt.replaceAll(/\s+/g, " ")}`
    );
    if (found.more) lines.push("and more: give --limit or more words");
    return { exit: 0, document: found, text: lines.length === 0 ? "nothing found" : lines.join("\n") };
  });
};
