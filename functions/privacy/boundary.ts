import type { WriteBoundary } from "../../kernel/mod.ts";
import { privacyOf } from "../../pipelines/mod.ts";
import { type PersonalMarker, redact, scanSecrets } from "../../policies/mod.ts";
import { EventBody, type EventType, type Json, type RunPrivacy, sensitiveTexts } from "../../specs/mod.ts";

/** What is made by a person's key, or names what is done by its digest: a changed byte would make it another one. */
const UNTOUCHED = new Set(["workflow", "envelope"]);
/** A secret is longer; most texts of an event are words, names and digests. */
const SHORTEST = 12;
const PLAIN = /^(?:sha256:)?[0-9a-f]{40,64}$|^[a-z][a-z-]{0,40}$|^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/**
 * What events pass before they are written: marks in the place of personal data in the fields that their contracts call sensitive, for runs
 * that ask for it; then, for all, a search for secrets in every text.
 */
export function writeBoundary(
  marks: { of(privacy: RunPrivacy): PersonalMarker; settled(): Promise<void> },
): WriteBoundary {
  return {
    event(body, input) {
      const privacy = privacyOf(input);
      const marked = privacy === null ? body : withMarks(body, marks.of(privacy));
      return withoutSecrets(marked);
    },
    settled: () => marks.settled(),
  };
}

type Visit = ReturnType<typeof sensitiveTexts>;
const visits = new Map<EventType, Visit>();

function withMarks(body: EventBody, mark: PersonalMarker): EventBody {
  const known = visits.get(body.type);
  const visit = known === undefined ? visitOf(body.type) : known;
  if (visit === null) return body;
  const payload = visit(body.payload, mark);
  return payload === body.payload ? body : { ...body, payload } as EventBody;
}

function visitOf(type: EventType): Visit {
  const schema = EventBody.options.find((option) => option.shape.type.value === type);
  const visit = schema === undefined ? null : sensitiveTexts(schema.shape.payload);
  visits.set(type, visit);
  return visit;
}

/** The second net: what a producer should have taken out, and has not. */
function withoutSecrets(body: EventBody): EventBody {
  const texts: string[] = [];
  gather(body.payload, texts);
  // Apart by more than a line: two harmless texts must not be one secret.
  if (texts.length === 0 || scanSecrets(texts.join("\n\n")).length === 0) return body;
  const payload = changed(body.payload as Json, redact);
  return payload === body.payload ? body : { ...body, payload } as EventBody;
}

function gather(value: unknown, into: string[]): void {
  if (typeof value === "string") {
    if (value.length >= SHORTEST && !PLAIN.test(value)) into.push(value);
  } else if (Array.isArray(value)) { for (const one of value) gather(one, into); }
  else if (value !== null && typeof value === "object") {
    for (const [name, one] of Object.entries(value)) if (!UNTOUCHED.has(name)) gather(one, into);
  }
}

function changed(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) {
    const items = value.map((one) => changed(one, change));
    return items.some((one, at) => one !== value[at]) ? items : value;
  }
  if (value === null || typeof value !== "object") return value;
  let other: { [name: string]: Json } | null = null;
  for (const [name, one] of Object.entries(value)) {
    const next = UNTOUCHED.has(name) ? one : changed(one, change);
    if (next !== one) (other ??= { ...value })[name] = next;
  }
  return other ?? value;
}
