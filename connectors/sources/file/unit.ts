/** What a format reads: a file, or one that lies packed in another; as bytes, or as text in UTF-8. */
import { Buffer } from "node:buffer";
import type { Cells, Stretch, StretchRead } from "../../data/cells.ts";
import type { BadRow } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { type ByteInput, pieceInput, skipTo } from "./bytes.ts";
import { type Encoding, encodingOf, trimmed } from "./encoding.ts";

/** Bytes under a name. */
export interface Unit {
  /** As locators tell it: `data/a.csv`, `data/a.zip!b.csv`. */
  readonly name: string;
  /** From a place on; packed files are unpacked up to it. `main`: the one pass that reads the rows, which is hashed on the way. */
  open(from: number, main?: boolean): Promise<ByteInput>;
  /** Bytes from some places of the whole, where they can be had without reading all. */
  readonly spread?: () => Promise<Uint8Array[]>;
}

/** UTF-8 text under a name, without a byte order mark. Places count its bytes. */
export interface TextUnit {
  readonly name: string;
  /** The first bytes, at most some hundred thousand. */
  readonly head: { readonly bytes: Uint8Array; readonly whole: boolean };
  /** For the one pass that reads the rows. */
  open(from: number): Promise<ByteInput>;
  /** It was in another encoding: what could not be read is U+FFFD now, and nothing else is. */
  readonly transcoded: boolean;
  readonly notes: readonly string[];
}

/** What a batch is still to be made of. */
export interface BatchStretch extends Stretch {
  read(): StretchRead;
  /** Null where it has no rows. */
  found(read: StretchRead, room: Uint8Array<ArrayBuffer>): Batch | null;
}

/** Rows and faults in the order of the unit. */
export interface Batch {
  readonly rows: Row[];
  /** The same rows as they lie in the file. */
  readonly cells?: Cells;
  /** As of a page: the batch is still to be made of it, and has nothing else. */
  readonly stretch?: BatchStretch;
  /** It is no batch: nothing is read before all stretches have been. */
  readonly halt?: boolean;
  readonly bad: BadRow[];
  /** Place of a row, such as `line=12`. */
  locate(index: number): string;
  /** Where to go on after this batch; null: nothing is left. */
  readonly next: Json;
  /** The last record has no line end, so that it may be a part of one in a file that grows: where it went. */
  readonly unterminated?: "rows" | "bad";
}

const HEAD = 256 * 1024;
const PIECE = 64 * 1024;

/** The first bytes of a unit. */
export async function headOf(
  unit: Pick<Unit, "open">,
  length = HEAD,
): Promise<{ bytes: Uint8Array; whole: boolean }> {
  const input = await unit.open(0);
  try {
    const buffer = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const count = await input.read(buffer.subarray(at));
      if (count === 0) return { bytes: buffer.subarray(0, at), whole: true };
      at += count;
    }
    return { bytes: buffer, whole: (await input.read(new Uint8Array(1))) === 0 };
  } finally {
    input.close();
  }
}

/** A unit as UTF-8, from the encoding that is declared or found. JSON without a mark is UTF-8 (RFC 8259). */
export async function textUnit(unit: Unit, declared: string | undefined, isJson = false): Promise<TextUnit> {
  const head = await headOf(unit);
  const pieces: Uint8Array[] = [head.whole ? head.bytes : trimmed(head.bytes)];
  if (!head.whole && unit.spread !== undefined) {
    for (const piece of await unit.spread()) {
      const from = piece.findIndex((byte) => (byte & 0xc0) !== 0x80);
      pieces.push(trimmed(piece.subarray(from === -1 ? 0 : from)));
    }
  }
  const sample = pieces.length === 1 ? pieces[0] as Uint8Array : new Uint8Array(Buffer.concat(pieces));
  const found = isJson && declared === undefined ? jsonEncoding(sample) : null;
  const { label, mark, confidence } = found ?? encodingOf(sample, declared, unit.name);
  const notes = confidence < 0.9
    ? [
      `${unit.name}: read as ${label} (confidence ${confidence}); say it by \`encoding\` where that is wrong`,
    ]
    : [];
  if (label === "utf-8") {
    return {
      name: unit.name,
      head: { bytes: head.bytes.subarray(mark), whole: head.whole },
      transcoded: false,
      notes,
      open: (from) => unit.open(from + mark, true),
    };
  }
  return {
    name: unit.name,
    head: {
      bytes: Buffer.from(new TextDecoder(label).decode(head.bytes, { stream: !head.whole })),
      whole: head.whole,
    },
    transcoded: true,
    notes,
    async open(from) {
      const raw = await unit.open(0, true);
      const input = pieceInput(transcoded(raw, label), () => raw.close());
      await skipTo(input, from);
      return input;
    },
  };
}

/** UTF-8, where neither a mark nor zeros say UTF-16. */
function jsonEncoding(sample: Uint8Array): Encoding | null {
  const isMarked = (sample[0] === 0xff && sample[1] === 0xfe) || (sample[0] === 0xfe && sample[1] === 0xff) ||
    sample[0] === 0xef;
  return isMarked || sample[0] === 0 || sample[1] === 0 ? null : { label: "utf-8", mark: 0, confidence: 1 };
}

async function* transcoded(input: ByteInput, label: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(label);
  const block = new Uint8Array(PIECE);
  for (;;) {
    const count = await input.read(block);
    const text = count === 0 ? decoder.decode() : decoder.decode(block.subarray(0, count), { stream: true });
    if (text !== "") yield Buffer.from(text, "utf8");
    if (count === 0) return;
  }
}
