import { EVENT_BYTES, EventRefused } from "./envelope.ts";
import { type Before, beforeNext, encodePage, NOTHING_BEFORE, readLines } from "./event_line.ts";
import {
  bodyOf,
  lineBytes,
  MAX_SNAPSHOT,
  partsOf,
  snapshotFits,
  TAIL_BYTES,
  tailLength,
  tailLines,
} from "./head.ts";
import { keys } from "./keys.ts";
import type { Draft, Written } from "./run_record.ts";
import { encodeSnapshot } from "./snapshot.ts";
import type { Commit } from "./store/port.ts";

type Set = NonNullable<Commit["sets"]>[number];

/** How the run is written after a draft: more lines, or a new snapshot with all lines so far in entries of their own. */
export function writtenAfter(draft: Draft): { written: Written; lines: readonly string[]; sets: Set[] } {
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
