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
  readonly body: HeadBody;
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

/** Bytes of the tail, and characters of the snapshot's first part: with three bytes each they still fit into one value. */
export const TAIL_BYTES = 8_000;
const FIRST_LENGTH = 16_000;
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

/** The lines behind the first one, as they are stored: from one step to the next they only grow. */
export interface HeadBody {
  readonly bytes: Uint8Array;
  /** Where they begin in `bytes`. */
  readonly from: number;
  /** Where the lines of events begin. */
  readonly tail: number;
}

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder("utf-8", { fatal: true });
/** Room for the longest head; each is built here and copied out once. */
let room = new Uint8Array(128 * 1024);

/** The body of a run without a snapshot. */
export const EMPTY_BODY: HeadBody = { bytes: utf8.encode("\n"), from: 0, tail: 1 };

/** The body that begins with a snapshot. */
export function bodyOf(snapshot: string): HeadBody {
  const bytes = utf8.encode(`${snapshot.slice(0, FIRST_LENGTH)}\n`);
  return { bytes, from: 0, tail: bytes.byteLength };
}

/** How many bytes of events a body has. */
export function tailLength({ bytes, tail }: HeadBody): number {
  return bytes.byteLength - tail;
}

/** The head with a new first line, the body as it was, and more lines of events behind it; and the body that it now has. */
export function encodeHead(meta: HeadMeta, body: HeadBody, lines: readonly string[]): HeadBody {
  const first = `${JSON.stringify(meta)}\n`;
  const added = lines.length === 0 ? "" : `${lines.join("\n")}\n`;
  const most = (first.length + added.length) * 3 + body.bytes.byteLength;
  if (most > room.byteLength) room = new Uint8Array(most * 2);
  const from = utf8.encodeInto(first, room).written;
  room.set(body.from === 0 ? body.bytes : body.bytes.subarray(body.from), from);
  const kept = from + body.bytes.byteLength - body.from;
  const end = added === "" ? kept : kept + utf8.encodeInto(added, room.subarray(kept)).written;
  return { bytes: room.slice(0, end), from, tail: from + body.tail - body.from };
}

/** Bytes of a line and its end. */
export function lineBytes(line: string): number {
  return (NOT_ASCII.test(line) ? utf8.encode(line).byteLength : line.length) + 1;
}

// deno-lint-ignore no-control-regex -- the range of ASCII begins with them
const NOT_ASCII = /[^\x00-\x7f]/;
const NEWLINE = 10;

export function decodeHead(value: unknown): Head {
  if (!(value instanceof Uint8Array)) throw new Error("Cannot read a run's head as it is not bytes");
  const lines = fromUtf8.decode(value).split("\n");
  const [meta = "", snapshot = ""] = lines;
  const from = value.indexOf(NEWLINE) + 1;
  const tail = value.indexOf(NEWLINE, from) + 1;
  // The last line ends the text.
  return { meta: JSON.parse(meta), snapshot, tail: lines.slice(2, -1), body: { bytes: value, from, tail } };
}

/** The lines of events of a body. */
export function tailLines({ bytes, tail }: HeadBody): string[] {
  return fromUtf8.decode(bytes.subarray(tail)).split("\n").slice(0, -1);
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
