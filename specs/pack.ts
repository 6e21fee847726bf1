import { z } from "zod";
import { Instant } from "./base.ts";
import { GateMode, Layer } from "./decision.ts";
import { IntentType } from "./terms.ts";

/** `name` or `org/name`, lower case. The names of built-in packs are taken. */
export const PackName = z.string().max(120).regex(
  /^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?(?:\/[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?)?$/,
  "a pack's name is `name` or `org/name` in lower-case letters, digits and dashes",
);
export type PackName = z.infer<typeof PackName>;

/** Semantic version without build metadata. */
export const PackVersion = z.string().max(60).regex(
  /^(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/,
  "a version is MAJOR.MINOR.PATCH, such as 2.3.0",
);
export type PackVersion = z.infer<typeof PackVersion>;

/** Comparators that must all hold, such as `>=1.4 <2`, `^2`, `~1.2.0`, `2.3.0` or `*`. */
export const VersionRange = z.string().min(1).max(200).regex(
  /^(?:\*|(?:(?:>=|<=|>|<|=|\^|~)?\s*\d{1,9}(?:\.\d{1,9}){0,2})(?:\s+(?:>=|<=|>|<|=|\^|~)?\s*\d{1,9}(?:\.\d{1,9}){0,2})*)$/,
  "a range is comparators with a space between them, such as `>=1.4 <2`",
);
export type VersionRange = z.infer<typeof VersionRange>;

/** A relative path of plain segments: it cannot leave the pack on any system. */
export const MemberPath = z.string().min(1).max(100).regex(
  /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+){0,7}$/,
  "a member's path is relative, with forward slashes, of letters, digits, dots, dashes and underscores",
);
export type MemberPath = z.infer<typeof MemberPath>;

export const PackMember = z.strictObject({
  path: MemberPath,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "64 hex digits"),
});
export type PackMember = z.infer<typeof PackMember>;

/** How much a rule weighs, from the least. */
export const RuleSeverity = z.enum(["low", "medium", "high", "critical"]);
export type RuleSeverity = z.infer<typeof RuleSeverity>;

export const RuleKind = z.enum(["cel", "astgrep", "secrets", "cedar", "wasm"]);
export type RuleKind = z.infer<typeof RuleKind>;

const PHASE =
  "explore|plan|design|implement|verify|review|release|observe|resolve|acquire|assure|publish|settle";

/** A transition, such as `implement->verify` (or with an arrow), or `final`: the last one before anything is published. */
export const PackPhase = z.string().regex(
  new RegExp(`^(?:final|(?:${PHASE})(?:->|\u2192)(?:${PHASE}|@completed)?)$`),
  "a phase is `from->to` of the phases of a workflow, or `final`",
);
export type PackPhase = z.infer<typeof PackPhase>;

/** A fact and the version of it that a rule was written for, such as `testInventory@1`. */
export const FactReference = z.string().max(80).regex(
  /^[a-zA-Z][A-Za-z0-9]*@[0-9][0-9A-Za-z.-]*$/,
  "a fact is name@version, such as testInventory@1",
);
export type FactReference = z.infer<typeof FactReference>;

/** The mode of a rule by the tier of the change. It can only be stricter than the rule's own. */
export const TierModes = z.strictObject({ standard: GateMode.optional(), critical: GateMode.optional() });
export type TierModes = z.infer<typeof TierModes>;

const ruleHead = {
  id: z.string().min(1).max(150).regex(
    /^(?:[a-z0-9-]+\/){0,2}[A-Za-z0-9](?:[A-Za-z0-9._-]{0,60})$/,
    "a rule's id is such as T1 or org/test-integrity/T1",
  ).describe("once in the pack; `<pack>/<id>` or `<id>`"),
  gate: z.string().max(100).regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "a gate's name is in kebab-case").optional()
    .describe("the gate's name; the id in lower case when left out"),
  layer: Layer,
  phases: z.array(PackPhase).min(1).max(30),
  intents: z.array(IntentType).min(1).max(6).optional().describe("only for these intents; all when left out"),
  when: z.string().min(1).max(4000).optional().describe(
    "a CEL selector; where it is false the rule does not apply, and its text is recorded",
  ),
  mode: GateMode.default("enforce"),
  tiers: TierModes.default({}),
  severity: RuleSeverity,
  onError: z.literal("deny").default("deny").describe("what cannot be judged is denied"),
  message: z.string().min(1).max(1000),
  remediation: z.strictObject({
    text: z.string().min(1).max(2000),
    fixer: z.string().min(1).max(100).optional(),
  }),
  tests: MemberPath.optional().describe(
    "the member that holds its examples: at least one pass, one fail and one evasion",
  ),
};

