import { type Actor, type Event, EventBody, type EventType } from "../specs/mod.ts";
import { canonicalJson } from "./canonical.ts";
import { fold } from "./fold.ts";
import { sha256Hex } from "./hash.ts";
import { keys, lastNumber } from "./keys.ts";
import { next } from "./machine.ts";
import type { Clock, Ids } from "./port.ts";
import { encodeSnapshot, hydrate, missingEvents } from "./snapshot.ts";
import { type RunFold, statusOf } from "./state.ts";
import type { Commit, Entry, Store } from "./store/port.ts";

/** A run as it stands in the store: the folded state, who owns it, and where it stands in the queue. */
export interface RunRecord {
  readonly state: RunFold;
  /** Version of the head; a commit holds it against the store, which fences off whoever has an older one. */
  readonly version: string | null;
  readonly owner: string | null;
  /** Counts claims. */
  readonly epoch: number;
  /** Where the run's key stands in the queue; of a leased run, the lease as it was claimed (renewals move on from there). */
  readonly dueMs: number | null;
  /** Claims after an owner that did not let go, since the last step that was committed. */
  readonly crashes: number;
}

/** What a commit does to the run's place in the queue. */
export type LeaseChange =
  /** Stays with its owner; of a run without one, the place follows from its state. */
  | { readonly kind: "keep" }
  /** The owner lets go. `dueMs` is where its lease key stands; `notBeforeMs` puts the run off. */
  | { readonly kind: "release"; readonly dueMs: number; readonly notBeforeMs?: number }
  /** `worker` takes it until `untilMs` from its place `fromMs`; `crashed` when the owner before had not let go. */
  | {
    readonly kind: "claim";
    readonly worker: string;
    readonly fromMs: number | null;
    readonly untilMs: number;
    readonly crashed: boolean;
  };

/** Events that are to be appended together, with the state that they lead to. */
export interface Draft {
  readonly base: RunRecord | null;
  readonly state: RunFold;
  readonly events: readonly Event[];
  readonly texts: readonly string[];
}

export type AppendOutcome = { ok: true; record: RunRecord } | { ok: false };

/** An event that cannot be in the ledger: the wrong form, or too big. */
export class EventRefused extends Error {
  override readonly name = "EventRefused";
}

export interface Ledger {
  /** The run with its state, or null. */
  load(run: string): Promise<RunRecord | null>;
  loadMany(runs: readonly string[]): Promise<(RunRecord | null)[]>;
  /** Adds events to a draft: validated, numbered, chained, folded. Nothing is written. @throws {EventRefused} */
  extend(draft: Draft, bodies: readonly EventBody[], actor: Actor): Draft;
  /** The first draft of a run. @throws {EventRefused} */
  begin(run: string, accepted: EventBody, actor: Actor): Draft;
  /** Writes a draft, if the head is still the one that it was made from. `extra` rides in the same commit. */
  commit(draft: Draft, lease: LeaseChange, extra?: Commit): Promise<AppendOutcome>;
  /** Appends to a run whose head is known. @throws {EventRefused} */
  append(
    run: string,
    expectedHead: { seq: number; hash: string } | null,
    bodies: readonly EventBody[],
    actor: Actor,
  ): Promise<{ ok: true; head: { seq: number; hash: string } } | { ok: false }>;
  events(run: string, options?: { after?: number; limit?: number }): Promise<Event[]>;
}

export interface LedgerOptions {
  store: Store;
  clock: Clock;
  ids: Ids;
}

/** An event's text may be as long as one value of the store, less what the array around it takes. */
export const EVENT_BYTES = 58_000;
const UNKNOWN_TRIES = 8;

