import { BundleUnreadable } from "../policies/evidence/mod.ts";

const BLOCK = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Files as one tar (POSIX ustar): names sorted, mode 0644, owner 0, time 0. The same files give the same bytes on every machine.
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

/**
 * Reads what `writeTar` makes, and nothing else: no link, no directory, no name twice, no byte in a header, a gap or behind the end that is
 * not the one it must be. @throws {BundleUnreadable}
 */
export function readTar(tar: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at + BLOCK <= tar.length && tar[at] !== 0) {
    const block = tar.subarray(at, at + BLOCK);
    const name = nameOf(block);
    const size = sizeOf(block);
    if (name === null || size === null) {
      throw new BundleUnreadable("it is no tar of a bundle: a header cannot be read");
    }
    if (block[156] !== 0x30) {
      throw new BundleUnreadable("the archive holds something else than a plain file", name);
    }
    if (files.has(name)) throw new BundleUnreadable("the archive holds it twice", name);
    const end = at + BLOCK + size;
    if (end > tar.length) throw new BundleUnreadable("the archive ends within it", name);
    files.set(name, tar.subarray(at + BLOCK, end));
    at += BLOCK + padded(size);
  }
  if (files.size === 0) throw new BundleUnreadable("it is no tar of a bundle");
  const again = writeTar(files);
  const differs = again.length === tar.length
    ? again.findIndex((byte, n) => byte !== tar[n])
    : Math.min(at, tar.length);
  if (differs >= 0) {
    throw new BundleUnreadable(`byte ${differs} of the archive is not the one that it has to be`);
  }
  return files;
}

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

function nameOf(block: Uint8Array): string | null {
  const [name, prefix] = [
    textOf(block.subarray(0, NAME_BYTES)),
    textOf(block.subarray(345, 345 + PREFIX_BYTES)),
  ];
  if (name === null || prefix === null || name === "") return null;
  return prefix === "" ? name : `${prefix}/${name}`;
}

function sizeOf(block: Uint8Array): number | null {
  const digits = /^([0-7]{11})\0$/.exec(String.fromCharCode(...block.subarray(124, 136)))?.[1];
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

/** The sum of a header's bytes, its own field taken as spaces. */
function sumOf(block: Uint8Array): number {
  let sum = 0;
  for (const [at, byte] of block.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  return sum;
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;
