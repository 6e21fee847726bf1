import { z } from "zod";
import { Digest, GitSha, Instant, RunId } from "../base.ts";
import { Change } from "../change.ts";
import { Decision } from "../decision.ts";
import { DataKeyId } from "../privacy.ts";
import { RunStatus } from "../result.ts";
import { KeyPredicate } from "./keys.ts";

/** The statement of in-toto (attestation framework v1): who says what about which bytes. */
export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";

/** Kinds of statements in a bundle. Ours, then those of in-toto and SLSA. */
export const PREDICATES = {
  change: "https://edgeforge.dev/change/v1",
  load: "https://edgeforge.dev/data-load/v1",
  implementer: "https://edgeforge.dev/ai-session/v1",
  decision: "https://edgeforge.dev/decision/v1",
  manifest: "https://edgeforge.dev/evidence-manifest/v1",
  key: "https://edgeforge.dev/signing-key/v1",
  testResult: "https://in-toto.io/attestation/test-result/v0.1",
  svr: "https://in-toto.io/attestation/svr/v0.2",
  vsa: "https://slsa.dev/verification_summary/v1",
} as const;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const StatementSubject = z.object({
  name: z.string().min(1).max(4096),
  digest: z.record(z.string(), z.string().max(200)),
});
export type StatementSubject = z.infer<typeof StatementSubject>;

/** Any statement: the predicate is read by the contract of its type. */
export const Statement = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(StatementSubject).min(1).max(1000),
  predicateType: z.string().min(1).max(300),
  predicate: z.record(z.string(), z.unknown()),
});
export type Statement = z.infer<typeof Statement>;

/** What was asked and what came of it, of a change to a repository. */
export const ChangePredicate = z.strictObject({
  run: RunId,
  spec: Digest,
  title: z.string(),
  intents: z.array(z.string()),
  repository: z.strictObject({ name: z.string(), baseRef: z.string(), baseCommit: GitSha, baseTree: GitSha }),
  change: Change.nullable().describe("null: nothing was proposed, or it does not apply"),
  withheld: z.array(z.string()),
  pullRequest: z.strictObject({ number: z.number().int(), branch: z.string(), commit: GitSha }).nullable(),
});

/** What was asked and what came of it, of a load of data. */
export const LoadPredicate = z.strictObject({
  run: RunId,
  pipeline: z.string(),
  definition: Digest,
  environment: Digest,
  code: z.array(z.strictObject({ file: z.string(), digest: Digest })),
  streams: z.array(z.strictObject({
    stream: z.string(),
    inputs: z.array(z.strictObject({ name: z.string(), digest: Digest })).describe("what was read"),
    staged: Digest.nullable().describe("the rows that were judged, and published when the run completed"),
    quarantine: Digest.nullable(),
    counts: z.record(z.string(), z.number()),
    cursor: z.strictObject({ before: z.unknown(), after: z.unknown() }),
  })),
});

const Amount = z.number().int().min(0);

/** What made the proposal. Fields of models are null where no model took part; what nobody recorded is null, too. */
export const ImplementerPredicate = z.strictObject({
  run: RunId,
  agent: z.strictObject({ name: z.string(), version: z.string().nullable() }),
  delegator: z.string().describe("the principal who asked for the run"),
  model: z.strictObject({
    provider: z.string().nullable(),
    requested: z.string().nullable().describe("as asked for; null when nobody recorded it"),
    claimed: z.array(z.string()).describe("as providers named it in their answers; empty when none did"),
    recording: z.boolean().nullable().describe(
      "true: recordings answered, no model did; null when no call is recorded",
    ),
    assurance: z.enum(["self-asserted", "gateway-observed", "provider-signed"]).describe(
      "gateway-observed: our own client saw the provider's answer; self-asserted: a program says so",
    ),
  }).nullable().describe("null: no model took part"),
  prompts: z.array(z.strictObject({
    call: z.string(),
    purpose: z.string(),
    model: z.string(),
    prompt: Digest,
    reply: Digest.nullable(),
    trouble: z.string().nullable(),
  })).describe("every call, by digest; the text stays where it is"),
  context: z.array(
    z.strictObject({ uri: z.string(), digest: Digest, trust: z.enum(["trusted", "untrusted"]) }),
  ),
  tools: z.array(z.strictObject({ name: z.string(), digest: Digest })).optional().describe(
    "as they were approved, with the digest of name, description and schema",
  ),
  toolCalls: z.array(z.strictObject({
    seq: z.number().int(),
    tool: z.string(),
    schema: Digest,
    args: Digest,
    result: Digest.nullable(),
    decision: z.enum(["allowed", "approved", "denied"]).nullable(),
    ok: z.boolean().nullable().describe("null when it did not run"),
  })),
  session: z.strictObject({
    id: z.string(),
    digest: Digest.describe("of artifacts/agent-session in canonical JSON"),
    startedAt: Instant,
    endedAt: Instant,
    complete: z.boolean().describe("false: the log was cut, or its end is not known"),
  }).nullable().optional(),
  claims: z.array(z.string()).optional().describe("what it says that it did: compared, never believed"),
  sandbox: z.string(),
  usage: z.strictObject({
    tokensIn: Amount.nullable(),
    tokensOut: Amount.nullable(),
    costMicroUsd: Amount.nullable(),
  }).describe("null: a model took part, and nobody told what it took"),
  steps: z.array(z.string()),
  rederives: z.boolean().nullable().describe(
    "whether the diff came out byte-equal from its operations a second time",
  ),
});

