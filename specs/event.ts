import { z } from "zod";
import { Actor, Digest, Instant, Json, RunId } from "./base.ts";
import { Decision } from "./decision.ts";
import { FailureRecord } from "./failure.ts";
import { RunStatus } from "./result.ts";
import { SENSITIVE } from "./sensitive.ts";
import { WorkflowDefinition } from "./workflow.ts";

/** An effect that is asked for; durable, with its key, before it is performed. */
export const EffectIntent = z.strictObject({
  key: z.string().min(1).max(300).describe("idempotency key: the same key never acts twice"),
  kind: z.string().min(1).max(100),
  args: Json,
});
export type EffectIntent = z.infer<typeof EffectIntent>;

/** What the runtime does about a failure; the kernel's table maps a class to one of these. */
export const FailureStrategy = z.enum([
  "retry",
  "repair",
  "switch-model",
  "wait",
  "re-plan",
  "escalate",
  "fail",
]);
export type FailureStrategy = z.infer<typeof FailureStrategy>;

export const Approval = z.strictObject({
  by: Actor,
  choice: z.enum(["approve", "reject", "retry", "retry-from", "change-budget", "re-plan", "cancel"]),
  comment: z.string().max(4000).default(""),
  subject: z.string().max(200).optional().describe(
    "digest of the patch that was shown; an approval dies when it changes",
  ),
  phase: z.string().optional().describe("for retry-from"),
  budget: z.record(z.string(), z.number()).optional().describe("for change-budget"),
  selfApproved: z.boolean().default(false),
  envelope: Json.optional().describe(
    "DSSE envelope in which the approver's key signed this answer and its subject",
  ),
  envelopeDigest: Digest.optional().describe(
    "the same as a blob: an in-toto statement of the type approval/v1 (specs/schema/approval-statement.schema.json)",
  ),
});
export type Approval = z.infer<typeof Approval>;

/** What a human is asked: made from the failure or the decision, answered by CLI, API, dashboard. */
export const Escalation = z.strictObject({
  reason: z.string().max(8000).meta(SENSITIVE),
  question: z.string().max(4000).meta(SENSITIVE),
  subject: z.string().max(200).optional(),
  options: z.array(z.string()).min(1),
});
export type Escalation = z.infer<typeof Escalation>;

const body = <T extends string, P extends z.ZodType>(type: T, payload: P) =>
  z.strictObject({ type: z.literal(type), v: z.literal(1), payload });

