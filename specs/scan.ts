import { z } from "zod";
import { Digest } from "./base.ts";
import { Decision, Layer, Verdict } from "./decision.ts";

/** One place of a change or of a repository where a rule did not hold. Never the text of a secret. */
export const ScanFinding = z.strictObject({
  gate: z.string(),
  rule: z.string().describe("<pack>/<id>, such as core/T1"),
  layer: Layer,
  verdict: z.enum(["fail", "error"]).describe("error: it could not be judged, which denies"),
  action: z.enum(["deny", "escalate", "note"]).describe("what it makes of the scan; note: nothing"),
  severity: z.enum(["low", "medium", "high", "critical"]),
  message: z.string(),
  path: z.string().optional(),
  line: z.number().int().min(1).optional(),
  commit: z.string().optional().describe("whose message it is about; `line` is then a line of the message"),
  remediation: z.string(),
  fingerprint: z.string().describe("stable while the lines around it move"),
  waived: z.strictObject({ by: z.array(z.string()), reason: z.string(), expiresAt: z.string() }).optional()
    .describe("a waiver covers it: the verdict stays fail"),
});
export type ScanFinding = z.infer<typeof ScanFinding>;

/** What a scan did not look at, and why: nothing passes in silence. */
export const ScanGap = z.strictObject({
  rule: z.string().optional(),
  gate: z.string().optional(),
  layer: z.string().optional(),
  path: z.string().optional(),
  verdict: Verdict,
  reason: z.string(),
});
export type ScanGap = z.infer<typeof ScanGap>;

const State = z.strictObject({ name: z.string(), commit: z.string().nullable(), tree: z.string() });

/** `forge scan --json`. */
export const ScanDocument = z.strictObject({
  v: z.literal(1),
  status: z.enum(["completed", "denied", "escalated"]).describe(
    "completed: no finding but notes; denied: exit 1; escalated: a human is needed, exit 3",
  ),
  kind: z.enum(["change", "repository"]),
  repository: z.string(),
  base: State.nullable(),
  head: State.nullable(),
  patch: Digest.nullable(),
  spec: z.string().nullable().describe("title of the spec that was given"),
  findings: z.array(ScanFinding),
  totals: z.strictObject({
    files: z.number().int(),
    added: z.number().int(),
    removed: z.number().int(),
    bytes: z.number().int().describe("read by a scan of a repository"),
    denied: z.number().int(),
    escalated: z.number().int(),
    notes: z.number().int(),
    waived: z.number().int(),
    byRule: z.record(z.string(), z.number().int()),
  }),
  layers: Decision.shape.layers.nullable(),
  judged: z.array(z.strictObject({ rule: z.string(), gate: z.string(), verdict: Verdict })),
  notJudged: z.array(ScanGap),
  packs: Decision.shape.packs,
  engine: z.string(),
  inputDigest: Digest.nullable(),
  notes: z.array(z.string()),
});
export type ScanDocument = z.infer<typeof ScanDocument>;
