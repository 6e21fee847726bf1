/** Bodies of the HTTP interface: what a request may carry, and what answers look like. OpenAPI is made from these. */
import { z } from "zod";
import { ApprovalRequest } from "./approval.ts";
import { ChainDocument } from "./chain.ts";
import { AnswerChoice } from "./escalation.ts";
import { Actor, Digest, Instant, RunId } from "./base.ts";
import { Decision, GateMode, Layer } from "./decision.ts";
import { EvidenceManifest } from "./evidence.ts";
import { RunDocument, RunStatus } from "./result.ts";
import { ParamName } from "./param.ts";
import { ImplementerKind } from "./terms.ts";
import { ListedWaiver } from "./waiver.ts";

const printable = (max: number) =>
  z.string().min(1).max(max).refine(
    (text) => !hasControl(text),
    "must not contain control characters",
  );

/** True when a text holds NUL, another C0 control, DEL or a C1 control. */
function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 32 || (code >= 127 && code < 160)) return true;
  }
  return false;
}

/** Why a path cannot name a file beside a spec that came over HTTP; null when it can. */
export function filePathProblem(path: string): string | null {
  if (path.length === 0 || path.length > 500) return "must have 1 to 500 characters";
  if (hasControl(path)) return "must not contain control characters";
  if (path.includes("\\")) return "must use forward slashes";
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return "must be relative";
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    return "must not contain empty, '.' or '..' segments";
  }
  if (parts.some((part) => part.toLowerCase() === ".git")) return "must not enter .git";
  return null;
}

/** A git ref or commit, as a request may name it: never something that git could take for an option. */
export const BaseRef = printable(300).refine(
  (text) => !text.startsWith("-") && !/[\s~^:?*\[\\]|\.\.|@\{/.test(text),
  "must be a branch, tag or commit name",
);

/** Texts of files that a request brings, by their relative paths. */
const RequestFiles = z.record(z.string(), z.string()).superRefine((files, ctx) => {
  const paths = Object.keys(files);
  if (paths.length > 100) ctx.addIssue({ code: "custom", message: "must have at most 100 files" });
  for (const path of paths) {
    const problem = filePathProblem(path);
    if (problem !== null) ctx.addIssue({ code: "custom", path: [path], message: problem });
  }
});

/** `POST /v1/runs`. The sandbox level and the folder of the spec are settings of the server, never of a request. */
export const CreateRun = z.strictObject({
  spec: z.union([z.string().min(1), z.record(z.string(), z.unknown())])
    .describe("the spec as Markdown, YAML or JSON text, or as an object"),
  repo: printable(2000).describe(
    "https or ssh URL, or a directory below the server's --repo-root",
  ),
  base: BaseRef.optional().describe("branch, tag or commit to start from; the repository's HEAD otherwise"),
  implementer: ImplementerKind.optional(),
  agent: z.enum(["claude", "codex", "gemini", "opencode"]).optional().describe(
    "whose program works, for the implementer cli",
  ),
  patch: z.string().min(1).optional().describe("a unified diff as `git diff` prints it"),
  forge: z.enum(["local", "github", "gitlab"]).optional(),
  pr: z.enum(["one", "per-task"]).optional().describe(
    "one pull request, or one for each task of the plan, stacked; one unless told",
  ),
  params: z.record(ParamName, z.union([z.string().max(10_000), z.number(), z.boolean()])).optional().describe(
    "values of the spec's parameters",
  ),
  files: RequestFiles.optional().describe("what `acceptance[].check.files` name: relative path -> text"),
});
export type CreateRun = z.infer<typeof CreateRun>;

/** Query of `POST /v1/runs` when the body is the spec's Markdown text. */
export const CreateRunQuery = CreateRun.pick({
  repo: true,
  base: true,
  implementer: true,
  agent: true,
  forge: true,
  pr: true,
});

/** `POST /v1/chains` and `POST /v1/chains/check`. */
export const CreateChain = z.strictObject({
  chain: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).describe(
    "the chain as YAML or JSON text, as an object, or the name of one that is known here",
  ),
  repo: printable(2000).optional().describe("the repository of stages that name none"),
  files: RequestFiles.optional().describe(
    "specs that stages name, and the held-out files beside them: path -> text",
  ),
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/).optional().describe(
    "names this execution: the same chain under the same id is the same run",
  ),
});
export type CreateChain = z.infer<typeof CreateChain>;

