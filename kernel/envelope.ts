import type { z } from "zod";
import type { Actor, Event, EventBody, EventType, Json, WorkflowDefinition } from "../specs/mod.ts";
import { canonicalJson, isKept, quoted } from "./canonical.ts";
import { eventLine } from "./event_line.ts";
import { schemaOf } from "./event_schema.ts";
import { GENESIS } from "./genesis.ts";
import { sha256Hex } from "./hash.ts";
import type { Clock, Ids } from "./port.ts";
import type { RunFold } from "./state.ts";

/** An event that cannot be in the ledger: the wrong form, or too big. */
export class EventRefused extends Error {
  override readonly name = "EventRefused";
}

/** An event's text may be as long as one value of the store, less what the array around it takes. */
export const EVENT_BYTES = 58_000;

const utf8 = new TextEncoder();

/**
 * Makes the next event of a run: checked against its schema, numbered, chained. The hash is SHA-256 over the canonical JSON of all
 * other fields.
 *
 * @throws {EventRefused}
 */
export function envelope(
  run: string,
  body: EventBody,
  actor: Actor,
  before: RunFold | null,
  { clock, ids }: { clock: Clock; ids: Ids },
): { event: Event; line: string } {
  const { type, v, payload } = validBody(body, run);
  const id = ids.uuid();
  const seq = (before?.seq ?? 0) + 1;
  const parent = before?.lastId ?? null;
  const at = isoOf(clock.now());
  const phase = phaseOf(type, payload, before);
  const prevHash = before?.hash ?? GENESIS;
  const payloadText = textOf(payload, type, run);
  // The envelope's names in the order that JCS asks for; only what is inside it is sorted each time.
  const unhashed = `{"actor":${actorText(actor)},"at":"${at}","id":"${id}","parent":${
    parent === null ? "null" : `"${parent}"`
  },"payload":${payloadText}${
    phase === undefined ? "" : `,"phase":${quoted(phase)}`
  },"prevHash":"${prevHash}","run":"${run}","seq":${seq},"type":"${type}","v":${v}}`;
  if (unhashed.length * 3 > EVENT_BYTES) {
    const bytes = utf8.encode(unhashed).byteLength;
    if (bytes > EVENT_BYTES) {
      throw new EventRefused(
        `Cannot append ${type} to ${run} as an event must be at most ${EVENT_BYTES} bytes: current size is ${bytes}. ` +
          "Put the data into a blob and pass its digest",
      );
    }
  }
  const hash = sha256Hex(unhashed);
  const event =
    (phase === undefined
      ? { id, run, seq, parent, at, actor, prevHash, hash, type, v, payload }
      : { id, run, seq, parent, at, actor, phase, prevHash, hash, type, v, payload }) as Event;
  return { event, line: eventLine(event, payloadText, before?.lastActor ?? null) };
}

/** The payload's text. Its form has been checked, so what is left is what has no end: a circle, or parts within parts within parts. */
function textOf(payload: EventBody["payload"], type: EventType, run: string): string {
  try {
    return canonicalJson(payload as Json);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw endless(type, run, error);
  }
}

function endless(type: EventType, run: string, cause: RangeError): EventRefused {
  return new EventRefused(
    `Cannot append ${type} to ${run} as it is nested too deeply, or in a circle. Flatten it, or put it into a blob`,
    { cause },
  );
}

/** Whether an event's hash is that of its other fields, and follows on the one before. */
export function isChained(event: Event, prevHash: string): boolean {
  const { hash, ...rest } = event;
  return event.prevHash === prevHash &&
    hash === sha256Hex(canonicalJson(rest as unknown as Parameters<typeof canonicalJson>[0]));
}

/** A definition that was compiled here has been held against its schema before; what is around it has not. */
const COMPILED: WorkflowDefinition = {
  id: "compiled",
  version: "0.0.0",
  start: "compiled",
  phases: {},
  seals: true,
};

function validBody(body: EventBody, run: string): EventBody {
  if (body.type === "run.accepted" && isKept(body.payload.workflow)) {
    const { workflow } = body.payload;
    const checked = parsed({ ...body, payload: { ...body.payload, workflow: COMPILED } }, run);
    return { ...checked, payload: { ...checked.payload, workflow } } as EventBody;
  }
  return parsed(body, run);
}

function parsed(body: EventBody, run: string): EventBody {
  const schema = schemaOf(body.type);
  if (schema === undefined) {
    throw new EventRefused(`Cannot append ${String(body.type)} as there is no such event`);
  }
  const result = resultOf(schema, body, run);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new EventRefused(
    `Cannot append ${body.type} as it does not have its form: ${issue?.path.join(".")} ${issue?.message}`,
  );
}

function resultOf(
  schema: Pick<z.ZodType<EventBody>, "safeParse">,
  body: EventBody,
  run: string,
): z.ZodSafeParseResult<EventBody> {
  try {
    return schema.safeParse(body);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw endless(body.type, run, error);
  }
}

/** The phase that an event belongs to, for readers that filter by phase. */
function phaseOf(type: EventType, payload: object, before: RunFold | null): string | undefined {
  if (type !== "run.retried" && "phase" in payload && typeof payload.phase === "string") return payload.phase;
  return before === null || before.phase === "" || before.stage.at === "accepted" ? undefined : before.phase;
}

let lastActor: Actor | null = null;
let lastActorText = "";

/** The engine signs most events with one and the same actor. */
function actorText(actor: Actor): string {
  if (actor !== lastActor) {
    lastActorText = canonicalJson({ id: actor.id, kind: actor.kind });
    lastActor = actor;
  }
  return lastActorText;
}

let lastMs = NaN;
let lastIso = "";

/** Many events are made in one millisecond. */
function isoOf(ms: number): string {
  if (ms !== lastMs) {
    lastIso = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastIso;
}
