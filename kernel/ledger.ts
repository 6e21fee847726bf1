import type { Actor, Event, EventBody } from "../specs/mod.ts";
import { envelope, EVENT_BYTES, EventRefused } from "./envelope.ts";
import { type Before, beforeNext, encodePage, NOTHING_BEFORE, readLines, readPage } from "./event_line.ts";
import { fold, foldInto, ownCopy, type OwnFold } from "./fold.ts";
import {
  bodyOf,
  decodeHead,
  encodeHead,
  foldTail,
  type Head,
  type HeadBody,
  type HeadMeta,
  lineBytes,
  MAX_SNAPSHOT,
  partsOf,
  snapshotFits,
  TAIL_BYTES,
  tailEvents,
  tailLength,
  tailLines,
  wholeSnapshot,
} from "./head.ts";
import { keys, lastNumber } from "./keys.ts";
import { placeAfter } from "./place.ts";
import type { Clock, Ids, RunState } from "./port.ts";
import { encodeSnapshot, hydrate, missingEvents } from "./snapshot.ts";
import { type RunFold, statusOf } from "./state.ts";
import type { Commit, Entry, Key, Store } from "./store/port.ts";

/** How a state is written: a snapshot of the events up to `before.seq`, in one value or more, and the lines of those since. */
export interface Written {
  readonly before: Before;
  readonly parts: number;
  readonly body: HeadBody;
}

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
  readonly written: Written;
}

/** What a commit does to the run's place in the queue. */
export type LeaseChange =
  /** Stays with its owner; of a run without one, the place follows from its state. */
  | { readonly kind: "keep" }
  /**
   * The owner lets go. `dueMs` is where its lease key stands; `notBeforeMs` puts the run off; `crashed` when driving it threw.
   */
  | {
    readonly kind: "release";
    readonly dueMs: number;
    readonly notBeforeMs?: number;
    readonly crashed?: boolean;
  }
  /** `worker` takes it until `untilMs` from its place `fromMs`; `crashed` when the owner before had not let go. */
  | {
    readonly kind: "claim";
    readonly worker: string;
    readonly fromMs: number | null;
    readonly untilMs: number;
    readonly crashed: boolean;
  };

/** Events that are to be appended together, with the state that they lead to. Grows by `extend`. */
export interface Draft {
  readonly base: RunRecord | null;
  state: RunFold;
  readonly events: Event[];
  /** The events as they are written. */
  readonly lines: string[];
}

/** Nothing yet on top of a run. */
export function draftOn(base: RunRecord): Draft {
  return { base, state: base.state, events: [], lines: [] };
}

export type AppendOutcome = { ok: true; record: RunRecord } | { ok: false };

/** The store gave no answer, again and again. What was to be written may be written or not; the next load tells. */
export class StoreFailed extends Error {
  override readonly name = "StoreFailed";
}

