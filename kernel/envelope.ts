import type { z } from "zod";
import { type Actor, type Event, EventBody, type Json, type WorkflowDefinition } from "../specs/mod.ts";
import { canonicalJson, isKept } from "./canonical.ts";
import { sha256Hex } from "./hash.ts";
import type { Clock, Ids } from "./port.ts";
import type { RunFold } from "./state.ts";

/** An event that cannot be in the ledger: the wrong form, or too big. */
export class EventRefused extends Error {
  override readonly name = "EventRefused";
}

/** An event's text may be as long as one value of the store, less what the array around it takes. */
export const EVENT_BYTES = 58_000;

/** `prevHash` of the first event. */
export const GENESIS = "0".repeat(64);

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
): { event: Event; text: string } {
  const valid = validBody(body);
  const id = ids.uuid();
  const seq = (before?.seq ?? 0) + 1;
  const parent = before?.lastId ?? null;
  const at = isoOf(clock.now());
  const phase = phaseOf(valid, before);
  const prevHash = before?.hash ?? GENESIS;
  // The envelope's names in the order that JCS asks for; only what is inside it is sorted each time.
  const unhashed = `{"actor":${canonicalJson(actor)},"at":"${at}","id":"${id}","parent":${
    parent === null ? "null" : `"${parent}"`
  },"payload":${canonicalJson(valid.payload as Json)}${
    phase === undefined ? "" : `,"phase":${JSON.stringify(phase)}`
  },"prevHash":"${prevHash}","run":"${run}","seq":${seq},"type":"${valid.type}","v":${valid.v}}`;
  const hash = sha256Hex(unhashed);
  const text = `${unhashed.slice(0, -1)},"hash":"${hash}"}`;
  const event = {
    id,
    run,
    seq,
    parent,
    at,
    actor,
    ...(phase === undefined ? {} : { phase }),
    prevHash,
    hash,
    type: valid.type,
    v: valid.v,
    payload: valid.payload,
  } as Event;
  if (text.length * 3 > EVENT_BYTES) {
    const bytes = utf8.encode(text).byteLength;
    if (bytes > EVENT_BYTES) {
      throw new EventRefused(
        `Cannot append ${body.type} to ${run} as an event must be at most ${EVENT_BYTES} bytes: current size is ${bytes}. ` +
          "Put the data into a blob and pass its digest",
      );
    }
  }
  return { event, text };
}

/** Whether an event's hash is that of its other fields, and follows on the one before. */
export function isChained(event: Event, prevHash: string): boolean {
  const { hash, ...rest } = event;
  return event.prevHash === prevHash &&
    hash === sha256Hex(canonicalJson(rest as unknown as Parameters<typeof canonicalJson>[0]));
}

/** Schemas by type, so that a body meets only its own. */
const SCHEMAS: ReadonlyMap<string, z.ZodType<EventBody>> = new Map(
  EventBody.options.map((schema) => [schema.shape.type.value, schema as unknown as z.ZodType<EventBody>]),
);

/** A definition that was compiled here has been held against its schema before; what is around it has not. */
const COMPILED: WorkflowDefinition = {
  id: "compiled",
  version: "0.0.0",
  start: "compiled",
  phases: {},
  seals: true,
};

function validBody(body: EventBody): EventBody {
  if (body.type === "run.accepted" && isKept(body.payload.workflow)) {
    const { workflow } = body.payload;
    const checked = parsed({ ...body, payload: { ...body.payload, workflow: COMPILED } });
    return { ...checked, payload: { ...checked.payload, workflow } } as EventBody;
  }
  return parsed(body);
}

function parsed(body: EventBody): EventBody {
  const schema = SCHEMAS.get(body.type);
  if (schema === undefined) {
    throw new EventRefused(`Cannot append ${String(body.type)} as there is no such event`);
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new EventRefused(
    `Cannot append ${body.type} as it does not have its form: ${issue?.path.join(".")} ${issue?.message}`,
  );
}

/** The phase that an event belongs to, for readers that filter by phase. */
function phaseOf(body: EventBody, before: RunFold | null): string | undefined {
  if ("phase" in body.payload && typeof body.payload.phase === "string") return body.payload.phase;
  return before === null || before.phase === "" || before.stage.at === "accepted" ? undefined : before.phase;
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
