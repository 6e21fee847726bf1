import { MemberPath, ok, type Problem, type Result } from "../../specs/mod.ts";
import { refusal, refuse } from "./refusal.ts";

/** Files of a pack by path. */
export type PackFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** What an archive may hold; checked before anything of it is believed. */
export const ARCHIVE_LIMITS = { bytes: 16 * 1024 * 1024, memberBytes: 8 * 1024 * 1024, files: 257 } as const;

const BLOCK = 512;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * A pack as one file: tar (POSIX ustar), names sorted, mode 0644, owner 0, time 0. The same files give the same bytes on every
 * machine. It is not compressed, so that every byte of it is covered by what reads it.
 */
export function writeArchive(files: PackFiles): Uint8Array<ArrayBuffer> {
  const names = [...files.keys()].sort(byBytes);
  const size = names.reduce((sum, name) => sum + BLOCK + padded(files.get(name)?.length ?? 0), 2 * BLOCK);
  const archive = new Uint8Array(size);
  let at = 0;
  for (const name of names) {
    const bytes = files.get(name) ?? new Uint8Array();
    archive.set(header(name, bytes.length), at);
    archive.set(bytes, at + BLOCK);
    at += BLOCK + padded(bytes.length);
  }
  return archive;
}

/**
 * Reads an archive that `writeArchive` could have made, and nothing else: no link, no directory, no absolute path, no `..`, no
 * name twice, no byte in a header or a gap that is not the one it must be.
 */
export function readArchive(bytes: Uint8Array): Result<PackFiles, Problem> {
  if (bytes.length > ARCHIVE_LIMITS.bytes) {
    return refuse(
      "pack-archive-size",
      `The archive has ${bytes.length} bytes; ${ARCHIVE_LIMITS.bytes} is the limit`,
      "Split the pack",
    );
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    return refuse(
      "pack-archive-form",
      "The archive is compressed",
      "Give the plain tar of forge policy sign",
    );
  }
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  let at = 0;
  while (at + BLOCK <= bytes.length && bytes.subarray(at, at + BLOCK).some((byte) => byte !== 0)) {
    const entry = readHeader(bytes.subarray(at, at + BLOCK));
    if (!entry.ok) return entry;
    const { name, size } = entry.value;
    if (files.has(name)) {
      return refuse("pack-archive-duplicate", `The archive holds '${name}' twice`, "Sign the pack again", {
        path: name,
      });
    }
    if (files.size >= ARCHIVE_LIMITS.files) {
      return refuse(
        "pack-archive-count",
        `The archive holds more than ${ARCHIVE_LIMITS.files} files`,
        "Split the pack",
      );
    }
    if (at + BLOCK + size > bytes.length) {
      return refuse("pack-archive-truncated", `The archive ends within '${name}'`, "Fetch it again", {
        path: name,
      });
    }
    files.set(name, new Uint8Array(bytes.subarray(at + BLOCK, at + BLOCK + size)));
    at += BLOCK + padded(size);
  }
  if (files.size === 0) {
    return refuse(
      "pack-archive-form",
      "This is no archive of a pack",
      "Make one with forge policy sign --out",
    );
  }
  if (!sameBytes(writeArchive(files), bytes)) {
    return refuse(
      "pack-archive-form",
      "The archive is not in the one form that forge policy sign writes: a byte of it was changed",
      "Fetch it again, or sign the pack again",
    );
  }
  return ok(files);
}

/** Why a path cannot be that of a member; null when it can. */
export function memberPathProblem(path: string): Problem | null {
  if (MemberPath.safeParse(path).success) return null;
  const why = path.startsWith("/") || /^[A-Za-z]:/.test(path)
    ? "is absolute"
    : path.split(/[/\\]/).includes("..")
    ? "leaves the pack"
    : path.includes("\\")
    ? "has a backslash"
    : "is no relative path of plain segments, at most 100 letters long";
  return refusal(
    "pack-archive-path",
    `The path of a member ${why}`,
    "Name members by relative paths with forward slashes, of letters, digits, dots, dashes and underscores",
    { path: path.slice(0, 200), value: path.slice(0, 200) },
  );
}

const KINDS: Readonly<Record<string, string>> = {
  "1": "a hard link",
  "2": "a symbolic link",
  "3": "a device",
  "4": "a device",
  "5": "a directory",
  "6": "a pipe",
};

function readHeader(block: Uint8Array): Result<{ name: string; size: number }, Problem> {
  const checksum = octal(block.subarray(148, 156));
  if (checksum !== sumOf(block)) {
    return refuse(
      "pack-archive-form",
      "A header of the archive has a wrong checksum: this is no archive of a pack, or a byte of it was changed",
      "Fetch it again, or make it with forge policy sign --out",
    );
  }
  const name = text(block.subarray(0, 100));
  const type = String.fromCharCode(block[156] ?? 0);
  if (type !== "0") {
    return refuse(
      "pack-archive-link",
      `The member '${name ?? "?"}' is ${KINDS[type] ?? "no plain file"}`,
      "A pack holds plain files only",
      { path: (name ?? "?").slice(0, 200) },
    );
  }
  if (name === null) {
    return refuse("pack-archive-path", "The path of a member is not UTF-8", "Sign the pack again");
  }
  const problem = memberPathProblem(name);
  if (problem) return { ok: false, error: problem };
  const size = octal(block.subarray(124, 136));
  if (size === null || size > ARCHIVE_LIMITS.memberBytes) {
    return refuse(
      "pack-archive-size",
      `The member '${name}' declares ${size ?? "no"} bytes; ${ARCHIVE_LIMITS.memberBytes} is the limit`,
      "Make the member smaller",
      { path: name },
    );
  }
  return ok({ name, size });
}

function header(name: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (value: string, at: number) => block.set(encoder.encode(value), at);
  put(name, 0);
  put("0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  put("00000000000\0", 136);
  put("0", 156);
  put("ustar\x0000", 257);
  put(`${sumOf(block).toString(8).padStart(6, "0")}\0 `, 148);
  return block;
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

function text(field: Uint8Array): string | null {
  const end = field.indexOf(0);
  try {
    return decoder.decode(end < 0 ? field : field.subarray(0, end));
  } catch {
    return null;
  }
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

/** Paths are plain ASCII: the order of the letters is that of the bytes. */
const byBytes = (a: string, z: string): number => (a < z ? -1 : a > z ? 1 : 0);

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