export interface Ledger {
  /** The run with its state, or null. */
  load(run: string): Promise<RunRecord | null>;
  loadMany(runs: readonly string[]): Promise<(RunRecord | null)[]>;
  /** Adds events to a draft, which it returns: validated, numbered, chained, folded. Nothing is written. @throws {EventRefused} */
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

/** Statuses that are found through the queue, where such a run always stands; the others have an index key. */
export const QUEUED_STATUSES: ReadonlySet<RunState> = new Set<RunState>(["queued", "running", "cancelling"]);

const UNKNOWN_TRIES = 8;
const PAGE = 200;

export function ledger(options: LedgerOptions): Ledger {
  const { store, clock, ids } = options;
  // Commits of two ledgers never have the same name; a run's head carries the last one's.
  const self = ids.uuid().slice(-12);
  let commits = 0;

  function extend(draft: Draft, bodies: readonly EventBody[], actor: Actor): Draft {
    for (const body of bodies) {
      const { event, line } = envelope(draft.state.run, body, actor, draft.state, options);
      // The first event of a draft leaves the state that it was made from to its other holders.
      const own = draft.events.length === 0 ? ownCopy(draft.state, event) : draft.state as OwnFold;
      draft.state = foldInto(own, event, line.length);
      draft.events.push(event);
      draft.lines.push(line);
    }
    return draft;
  }

  function begin(run: string, accepted: EventBody, actor: Actor): Draft {
    const { event, line } = envelope(run, accepted, actor, null, options);
    return { base: null, state: fold(null, event, line.length), events: [event], lines: [line] };
  }

  async function commit(draft: Draft, lease: LeaseChange, extra: Commit = {}): Promise<AppendOutcome> {
    const { base, state } = draft;
    const { run } = state;
    const place = placeAfter(draft, lease, clock.now());
    const { written, lines, sets } = writtenAfter(draft);
    const { owner, epoch, dueMs, oldDueMs, crashes, mark } = place;
    const meta: HeadMeta = {
      t: `${self}.${++commits}`,
      o: owner,
      e: epoch,
      d: dueMs,
      c: crashes,
      b: written.before.seq,
      n: written.parts,
      ...(written.before.seq === 0 ? {} : { x: written.before }),
    };
    const { body, head } = encodeHead(meta, written.body, lines);
    sets.push({ key: keys.run(run), value: head });
    if (extra.sets !== undefined) sets.push(...extra.sets);
    const deletes: Key[] = [...extra.deletes ?? []];
    if (dueMs !== null && dueMs !== oldDueMs) sets.push({ key: keys.queue(dueMs, run), value: mark });
    if (oldDueMs !== null && oldDueMs !== dueMs) deletes.push(keys.queue(oldDueMs, run));
    const oldStatus = base === null ? null : statusOf(base.state);
    const newStatus = statusOf(state);
    if (newStatus !== oldStatus) {
      if (!QUEUED_STATUSES.has(newStatus)) sets.push({ key: keys.status(newStatus, run), value: 0 });
      if (oldStatus !== null && !QUEUED_STATUSES.has(oldStatus)) deletes.push(keys.status(oldStatus, run));
    }
    const checks = [{ key: keys.run(run), version: base?.version ?? null }, ...extra.checks ?? []];
    const whole: Commit = { checks, sets, deletes };
    let version: string | null;
    try {
      const outcome = await store.commit(whole);
      version = outcome.ok
        ? outcome.version
        : await lookAgain(run, whole, meta.t, base?.version ?? null, null);
    } catch (error) {
      version = await lookAgain(run, whole, meta.t, base?.version ?? null, error);
    }
    if (version === null) return { ok: false };
    return {
      ok: true,
      record: { state, version, owner, epoch, dueMs, crashes, written: { ...written, body } },
    };
  }

  /**
   * After a commit that was refused or threw: when the backend threw, or said no after a hidden retry, the head tells whether it
   * was written after all. Tries again when it was not. Returns the head's version, or null when somebody else was first.
   */
  async function lookAgain(
    run: string,
    whole: Commit,
    token: string,
    before: string | null,
    error: unknown,
  ): Promise<string | null> {
    for (let attempt = 0; attempt < UNKNOWN_TRIES; attempt++) {
      // A commit that the limits refuse will not get better by trying again.
      if (error instanceof RangeError) throw new EventRefused(error.message, { cause: error });
      if (error instanceof TypeError) throw error;
      if (error !== null) await clock.sleep(10 * 2 ** attempt);
      const entry = await readHead(run, error !== null);
      if (entry !== undefined) {
        if (entry !== null && decodeHead(entry.value).meta.t === token) return entry.version;
        if ((entry?.version ?? null) !== before || error === null) return null;
      }
      try {
        const outcome = await store.commit(whole);
        if (outcome.ok) return outcome.version;
        error = null;
      } catch (thrown) {
        error = thrown;
      }
    }
    throw new StoreFailed(`Cannot commit to ${run} as the store does not answer`, { cause: error });
  }

  /** The head, or undefined when the store does not answer and that may be. */
  async function readHead(run: string, mayFail: boolean): Promise<Entry | null | undefined> {
    try {
      return await store.get(keys.run(run));
    } catch (error) {
      if (!mayFail) throw error;
      return undefined;
    }
  }

  async function load(run: string): Promise<RunRecord | null> {
    const entry = await store.get(keys.run(run));
    return entry === null ? null : await recordOf(run, entry);
  }

  async function loadMany(runs: readonly string[]): Promise<(RunRecord | null)[]> {
    const entries = await store.getMany(runs.map(keys.run));
    return await Promise.all(entries.map((entry, i) => {
      const run = runs[i];
      return entry === null || run === undefined ? null : recordOf(run, entry);
    }));
  }

  async function recordOf(run: string, entry: Entry): Promise<RunRecord | null> {
    const head = decodeHead(entry.value);
    const { meta } = head;
    let base: RunFold | null = null;
    if (meta.b > 0) {
      const parts = await store.getMany(Array.from({ length: meta.n }, (_, n) => keys.part(run, n)));
      const whole = wholeSnapshot(head, parts.map((part) => part?.value));
      // Another commit moved the snapshot on in between: read again from its head.
      if (whole === null) return await load(run);
      const decoded: RunFold = JSON.parse(whole);
      base = hydrate(decoded, await eventsAt(run, missingEvents(decoded)));
    }
    return {
      state: foldTail(run, base, head),
      version: entry.version,
      owner: meta.o,
      epoch: meta.e,
      dueMs: meta.d,
      crashes: meta.c,
      written: { before: meta.x ?? NOTHING_BEFORE, parts: meta.n, body: head.body },
    };
  }

  /** Single events by number: each stands in the entry with the nearest first number at or below its own. */
  async function eventsAt(run: string, seqs: readonly number[]): Promise<Map<number, Event>> {
    const found = new Map<number, Event>();
    await Promise.all(seqs.map(async (seq) => {
      const entry = seq === 1 ? await store.get(keys.event(run, 1)) : await entryWith(run, seq);
      const event = entry === null ? undefined : [...readPage(run, entry.value)].find((e) => e.seq === seq);
      if (event !== undefined) found.set(seq, event);
    }));
    return found;
  }

  async function entryWith(run: string, seq: number): Promise<Entry | null> {
    const range = { start: keys.event(run, 1), end: keys.event(run, seq + 1), reverse: true };
    const [entry] = await store.list(range, 1);
    return entry ?? null;
  }

  async function events(
    run: string,
    { after = 0, limit = 1000 }: { after?: number; limit?: number } = {},
  ): Promise<Event[]> {
    const result: Event[] = [];
    // The head first: what it says has moved to entries is there when they are read.
    const entry = await store.get(keys.run(run));
    if (entry === null || limit <= 0) return result;
    const head: Head = decodeHead(entry.value);
    let from = after < head.meta.b ? (await entryWith(run, after + 1))?.key : undefined;
    while (from !== undefined) {
      const entries = await store.list({ start: from, end: keys.event(run, head.meta.b + 1) }, PAGE);
      for (const page of entries) {
        for (const event of readPage(run, page.value)) {
          if (event.seq <= after) continue;
          result.push(event);
          if (result.length >= limit) return result;
        }
      }
      const last = entries.at(-1);
      from = last === undefined || entries.length < PAGE
        ? undefined
        : keys.event(run, lastNumber(last.key) + 1);
    }
    for (const event of tailEvents(run, head)) {
      if (event.seq <= after) continue;
      result.push(event);
      if (result.length >= limit) return result;
    }
    return result;
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
        : extend(draftOn(base), bodies, actor);
      const outcome = await commit(draft, { kind: "keep" });
      if (!outcome.ok) return { ok: false };
      const { seq, hash } = outcome.record.state;
      return { ok: true, head: { seq, hash } };
    },
  };
}

