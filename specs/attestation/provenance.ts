/** Where things come from and what became of them: artifacts by digest, chains, runs by what took part. */
import { z } from "zod";
import { Digest, GitSha, Instant, RunId } from "../base.ts";

export const ProvenanceKind = z.enum([
  "intent",
  "spec",
  "plan",
  "task",
  "agent",
  "model",
  "base",
  "change",
  "tests",
  "decision",
  "pack",
  "waiver",
  "approval",
  "pull-request",
  "request",
  "pipeline",
  "stage",
  "dataset",
  "table",
  "chain",
  "value",
  "evidence",
]);
export type ProvenanceKind = z.infer<typeof ProvenanceKind>;

export const ProvenanceNode = z.strictObject({
  id: z.string(),
  kind: ProvenanceKind,
  label: z.string().describe("text of strangers: shown as text, never interpreted"),
  digest: Digest.nullable().describe("null for what has none, such as a pull request"),
  runs: z.array(RunId).describe("runs that it takes part in, of those that were looked at"),
  file: z.string().nullable().describe("where it lies in the evidence of these runs"),
  verdict: z.string().nullable().describe("of a decision"),
});
export type ProvenanceNode = z.infer<typeof ProvenanceNode>;

/** In the direction of the work: what is at `from` went into what is at `to`. */
export const ProvenanceEdge = z.strictObject({ from: z.string(), to: z.string() });
export type ProvenanceEdge = z.infer<typeof ProvenanceEdge>;

export const ProvenanceGraph = z.strictObject({
  nodes: z.array(ProvenanceNode),
  edges: z.array(ProvenanceEdge),
});
export type ProvenanceGraph = z.infer<typeof ProvenanceGraph>;

/** What an artifact is named by on a command line or in a URL: a SHA-256 with or without its prefix, or a git object. */
export const ArtifactName = z.union([
  Digest,
  z.string().regex(/^[0-9a-f]{64}$/).transform((hex) => `sha256:${hex}`),
  GitSha.transform((hex) => `git:${hex}`),
  z.string().regex(/^git:([0-9a-f]{40}|[0-9a-f]{64})$/),
]);

/** One place where bytes of a digest lie, or are spoken of. */
export const ArtifactPlace = z.strictObject({
  run: RunId,
  evidence: z.string(),
  at: Instant,
  role: z.string().describe("`file`, or what it is in the run, such as change, spec, pack, request"),
  name: z.string().describe("path in the bundle, or what it is called"),
  mediaType: z.string().nullable(),
  size: z.number().int().nullable(),
});
export type ArtifactPlace = z.infer<typeof ArtifactPlace>;

export const Artifact = z.strictObject({
  digest: z.string(),
  places: z.array(ArtifactPlace).describe("newest first, at most 100"),
  more: z.boolean().describe("there are more places"),
});
export type Artifact = z.infer<typeof Artifact>;

export const ArtifactList = z.strictObject({
  artifacts: z.array(ArtifactPlace.extend({ digest: z.string() })),
  cursor: z.string().nullable(),
});
export type ArtifactList = z.infer<typeof ArtifactList>;

export const ArtifactProvenance = z.strictObject({
  digest: z.string(),
  nodes: z.array(z.string()).describe("ids of the nodes that have this digest"),
  backwards: ProvenanceGraph.describe("what it came from"),
  forwards: ProvenanceGraph.describe("what became of it"),
  runs: z.array(RunId),
  more: z.boolean().describe("more runs speak of it than were looked at"),
  problems: z.array(z.string()).describe("evidence that could not be read"),
});
export type ArtifactProvenance = z.infer<typeof ArtifactProvenance>;

export const SearchHit = z.strictObject({
  run: RunId,
  evidence: z.string(),
  status: z.string(),
  at: Instant,
  title: z.string(),
  excerpt: z.string().describe("words that were found stand between « and »"),
});
export type SearchHit = z.infer<typeof SearchHit>;
export const SearchHits = z.strictObject({ query: z.string(), hits: z.array(SearchHit), more: z.boolean() });
export type SearchHits = z.infer<typeof SearchHits>;

/** Which bundles: every field that is given has to hold. */
export const EvidenceFilter = z.strictObject({
  status: z.string().max(40).optional(),
  pack: z.string().min(1).max(300).optional().describe("a pack that judged: NAME or NAME@VERSION"),
  model: z.string().min(1).max(300).optional().describe(
    "a model that took part, as asked for or as it named itself",
  ),
  waiver: Digest.optional().describe("a waiver by which something went through"),
  rule: z.string().min(1).max(300).optional().describe("a rule that did not hold, such as core/T1"),
  intent: z.string().min(1).max(40).optional().describe("a declared intent, such as REFACTOR"),
  mismatch: z.boolean().optional().describe("the change was not what its intent says (core/C3)"),
  from: Instant.optional().describe("sealed at this instant or later"),
  to: Instant.optional().describe("sealed before this instant"),
});
export type EvidenceFilter = z.infer<typeof EvidenceFilter>;

const Compared = z.strictObject({
  evidence: z.string(),
  run: RunId,
  status: z.string(),
  at: Instant,
  digest: Digest,
  title: z.string(),
  family: z.enum(["code", "data", "chain"]),
});
const either = z.string().nullable();

/** `forge evidence compare --json`. */
export const BundleComparison = z.strictObject({
  a: Compared,
  b: Compared,
  files: z.array(z.strictObject({
    path: z.string(),
    state: z.enum(["only-a", "only-b", "differs"]),
    a: either,
    b: either,
  })).describe("files that are not the same in both"),
  subjects: z.array(z.strictObject({ name: z.string(), a: either, b: either, same: z.boolean() })),
  decisions: z.array(z.strictObject({
    transition: z.string(),
    a: either,
    b: either,
    sameInput: z.boolean().describe("both were taken from the same bytes"),
    gates: z.array(z.strictObject({ gate: z.string(), a: either, b: either })).describe(
      "gates of both that did not say the same",
    ),
  })),
  tools: z.array(z.strictObject({ tool: z.string(), a: either, b: either, same: z.boolean() })),
  sameInputsSameVerdicts: z.strictObject({
    compared: z.number().int(),
    same: z.boolean(),
    differ: z.array(z.string()),
  }).nullable().describe(
    "of decisions of both about the same subjects, by the same packs and engine: whether the same was said; null when there is none",
  ),
});
export type BundleComparison = z.infer<typeof BundleComparison>;