export function ledger(options: LedgerOptions): Ledger {
  const { store, clock, ids } = options;
  const self = ids.uuid();
  let commits = 0;

  function extend(draft: Draft, bodies: readonly EventBody[], actor: Actor): Draft {
    let { state } = draft;
    const events = [...draft.events];
    const texts = [...draft.texts];
    for (const body of bodies) {
      const { event, text } = envelope(state.run, body, actor, state);
      state = fold(state, event, text.length);
      events.push(event);
      texts.push(text);
    }
    return { base: draft.base, state, events, texts };
  }

  function begin(run: string, accepted: EventBody, actor: Actor): Draft {
    const { event, text } = envelope(run, accepted, actor, null);
    return { base: null, state: fold(null, event, text.length), events: [event], texts: [text] };
  }

  function envelope(
    run: string,
    body: EventBody,
    actor: Actor,
    before: RunFold | null,
  ): { event: Event; text: string } {
    const valid = validBody(body);
    const record = {
      id: ids.uuid(),
      run,
      seq: (before?.seq ?? 0) + 1,
      parent: before?.lastId ?? null,
      at: new Date(clock.now()).toISOString(),
      actor,
      ...phaseOf(valid, before),
      prevHash: before?.hash ?? GENESIS,
      ...valid,
    };
    const unhashed = canonicalOf(record);
    const hash = sha256Hex(unhashed);
    const event = { ...record, hash } as Event;
    const text = `${unhashed.slice(0, -1)},"hash":"${hash}"}`;
    if (text.length > EVENT_BYTES / 3 && utf8.encode(text).byteLength > EVENT_BYTES) {
      throw new EventRefused(
        `Cannot append ${body.type} to ${run} as an event must be at most ${EVENT_BYTES} bytes: current size is ${
          utf8.encode(text).byteLength
        }. Put the data into a blob and pass its digest`,
      );
    }
    return { event, text };
  }

  async function commit(draft: Draft, lease: LeaseChange, extra: Commit = {}): Promise<AppendOutcome> {
    const { base, state } = draft;
    const run = state.run;
    const place = placeAfter(draft, lease, clock.now());
    const token = `${self}.${++commits}`;
    const head = headOf(place, state, token);
    const oldStatus = base === null ? null : statusOf(base.state);
    const newStatus = statusOf(state);
    const written: Commit = {
      checks: [{ key: keys.run(run), version: base?.version ?? null }, ...(extra.checks ?? [])],
      sets: [
        { key: keys.run(run), value: head.text },
        ...head.parts.map((value, n) => ({ key: keys.part(run, n), value })),
        ...eventEntries(draft),
        ...(place.dueMs !== null && place.dueMs !== place.oldDueMs
          ? [{ key: keys.queue(place.dueMs, run), value: place.owner ?? "" }]
          : []),
        ...(newStatus === oldStatus ? [] : [{ key: keys.status(newStatus, run), value: 0 }]),
        ...(extra.sets ?? []),
      ],
      deletes: [
        ...(place.oldDueMs !== null && place.oldDueMs !== place.dueMs
          ? [keys.queue(place.oldDueMs, run)]
          : []),
        ...(oldStatus === null || newStatus === oldStatus ? [] : [keys.status(oldStatus, run)]),
        ...(extra.deletes ?? []),
      ],
    };
    const version = await commitKnown(run, written, token, base?.version ?? null);
    if (version === null) return { ok: false };
    const { owner, epoch, dueMs, crashes } = place;
    return { ok: true, record: { state, version, owner, epoch, dueMs, crashes } };
  }

  /**
   * Commits and knows afterwards whether it did: when the backend throws, or says no after a hidden retry, the head tells. Returns
   * the head's version, or null when somebody else was first.
   */
  async function commitKnown(
    run: string,
    written: Commit,
    token: string,
    before: string | null,
  ): Promise<string | null> {
    let lastError: unknown;
    for (let attempt = 0; attempt < UNKNOWN_TRIES; attempt++) {
      let threw = false;
      try {
        const outcome = await store.commit(written);
        if (outcome.ok) return outcome.version;
      } catch (error) {
        // A commit that the limits refuse will not get better.
        if (error instanceof RangeError || error instanceof TypeError) throw error;
        threw = true;
        lastError = error;
        await clock.sleep(10 * 2 ** attempt);
      }
      const entry = await readHead(run, threw);
      if (entry === undefined) continue;
      if (entry !== null && partsOf(entry).head.t === token) return entry.version;
      if ((entry?.version ?? null) !== before || !threw) return null;
    }
    throw lastError;
  }

  /** The head, or undefined when the store does not answer and `mayFail`. */
  async function readHead(run: string, mayFail: boolean): Promise<Entry | null | undefined> {
    try {
      return await store.get(keys.run(run));
    } catch (error) {
      if (!mayFail) throw error;
      return undefined;
    }
  }

  async function loadMany(runs: readonly string[]): Promise<(RunRecord | null)[]> {
    const entries = await store.getMany(runs.map(keys.run));
    return await Promise.all(entries.map((entry, i) => {
      const run = runs[i];
      return entry === null || run === undefined ? null : recordOf(run, entry);
    }));
  }

  async function recordOf(run: string, entry: Entry): Promise<RunRecord | null> {
    const { head, snapshot: first } = partsOf(entry);
    let text = first;
    if (head.n > 0) {
      const parts = await store.getMany(Array.from({ length: head.n }, (_, n) => keys.part(run, n)));
      // Another commit came in between: read again from its head.
      if (parts.some((part) => part?.version !== entry.version)) return await load(run);
      text += parts.map((part) => part?.value as string).join("");
    }
    const snapshot: RunFold = JSON.parse(text);
    const state = hydrate(snapshot, await eventsAt(run, missingEvents(snapshot)));
    return { state, version: entry.version, owner: head.o, epoch: head.e, dueMs: head.d, crashes: head.c };
  }

  async function load(run: string): Promise<RunRecord | null> {
    const entry = await store.get(keys.run(run));
    return entry === null ? null : await recordOf(run, entry);
  }

  /** Single events by number: each stands in the entry with the nearest first number at or below its own. */
  async function eventsAt(run: string, seqs: readonly number[]): Promise<Map<number, Event>> {
    const found = new Map<number, Event>();
    await Promise.all(seqs.map(async (seq) => {
      const entry = seq === 1 ? await store.get(keys.event(run, 1)) : (await store.list(
        { start: keys.event(run, 1), end: keys.event(run, seq + 1), reverse: true },
        1,
      ))[0];
      const event = entry == null ? undefined : eventsOf(entry).find((e) => e.seq === seq);
      if (event !== undefined) found.set(seq, event);
    }));
    return found;
  }

  async function events(
    run: string,
    { after = 0, limit = 1000 }: { after?: number; limit?: number } = {},
  ): Promise<Event[]> {
    const result: Event[] = [];
    if (limit <= 0) return result;
    const [first] = await store.list(
      { start: keys.event(run, 0), end: keys.event(run, after + 2), reverse: true },
      1,
    );
    let from = first === undefined ? after + 1 : lastNumber(first.key);
    for (;;) {
      const entries = await store.list(
        { start: keys.event(run, from), end: keys.event(run, Number.MAX_SAFE_INTEGER) },
        PAGE,
      );
      for (const entry of entries) {
        for (const event of eventsOf(entry)) {
          if (event.seq <= after) continue;
          result.push(event);
          if (result.length >= limit) return result;
        }
      }
      const last = entries.at(-1);
      if (last === undefined || entries.length < PAGE) return result;
      from = lastNumber(last.key) + 1;
    }
  }

  return {
    load,
    loadMany,
    extend,
    begin,
    commit,
    events,
    async append(run, expectedHead, bodies, actor) {
      const base = await load(run);
      const head = base === null ? null : { seq: base.state.seq, hash: base.state.hash };
      if (head?.hash !== expectedHead?.hash || head?.seq !== expectedHead?.seq) return { ok: false };
      const [first, ...rest] = bodies;
      if (first === undefined) throw new TypeError(`Cannot append to ${run} as there are no events`);
      const draft = base === null
        ? extend(begin(run, first, actor), rest, actor)
        : extend({ base, state: base.state, events: [], texts: [] }, bodies, actor);
      const outcome = await commit(draft, { kind: "keep" });
      if (!outcome.ok) return { ok: false };
      const { seq, hash } = outcome.record.state;
      return { ok: true, head: { seq, hash } };
    },
  };
}

