import type { Event } from "../specs/mod.ts";
import { quoted } from "./canonical.ts";
import { type Before, NOTHING_BEFORE, readLines } from "./event_line.ts";
import { foldInto, ownCopy } from "./fold.ts";
import type { OwnFold, RunFold } from "./state.ts";

/**
 * What stands under a run's key, as lines of text:
 *
 *     snapshot       of the folded state at event `b`; empty while the tail holds the whole history
 *     event b+1      the events since then, as lines
 *     ...
 *     {"t":...}      who owns the run, its place in the queue
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

/** The last line. Short names: it is written at every step. */
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
  readonly x?: Before | undefined;
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
  for (let at = firstLength(snapshot); at < snapshot.length; at += PART_LENGTH) {
    parts.push(`${baseSeq}\n${snapshot.slice(at, at + PART_LENGTH)}`);
  }
  return parts;
}

/** How much of a snapshot stands in the head, which is UTF-8: half a surrogate pair has no form there. */
function firstLength(snapshot: string): number {
  if (snapshot.length <= FIRST_LENGTH) return snapshot.length;
  const last = snapshot.charCodeAt(FIRST_LENGTH - 1);
  return last >= 0xd800 && last <= 0xdbff ? FIRST_LENGTH - 1 : FIRST_LENGTH;
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

/**
 * Snapshot and lines of events as bytes. From one step to the next they only grow, so heads that follow one another share a buffer,
 * and what stood there stays.
 */
export interface HeadBody {
  readonly buffer: GrowingBuffer;
  /** Where the lines of events begin, and where they end. */
  readonly tail: number;
  readonly end: number;
}

interface GrowingBuffer {
  bytes: Uint8Array;
  /** The end of the longest body in it: whoever continues a shorter one takes a copy. */
  used: number;
}

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder("utf-8", { fatal: true });
const NEWLINE = 10;
const FIRST_ROOM = 4_096;

function bodyWith(bytes: Uint8Array, tail: number, end: number): HeadBody {
  return { buffer: { bytes, used: end }, tail, end };
}

/** The body that begins with a snapshot; an empty one, for a run without. */
export function bodyOf(snapshot: string): HeadBody {
  const first = `${snapshot.slice(0, firstLength(snapshot))}\n`;
  const bytes = new Uint8Array(lineBytes(first) + FIRST_ROOM);
  const { written } = utf8.encodeInto(first, bytes);
  return bodyWith(bytes, written, written);
}

/** How many bytes of events a body has. */
export function tailLength({ tail, end }: HeadBody): number {
  return end - tail;
}

/** A body with more lines of events, and the whole head with it: as it is to be stored, valid until the next one is made. */
export function encodeHead(
  meta: HeadMeta,
  body: HeadBody,
  lines: readonly string[],
): { body: HeadBody; head: Uint8Array } {
  let added = "";
  for (const line of lines) added += line + "\n";
  const text = added + metaLine(meta);
  let buffer = roomIn(body, text.length);
  let { read, written } = utf8.encodeInto(text, buffer.bytes.subarray(body.end));
  if (read < text.length) {
    buffer = roomIn(body, text.length * 3);
    ({ read, written } = utf8.encodeInto(text, buffer.bytes.subarray(body.end)));
  }
  const { bytes } = buffer;
  const whole = body.end + written;
  // All ASCII, as nearly always: then characters are bytes. Else the last line tells where the ones before it end.
  const end = written === text.length
    ? body.end + added.length
    : bytes.subarray(0, whole).lastIndexOf(NEWLINE) + 1;
  buffer.used = end;
  return { body: { buffer, tail: body.tail, end }, head: bytes.subarray(0, whole) };
}

/** By hand, as it is written at every step. Tokens are made of digits and letters; what can need escapes goes through JSON. */
function metaLine({ t, o, e, d, c, b, n, x }: HeadMeta): string {
  return `{"t":"${t}","o":${o === null ? "null" : quoted(o)},"e":${e},"d":${d},"c":${c},"b":${b},"n":${n}` +
    (x === undefined ? "}" : `,"x":${JSON.stringify(x)}}`);
}

/** The body's buffer with room behind it, or a copy when there is none or another body goes on there. */
function roomIn({ buffer, end }: HeadBody, room: number): GrowingBuffer {
  if (buffer.used === end && end + room <= buffer.bytes.byteLength) return buffer;
  const bytes = new Uint8Array(Math.max(2 * buffer.bytes.byteLength, end + room));
  bytes.set(buffer.bytes.subarray(0, end));
  return { bytes, used: end };
}

/** Bytes of a line and its end. */
export function lineBytes(line: string): number {
  return (NOT_ASCII.test(line) ? utf8.encode(line).byteLength : line.length) + 1;
}

// deno-lint-ignore no-control-regex -- the range of ASCII begins with them
const NOT_ASCII = /[^\x00-\x7f]/;

export function decodeHead(value: unknown): Head {
  if (!(value instanceof Uint8Array)) throw new Error("Cannot read a run's head as it is not bytes");
  const lines = fromUtf8.decode(value).split("\n");
  const tail = value.indexOf(NEWLINE) + 1;
  const end = value.lastIndexOf(NEWLINE) + 1;
  return {
    meta: JSON.parse(lines.at(-1) ?? ""),
    snapshot: lines[0] ?? "",
    tail: lines.slice(1, -1),
    body: bodyWith(value, tail, end),
  };
}

/** The lines of events of a body. */
export function tailLines({ buffer, tail, end }: HeadBody): string[] {
  return tail === end ? [] : fromUtf8.decode(buffer.bytes.subarray(tail, end - 1)).split("\n");
}

/** The events of a head's tail. */
export function tailEvents(run: string, head: Head): Generator<Event, void, void> {
  return readLines(run, head.tail, head.meta.x ?? NOTHING_BEFORE);
}

/** The state after the events of a tail. */
export function foldTail(run: string, base: RunFold | null, head: Head): RunFold {
  let state: OwnFold | null = null;
  let line = 0;
  for (const event of tailEvents(run, head)) {
    state = foldInto(state ?? ownCopy(base, event), event, head.tail[line++]?.length ?? 0);
  }
  if (base !== null && state === null) return base;
  if (state === null) throw new Error(`Cannot read ${run} as it has no events`);
  return state;
}