/** The closed union of everything that can be in the ledger. A new kind is a new member; a changed one a new `v`. */
export const EventBody = z.discriminatedUnion("type", [
  body(
    "run.accepted",
    z.strictObject({
      workflow: WorkflowDefinition,
      input: Json,
      title: z.string().max(300).default("").meta(SENSITIVE),
      parent: RunId.optional(),
      forkedFrom: z.strictObject({ run: RunId, phase: z.string() }).optional(),
      outputs: z.record(z.string(), Json).optional().describe("committed outputs copied by a fork"),
      idempotencyKey: z.string().max(300).optional(),
      limits: z.record(z.string(), z.number()).default({}).describe(
        "budget: unit -> limit, integers (tokens, costMicroUsd, ms, repairs)",
      ),
    }),
  ),
  body("phase.entered", z.strictObject({ phase: z.string(), visit: z.number().int().min(1) })),
  body(
    "phase.progress",
    z.strictObject({
      phase: z.string(),
      message: z.string().max(2000).meta(SENSITIVE),
      data: Json.meta(SENSITIVE).optional(),
    }),
  ),
  body(
    "phase.finished",
    z.strictObject({
      phase: z.string(),
      visit: z.number().int(),
      outcome: z.string(),
      output: Json.meta(SENSITIVE),
      ms: z.number().int(),
      effects: z.array(EffectIntent).max(100).optional().describe(
        "what the phase asks for; nothing is done before the transition is allowed and the effect intended",
      ),
    }),
  ),
  body(
    "phase.failed",
    z.strictObject({
      phase: z.string(),
      visit: z.number().int(),
      attempt: z.number().int(),
      failure: FailureRecord,
      retryAt: Instant.optional(),
      strategy: FailureStrategy.optional().describe("what the table of failure classes answered"),
      ms: z.number().int().min(0).optional(),
    }),
  ),
  body(
    "output.copied",
    z.strictObject({ phase: z.string(), output: Json }),
  ),
  body("transition.decided", z.strictObject({ decision: Decision })),
  body("effect.intended", EffectIntent),
  body(
    "effect.done",
    z.strictObject({
      key: z.string(),
      outcome: Json,
      found: z.boolean().describe("true when look() found it done already"),
    }),
  ),
  body(
    "effect.failed",
    z.strictObject({
      key: z.string(),
      attempt: z.number().int().min(1),
      failure: FailureRecord,
      retryAt: Instant.optional(),
      final: z.boolean().describe("true: it is not tried again by itself"),
    }),
  ),
  body("budget.reserved", z.strictObject({ id: z.string(), unit: z.string(), amount: z.number().int() })),
  body("budget.committed", z.strictObject({ id: z.string(), unit: z.string(), amount: z.number().int() })),
  body(
    "signal.received",
    z.strictObject({ id: z.string(), name: z.string().max(100), payload: Json.meta(SENSITIVE) }),
  ),
  body("signal.consumed", z.strictObject({ id: z.string() })),
  body("timer.set", z.strictObject({ id: z.string(), at: Instant })),
  body("timer.fired", z.strictObject({ id: z.string() })),
  body(
    "run.parked",
    z.strictObject({
      reason: z.string().max(2000).meta(SENSITIVE),
      until: Instant.optional(),
      signal: z.string().optional(),
      seen: z.number().int().min(0).optional().describe(
        "the last event that the handler could see; a later signal wakes the run at once",
      ),
      timer: z.string().optional().describe("the timer that fires at `until`"),
    }),
  ),
  body("run.unparked", z.strictObject({ why: z.string().max(2000).meta(SENSITIVE) })),
  body("run.paused", z.strictObject({ why: z.string().max(2000).default("").meta(SENSITIVE) })),
  body("run.resumed", z.strictObject({ why: z.string().max(2000).default("").meta(SENSITIVE) })),
  body("run.cancelling", z.strictObject({ why: z.string().max(2000).default("").meta(SENSITIVE) })),
  body("escalation.opened", Escalation),
  body("escalation.answered", Approval),
  body(
    "run.retried",
    z.strictObject({ phase: z.string(), why: z.string().max(2000).default("").meta(SENSITIVE) }),
  ),
  body("run.ended", z.strictObject({ status: RunStatus, failure: FailureRecord.optional() })),
  body(
    "evidence.sealed",
    z.strictObject({ id: z.string(), digest: z.string(), path: z.string(), status: RunStatus }),
  ),
  body(
    "evidence.failed",
    z.strictObject({
      status: RunStatus.describe("the way out whose evidence could not be sealed"),
      attempt: z.number().int().min(1),
      failure: FailureRecord,
      retryAt: Instant.optional(),
      final: z.boolean().describe("true: the run counts as failed until a retry seals it"),
    }),
  ),
]);
export type EventBody = z.infer<typeof EventBody>;
export type EventType = EventBody["type"];

/** One record of the ledger. `hash` is SHA-256 (hex) over JCS of all other fields; `prevHash` is the hash before it. */
export const Event = z.intersection(
  EventBody,
  z.object({
    id: z.string(),
    run: RunId,
    seq: z.number().int().min(1),
    parent: z.string().nullable(),
    at: Instant,
    actor: Actor,
    phase: z.string().optional(),
    prevHash: z.string(),
    hash: z.string(),
  }),
);
export type Envelope = {
  id: string;
  run: RunId;
  seq: number;
  parent: string | null;
  at: Instant;
  actor: Actor;
  phase?: string;
  prevHash: string;
  hash: string;
};
export type Event = EventBody & Envelope;
