/**
 * File names are bytes in git and text in our contracts. A name that is valid UTF-8 is itself; any other is written the
 * way git quotes it (`"caf\351.txt"`, with the quotes), which no glob matches by accident and which maps back exactly.
 */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a name in git's output. */
export function pathText(bytes: Uint8Array): string {
  try {
    const text = strict.decode(bytes);
    // A name that begins with a quote is quoted too, or it could be read as a quoted one.
    if (!text.startsWith('"')) return text;
  } catch { /* not UTF-8 */ }
  let quoted = '"';
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) quoted += "\\" + String.fromCharCode(byte);
    else if (byte >= 0x20 && byte < 0x7f) quoted += String.fromCharCode(byte);
    else quoted += "\\" + byte.toString(8).padStart(3, "0");
  }
  return quoted + '"';
}

/** The bytes of a name that `pathText` wrote, or that a caller gives as plain text. */
export function pathBytes(text: string): Uint8Array {
  if (!(text.length >= 2 && text.startsWith('"') && text.endsWith('"'))) {
    return new TextEncoder().encode(text);
  }
  const inner = text.slice(1, -1);
  const bytes: number[] = [];
  for (const part of inner.matchAll(/\\([0-7]{3})|\\(["\\])|([^\\]+)/g)) {
    if (part[1] !== undefined) bytes.push(parseInt(part[1], 8));
    else bytes.push(...new TextEncoder().encode(part[2] ?? part[3] ?? ""));
  }
  return new Uint8Array(bytes);
}

/** Whether the text is a name whose bytes are not its text: nothing on disk can be opened under it from here. */
export function isQuoted(path: string): boolean {
  return path.length >= 2 && path.startsWith('"') && path.endsWith('"');
}

/** Splits NUL-terminated output. */
export function splitNul(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, start)) {
    parts.push(bytes.subarray(start, at));
    start = at + 1;
  }
  if (start < bytes.length) parts.push(bytes.subarray(start));
  return parts;
}

/** Joins names for a command that reads them NUL-terminated. */
export function joinNul(paths: readonly string[]): Uint8Array {
  return concat(paths.flatMap((path) => [pathBytes(path), new Uint8Array(1)]));
}

/** One array of all parts. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
