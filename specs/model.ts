/** Models: what is known of each, what a call cost, and why one was chosen. */
import { z } from "zod";
import { Digest, Instant } from "./base.ts";

/** How a model is spoken to. */
export const ModelWire = z.enum(["anthropic-messages", "openai-responses", "openai-chat"]);
export type ModelWire = z.infer<typeof ModelWire>;

/** What a call is for: decides which models are fit. */
export const TaskClass = z.enum([
  "thinking-heavy",
  "execution",
  "validation",
  "large-context",
  "privacy-sensitive",
  "cost-optimized",
]);
export type TaskClass = z.infer<typeof TaskClass>;

/** A share of a price that holds for some hours of the day (UTC). */
const HourRule = z.strictObject({
  from: z.number().int().min(0).max(23),
  to: z.number().int().min(1).max(24).describe("exclusive; below `from` it runs over midnight"),
  factor: z.number().min(0).max(100),
});

/** US dollars for a million tokens, from a prompt size on. */
export const PriceTier = z.strictObject({
  abovePromptTokens: z.number().int().min(0).describe(
    "holds for prompts with more tokens than this; 0 for all",
  ),
  input: z.number().min(0),
  output: z.number().min(0),
  cacheRead: z.number().min(0).nullable().describe("null when it is not known: counted as input"),
  cacheWrite5m: z.number().min(0).nullable(),
  cacheWrite1h: z.number().min(0).nullable(),
});
export type PriceTier = z.infer<typeof PriceTier>;

/** What a model costs between two instants, and where that was read. */
export const ModelPrice = z.strictObject({
  from: Instant,
  until: Instant.nullable().describe("null while no end is known"),
  tiers: z.array(PriceTier).min(1).max(10).describe("the tier that fits counts for the whole request"),
  hours: z.array(HourRule).max(24).default([]),
  source: z.string().min(1).max(500).describe("the page"),
  readOn: z.iso.date(),
});
export type ModelPrice = z.infer<typeof ModelPrice>;

/** As providers name models; shown on terminals and sent in requests. */
const ModelName = z.string().regex(/^[\x21-\x7e]{1,200}$/, "visible ASCII characters, 200 at most");

/** One model of the registry. Found by its exact id or alias, never by a resemblance. */
export const ModelEntry = z.strictObject({
  id: ModelName,
  aliases: z.array(ModelName).max(20).default([]),
  provider: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  family: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/).describe("who trained it: a reviewer is of another one"),
  wire: ModelWire,
  status: z.enum(["active", "legacy", "shut-down"]),
  contextTokens: z.number().int().min(1),
  maxOutputTokens: z.number().int().min(1),
  efforts: z.array(z.string().min(1).max(30)).max(10).default([]),
  structuredOutput: z.enum(["json-schema", "tool", "none"]),
  tools: z.enum(["parallel", "single", "none"]),
  locality: z.enum(["hosted", "local"]),
  openWeights: z.boolean().default(false),
  tokenFactor: z.number().min(0.1).max(10).default(1).describe(
    "tokens of its own tokenizer for one as estimated",
  ),
  fit: z.partialRecord(TaskClass, z.number().min(0).max(100)).describe(
    "how fit it is before any outcome is recorded; a class that is not here is not offered",
  ),
  prices: z.array(ModelPrice).max(50),
  notes: z.string().max(500).optional(),
});
export type ModelEntry = z.infer<typeof ModelEntry>;

export const ModelRegistry = z.strictObject({
  v: z.literal(1),
  updatedOn: z.iso.date(),
  models: z.array(ModelEntry).min(1).max(1000),
});
export type ModelRegistry = z.infer<typeof ModelRegistry>;

const Slug = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "small letters, digits and dashes");

/** An endpoint of the operator's own: a server in the house, a gateway, or another place for a known provider. */
export const ModelEndpoint = z.strictObject({
  id: Slug.describe("the provider's id; that of a known provider gives it another place"),
  wire: ModelWire.default("openai-chat"),
  baseUrl: z.string().max(2000).refine(
    isPlainHttpUrl,
    "must be an http or https URL without user, password, query or fragment",
  ),
  key: z.string().regex(/^env:[A-Za-z_][A-Za-z0-9_]{0,99}$/, "must name a variable: env:NAME").optional()
    .describe("the variable that holds the credential, never the credential; none is sent without it"),
  locality: z.enum(["hosted", "local"]).default("hosted").describe(
    "local: what is sent there does not leave this machine",
  ),
});
export type ModelEndpoint = z.infer<typeof ModelEndpoint>;

/** A model of the operator's own, as `models.yaml` names it; what is left out follows from its endpoint or is a cautious guess. */
export const OwnModel = ModelEntry.partial().extend({
  id: ModelEntry.shape.id,
  provider: ModelEntry.shape.provider,
});
export type OwnModel = z.infer<typeof OwnModel>;

