import { MemberPath, ok, type Problem, type Result } from "../../specs/mod.ts";
import { BLOCK, padded, readHeader, writeTar } from "../evidence/ustar.ts";
import { refusal, refuse } from "./refusal.ts";

/** Files of a pack by path. */
export type PackFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** What an archive may hold; checked before anything of it is believed. */
export const ARCHIVE_LIMITS = { bytes: 16 * 1024 * 1024, memberBytes: 8 * 1024 * 1024, files: 257 } as const;

/** A pack as one file: the same files give the same bytes on every machine. */
export const writeArchive = (files: PackFiles): Uint8Array<ArrayBuffer> => writeTar(files);

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
    const entry = readMember(bytes.subarray(at, at + BLOCK));
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

function readMember(block: Uint8Array): Result<{ name: string; size: number }, Problem> {
  const { name, size, type, holds } = readHeader(block);
  if (!holds) {
    return refuse(
      "pack-archive-form",
      "A header of the archive has a wrong checksum: this is no archive of a pack, or a byte of it was changed",
      "Fetch it again, or make it with forge policy sign --out",
    );
  }
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

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