/** `prevHash` of the first event. */
export const GENESIS = "0".repeat(64);

const PAGE = 200;
const utf8 = new TextEncoder();

/** The first line under a run's key; the snapshot follows. Short names: it is written at every step. */
interface Head {
  /** Names the commit: tells a writer that got no answer whether it was this one that came through. */
  t: string;
  o: string | null;
  e: number;
  d: number | null;
  c: number;
  /** How many parts follow. */
  n: number;
}

function partsOf(entry: Entry): { head: Head; snapshot: string } {
  const text = entry.value as string;
  const end = text.indexOf("\n");
  return { head: JSON.parse(text.slice(0, end)), snapshot: text.slice(end + 1) };
}

interface Place {
  owner: string | null;
  epoch: number;
  dueMs: number | null;
  oldDueMs: number | null;
  crashes: number;
}

/** Steps that show that a run gets on: a claim after them is not one more crash of the same step. */
const PROGRESS: ReadonlySet<EventType> = new Set([
  "phase.finished",
  "phase.failed",
  "effect.done",
  "effect.failed",
  "evidence.sealed",
  "evidence.failed",
]);

function placeAfter(draft: Draft, lease: LeaseChange, nowMs: number): Place {
  const { base, state } = draft;
  const epoch = base?.epoch ?? 0;
  const crashes = draft.events.some((event) => PROGRESS.has(event.type)) ? 0 : base?.crashes ?? 0;
  const oldDueMs = base?.dueMs ?? null;
  switch (lease.kind) {
    case "claim":
      return {
        owner: lease.worker,
        epoch: epoch + 1,
        dueMs: lease.untilMs,
        oldDueMs: lease.fromMs,
        crashes: lease.crashed ? crashes + 1 : crashes,
      };
    case "release":
      return {
        owner: null,
        epoch,
        dueMs: later(queueDue(state, nowMs), lease.notBeforeMs),
        oldDueMs: lease.dueMs,
        crashes,
      };
    case "keep":
      return base !== null && base.owner !== null
        ? { owner: base.owner, epoch, dueMs: oldDueMs, oldDueMs, crashes }
        : { owner: null, epoch, dueMs: queueDue(state, nowMs), oldDueMs, crashes };
  }
}

