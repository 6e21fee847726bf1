import { BundleUnreadable } from "./bundle_reader.ts";
import { BLOCK, padded, readHeader, writeTar } from "./ustar.ts";

/**
 * Reads what `writeTar` makes, and nothing else: no link, no directory, no name twice, no byte in a header, a gap or behind the end that is
 * not the one it must be. @throws {BundleUnreadable}
 */
export function readTar(tar: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at + BLOCK <= tar.length && tar[at] !== 0) {
    const { name, size, type } = readHeader(tar.subarray(at, at + BLOCK));
    if (name === null || size === null) {
      throw new BundleUnreadable("it is no tar of a bundle: a header cannot be read");
    }
    if (type !== "0") throw new BundleUnreadable("the archive holds something else than a plain file", name);
    if (files.has(name)) throw new BundleUnreadable("the archive holds it twice", name);
    const end = at + BLOCK + size;
    if (end > tar.length) throw new BundleUnreadable("the archive ends within it", name);
    files.set(name, tar.subarray(at + BLOCK, end));
    at += BLOCK + padded(size);
  }
  if (files.size === 0) throw new BundleUnreadable("it is no tar of a bundle");
  const again = writtenAgain(files);
  const differs = again.length === tar.length
    ? again.findIndex((byte, n) => byte !== tar[n])
    : Math.min(at, tar.length);
  if (differs >= 0) {
    throw new BundleUnreadable(
      `byte ${differs} of the archive is not the one that it has to be`,
      fileAt(tar, differs),
    );
  }
  return files;
}

/** A name that was read can be split otherwise than it was written; one that cannot be written at all was not ours. */
function writtenAgain(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  try {
    return writeTar(files);
  } catch (error) {
    if (error instanceof RangeError) throw new BundleUnreadable("a path in the archive is too long");
    throw error;
  }
}

/** The file whose header or bytes lie at a place; null behind the last. */
function fileAt(tar: Uint8Array, place: number): string | null {
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const { name, size } = readHeader(tar.subarray(at, at + BLOCK));
    if (size === null) return name;
    const next = at + BLOCK + padded(size);
    if (place < next) return name;
    at = next;
  }
  return null;
}