const why = z.string().max(2000).optional();
const PhaseName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);

/** An answer that was signed elsewhere; the comment's digest is part of what was signed. */
const SignedAnswer = z.strictObject({
  payloadType: z.string().max(200),
  payload: z.string().max(20_000),
  signatures: z.array(z.strictObject({ keyid: z.string().max(200), sig: z.string().max(1000) })).min(1).max(
    5,
  ),
}).describe("DSSE envelope of forge approval sign; it is then the answer of whoever signed it");

/** `POST /v1/approvals/:id`. */
export const AnswerApproval = z.strictObject({
  choice: AnswerChoice.optional().describe("left out, it is what the envelope says"),
  comment: z.string().max(4000).optional(),
  envelope: SignedAnswer.optional(),
}).refine(({ choice, envelope }) => choice !== undefined || envelope !== undefined, {
  path: ["choice"],
  message: "must be given, or an envelope",
});
export type AnswerApproval = z.infer<typeof AnswerApproval>;

export const ApprovalListQuery = z.strictObject({
  cursor: RunId.optional().describe("the cursor of an earlier page"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  run: RunId.optional().describe("every question of this run, also the answered ones"),
});
export const ApprovalPage = z.strictObject({
  approvals: z.array(ApprovalRequest),
  cursor: RunId.nullable(),
});

/** `POST /v1/runs/:id/actions`. */
export const RunAction = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("cancel"), why }),
  z.strictObject({ action: z.literal("pause"), why }),
  z.strictObject({ action: z.literal("resume"), why }),
  z.strictObject({ action: z.literal("retry"), phase: PhaseName.optional(), why }),
  z.strictObject({ action: z.literal("fork"), phase: PhaseName }),
  z.strictObject({
    action: z.literal("answer"),
    choice: z.enum(["approve", "reject", "retry", "retry-from", "change-budget", "re-plan", "cancel"]),
    comment: z.string().max(4000).optional(),
    subject: Digest.optional().describe("the patch that was read; an approval of another one is refused"),
    phase: PhaseName.optional().describe("for retry-from"),
    budget: z.record(z.string().regex(/^[A-Za-z]{1,40}$/), z.number().min(0)).optional()
      .describe("for change-budget: unit (seconds, usd, tokens, repairs) -> new limit"),
    envelope: SignedAnswer.optional(),
  }),
]);
export type RunAction = z.infer<typeof RunAction>;

/** What an action did: `run` is the run that it concerns, a new one after `fork`. */
export const ActionResult = z.strictObject({ run: RunId, document: RunDocument.nullable() });

const Cursor = RunId.describe("the cursor of an earlier page");
const count = (max: number, fallback: number) => z.coerce.number().int().min(1).max(max).default(fallback);

export const RunListQuery = z.strictObject({
  cursor: Cursor.optional(),
  limit: count(200, 50),
  status: z.enum([...RunStatus.options, "queued", "running", "paused"]).optional(),
});
export const RunPage = z.strictObject({ runs: z.array(RunDocument), cursor: Cursor.nullable() });

/** A chain that a spec may name. */
export const KnownChain = z.strictObject({
  name: z.string(),
  from: z.enum(["installation", "repository"]),
  stages: z.number().int().min(0),
  description: z.string(),
  problem: z.string().nullable().describe("why it cannot be used; null when it can be read"),
});
export const ChainPage = z.strictObject({
  chains: z.array(ChainDocument),
  cursor: Cursor.nullable(),
  known: z.array(KnownChain).describe("chains of the installation that a spec may name"),
});

/** `POST /v1/chains/:id/actions`. */
export const ChainAction = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("cancel"), why }),
  z.strictObject({ action: z.literal("resume"), why }),
]);
export const ChainActionResult = z.strictObject({ run: RunId, document: ChainDocument });

export const EventListQuery = z.strictObject({
  after: z.coerce.number().int().min(0).optional().describe("only events with a greater seq"),
  limit: count(1000, 200),
});
/** An event as readers see it. The closed union of payloads is `Event`. */
export const EventRecord = z.object({
  id: z.string(),
  type: z.string(),
  v: z.number().int(),
  run: RunId,
  seq: z.number().int().min(1),
  parent: z.string().nullable(),
  at: Instant,
  actor: Actor,
  phase: z.string().optional(),
  payload: z.unknown(),
  prevHash: z.string(),
  hash: z.string(),
});
export const EventPage = z.strictObject({
  events: z.array(EventRecord),
  next: z.number().int().nullable().describe("pass it as `after` for the next page; null at the end"),
});

