import { headOf, Malformed } from "./patch_cursor.ts";
import { decodePath, type PatchPath, readQuoted } from "./patch_path.ts";

/** Both names of `diff --git a/x b/x`; null when unquoted names hold spaces so that they cannot be told apart. */
export function gitNames(line: Uint8Array, at: number): { old: PatchPath; new: PatchPath } | null {
  const start = "diff --git ".length;
  if (line[start] === 34) {
    const first = readQuoted(line, start);
    if (!first || line[first.end] !== 32) throw new Malformed("the quoted name does not end", at);
    const second = line[first.end + 1] === 34 ? readQuoted(line, first.end + 1) : {
      bytes: line.subarray(first.end + 1),
      end: line.length,
    };
    if (!second || second.end !== line.length) throw new Malformed("the quoted name does not end", at);
    return { old: unprefixed(first.bytes, "a/", at), new: unprefixed(second.bytes, "b/", at) };
  }
  const rest = line.subarray(start);
  if (rest.length > 0 && rest[rest.length - 1] === 34) {
    const quote = rest.indexOf(34);
    const second = readQuoted(rest, quote);
    if (!second || second.end !== rest.length || rest[quote - 1] !== 32) {
      throw new Malformed("the quoted name does not end", at);
    }
    return {
      old: unprefixed(rest.subarray(0, quote - 1), "a/", at),
      new: unprefixed(second.bytes, "b/", at),
    };
  }
  // Both names are the same but for their prefix whenever nothing else will tell them: then the middle is the space.
  const middle = (rest.length - 1) / 2;
  if (Number.isInteger(middle) && rest[middle] === 32) {
    const left = rest.subarray(0, middle);
    const right = rest.subarray(middle + 1);
    if (equal(left.subarray(2), right.subarray(2))) {
      return { old: unprefixed(left, "a/", at), new: unprefixed(right, "b/", at) };
    }
  }
  const space = rest.indexOf(32);
  if (space > 0 && rest.indexOf(32, space + 1) < 0) {
    return {
      old: unprefixed(rest.subarray(0, space), "a/", at),
      new: unprefixed(rest.subarray(space + 1), "b/", at),
    };
  }
  return null;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

export function unprefixed(bytes: Uint8Array, prefix: "a/" | "b/", at: number): PatchPath {
  if (headOf(bytes, 2) !== prefix) throw new Malformed(`the name does not begin with ${prefix}`, at);
  if (bytes.length === 2) throw new Malformed("the name is empty", at);
  return decodePath(bytes.slice(2));
}

/** The path after `--- ` or `+++ `; null for /dev/null. diff(1) may put a tab and a date behind it. */
export function sidePath(line: Uint8Array, prefix: "a/" | "b/", at: number): PatchPath | null {
  let bytes = line.subarray(4);
  if (bytes[0] === 34) {
    const quoted = readQuoted(line, 4);
    if (!quoted) throw new Malformed("the quoted name does not end", at);
    const after = line[quoted.end];
    if (after !== undefined && after !== 9) throw new Malformed("there is text behind the quoted name", at);
    bytes = quoted.bytes;
  } else {
    const tab = bytes.indexOf(9);
    if (tab >= 0) bytes = bytes.subarray(0, tab);
    if (headOf(bytes) === "/dev/null") return null;
  }
  return unprefixed(bytes, prefix, at);
}

export function wholePath(line: Uint8Array, start: number, at: number): PatchPath {
  if (line[start] === 34) {
    const quoted = readQuoted(line, start);
    if (!quoted || quoted.end !== line.length) throw new Malformed("the quoted name does not end", at);
    return decodePath(quoted.bytes);
  }
  if (line.length === start) throw new Malformed("the name is empty", at);
  return decodePath(line.slice(start));
}
