/** A value that is put together from pieces of a source. */

/** A stretch of the text that a value is made of. */
export type Place = readonly [start: number, end: number];

export interface Piece {
  /** Where it begins in the value's text. */
  readonly at: number;
  /** Where it stands in the source. */
  readonly place: Place;
  /** What it says is not what stands there: it is written in escapes. */
  readonly decoded?: boolean;
}

export interface Value {
  text: string;
  pieces: Piece[];
  /** A name's value was put into it, which is looked at where the name gets it. */
  named?: boolean;
}

export function empty(): Value {
  return { text: "", pieces: [] };
}

/** Puts a value behind another one, in place. */
export function add(one: Value, other: Value): Value {
  const from = one.text.length;
  one.text += other.text;
  if (other.named) one.named = true;
  for (const piece of other.pieces) {
    one.pieces.push(from === 0 ? piece : { ...piece, at: from + piece.at });
  }
  return one;
}

export function textOf(value: Value, index: number): string {
  return value.text.slice(value.pieces[index]?.at ?? 0, value.pieces[index + 1]?.at);
}

/** The same pieces the other way round, or with a separator between them. */
export function arranged(value: Value, { backwards, separator }: Arrangement): Value {
  const made = empty();
  for (let count = 0; count < value.pieces.length; count++) {
    const index = backwards ? value.pieces.length - 1 - count : count;
    const place = value.pieces[index]?.place ?? [0, 0];
    const text = (count > 0 ? separator : "") + textOf(value, index);
    made.pieces.push({ at: made.text.length, place });
    made.text += text;
  }
  return made;
}

export interface Arrangement {
  backwards: boolean;
  separator: string;
}
/** As it stands in the source. */
export const AS_WRITTEN: Arrangement = { backwards: false, separator: "" };
/** The other ways in which members of a list are put together. */
export const OTHERWISE: readonly Arrangement[] = [
  { backwards: true, separator: "" },
  { backwards: false, separator: "_" },
  { backwards: false, separator: "-" },
  { backwards: false, separator: "." },
];
