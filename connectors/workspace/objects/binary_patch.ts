/** Binary data of a git patch: zlib in git's own base 85. */
import { unzlibSync, zlibSync } from "fflate";
import { type BinaryData, bytesOf, PatchMalformed } from "./patch_text.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
const VALUES = new Map([...ALPHABET].map((letter, at) => [letter, at]));
const LINE_BYTES = 52;

/** The new content. */
export function binaryContent(data: BinaryData, old: Uint8Array, at: number): Uint8Array {
  const packed = bytesOf(data.lines.map((line) => unpackedLine(line, at)).join(""));
  let plain: Uint8Array;
  try {
    plain = unzlibSync(packed);
  } catch {
    throw new PatchMalformed("its binary data is damaged", at);
  }
  if (plain.byteLength !== data.size) throw new PatchMalformed("its binary data has another size", at);
  return data.kind === "literal" ? plain : applyDelta(plain, old, at);
}

/** The lines of a `literal` block. */
export function literalLines(content: Uint8Array): string {
  const packed = zlibSync(content);
  const lines = [`literal ${content.byteLength}\n`];
  for (let from = 0; from < packed.length; from += LINE_BYTES) {
    lines.push(`${packedLine(packed.subarray(from, from + LINE_BYTES))}\n`);
  }
  return lines.join("");
}

function lengthMark(length: number): string {
  return String.fromCharCode(length <= 26 ? 64 + length : 96 + length - 26);
}

function packedLine(bytes: Uint8Array): string {
  let text = lengthMark(bytes.length);
  for (let from = 0; from < bytes.length; from += 4) {
    let value = 0;
    for (let byte = 0; byte < 4; byte++) value = value * 256 + (bytes[from + byte] ?? 0);
    let five = "";
    for (let digit = 0; digit < 5; digit++) {
      five = ALPHABET[value % 85] + five;
      value = Math.floor(value / 85);
    }
    text += five;
  }
  return text;
}

function unpackedLine(line: string, at: number): string {
  const mark = line.charCodeAt(0);
  const length = mark >= 65 && mark <= 90 ? mark - 64 : mark >= 97 && mark <= 122 ? mark - 96 + 26 : 0;
  if (length === 0 || line.length - 1 !== Math.ceil(length / 4) * 5) {
    throw new PatchMalformed("its binary data is damaged", at);
  }
  let text = "";
  for (let from = 1; from < line.length; from += 5) {
    let value = 0;
    for (const letter of line.slice(from, from + 5)) {
      const digit = VALUES.get(letter);
      if (digit === undefined) throw new PatchMalformed("its binary data is damaged", at);
      value = value * 85 + digit;
    }
    if (value > 0xffffffff) throw new PatchMalformed("its binary data is damaged", at);
    text += String.fromCharCode(value >>> 24 & 255, value >>> 16 & 255, value >>> 8 & 255, value & 255);
  }
  return text.slice(0, length);
}

function applyDelta(delta: Uint8Array, old: Uint8Array, line: number): Uint8Array {
  const damaged = () => new PatchMalformed("its binary data does not give the file that it names", line);
  let at = 0;
  const byte = (): number => {
    const value = delta[at++];
    if (value === undefined) throw damaged();
    return value;
  };
  const size = (): number => {
    for (let value = 0, shift = 0;; shift += 7) {
      const next = byte();
      value += (next & 127) * 2 ** shift;
      if ((next & 128) === 0) return value;
    }
  };
  if (size() !== old.byteLength) throw damaged();
  const length = size();
  if (length > 256 * 1024 * 1024) throw damaged();
  const made = new Uint8Array(length);
  let to = 0;
  while (at < delta.length) {
    const code = byte();
    if (code & 128) {
      let [from, count] = [0, 0];
      for (let bit = 0; bit < 4; bit++) if (code & (1 << bit)) from += byte() * 2 ** (8 * bit);
      for (let bit = 0; bit < 3; bit++) if (code & (16 << bit)) count += byte() * 2 ** (8 * bit);
      if (count === 0) count = 0x10000;
      if (from + count > old.byteLength || to + count > length) throw damaged();
      made.set(old.subarray(from, from + count), to);
      to += count;
    } else {
      if (code === 0 || at + code > delta.length || to + code > length) throw damaged();
      made.set(delta.subarray(at, at + code), to);
      at += code;
      to += code;
    }
  }
  if (to !== length) throw damaged();
  return made;
}
