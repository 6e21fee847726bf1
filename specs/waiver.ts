/** Waivers: a signed, scoped, expiring exception for one finding of one rule. The finding stays a failure. */
import { z } from "zod";
import { Digest, Instant } from "./base.ts";

/** Payload type of the DSSE envelope of a waiver. */
export const WAIVER_PAYLOAD = "application/vnd.delivery.waiver.v1+json";

const line = (max: number) =>
  z.string().min(1).max(max).refine(
    // deno-lint-ignore no-control-regex
    (text) => text.trim() !== "" && !/[\u0000-\u001f\u007f-\u009f]/.test(text),
    "must be one line of text",
  );

/** One rule by its whole name. Nothing stands for several rules. */
const RuleName = z.string().max(200).regex(
  /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*){1,3}$/,
  "must be <pack>/<id> of one rule, such as core/T3; a waiver never names several",
);

/** Comparators that somewhere end: a range that every later release is in would outlive the rule that was read. */
const PackRange = z.string().max(100).regex(
  /^(?:(?:>=|<=|>|<|=|\^|~)?\d+(?:\.\d+){0,2})(?:\s+(?:>=|<=|>|<|=|\^|~)?\d+(?:\.\d+){0,2})*$/,
  "must be a range of versions with an end, such as ^1 or >=1.2 <2",
).refine(
  (range) => range.split(/\s+/).some((one) => /^(?:[\^~=<]|\d)/.test(one)),
  "must have an end, such as ^1 or >=1.2 <2",
);

const ScopePath = z.string().min(1).max(500).refine(
  (glob) => !glob.startsWith("/") && !glob.split("/").includes("..") && !glob.includes("\\"),
  "must be relative to the repository",
).refine((glob) => /[^*?/.]/.test(glob), "must name a place: a pattern of wildcards alone is everywhere");

/** What the requester asks for and every signer signs, in canonical JSON. */
export const Waiver = z.strictObject({
  apiVersion: z.literal("delivery.waiver/v1"),
  rule: RuleName,
  gate: z.string().regex(/^[a-z0-9][a-z0-9-]{0,99}$/).optional().describe(
    "the rule's gate, where several rules share an id, such as scope of core/C2",
  ),
  packRange: PackRange.describe("versions of the rule's pack that it holds for"),
  finding: Digest.describe("fingerprint, as denials, explain and scan print it"),
  scope: z.strictObject({
    repo: line(500).describe("name of the repository, such as github.com/acme/shop; pipeline:ID for data"),
    paths: z.array(ScopePath).max(50).describe("globs; empty for a finding without a path"),
  }),
  reason: line(2000).refine((text) => text.trim().length >= 10, "must say why in at least 10 characters"),
  ticket: line(300).optional(),
  requestedBy: line(200).describe("principal; one of the signatures is of its key"),
  requestedAt: Instant,
  approvedBy: z.array(line(200)).max(10).default([]).describe(
    "principals that all have to sign; empty: any who may approve waivers",
  ),
  expiresAt: Instant,
  maxUses: z.number().int().min(1).max(1000).describe("how many runs may go through by it"),
  compensating: z.array(RuleName).max(20).default([]).describe("rules that have to hold meanwhile"),
  supersedes: z.array(Digest).max(10).default([]).describe(
    "digests of the waivers that it takes the place of",
  ),
}).refine((waiver) => Date.parse(waiver.expiresAt) > Date.parse(waiver.requestedAt), {
  path: ["expiresAt"],
  message: "must be after requestedAt",
});
export type Waiver = z.infer<typeof Waiver>;

/** A waiver as the judge is given it: what it says, and what its signatures were found to be worth. */
export const WaiverFact = z.strictObject({
  digest: Digest.describe("of the signed bytes: the name of the waiver"),
  source: z.string().max(500).describe("the file at the base ref, or `installed`"),
  waiver: Waiver.nullable(),
  approvedBy: z.array(z.string()),
  problem: z.string().max(1000).nullable().describe(
    "why it cannot count at all; null when its signatures hold",
  ),
  use: z.number().int().min(1).describe("which use a run's would be, by the ledger"),
});
export type WaiverFact = z.infer<typeof WaiverFact>;

/** What became of a waiver in one decision. */
export const WaiverUse = z.strictObject({
  waiver: Digest,
  rule: z.string(),
  finding: Digest,
  state: z.enum(["used", "idle", "unused", "expired", "refused"]).describe(
    "used: the transition went through by it; idle: it covers a finding, and something else holds the transition up; " +
      "unused: its rule was judged and the finding is not there",
  ),
  why: z.string().max(500).optional(),
  expiring: z.boolean().default(false).describe("it ends within 14 days"),
  requestedBy: z.string().max(200),
  approvedBy: z.array(z.string().max(200)),
  expiresAt: Instant,
});
export type WaiverUse = z.infer<typeof WaiverUse>;

/** One waiver as `forge policy waivers` and `GET /v1/waivers` list it. */
export const ListedWaiver = z.strictObject({
  digest: Digest,
  source: z.string(),
  state: z.enum(["requested", "active", "expiring", "expired", "exhausted", "refused"]),
  why: z.string().nullable(),
  uses: z.number().int().min(0),
  unused: z.boolean().describe("no run has gone through by it"),
  waiver: Waiver.nullable(),
  approvedBy: z.array(z.string()),
});
export type ListedWaiver = z.infer<typeof ListedWaiver>;
