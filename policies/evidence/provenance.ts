/** The graph of a run: what went into what, from what was asked to what came of it. */
import type { ProvenanceGraph, ProvenanceKind, ProvenanceNode } from "../../specs/attestation/mod.ts";
import { Digest } from "../../specs/mod.ts";
import type { RunRecord } from "./run_record.ts";

interface Builder {
  /** Adds what is there, and gives its id: the same digest of the same kind is one node, whatever run it is in. */
  node(
    kind: ProvenanceKind,
    label: string,
    more?: { digest?: string | null; key?: string; file?: string | null; verdict?: string },
  ): string;
  edge(from: string | null, to: string | null): void;
}

/** Everything of a run, whole. */
export function provenanceOf(record: RunRecord): ProvenanceGraph {
  const nodes = new Map<string, ProvenanceNode>();
  const edges = new Map<string, { from: string; to: string }>();
  const { run } = record.manifest;
  const builder: Builder = {
    node(kind, label, { digest = null, key, file = null, verdict } = {}) {
      const named = Digest.safeParse(digest).data ?? null;
      const id = `${kind}:${named ?? key ?? `${run}:${label}`}`;
      if (!nodes.has(id)) {
        nodes.set(id, {
          id,
          kind,
          label: label.slice(0, 300),
          digest: named,
          runs: [run],
          file,
          verdict: verdict ?? null,
        });
      }
      return id;
    },
    edge(from, to) {
      if (from !== null && to !== null && from !== to) edges.set(`${from}\n${to}`, { from, to });
    },
  };
  const made = record.family === "code"
    ? codeChain(record, builder)
    : record.family === "data"
    ? dataChain(record, builder)
    : stagesChain(record, builder);
  tookFrom(record, builder, [...made.values()][0]?.[0] ?? null);
  const ends = judged(record, builder, made);
  const sealed = builder.node("evidence", record.manifest.id, {
    digest: record.digest,
    file: "manifest.json",
  });
  for (const end of ends) builder.edge(end, sealed);
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

/** intent > spec > plan > task > change; gives what is judged, by the phase after which it is there. */
function codeChain(record: RunRecord, { node, edge }: Builder): Map<string, string[]> {
  const { spec: told, plan, proposal, input, manifest: { run } } = record;
  const specDigest = typeof input.spec === "string" ? input.spec : null;
  const spec = node("spec", record.title || "spec", {
    digest: specDigest,
    key: run,
    file: "artifacts/spec.json",
  });
  const intents = told?.intent ?? [];
  for (const { type, scope } of Array.isArray(intents) ? intents : [intents]) {
    edge(
      node("intent", `${type} in ${scope.join(", ")}`, { key: `${run}:${type}:${scope.join(",")}` }),
      spec,
    );
  }
  let before = [spec];
  let planned: string | null = null;
  if (plan !== null) {
    planned = node(
      "plan",
      `${plan.tasks.length} task${plan.tasks.length === 1 ? "" : "s"} by ${plan.planner}`,
      {
        key: run,
      },
    );
    edge(spec, planned);
    before = plan.tasks.map(({ id, title }) => {
      const task = node("task", title === "" ? id : `${id}: ${title}`, { key: `${run}:${id}` });
      edge(planned, task);
      return task;
    });
    for (const { id, dependsOn } of plan.tasks) {
      for (const other of dependsOn) {
        if (plan.tasks.some((task) => task.id === other)) edge(`task:${run}:${other}`, `task:${run}:${id}`);
      }
    }
  }
  let change: string | null = null;
  if (proposal !== null && proposal.patch !== "") {
    const { change: made, implementer, work, patch } = proposal;
    change = node(
      "change",
      made === null
        ? "a patch that does not apply"
        : `${made.files.length} file${made.files.length === 1 ? "" : "s"}, +${made.added} -${made.removed}`,
      { digest: patch, file: "artifacts/change.patch" },
    );
    for (const one of before) edge(one, change);
    const agent = node("agent", work?.agent?.name ?? `edgeforge:${implementer}`, {
      key: `${run}:${implementer}`,
    });
    edge(agent, change);
    const models = new Set([
      ...work?.agent?.model ? [work.agent.model] : [],
      ...record.calls.map(({ model }) => model),
    ]);
    for (const model of models) edge(node("model", model, { key: model }), agent);
    if (made !== null) edge(node("base", made.base, { key: made.base }), change);
  }
  const verified = record.manifest.files.find(({ path }) => path === "artifacts/verify.json");
  const tests = verified === undefined || change === null
    ? null
    : node("tests", "what verification ran", { digest: `sha256:${verified.sha256}`, file: verified.path });
  edge(change, tests);
  const own = (...ids: (string | null)[]) => ids.filter((id) => id !== null);
  return new Map([
    ["explore", own(spec)],
    ["plan", own(planned ?? spec)],
    ["implement", own(change)],
    ["verify", own(change, tests)],
    ["review", own(change, tests)],
    ["release", own(change)],
  ]);
}

/** What a stage's run took of others > the stage > its spec or pipeline. The same digest is in the graph of the run that gave it. */
function tookFrom(
  { link, manifest: { run } }: RunRecord,
  { node, edge }: Builder,
  begins: string | null,
): void {
  if (link === null) return;
  const stage = node("stage", `${link.name}: ${link.stage}`, {
    key: `${link.run ?? run}:chain:${link.stage}`,
  });
  edge(node("chain", link.name, { digest: link.digest }), stage);
  edge(stage, begins);
  for (const { stage: from, output, type, digest, source, run: giver } of link.from) {
    const label = `${from}.${output}`;
    const value = node("value", label, { key: `${giver}:${output}` });
    edge(value, stage);
    if (type === "revision" && digest !== undefined) edge(node("base", digest, { key: digest }), value);
    if (output === "evidence") edge(node("evidence", label, { digest: digest ?? null, key: giver }), value);
    // A number or a text of a load comes from its rows, one of a change from its patch.
    if (source === undefined) continue;
    edge(node(isOfChange(type, output) ? "change" : "dataset", label, { digest: source }), value);
  }
}

/** What tells of a change, and not of rows. */
const isOfChange = (type: string | undefined, output: string): boolean =>
  ["revision", "patch", "pull-request", "plan"].includes(type ?? "") ||
  /^(?:patch-digest|pull-request-(?:number|url))$/.test(output);

/** chain > stages; the bundle of each stage's run is named by its digest. */
function stagesChain(record: RunRecord, { node, edge }: Builder): Map<string, string[]> {
  const { input, stages, manifest: { run } } = record;
  const name = typeof input.name === "string" ? input.name : record.title;
  const chain = node("chain", name, {
    digest: typeof input.digest === "string" ? input.digest : null,
    key: run,
    file: "artifacts/chain.json",
  });
  const ends: string[] = [];
  for (const { id, run: of, status, evidence } of stages) {
    const stage = node("stage", `${name}: ${id}`, { key: `${run}:chain:${id}`, verdict: status });
    edge(chain, stage);
    if (evidence === null || of === null) continue;
    const bundle = node("evidence", evidence.id, { digest: evidence.digest });
    edge(stage, bundle);
    ends.push(bundle);
  }
  return new Map([["look", ends.length > 0 ? ends : [chain]]]);
}

/** request > stage > dataset > table. */
function dataChain(record: RunRecord, { node, edge }: Builder): Map<string, string[]> {
  const { input, streams, manifest: { run } } = record;
  const pipeline = node("pipeline", record.pipeline ?? (record.title || "pipeline"), {
    digest: typeof input.definition === "string" ? input.definition : null,
    key: run,
    file: "artifacts/pipeline.json",
  });
  const staged: string[] = [];
  for (const { stream, sink, table, staged: digest, quarantine, inputs } of streams) {
    const stage = node("stage", stream, { key: `${run}:${stream}` });
    edge(pipeline, stage);
    for (const { locator, digest: read } of inputs) {
      edge(node("request", locator, { digest: read, key: `${run}:${locator}` }), stage);
    }
    const dataset = node("dataset", `${stream}: rows for ${sink}/${table}`, {
      digest,
      key: `${run}:${stream}`,
    });
    edge(stage, dataset);
    staged.push(dataset);
    if (quarantine) edge(stage, node("dataset", `${stream}: rows set aside`, { digest: quarantine }));
    if (record.published) edge(dataset, node("table", `${sink}/${table}`, { key: `${sink}/${table}` }));
  }
  const judgedThere = staged.length > 0 ? staged : [pipeline];
  return new Map([
    ["resolve", [pipeline]],
    ["acquire", [pipeline]],
    ["assure", judgedThere],
    ["publish", judgedThere],
    ["settle", judgedThere],
  ]);
}

/** Decisions with the packs, waivers and approvals that they were taken by, and the pull request. Gives where the run ends. */
function judged(record: RunRecord, { node, edge }: Builder, made: Map<string, string[]>): string[] {
  const { manifest: { run, files }, decisions, pull } = record;
  let last: string | null = null;
  for (const [at, { file, decision }] of decisions.entries()) {
    const { from, to } = decision.transition;
    const entry = files.find(({ path }) => path === file);
    const taken = node("decision", `${from} > ${to.replace("@", "")}: ${decision.verdict}`, {
      digest: entry === undefined ? null : `sha256:${entry.sha256}`,
      key: `${run}:${at}`,
      file,
      verdict: decision.verdict,
    });
    for (const subject of made.get(from) ?? []) edge(subject, taken);
    edge(last, taken);
    for (const { name, version, digest } of decision.packs) {
      edge(node("pack", `${name}@${version}`, { digest }), taken);
    }
    for (const { waiver, rule, state } of decision.waivers ?? []) {
      if (state === "used") edge(node("waiver", `waiver of ${rule}`, { digest: waiver }), taken);
    }
    for (const { by, envelope, selfApproved } of decision.approvals) {
      edge(
        node("approval", `${selfApproved ? "self-approved" : "approved"} by ${by}`, {
          digest: envelope ?? null,
          key: `${run}:${by}`,
        }),
        taken,
      );
    }
    last = taken;
  }
  if (pull === null) return last === null ? (made.values().next().value ?? []) : [last];
  const opened = node("pull-request", `#${pull.number} ${pull.branch}`, { key: `${run}:${pull.number}` });
  edge(last, opened);
  const commit = node("base", pull.commit, { key: pull.commit });
  edge(opened, commit);
  return [opened];
}

/** Several graphs as one: what is the same digest in two runs is one node. */
export function joinedGraphs(graphs: readonly ProvenanceGraph[]): ProvenanceGraph {
  const nodes = new Map<string, ProvenanceNode>();
  const edges = new Map<string, { from: string; to: string }>();
  for (const graph of graphs) {
    for (const node of graph.nodes) {
      const known = nodes.get(node.id);
      nodes.set(
        node.id,
        known === undefined ? node : { ...known, runs: [...new Set([...known.runs, ...node.runs])] },
      );
    }
    for (const edge of graph.edges) edges.set(`${edge.from}\n${edge.to}`, edge);
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

/** What the given nodes came from, or what became of them, themselves included. */
export function reach(
  graph: ProvenanceGraph,
  starts: readonly string[],
  direction: "backwards" | "forwards",
): ProvenanceGraph {
  const next = new Map<string, string[]>();
  for (const { from, to } of graph.edges) {
    const [at, on] = direction === "forwards" ? [from, to] : [to, from];
    next.set(at, [...next.get(at) ?? [], on]);
  }
  const seen = new Set(starts);
  for (const id of seen) for (const on of next.get(id) ?? []) seen.add(on);
  return {
    nodes: graph.nodes.filter(({ id }) => seen.has(id)),
    edges: graph.edges.filter(({ from, to }) => seen.has(from) && seen.has(to)),
  };
}

/** A graph as Mermaid text. Labels are text of strangers: only letters, digits and a few marks of them are drawn. */
export function mermaidText(graph: ProvenanceGraph, marked: readonly string[] = []): string {
  const names = new Map(graph.nodes.map(({ id }, at) => [id, `n${at}`]));
  const shown = (text: string) =>
    [...text.toWellFormed().replaceAll(/[^\p{L}\p{N} .,:;@/+*>_-]/gu, " ").replaceAll(/\s+/g, " ").trim()]
      .slice(0, 80)
      .join("")
      // The words of the language itself, and what it reads as markup or a link.
      .replaceAll(/[<>]/g, "›").replaceAll("://", ": //");
  const lines = ["flowchart LR"];
  for (const { id, kind, label, digest } of graph.nodes) {
    const short = digest === null ? "" : `<br/>${digest.slice("sha256:".length, "sha256:".length + 12)}`;
    lines.push(`  ${names.get(id)}["${kind}: ${shown(label)}${short}"]`);
  }
  for (const { from, to } of graph.edges) lines.push(`  ${names.get(from)} --> ${names.get(to)}`);
  for (const id of marked) if (names.has(id)) lines.push(`  style ${names.get(id)} stroke-width:4px`);
  return `${lines.join("\n")}\n`;
}