/** A decision with its place in the run's ledger and in the transparency log. */
export const DecisionPredicate = z.strictObject({
  run: RunId,
  seq: z.number().int().describe("of the event that holds it"),
  event: z.string().describe("hash of that event"),
  decision: z.record(z.string(), z.unknown()).refine(
    (value) => Decision.safeParse(value).success,
    "no decision",
  )
    .describe("as the ledger holds it"),
  previous: Digest.nullable().describe("of the statement of the decision before"),
  log: z.strictObject({ origin: z.string(), index: z.number().int() }).nullable(),
});

/** One command or check that verification ran on the changed code (in-toto test-result v0.1). */
export const TestResultPredicate = z.strictObject({
  result: z.enum(["PASSED", "WARNED", "FAILED"]),
  configuration: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: Sha256 }) })),
  passedTests: z.array(z.string()),
  warnedTests: z.array(z.string()),
  failedTests: z.array(z.string()),
});

const PolicyReference = z.strictObject({
  uri: z.string(),
  digest: z.strictObject({ sha256: Sha256 }),
});

/** Properties that hold (in-toto svr v0.2). */
export const SvrPredicate = z.strictObject({
  verifier: z.strictObject({ id: z.string() }),
  timeCreated: Instant,
  policies: z.array(PolicyReference),
  properties: z.array(z.string()),
});

/** The verdict for everybody else (SLSA verification summary v1). */
export const VsaPredicate = z.strictObject({
  verifier: z.strictObject({ id: z.string(), version: z.record(z.string(), z.string()) }),
  timeVerified: Instant,
  resourceUri: z.string(),
  policy: PolicyReference,
  inputAttestations: z.array(PolicyReference),
  verificationResult: z.enum(["PASSED", "FAILED"]),
  verifiedLevels: z.array(z.string()),
  slsaVersion: z.literal("1.2"),
});

/** What names the whole bundle: signed beside the manifest, which it has as its subject. */
export const ManifestPredicate = z.strictObject({
  id: z.string(),
  run: RunId,
  status: RunStatus,
  at: Instant,
});

/** The contract of each kind of statement. */
export const PREDICATE_CONTRACTS = {
  [PREDICATES.change]: ChangePredicate,
  [PREDICATES.load]: LoadPredicate,
  [PREDICATES.implementer]: ImplementerPredicate,
  [PREDICATES.decision]: DecisionPredicate,
  [PREDICATES.manifest]: ManifestPredicate,
  [PREDICATES.key]: KeyPredicate,
  [PREDICATES.testResult]: TestResultPredicate,
  [PREDICATES.svr]: SvrPredicate,
  [PREDICATES.vsa]: VsaPredicate,
} as const;

/** A leaf of the transparency log, in JCS. */
export const LogLeaf = z.discriminatedUnion("kind", [
  z.strictObject({
    v: z.literal(1),
    kind: z.literal("decision"),
    run: RunId,
    seq: z.number().int(),
    event: z.string().describe("hash of the ledger's event"),
    decision: Digest.describe("of the decision in JCS"),
  }),
  z.strictObject({
    v: z.literal(1),
    kind: z.literal("bundle"),
    run: RunId,
    id: z.string(),
    status: RunStatus,
    digest: Digest.describe("of the bundle's manifest"),
  }),
  z.strictObject({
    v: z.literal(1),
    kind: z.literal("key"),
    kid: z.string(),
    act: KeyPredicate.shape.act,
    statement: z.string().describe("signed: a DSSE envelope, canonical JSON and a line feed"),
  }),
  z.strictObject({
    v: z.literal(1),
    kind: z.literal("bundle-removed"),
    run: RunId,
    id: z.string(),
    digest: Digest.describe("of the manifest of the bundle that was removed"),
    at: Instant,
    by: z.string(),
    reason: z.string(),
  }),
  z.strictObject({
    v: z.literal(1),
    kind: z.literal("data-key-destroyed"),
    run: RunId,
    kid: DataKeyId.describe(
      "the key under which personal data of the run was kept: nobody can read it any more",
    ),
    at: Instant,
    by: z.string(),
    reason: z.string(),
  }),
]);
export type LogLeaf = z.infer<typeof LogLeaf>;

/** What one check of a bundle said. */
export const EvidenceCheck = z.strictObject({
  name: z.string(),
  ok: z.boolean(),
  file: z.string().nullable(),
  detail: z.string(),
});
export type EvidenceCheck = z.infer<typeof EvidenceCheck>;

/** What `forge evidence verify --json` prints. */
export const EvidenceVerification = z.strictObject({
  verified: z.boolean(),
  checks: z.array(EvidenceCheck),
});
export type EvidenceVerification = z.infer<typeof EvidenceVerification>;