type Set = NonNullable<Commit["sets"]>[number];

/** How the run is written after a draft: more lines, or a new snapshot with all lines so far in entries of their own. */
function writtenAfter(draft: Draft): { written: Written; lines: readonly string[]; sets: Set[] } {
  const { base, state, lines } = draft;
  const written = base?.written ?? { before: NOTHING_BEFORE, parts: 0, body: bodyOf("") };
  if (fits(tailLength(written.body), lines)) return { written, lines, sets: [] };
  const snapshot = encodeSnapshot(state);
  if (!snapshotFits(snapshot)) {
    throw new EventRefused(
      `Cannot append to ${state.run} as its state must be at most ${MAX_SNAPSHOT} characters: current length is ` +
        `${snapshot.length}. Keep fewer open signals and effects in one run`,
    );
  }
  const parts = partsOf(snapshot, state.seq);
  const sets: Set[] = parts.map((value, n) => ({ key: keys.part(state.run, n), value }));
  sets.push(...pagesOf(state.run, written.before, [...tailLines(written.body), ...lines]));
  const before: Before = { seq: state.seq, id: state.lastId, hash: state.hash, actor: state.lastActor };
  return { written: { before, parts: parts.length, body: bodyOf(snapshot) }, lines: [], sets };
}

function fits(bytes: number, lines: readonly string[]): boolean {
  let most = bytes;
  for (const line of lines) most += line.length * 3 + 1;
  // Counting bytes is for those that are close.
  return most <= TAIL_BYTES || lines.reduce((sum, line) => sum + lineBytes(line), bytes) <= TAIL_BYTES;
}

/** Lines in as few entries as fit. */
function pagesOf(run: string, before: Before, lines: readonly string[]): Set[] {
  const pages: Set[] = [];
  const close = () => pages.push({ key: keys.event(run, first.seq + 1), value: encodePage(first, page) });
  let first = before;
  let last = before;
  let page: string[] = [];
  let bytes = 0;
  let i = 0;
  for (const event of readLines(run, lines, before)) {
    const line = lines[i++] ?? "";
    const size = lineBytes(line);
    if (page.length > 0 && bytes + size > EVENT_BYTES) {
      close();
      first = last;
      page = [];
      bytes = 0;
    }
    page.push(line);
    bytes += size;
    last = beforeNext(event);
  }
  close();
  return pages;
}
