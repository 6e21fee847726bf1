import type { RunRecord } from "../../policies/evidence/mod.ts";
import {
  BundleUnreadable,
  facetsOf,
  joinedGraphs,
  provenanceOf,
  reach,
  readRunRecord,
} from "../../policies/evidence/reading/mod.ts";
import { redact } from "../../policies/mod.ts";
import type {
  Artifact,
  ArtifactList,
  ArtifactProvenance,
  EvidenceFilter,
  ProvenanceGraph,
  SearchHits,
} from "../../specs/attestation/mod.ts";
import type { ArtifactIndex, IndexedBundle } from "./port.ts";

/** Where bundles lie: read, never written here. */
export interface BundleShelf {
  /** Every bundle with what tells that it was written anew. */
  stamps(): Promise<ReadonlyMap<string, string>>;
  /** A file of a bundle that its manifest names, or the manifest. */
  part(id: string, path: string): Promise<Uint8Array | null>;
  digest(id: string): Promise<string | null>;
}

/** What the doors ask about where things come from. */
export interface ProvenanceDesk {
  list(page: { limit: number; cursor?: string; run?: string; role?: string }): Promise<ArtifactList>;
  /** `sha256:` or `git:` and hex. Null: no evidence speaks of it. */
  show(digest: string): Promise<Artifact | null>;
  provenance(digest: string): Promise<ArtifactProvenance | null>;
  /** The graph of one run by its newest bundle; null when it has none that can be read. */
  ofRun(run: string): Promise<ProvenanceGraph | null>;
  search(text: string, limit: number): Promise<SearchHits>;
  /** Ids of bundles, newest first. */
  bundles(
    filter: EvidenceFilter & { run?: string },
    page: { limit: number; after?: string },
  ): Promise<string[]>;
}

const MAX_PLACES = 100;
/** Runs whose evidence is read for one question. */
const MAX_RUNS = 20;
/** Bundles that are taken in together. */
const BATCH = 50;

/** The words of a text as a reader would see them: everything else is no word. */
export const wordsOf = (text: string): string[] =>
  (text.slice(0, 1000).match(/[\p{L}\p{N}_]+/gu) ?? []).slice(0, 20);

export function provenanceDesk(shelf: BundleShelf, index: () => Promise<ArtifactIndex>): ProvenanceDesk {
  const record = async (id: string): Promise<RunRecord | string> => {
    try {
      const digest = await shelf.digest(id);
      if (digest === null) return "it is gone";
      const bundle = {
        list: () => Promise.resolve([]),
        read: (path: string) => shelf.part(id, path),
      };
      return await readRunRecord(bundle, digest);
    } catch (error) {
      if (error instanceof BundleUnreadable) return error.message;
      throw error;
    }
  };

  /** Takes in what was sealed since, and out what is gone. One at a time: two questions at once wait for the same. */
  let under: Promise<ArtifactIndex> | null = null;
  const current = async (): Promise<ArtifactIndex> => {
    under ??= (async () => {
      try {
        const held = await index();
        const [known, stamps] = await Promise.all([held.known(), shelf.stamps()]);
        const gone = [...known.keys()].filter((id) => !stamps.has(id));
        if (gone.length > 0) await held.drop(gone);
        const late = [...stamps].filter(([id, stamp]) => known.get(id) !== stamp);
        for (let at = 0; at < late.length; at += BATCH) {
          const batch: IndexedBundle[] = [];
          for (const [id, stamp] of late.slice(at, at + BATCH)) {
            batch.push(indexed(id, stamp, await record(id)));
          }
          await held.put(batch);
        }
        return held;
      } finally {
        under = null;
      }
    })();
    return await under;
  };

  return {
    async list(page) {
      const { places, cursor } = await (await current()).page(page);
      return { artifacts: places, cursor };
    },
    async show(digest) {
      const places = await (await current()).places(digest, MAX_PLACES + 1);
      return places.length === 0 ? null : {
        digest,
        places: places.slice(0, MAX_PLACES).map(({ digest: _, ...place }) => place),
        more: places.length > MAX_PLACES,
      };
    },
    async provenance(digest) {
      const places = await (await current()).places(digest, 1000);
      if (places.length === 0) return null;
      const found = new Set(places.map(({ evidence }) => evidence));
      const ids = [...found];
      /** Bundles of runs that belong to the same chain, behind those that speak of the digest itself. */
      const follow = async (read: RunRecord, graph: ProvenanceGraph) => {
        const held = await current();
        const add = (id: string | undefined) => {
          if (id === undefined || found.has(id)) return;
          found.add(id);
          ids.push(id);
        };
        const runs = [
          ...read.stages.flatMap(({ run }) => run ?? []),
          ...read.link?.from.map(({ run }) => run) ?? [],
          ...read.link?.run === undefined ? [] : [read.link.run],
        ];
        for (const run of new Set(runs)) add((await held.bundles({ run }, { limit: 1 }))[0]);
        if (read.link === null) return;
        for (const { kind, digest } of graph.nodes) {
          if (digest === null || (kind !== "dataset" && kind !== "change")) continue;
          for (const { evidence } of await held.places(digest, MAX_PLACES)) add(evidence);
        }
      };
      const graphs: ProvenanceGraph[] = [];
      const problems: string[] = [];
      const starts = new Set<string>();
      const runs = new Set<string>();
      // Grows while it is gone through.
      for (const [at, id] of ids.entries()) {
        if (at >= MAX_RUNS) break;
        const read = await record(id);
        if (typeof read === "string") {
          problems.push(`${id}: ${read}`);
          continue;
        }
        const graph = provenanceOf(read);
        graphs.push(graph);
        await follow(read, graph);
        runs.add(read.manifest.run);
        const own = places.filter(({ evidence }) => evidence === id);
        // One that was only followed to does not speak of the digest.
        if (own.length === 0) continue;
        for (const start of startsIn(graph, digest, own.map(({ name }) => name))) starts.add(start);
      }
      const whole = joinedGraphs(graphs);
      const nodes = [...starts];
      return {
        digest,
        nodes,
        backwards: reach(whole, nodes, "backwards"),
        forwards: reach(whole, nodes, "forwards"),
        runs: [...runs],
        more: ids.length > MAX_RUNS || places.length === 1000,
        problems,
      };
    },
    async ofRun(run) {
      const [id] = await (await current()).bundles({ run }, { limit: 1 });
      const read = id === undefined ? "none" : await record(id);
      return typeof read === "string" ? null : provenanceOf(read);
    },
    async search(text, limit) {
      const hits = await (await current()).search(wordsOf(text), limit + 1);
      return { query: wordsOf(text).join(" "), hits: hits.slice(0, limit), more: hits.length > limit };
    },
    async bundles(filter, page) {
      return await (await current()).bundles(filter, page);
    },
  };
}

