/** Which encoding bytes are in: by their mark, by their shape, or as declared and then checked. */
import { isAscii, isUtf8 } from "node:buffer";
import { DataFailure } from "../../data/port.ts";

export interface Encoding {
  /** A label of the Encoding Standard, such as `utf-8`, `utf-16le`, `windows-1252`. */
  readonly label: string;
  /** Bytes of the byte order mark in front. */
  readonly mark: number;
  /** 1: declared or marked. Below that: guessed from the bytes. */
  readonly confidence: number;
}

const MARKS: readonly (readonly [string, readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/** The label that the standard gives a name; throws `invalid` for a name that is none. */
export function encodingLabel(name: string): string {
  const plain = name.trim().toLowerCase();
  const usual = plain.replaceAll("_", "-").replace(/^utf-?8-?(sig|bom)$/, "utf-8").replace(
    /^latin-(\d+)$/,
    "latin$1",
  );
  for (const label of [plain, usual]) {
    try {
      return new TextDecoder(label).encoding;
    } catch {
      // The next spelling may be one.
    }
  }
  throw new DataFailure(
    "invalid",
    `${JSON.stringify(name)} is no encoding that is known`,
    "Such as utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1, shift_jis.",
  );
}

/** Finds the encoding of a sample, or holds a declared one against it. Throws `contract` when they contradict. */
export function encodingOf(sample: Uint8Array, declared: string | undefined, name: string): Encoding {
  const mark = MARKS.find(([, bytes]) => bytes.every((byte, index) => sample[index] === byte));
  if (declared !== undefined) {
    const label = encodingLabel(declared);
    if (
      mark !== undefined && mark[0] !== label &&
      !(label.startsWith("utf-16") && declared.toLowerCase() === "utf-16")
    ) {
      throw new DataFailure(
        "contract",
        `${name} is declared as ${declared}, and its byte order mark says ${mark[0]}`,
        `Set \`encoding: ${mark[0]}\`, or leave it out.`,
      );
    }
    if (mark !== undefined) return { label: mark[0], mark: mark[1].length, confidence: 1 };
    contradict(sample, label, declared, name);
    return { label, mark: 0, confidence: 1 };
  }
  if (mark !== undefined) return { label: mark[0], mark: mark[1].length, confidence: 1 };
  const wide = wideShape(sample);
  if (wide !== null) return { label: wide, mark: 0, confidence: 0.9 };
  if (isAscii(sample)) return { label: "utf-8", mark: 0, confidence: 0.95 };
  const shape = utf8Shape(sample);
  if (shape.wrong === 0) return { label: "utf-8", mark: 0, confidence: 0.99 };
  // A few broken bytes in a UTF-8 file are broken rows, not another encoding.
  if (shape.right >= shape.wrong) return { label: "utf-8", mark: 0, confidence: 0.7 };
  const undefinedBytes = sample.filter((byte) => [0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte)).length;
  const letters = sample.filter((byte) => byte >= 0xc0).length;
  const high = sample.filter((byte) => byte >= 0x80).length;
  const controls = sample.filter((byte) => byte < 9).length;
  const confidence = undefinedBytes > 0 || controls > 0 ? 0.2 : letters * 2 >= high ? 0.75 : 0.6;
  if (confidence < 0.5) {
    throw new DataFailure(
      "contract",
      `The encoding of ${name} cannot be told: it is neither UTF-8 nor UTF-16, and has bytes that Windows-1252 does not`,
      "Say it by `encoding`, such as shift_jis or ibm866; a file that is no text cannot be read as such.",
    );
  }
  return { label: "windows-1252", mark: 0, confidence };
}

/** A declaration that the bytes contradict would turn into wrong letters in silence. */
function contradict(sample: Uint8Array, label: string, declared: string, name: string): void {
  const isSingleByte = label.startsWith("windows-125") || label.startsWith("iso-8859-") ||
    label === "macintosh";
  const wide = wideShape(sample);
  if (!label.startsWith("utf-16") && wide !== null) {
    throw new DataFailure(
      "contract",
      `${name} is declared as ${declared}, and every second byte is zero as in ${wide}`,
      `Set \`encoding: ${wide}\`, or leave it out.`,
    );
  }
  if (label.startsWith("utf-16") && wide === null && isUtf8(trimmed(sample)) && sample.length > 1) {
    const text = sample.subarray(0, 4096);
    if (text.filter((byte) => byte >= 0x20 && byte < 0x7f).length > text.length * 0.7) {
      throw new DataFailure(
        "contract",
        `${name} is declared as ${declared}, and its bytes are those of UTF-8 text`,
        "Set `encoding: utf-8`, or leave it out.",
      );
    }
  }
  if (!isSingleByte || isAscii(sample)) return;
  const { right, wrong, latin } = utf8Shape(sample);
  if (wrong === 0 && (right > 1 || latin > 0)) {
    throw new DataFailure(
      "contract",
      `${name} is declared as ${declared}, and all of its ${right} letters beyond ASCII are written in UTF-8`,
      "Set `encoding: utf-8`, or leave it out.",
    );
  }
}

/** UTF-16 without a mark: text of a European language has a zero in every second byte. */
function wideShape(sample: Uint8Array): "utf-16le" | "utf-16be" | null {
  const length = Math.min(sample.length, 4096) & ~1;
  if (length < 4) return null;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < length; i += 2) {
    if (sample[i] === 0) even++;
    if (sample[i + 1] === 0) odd++;
  }
  const half = length / 2;
  if (odd > half * 0.6 && even < half * 0.05) return "utf-16le";
  if (even > half * 0.6 && odd < half * 0.05) return "utf-16be";
  return null;
}

/** Sequences of more than one byte that are right, bytes that are wrong, and how many of the right ones are Latin letters. */
export function utf8Shape(sample: Uint8Array): { right: number; wrong: number; latin: number } {
  let right = 0;
  let wrong = 0;
  let latin = 0;
  for (let i = 0; i < sample.length;) {
    const byte = sample[i] as number;
    if (byte < 0x80) {
      i++;
      continue;
    }
    const length = byte >= 0xc2 && byte < 0xe0
      ? 2
      : byte >= 0xe0 && byte < 0xf0
      ? 3
      : byte >= 0xf0 && byte < 0xf5
      ? 4
      : 0;
    const sequence = sample.subarray(i, i + length);
    // Cut off by the end of the sample: neither right nor wrong.
    if (
      length > 0 && sequence.length < length && sequence.subarray(1).every((part) => (part & 0xc0) === 0x80)
    ) break;
    if (length > 0 && isUtf8(sequence)) {
      right++;
      if (byte === 0xc3) latin++;
      i += length;
    } else {
      wrong++;
      i++;
    }
  }
  return { right, wrong, latin };
}

/** Without a sequence that the end of the sample cuts. */
export function trimmed(sample: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, sample.length); back++) {
    const byte = sample[sample.length - back] as number;
    if (byte < 0x80) return sample;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? sample.subarray(0, sample.length - back) : sample;
    }
  }
  return sample;
}
