import type { Event } from "../specs/mod.ts";
import { NOTHING_BEFORE, readPage } from "./event_line.ts";
import { decodeHead, foldTail, type Head, tailEvents, wholeSnapshot } from "./head.ts";
import { keys, lastNumber } from "./keys.ts";
import type { RunRecord } from "./run_record.ts";
import { hydrate, missingEvents } from "./snapshot.ts";
import type { RunFold } from "./state.ts";
import type { Entry, Store } from "./store/port.ts";

/** Reading what the ledger has written. */
export interface LedgerReader {
  load(run: string): Promise<RunRecord | null>;
  loadMany(runs: readonly string[]): Promise<(RunRecord | null)[]>;
  events(run: string, options?: { after?: number; limit?: number }): Promise<Event[]>;
}

const PAGE = 200;

export function ledgerReader(store: Store): LedgerReader {
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

  return { load, loadMany, events };
}
