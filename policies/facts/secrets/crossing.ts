import { BASE64_CLASS, hasRun, SPACED_HEX_CLASS } from "./runs.ts";
import { add, type Arrangement, empty, type Piece, textOf, type Value } from "./value.ts";

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

/**
 * The stretches of a value, without a blank in them, in which a token can stand that no single piece holds: those that go over a
 * border between pieces, and all of a piece that is written in escapes. Everything else of the value is never put together.
 */
export function* crossings(value: Value, order: Arrangement): Iterable<Value> {
  const { pieces } = value;
  let run = empty();
  for (let count = 0; count < pieces.length; count++) {
    const index = order.backwards ? pieces.length - 1 - count : count;
    const piece = pieces[index];
    if (piece === undefined) break;
    // Only as it is written a piece counts for what its escapes say.
    const alone = piece.decoded === true && !order.backwards && order.separator === "";
    const own = textOf(value, index);
    const text = count > 0 ? order.separator + own : own;
    const head = blankFrom(text, 0);
    put(run, text.slice(0, head), piece, alone);
    if (head === text.length) continue;
    if (counts(run)) yield run;
    let start = head + 1;
    if (alone) {
      for (let end = blankFrom(text, start); end < text.length; end = blankFrom(text, start)) {
        if (end - start >= SHORTEST_TOKEN) yield put(empty(), text.slice(start, end), piece, true);
        start = end + 1;
      }
    } else start = blankBefore(text) + 1;
    run = put(empty(), text.slice(start), piece, alone);
  }
  if (counts(run)) yield run;
}

function put(run: Value, text: string, { place }: Piece, decoded: boolean): Value {
  return add(run, { text, pieces: [decoded ? { at: 0, place, decoded } : { at: 0, place }] });
}

function counts({ text, pieces }: Value): boolean {
  return text.length >= SHORTEST_TOKEN && (pieces.length > 1 || pieces[0]?.decoded === true);
}

/** What ends every token but those that `mayHoldBlanks` tells of: white space, control characters, what is not ASCII. */
const isBlank = (code: number) => code <= 32 || code >= 127;

function blankFrom(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** The last blank of a text that has one. */
function blankBefore(text: string): number {
  let at = text.length - 1;
  while (at >= 0 && !isBlank(text.charCodeAt(at))) at--;
  return at;
}
