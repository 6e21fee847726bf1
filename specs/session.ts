/** The log of an agent's session: every tool call, as the broker that carries the calls out has recorded it. */
import { z } from "zod";
import { Digest, Instant } from "./base.ts";

/**
 * What an action can do: A reads; B makes what passes away; C changes what can be rolled back; D destroys, and needs a human;
 * E cannot be undone, and is prohibited. An undeclared action counts as D.
 */
export const ActionClass = z.enum(["A", "B", "C", "D", "E"]);
export type ActionClass = z.infer<typeof ActionClass>;

/** How far text is believed: by where it comes from, never by what it says. `unknown` counts as untrusted. */
export const TextTrust = z.enum(["trusted", "untrusted", "unknown"]);
export type TextTrust = z.infer<typeof TextTrust>;

const Name = z.string().min(1).max(200);

/** A tool as it was approved: its name, and the digest of its name, description and schema in canonical JSON. */
export const PinnedTool = z.strictObject({
  name: Name,
  digest: Digest,
  class: ActionClass.optional().describe("of its actions; undeclared counts as D"),
});
export type PinnedTool = z.infer<typeof PinnedTool>;

/** Something that a call did to a named resource, by the verb of its interface. */
export const SessionOperation = z.strictObject({
  verb: z.string().min(1).max(200).describe("such as DELETE, volumeDelete, drop-table, terraform destroy"),
  resource: z.string().min(1).max(1000),
  backup: z.strictObject({ digest: Digest, resource: z.string().min(1).max(1000), takenAt: Instant })
    .optional().describe("evidence of a backup of this very resource"),
});
export type SessionOperation = z.infer<typeof SessionOperation>;

/** One call. What is not known is null, and counts as the worse. */
export const ToolCall = z.strictObject({
  seq: z.number().int().min(1),
  at: Instant,
  tool: Name,
  schema: Digest.describe("of the tool as it was offered at this call"),
  args: Digest.describe("of the arguments in canonical JSON"),
  class: ActionClass.optional().describe("of this action, as its tool declares it"),
  parts: z.array(z.strictObject({ tool: Name, class: ActionClass.optional() })).max(100).default([])
    .describe("of a composite action: its class is the highest of its parts"),
  inputs: z.array(z.strictObject({ source: z.string().min(1).max(500), trust: TextTrust })).max(200)
    .describe("where the text in its arguments comes from"),
  yields: TextTrust.describe("how far its result is believed"),
  readsPrivate: z.boolean().nullable().describe("whether it reads what is not public"),
  egress: z.string().min(1).max(500).nullable().describe("where it can send to; null for nowhere"),
  credential: z.strictObject({
    origin: z.enum(["broker", "environment", "file", "user", "unknown"]),
    id: z.string().max(200).optional(),
    session: z.string().max(200).optional().describe("the session that it was minted for"),
    expiresAt: Instant.optional(),
  }).nullable(),
  touches: z.array(z.string().min(1).max(1000)).max(500).default([]).describe("paths and hosts"),
  operations: z.array(SessionOperation).max(200).default([]),
  told: z.enum(["observed", "claimed"]).optional().describe(
    "claimed: the agent's own program tells of the call, and nobody saw it; observed unless said",
  ),
  decision: z.enum(["allowed", "approved", "denied"]).nullable().describe(
    "what was decided before it ran; null when nobody decided",
  ),
  approvals: z.array(z.strictObject({
    by: z.string().min(1).max(200),
    args: Digest.describe("the arguments that were shown"),
    at: Instant,
    keyId: z.string().max(200).optional(),
    verified: z.boolean().optional().describe("whether its signature was looked at and holds"),
  })).max(20).default([]),
  exit: z.strictObject({ ok: z.boolean(), result: Digest.nullable() }).nullable().describe(
    "null when it did not run",
  ),
});
export type ToolCall = z.infer<typeof ToolCall>;

/** `ai-session/v1`: the whole session. Without it the work of an agent is not judged, which denies. */
export const AgentSession = z.strictObject({
  v: z.literal(1),
  id: z.string().min(1).max(200),
  agent: z.string().min(1).max(200),
  startedAt: Instant,
  endedAt: Instant,
  tools: z.array(PinnedTool).max(1000).describe("as they were approved"),
  calls: z.array(ToolCall).max(5000),
  complete: z.boolean().describe("false when the log was cut or its end is not known"),
  observed: z.strictObject({
    programs: z.array(z.string().max(100)).max(200).describe(
      "that ran in the sandbox, looked at from time to time: one that ended at once can be missing",
    ),
    written: z.array(z.string().max(1000)).max(200).describe(
      "files that are new, gone or other, the first ones",
    ),
    writtenInAll: z.number().int().min(0).nullable().describe("null when the files could not be looked at"),
    unrouted: z.number().int().min(0).nullable().describe(
      "attempts to send where no way leads, as the kernel counted them; null when that could not be read",
    ),
    requests: z.number().int().min(0).describe("that came to the gate"),
    refused: z.array(z.string().max(500)).max(200).describe("what the gate refused or took out"),
  }).optional().describe("what was seen of an agent's program from outside, whatever it tells of itself"),
});
export type AgentSession = z.infer<typeof AgentSession>;