export const DecisionList = z.strictObject({ run: RunId, decisions: z.array(Decision) });

const EvidenceId = z.string().regex(/^ev_[0-9a-z]{1,80}$/, "must be the id of a bundle");

export const EvidenceListQuery = z.strictObject({
  cursor: EvidenceId.optional().describe("the cursor of an earlier page"),
  limit: count(200, 50),
  run: RunId.optional().describe("only those of this run"),
  status: printable(40).optional(),
  pack: printable(300).optional().describe("a pack that judged: NAME or NAME@VERSION"),
  model: printable(300).optional().describe("a model that took part"),
  waiver: Digest.optional().describe("a waiver by which something went through"),
  rule: printable(300).optional().describe("a rule that did not hold at some time, such as core/T1"),
  intent: printable(40).optional().describe("a declared intent"),
  mismatch: z.enum(["true"]).optional().describe("the change was not what its intent says (core/C3)"),
  from: Instant.optional().describe("sealed at this instant or later"),
  to: Instant.optional().describe("sealed before this instant"),
});
export const EvidenceList = z.strictObject({
  cursor: EvidenceId.nullable(),
  evidence: z.array(z.strictObject({
    id: z.string(),
    run: z.string(),
    status: z.string(),
    digest: z.string(),
    path: z.string(),
    at: z.string(),
  })),
});
export const EvidenceDocument = z.strictObject({ manifest: EvidenceManifest, path: z.string() });

export const EvidenceFileQuery = z.strictObject({
  path: printable(1000).describe("as the manifest names it"),
});

/** One pack as `GET /v1/policies` lists it. */
export const ListedPack = z.strictObject({
  name: z.string(),
  version: z.string().nullable(),
  digest: Digest.nullable(),
  source: z.enum(["built-in", "installed"]),
  level: z.enum(["trusted", "untrusted", "tainted"]).describe(
    "tainted: it cannot be verified, and judges nothing",
  ),
  applies: z.string(),
  rules: z.number().int().min(0),
  revision: z.number().int().min(1).optional(),
  signers: z.array(z.string()).optional(),
  notBefore: Instant.optional(),
  expiresAt: Instant.optional(),
  problem: z.string().optional(),
});
export type ListedPack = z.infer<typeof ListedPack>;

export const PolicyList = z.strictObject({
  policies: z.array(z.strictObject({
    pack: z.string(),
    version: z.string(),
    rule: z.string(),
    gate: z.string(),
    layer: Layer,
    mode: GateMode,
    description: z.string(),
  })),
  packs: z.array(ListedPack),
});

export const WaiverList = z.strictObject({
  waivers: z.array(ListedWaiver),
  caps: z.record(
    z.string(),
    z.strictObject({ days: z.number().int(), uses: z.number().int(), active: z.number().int() }),
  ).describe("what a waiver may be at most, by tier: days, uses, and how many may stand at once"),
});

export const PullDocument = z.strictObject({
  number: z.number().int().min(1),
  run: z.string(),
  title: z.string(),
  body: z.string().describe("Markdown; render it as untrusted text"),
  branch: z.string(),
  base: z.string(),
  baseCommit: z.string(),
  commit: z.string(),
  url: z.string(),
  draft: z.boolean(),
  createdAt: z.string(),
});
export const PullListQuery = z.strictObject({
  location: printable(2000).optional().describe("only those of this repository"),
});
export const PullList = z.strictObject({ pulls: z.array(PullDocument) });

export const Health = z.strictObject({ ok: z.boolean(), version: z.string() });
export const Readiness = z.strictObject({
  ok: z.boolean(),
  detail: z.record(z.string(), z.string()).optional().describe("only for key holders"),
});

/** RFC 9457, with a stable `type` and, where it helps, the fields at fault and what to do. */
export const ProblemDocument = z.strictObject({
  type: z.string().describe("urn:edgeforge:problem:<code>"),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string(),
  remedy: z.string().optional(),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
});
export type ProblemDocument = z.infer<typeof ProblemDocument>;
