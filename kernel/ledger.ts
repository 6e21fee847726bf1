import type { Actor, Event, EventBody, Json } from "../specs/mod.ts";
import { envelope, EventRefused } from "./envelope.ts";
import { fold, foldInto, ownCopy } from "./fold.ts";
import { decodeHead, encodeHead, type HeadMeta } from "./head.ts";
import { keys } from "./keys.ts";
import { ledgerReader } from "./ledger_reader.ts";
import { placeAfter } from "./place.ts";
import type { Clock, Ids, RunState } from "./port.ts";
import { type AppendOutcome, type Draft, draftOn, type LeaseChange, type RunRecord } from "./run_record.ts";
import { type OwnFold, statusOf } from "./state.ts";
import type { Commit, Entry, Key, Store } from "./store/port.ts";
import { writtenAfter } from "./written.ts";

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
  boundary?: WriteBoundary;
}

/** What every event passes before it is checked, hashed and written. */
export interface WriteBoundary {
  /** The event as it may be kept; `input` is that of its run. The same event when nothing is to be taken out. */
  event(body: EventBody, input: Json): EventBody;
  /** Awaited before events are written: what was taken out of them is kept elsewhere by then. */
  settled(): Promise<void>;
}

/** Statuses that are found through the queue, where such a run always stands; the others have an index key. */
export const QUEUED_STATUSES: ReadonlySet<RunState> = new Set<RunState>(["queued", "running", "cancelling"]);

const UNKNOWN_TRIES = 8;

export function ledger(options: LedgerOptions): Ledger {
  const { store, clock, ids, boundary } = options;
  const { load, loadMany, events } = ledgerReader(store);
  // Commits of two ledgers never have the same name; a run's head carries the last one's.
  const self = ids.uuid().slice(-12);
  let commits = 0;

  function extend(draft: Draft, bodies: readonly EventBody[], actor: Actor): Draft {
    for (const given of bodies) {
      const body = boundary?.event(given, draft.state.input) ?? given;
      const { event, line } = envelope(draft.state.run, body, actor, draft.state, options);
      // The first event of a draft leaves the state that it was made from to its other holders.
      const own = draft.events.length === 0 ? ownCopy(draft.state, event) : draft.state as OwnFold;
      draft.state = foldInto(own, event, line.length);
      draft.events.push(event);
      draft.lines.push(line);
    }
    return draft;
  }

  function begin(run: string, given: EventBody, actor: Actor): Draft {
    const accepted = boundary?.event(given, given.type === "run.accepted" ? given.payload.input : null) ??
      given;
    const { event, line } = envelope(run, accepted, actor, null, options);
    return { base: null, state: fold(null, event, line.length), events: [event], lines: [line] };
  }

  async function commit(draft: Draft, lease: LeaseChange, extra: Commit = {}): Promise<AppendOutcome> {
    const { whole, token, record } = planned(draft, lease, extra);
    const before = draft.base?.version ?? null;
    let outcome: Awaited<ReturnType<Store["commit"]>> | null = null;
    let error: unknown = null;
    if (boundary !== undefined) await boundary.settled();
    try {
      outcome = await store.commit(whole);
    } catch (thrown) {
      error = thrown;
    }
    const version = outcome?.ok === true
      ? outcome.version
      : await lookAgain(draft.state.run, whole, token, before, error);
    return version === null ? { ok: false } : { ok: true, record: { ...record, version } };
  }

  /** What is to be written for a draft, the name of the commit, and the run after it, but for its version. */
  function planned(draft: Draft, lease: LeaseChange, extra: Commit) {
    const { base, state } = draft;
    const { run } = state;
    const { written, lines, sets } = writtenAfter(draft);
    const { owner, epoch, dueMs, oldDueMs, crashes, mark } = placeAfter(draft, lease, clock.now());
    const token = `${self}.${++commits}`;
    const meta: HeadMeta = {
      t: token,
      o: owner,
      e: epoch,
      d: dueMs,
      c: crashes,
      b: written.before.seq,
      n: written.parts,
      x: written.before.seq === 0 ? undefined : written.before,
    };
    const { body, head } = encodeHead(meta, written.body, lines);
    const key = keys.run(run);
    sets.push({ key, value: head });
    const deletes: Key[] = [];
    if (dueMs !== null && dueMs !== oldDueMs) sets.push({ key: keys.queue(dueMs, run), value: mark });
    if (oldDueMs !== null && oldDueMs !== dueMs) deletes.push(keys.queue(oldDueMs, run));
    const oldStatus = base === null ? null : statusOf(base.state);
    const newStatus = statusOf(state);
    if (newStatus !== oldStatus) {
      if (!QUEUED_STATUSES.has(newStatus)) sets.push({ key: keys.status(newStatus, run), value: 0 });
      if (oldStatus !== null && !QUEUED_STATUSES.has(oldStatus)) deletes.push(keys.status(oldStatus, run));
    }
    const checks = [{ key, version: base?.version ?? null }];
    if (extra.checks !== undefined) checks.push(...extra.checks);
    if (extra.sets !== undefined) sets.push(...extra.sets);
    if (extra.deletes !== undefined) deletes.push(...extra.deletes);
    const after = { before: written.before, parts: written.parts, body };
    const record = { state, version: null, owner, epoch, dueMs, crashes, written: after };
    const whole: Commit = { checks, sets, deletes };
    return { whole, token, record };
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