/** When a run is to be driven next: now, at an instant, or not before somebody acts (null). */
export function queueDue(state: RunFold, nowMs: number): number | null {
  const command = next(state, nowMs);
  switch (command.do) {
    case "append":
    case "judge":
    case "run":
    case "perform":
    case "seal":
      return nowMs;
    case "wait":
      return command.untilMs;
    case "idle":
      return null;
  }
}

function later(dueMs: number | null, notBeforeMs: number | undefined): number | null {
  return dueMs === null || notBeforeMs === undefined ? dueMs : Math.max(dueMs, notBeforeMs);
}

/** Characters of a snapshot that one value takes, whatever they are. */
const PART_LENGTH = 28_000;
const MAX_PARTS = 12;

function headOf(place: Place, state: RunFold, token: string): { text: string; parts: string[] } {
  const snapshot = encodeSnapshot(state);
  const parts: string[] = [];
  for (let at = PART_LENGTH; at < snapshot.length; at += PART_LENGTH) {
    parts.push(snapshot.slice(at, at + PART_LENGTH));
  }
  if (parts.length > MAX_PARTS) {
    throw new EventRefused(
      `Cannot append to ${state.run} as its state must be at most ${
        (MAX_PARTS + 1) * PART_LENGTH
      } characters: current length is ${snapshot.length}. Keep fewer open signals and effects in one run`,
    );
  }
  const head: Head = {
    t: token,
    o: place.owner,
    e: place.epoch,
    d: place.dueMs,
    c: place.crashes,
    n: parts.length,
  };
  return { text: `${JSON.stringify(head)}\n${snapshot.slice(0, PART_LENGTH)}`, parts };
}

/** The events of a draft as few entries as fit, each an array of canonical texts. */
function eventEntries(draft: Draft): { key: readonly (string | number)[]; value: string }[] {
  const entries: { key: readonly (string | number)[]; value: string }[] = [];
  let texts: string[] = [];
  let bytes = 0;
  let firstSeq = draft.base === null ? 1 : draft.base.state.seq + 1;
  draft.texts.forEach((text, i) => {
    const size = text.length <= 1000 ? text.length * 3 : utf8.encode(text).byteLength;
    if (texts.length > 0 && bytes + size > EVENT_BYTES) {
      entries.push({ key: keys.event(draft.state.run, firstSeq), value: `[${texts.join(",")}]` });
      firstSeq = draft.events[i]?.seq ?? firstSeq;
      texts = [];
      bytes = 0;
    }
    texts.push(text);
    bytes += size + 1;
  });
  if (texts.length > 0) {
    entries.push({ key: keys.event(draft.state.run, firstSeq), value: `[${texts.join(",")}]` });
  }
  return entries;
}

function eventsOf(entry: Entry): Event[] {
  return JSON.parse(entry.value as string);
}

/** The canonical text of an event without its hash. */
function canonicalOf(record: Omit<Event, "hash">): string {
  return canonicalJson(record as unknown as Parameters<typeof canonicalJson>[0]);
}

function validBody(body: EventBody): EventBody {
  const parsed = EventBody.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new EventRefused(
    `Cannot append ${String(body.type)} as it does not have its form: ${
      issue?.path.join(".")
    } ${issue?.message}`,
  );
}

/** The phase that an event belongs to, for readers that filter by phase. */
function phaseOf(body: EventBody, before: RunFold | null): { phase?: string } {
  if ("phase" in body.payload && typeof body.payload.phase === "string") return { phase: body.payload.phase };
  return before === null || before.phase === "" || before.stage.at === "accepted"
    ? {}
    : { phase: before.phase };
}