/** `models.yaml` of the data directory. */
export const ModelSettings = z.strictObject({
  endpoints: z.array(ModelEndpoint).max(50).default([]),
  models: z.array(OwnModel).max(200).default([]),
  allow: z.array(z.string().min(1).max(200)).min(1).max(1000).optional().describe(
    "only these models, by id or alias, are ever asked; all when it is absent",
  ),
  allowHttp: z.boolean().default(false).describe(
    "plain http also to other machines: keys and prompts can be read on the way",
  ),
});
export type ModelSettings = z.infer<typeof ModelSettings>;

function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return (protocol === "http:" || protocol === "https:") && `${username}${password}${search}${hash}` === "";
}

/** One model as doors show it. */
export const ListedModel = z.strictObject({
  model: ModelEntry.omit({ prices: true }),
  price: z.strictObject({
    tiers: z.array(PriceTier).describe("as they hold at this hour"),
    factor: z.number().describe("of the hour; it is in the tiers already"),
    until: Instant.nullable(),
    source: z.string(),
    readOn: z.iso.date(),
  }).nullable().describe(
    "null when none is known now: the model is refused under a cost cap, unless it is local",
  ),
  available: z.boolean(),
  why: z.string().describe("by what it is available, or why it is not"),
});
export type ListedModel = z.infer<typeof ListedModel>;

export const ModelList = z.strictObject({
  at: Instant,
  updatedOn: z.iso.date().describe("of the price table"),
  models: z.array(ListedModel),
});
export type ModelList = z.infer<typeof ModelList>;

/** Tokens of one call as the provider told them. `input` excludes what was read from or written to a cache. */
export const ModelUsage = z.strictObject({
  input: z.number().int().min(0),
  output: z.number().int().min(0),
  cacheRead: z.number().int().min(0),
  cacheWrite5m: z.number().int().min(0),
  cacheWrite1h: z.number().int().min(0),
});
export type ModelUsage = z.infer<typeof ModelUsage>;

/** Why a call of a model did not give what was asked. Each has a class of failure and a strategy. */
export const ModelTrouble = z.enum([
  "auth",
  "quota",
  "rate",
  "overloaded",
  "server",
  "network",
  "cut-stream",
  "timeout",
  "refusal",
  "truncated",
  "context-window",
  "bad-output",
  "invalid-request",
  "unknown-model",
  "price-unknown",
  "budget",
  "unavailable",
  "recording",
  "aborted",
]);
export type ModelTrouble = z.infer<typeof ModelTrouble>;

/** A model that was thought of, and why it was taken or not. */
export const ModelCandidate = z.strictObject({
  model: z.string(),
  provider: z.string(),
  score: z.number().nullable().describe("null when it was not considered any further"),
  costMicroUsd: z.number().int().min(0).nullable().describe(
    "worst case of the call; null when no price is known",
  ),
  reasons: z.array(z.string().max(500)).max(30),
});
export type ModelCandidate = z.infer<typeof ModelCandidate>;

/** `model.chosen`: the same input gives the same choice. */
export const ModelChoice = z.strictObject({
  task: TaskClass,
  model: z.string().nullable().describe("null when none is fit, which refuses the call"),
  provider: z.string().nullable(),
  reasons: z.array(z.string().max(500)).max(30),
  alternatives: z.array(ModelCandidate).max(1000),
  available: z.boolean().optional().describe(
    "false when no model can be asked here and the choice is as if all could; only where it is asked for as advice",
  ),
  at: Instant,
});
export type ModelChoice = z.infer<typeof ModelChoice>;

/** One call, as evidence keeps it: digests of what went in and out, never the text. */
export const ModelCall = z.strictObject({
  id: z.string().min(1).max(200),
  purpose: z.string().min(1).max(200).describe("such as plan, implement, repair, review, diagnose"),
  task: TaskClass,
  model: z.string().describe("as asked for"),
  claimed: z.string().nullable().describe("as the provider named it"),
  provider: z.string(),
  requestId: z.string().max(500).nullable(),
  recording: z.boolean().describe("true when a recording answered, not a model"),
  prompt: Digest,
  reply: Digest.nullable(),
  usage: ModelUsage.nullable().describe("null when nothing was told: the reservation counts as spent"),
  costMicroUsd: z.number().int().min(0),
  reservedMicroUsd: z.number().int().min(0),
  reservedTokens: z.number().int().min(0).optional().describe(
    "the most that it could take, prompt and answer together",
  ),
  ms: z.number().int().min(0),
  trouble: ModelTrouble.nullable(),
  at: Instant,
});
export type ModelCall = z.infer<typeof ModelCall>;
