import type { Event } from "../specs/mod.ts";
import { type Before, NOTHING_BEFORE, readLines } from "./event_line.ts";
import { fold } from "./fold.ts";
import type { RunFold } from "./state.ts";

/**
 * What stands under a run's key, as lines of text:
 *
 *     {"t":...}      who owns the run, its place in the queue
 *     snapshot       of the folded state at event `b`; empty while the tail holds the whole history
 *     event b+1      the events since then, as lines
 *     ...
 *
 * A step writes this one key. When the tail is long, its events move to entries of their own and the snapshot moves on, so that a
 * step costs the same however long the history is.
 */
export interface Head {
  readonly meta: HeadMeta;
  readonly snapshot: string;
  readonly tail: readonly string[];
}

/** The first line. Short names: it is written at every step. */
export interface HeadMeta {
  /** Names the commit: tells a writer that got no answer whether it was this one that came through. */
  readonly t: string;
  /** Owner. */
  readonly o: string | null;
  /** Epoch: counts claims. */
  readonly e: number;
  /** Place in the queue, or null. */
  readonly d: number | null;
  /** Crashes since the last progress. */
  readonly c: number;
  /** Number of the last event that is in the snapshot and in entries of its own; 0 when none is. */
  readonly b: number;
  /** How many parts of the snapshot lie under keys of their own. */
  readonly n: number;
  /** What the first event of the tail follows on; absent when it is the first of all. */
  readonly x?: Before;
}

/** Characters of the tail, and of the snapshot's first part: with two bytes each they still fit into one value. */
export const TAIL_LENGTH = 8_000;
const FIRST_LENGTH = 20_000;
const PART_LENGTH = 28_000;
const MAX_PARTS = 8;

/** Whether a snapshot can be stored at all. */
export function snapshotFits(snapshot: string): boolean {
  return snapshot.length <= FIRST_LENGTH + MAX_PARTS * PART_LENGTH;
}

/** How long a snapshot may be. */
export const MAX_SNAPSHOT = FIRST_LENGTH + MAX_PARTS * PART_LENGTH;

/** The rest of a snapshot that is too long for the head. Each part names its snapshot, so that old and new ones never mix. */
export function partsOf(snapshot: string, baseSeq: number): string[] {
  const parts: string[] = [];
  for (let at = FIRST_LENGTH; at < snapshot.length; at += PART_LENGTH) {
    parts.push(`${baseSeq}\n${snapshot.slice(at, at + PART_LENGTH)}`);
  }
  return parts;
}

/** Puts the parts back behind the first one; null when they belong to another snapshot. */
export function wholeSnapshot(head: Head, parts: readonly unknown[]): string | null {
  const prefix = `${head.meta.b}\n`;
  let text = head.snapshot;
  for (const part of parts) {
    if (typeof part !== "string" || !part.startsWith(prefix)) return null;
    text += part.slice(prefix.length);
  }
  return text;
}

/** @param tail each line with its end */
export function encodeHead(meta: HeadMeta, snapshot: string, tail: string): string {
  return `${JSON.stringify(meta)}\n${snapshot.slice(0, FIRST_LENGTH)}\n${tail}`;
}

export function decodeHead(value: unknown): Head {
  if (typeof value !== "string") throw new Error("Cannot read a run's head as it is not text");
  const lines = value.split("\n");
  const [meta = "", snapshot = ""] = lines;
  // The last line ends the text.
  return { meta: JSON.parse(meta), snapshot, tail: lines.slice(2, -1) };
}

/** The events of a head's tail. */
export function tailEvents(run: string, head: Head): Generator<Event, void, void> {
  return readLines(run, head.tail, head.meta.x ?? NOTHING_BEFORE);
}

/** The state after the events of a tail. */
export function foldTail(run: string, base: RunFold | null, head: Head): RunFold {
  let state = base;
  let line = 0;
  for (const event of tailEvents(run, head)) state = fold(state, event, head.tail[line++]?.length ?? 0);
  if (state === null) throw new Error(`Cannot read ${run} as it has no events`);
  return state;
}
