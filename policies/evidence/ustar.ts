/** POSIX ustar in one form: the same files give the same bytes on every machine. What reads an archive decides what it takes. */

export const BLOCK = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Files as one tar: names sorted, mode 0644, owner 0, time 0, not compressed, so that every byte is covered by what reads it.
 * @throws {RangeError} for a path that ustar cannot hold
 */
export function writeTar(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const names = [...files.keys()].sort();
  const size = names.reduce((sum, name) => sum + BLOCK + padded(files.get(name)?.length ?? 0), 2 * BLOCK);
  const tar = new Uint8Array(size);
  let at = 0;
  for (const name of names) {
    const bytes = files.get(name) ?? new Uint8Array();
    tar.set(header(name, bytes.length), at);
    tar.set(bytes, at + BLOCK);
    at += BLOCK + padded(bytes.length);
  }
  return tar;
}

/** What a header says; null where it cannot be read. */
export interface TarHeader {
  readonly name: string | null;
  readonly size: number | null;
  /** `0` is a plain file. */
  readonly type: string;
  /** Whether its sum is that of its bytes. */
  readonly holds: boolean;
}

export function readHeader(block: Uint8Array): TarHeader {
  const [name, prefix] = [
    textOf(block.subarray(0, NAME_BYTES)),
    textOf(block.subarray(345, 345 + PREFIX_BYTES)),
  ];
  const whole = name === null || prefix === null || name === ""
    ? null
    : prefix === ""
    ? name
    : `${prefix}/${name}`;
  return {
    name: whole,
    size: octal(block.subarray(124, 136)),
    type: String.fromCharCode(block[156] ?? 0),
    holds: octal(block.subarray(148, 156)) === sumOf(block),
  };
}

/** The bytes that a file takes beside its header. */
export const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

function header(path: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const [prefix, name] = splitName(path);
  const put = (text: string, at: number) => block.set(encoder.encode(text), at);
  put(name, 0);
  put("0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  put("00000000000\0", 136);
  put("0", 156);
  put("ustar\x0000", 257);
  put(prefix, 345);
  put(`${sumOf(block).toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** A long path goes into two fields, split at a slash. */
function splitName(path: string): [prefix: string, name: string] {
  if (encoder.encode(path).length <= NAME_BYTES) return ["", path];
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (encoder.encode(name).length <= NAME_BYTES && encoder.encode(prefix).length <= PREFIX_BYTES) {
      return [prefix, name];
    }
  }
  throw new RangeError(`Cannot put ${path} into a tar as its path is too long`);
}

/** The sum of a header's bytes, its own field taken as spaces. */
function sumOf(block: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 0x20 : block[at] ?? 0;
  return sum;
}

function octal(field: Uint8Array): number | null {
  const digits = /^([0-7]{1,11})[\0 ]+$/.exec(String.fromCharCode(...field))?.[1];
  return digits === undefined ? null : parseInt(digits, 8);
}

function textOf(field: Uint8Array): string | null {
  const end = field.indexOf(0);
  try {
    return decoder.decode(end < 0 ? field : field.subarray(0, end));
  } catch {
    return null;
  }
}