/** The body stands in the rule, or in a member of the pack. */
const body = {
  expr: z.string().min(1).max(64_000).optional().describe("the body itself"),
  file: MemberPath.optional().describe("the member that holds the body"),
};

const hasOneBody = (rule: { expr?: string | undefined; file?: string | undefined }): boolean =>
  (rule.expr === undefined) !== (rule.file === undefined) && (rule.expr ?? "-").trim() !== "";
const NO_BODY = { message: "a rule has exactly one body: `expr`, or `file` with the path of a member" };

const CelRule = z.strictObject({ ...ruleHead, kind: z.literal("cel"), ...body }).refine(hasOneBody, NO_BODY);
const AstGrepRule = z.strictObject({ ...ruleHead, kind: z.literal("astgrep"), ...body })
  .refine(hasOneBody, NO_BODY);
const SecretsRule = z.strictObject({ ...ruleHead, kind: z.literal("secrets"), ...body })
  .refine(hasOneBody, NO_BODY);
const CedarRule = z.strictObject({ ...ruleHead, kind: z.literal("cedar"), ...body })
  .refine(hasOneBody, NO_BODY);
const WasmRule = z.strictObject({
  ...ruleHead,
  kind: z.literal("wasm"),
  file: MemberPath.describe("a prebuilt Rego module"),
  entrypoint: z.string().min(1).max(200).optional(),
});

/** One rule of a pack: what it is about, a predicate of some kind, and what its answer means. */
export const PackRule = z.discriminatedUnion("kind", [
  CelRule,
  AstGrepRule,
  SecretsRule,
  CedarRule,
  WasmRule,
]);
export type PackRule = z.infer<typeof PackRule>;

/** A rule of another pack made stricter. What would loosen it is refused. */
export const PackOverlay = z.strictObject({
  rule: z.string().min(3).max(200).describe("<pack>/<id>, such as core/T8"),
  mode: GateMode.optional(),
  severity: RuleSeverity.optional(),
}).refine(({ mode, severity }) => mode !== undefined || severity !== undefined, {
  message: "an overlay gives a mode, a severity or both",
});
export type PackOverlay = z.infer<typeof PackOverlay>;

/** The manifest of a policy pack: all that it holds, by digest. Its canonical JSON is what is signed. */
export const PackManifest = z.strictObject({
  apiVersion: z.literal("delivery.policy/v1"),
  name: PackName,
  version: PackVersion,
  revision: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).describe(
    "grows with each release; a lower one than was installed is refused",
  ),
  description: z.string().max(2000).optional(),
  notBefore: Instant,
  expiresAt: Instant,
  requires: z.strictObject({
    engine: VersionRange.default("*"),
    facts: z.array(FactReference).max(100).default([]),
    packs: z.array(z.strictObject({ name: PackName, version: VersionRange.default("*") })).max(32).default(
      [],
    ),
  }).default({ engine: "*", facts: [], packs: [] }),
  members: z.array(PackMember).max(256).default([]).describe(
    "written by `forge policy sign`, sorted by path",
  ),
  rules: z.array(PackRule).max(500).default([]),
  overlays: z.array(PackOverlay).max(500).default([]),
}).refine(({ rules, overlays }) => rules.length + overlays.length > 0, {
  message: "a pack without a rule and without an overlay says nothing",
}).refine(({ notBefore, expiresAt }) => Date.parse(notBefore) < Date.parse(expiresAt), {
  message: "notBefore lies before expiresAt",
  path: ["expiresAt"],
});
export type PackManifest = z.infer<typeof PackManifest>;

/** What a trust root says of one key. The root comes from the operator, never from a pack or a repository. */
export const TrustedKey = z.strictObject({
  id: z.string().min(1).max(200).describe("unpadded base64url of the SHA-256 of the public key (SPKI)"),
  publicKey: z.string().min(1).max(4000).describe("PEM, SPKI, Ed25519"),
  name: z.string().min(1).max(200).optional(),
  roles: z.array(z.enum(["pack-publisher", "approver", "waiver-approver", "attestor"])).min(1),
  level: z.enum(["trusted", "untrusted"]).default("untrusted"),
  packs: z.array(z.string().min(1).max(200)).max(100).default(["**"]).describe(
    "globs of the packs that it may publish",
  ),
  notBefore: Instant.optional(),
  notAfter: Instant.optional(),
  revoked: z.strictObject({ at: Instant, reason: z.string().max(500) }).optional(),
});
export type TrustedKey = z.infer<typeof TrustedKey>;

export const TrustRoot = z.strictObject({ version: z.literal(1), keys: z.array(TrustedKey).max(200) });
export type TrustRoot = z.infer<typeof TrustRoot>;
