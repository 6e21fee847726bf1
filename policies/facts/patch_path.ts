/** Paths as they stand in a patch: git's C-style quoting, and back to bytes. */

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  "\\": 92,
};
const NAMES = new Map(Object.entries(ESCAPES).map(([name, code]) => [code, name]));

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A path of a patch. `utf8` is false when its bytes are not UTF-8; `text` is then the name in quotes, with its bytes in octal, as the
 * curator's list of files has it.
 */
export interface PatchPath {
  text: string;
  utf8: boolean;
}

export function decodePath(bytes: Uint8Array): PatchPath {
  try {
    const text = strict.decode(bytes);
    return { text: text.startsWith('"') ? octalName(bytes) : text, utf8: true };
  } catch {
    return { text: octalName(bytes), utf8: false };
  }
}

function octalName(bytes: Uint8Array): string {
  let out = '"';
  for (const byte of bytes) {
    if (byte === 34 || byte === 92) out += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 32 && byte < 127) out += String.fromCharCode(byte);
    else out += `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return `${out}"`;
}

/** Whether a path's text is a name in quotes: its bytes are not its text. */
export const isOctalName = (path: string): boolean =>
  path.length >= 2 && path.startsWith('"') && path.endsWith('"');

/** The bytes of a path, of which the text may be in quotes. */
export function nameBytes(path: string): Uint8Array {
  if (!isOctalName(path)) return encoder.encode(path);
  const bytes: number[] = [];
  for (const [, octal, escaped, plain] of path.slice(1, -1).matchAll(/\\([0-7]{3})|\\(["\\])|([^\\]+)/g)) {
    if (octal !== undefined) bytes.push(parseInt(octal, 8));
    else bytes.push(...encoder.encode(escaped ?? plain ?? ""));
  }
  return Uint8Array.from(bytes);
}

const encoder = new TextEncoder();
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** A path as it is said: what is not UTF-8 in it is one replacement character. */
export function spokenPath(path: string): { text: string; utf8: boolean } {
  if (!isOctalName(path)) return { text: path, utf8: true };
  const bytes = nameBytes(path);
  return { text: lenient.decode(bytes), utf8: decodePath(bytes).utf8 };
}

/**
 * Reads a quoted path that starts at `start` (the quote) of a header line. `line` holds one character a byte.
 * Null when the quoting is not what git writes.
 */
export function readQuoted(line: Uint8Array, start: number): { bytes: Uint8Array; end: number } | null {
  if (line[start] !== 34) return null;
  const out: number[] = [];
  for (let at = start + 1; at < line.length; at++) {
    const byte = line[at] ?? 0;
    if (byte === 34) return { bytes: Uint8Array.from(out), end: at + 1 };
    if (byte !== 92) {
      out.push(byte);
      continue;
    }
    const next = line[++at];
    if (next === undefined) return null;
    const named = ESCAPES[String.fromCharCode(next)];
    if (named !== undefined) {
      out.push(named);
      continue;
    }
    const digits = [next, line[at + 1] ?? 0, line[at + 2] ?? 0];
    if (!digits.every((digit) => digit >= 48 && digit <= 55)) return null;
    const [high = 0, middle = 0, low = 0] = digits.map((digit) => digit - 48);
    const value = high * 64 + middle * 8 + low;
    if (value > 255) return null;
    out.push(value);
    at += 2;
  }
  return null;
}

/** Writes a path as git does: quoted when it holds a control character, a quote, a backslash or a byte beyond ASCII. */
export function writePath(bytes: Uint8Array): string {
  let quoted = false;
  let out = "";
  for (const byte of bytes) {
    const name = NAMES.get(byte);
    if (name !== undefined) {
      quoted = true;
      out += `\\${name}`;
    } else if (byte < 32 || byte >= 127) {
      quoted = true;
      out += `\\${byte.toString(8).padStart(3, "0")}`;
    } else out += String.fromCharCode(byte);
  }
  return quoted ? `"${out}"` : out;
}
