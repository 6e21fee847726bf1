import { BASE64_CLASS, hasRun, SPACED_HEX_CLASS } from "./runs.ts";
import { type Arrangement, empty, type Piece, type Value } from "./value.ts";

/** No token that a rule finds is shorter. */
const SHORTEST_TOKEN = 12;
/** What can stand before or in a secret that has blanks in it: keys in PEM, and the formats that hold a space. */
const BLANKS = /-----|BEGIN|PRIV|PuTTY|private[_.-]?key|FlyV1/;
/** Pieces this short are letters: what they spell is seen only when they are put together. */
const LETTERS = 3;

/** Whether a value may hold a secret with blanks or line ends in it, so that it must be looked at whole. */
export function mayHoldBlanks(value: Value): boolean {
  const { text, pieces } = value;
  return text.length < LETTERS * pieces.length || BLANKS.test(text) ||
    hasRun(text, SPACED_HEX_CLASS, 59) ||
    (text.includes("\n") && hasRun(text, BASE64_CLASS, 20));
}

/** A stretch of the value's text that is a part of a run. */
interface Segment {
  from: number;
  to: number;
  piece: Piece;
}

/**
 * The stretches of a value, without a blank in them, in which a token can stand that no single piece holds: those that go over a
 * border between pieces, and all of a piece that is written in escapes. Everything else of the value is never put together; nor is,
 * when `digits` are asked for, what has none.
 */
export function* crossings(value: Value, order: Arrangement, digits = false): Iterable<Value> {
  const { pieces, text } = value;
  const { backwards, separator } = order;
  // Only as it is written a piece counts for what its escapes say.
  const plain = !backwards && separator === "";
  const made = (run: readonly Segment[]): Value | null => {
    const single = run.length === 1;
    if (single && !(plain && run[0]?.piece.decoded)) return null;
    let length = separator.length * (run.length - 1);
    for (const { from, to } of run) length += to - from;
    if (length < SHORTEST_TOKEN || (digits && !run.some(({ from, to }) => hasDigit(text, from, to)))) {
      return null;
    }
    const whole = empty();
    for (const { from, to, piece } of run) {
      const { place, decoded } = piece;
      const at = whole.text.length;
      whole.pieces.push(plain && decoded ? { at, place, decoded } : { at, place });
      whole.text += (at > 0 || whole.pieces.length > 1 ? separator : "") + text.slice(from, to);
    }
    return whole;
  };
  let run: Segment[] = [];
  for (let count = 0; count < pieces.length; count++) {
    const index = backwards ? pieces.length - 1 - count : count;
    const piece = pieces[index];
    if (piece === undefined) break;
    const end = pieces[index + 1]?.at ?? text.length;
    const head = blankFrom(text, piece.at, end);
    run.push({ from: piece.at, to: head, piece });
    if (head === end) continue;
    const whole = made(run);
    if (whole !== null) yield whole;
    let from = head + 1;
    if (plain && piece.decoded) {
      for (let to = blankFrom(text, from, end); to < end; to = blankFrom(text, from, end)) {
        const inner = made([{ from, to, piece }]);
        if (inner !== null) yield inner;
        from = to + 1;
      }
    } else from = blankBefore(text, end) + 1;
    run = [{ from, to: end, piece }];
  }
  const whole = made(run);
  if (whole !== null) yield whole;
}

/** What ends every token but those that `mayHoldBlanks` tells of: white space, control characters, what is not ASCII. */
export const BLANK = /[^!-~]/;
const isBlank = (code: number) => code <= 32 || code >= 127;

function blankFrom(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && !isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** The last blank before a place of a text that has one. */
function blankBefore(text: string, end: number): number {
  let at = end - 1;
  while (at >= 0 && !isBlank(text.charCodeAt(at))) at--;
  return at;
}

function hasDigit(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) return true;
  }
  return false;
}