/** Nodes that a digest stands for: its own, that of its file, or else the bundle that holds it. */
function startsIn(graph: ProvenanceGraph, digest: string, names: readonly string[]): string[] {
  const commit = digest.startsWith("git:") ? digest.slice("git:".length) : null;
  const own = graph.nodes.filter((node) =>
    node.digest === digest || (commit !== null && node.id === `base:${commit}`)
  );
  if (own.length > 0) return own.map(({ id }) => id);
  const holding = graph.nodes.filter(({ file, kind }) =>
    (file !== null && names.includes(file)) || (commit !== null && kind === "change")
  );
  return (holding.length > 0 ? holding : graph.nodes.filter(({ kind }) => kind === "evidence")).map((
    { id },
  ) => id);
}

function indexed(id: string, stamp: string, read: RunRecord | string): IndexedBundle {
  if (typeof read === "string") {
    // Told, and looked at again when it is written anew.
    return {
      id,
      stamp,
      run: "",
      status: "",
      at: "",
      title: "",
      problem: read,
      places: [],
      facets: [],
      messages: [],
    };
  }
  const { manifest } = read;
  const place = (digest: string, role: string, name: string) => ({
    digest,
    role,
    name: redact(name),
    mediaType: null,
    size: null,
  });
  const repository = read.input.repository as { baseCommit?: unknown; baseTree?: unknown } | undefined;
  const objects: [unknown, string, string][] = [
    [repository?.baseCommit, "base", "commit that the change starts from"],
    [repository?.baseTree, "base", "tree that the change starts from"],
    [read.proposal?.change?.tree, "change", "tree with the change"],
    [read.pull?.commit, "pull-request", "commit of the pull request"],
  ];
  return {
    id,
    stamp,
    run: manifest.run,
    status: manifest.status,
    at: manifest.at,
    title: redact(read.title),
    problem: null,
    places: [
      ...provenanceOf(read).nodes.flatMap(({ digest, kind, label }) =>
        digest === null ? [] : [place(digest, kind, label)]
      ),
      ...objects.flatMap(([sha, role, name]) =>
        typeof sha === "string" ? [place(`git:${sha}`, role, name)] : []
      ),
      ...manifest.files.map(({ path, sha256, mediaType, size }) => ({
        digest: `sha256:${sha256}`,
        role: "file",
        name: path,
        mediaType,
        size,
      })),
    ],
    facets: facetsOf(read),
    messages: read.messages.map((message) => redact(message)),
  };
}
