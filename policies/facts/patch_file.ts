import type { PatchPath } from "./patch_path.ts";

/** One line of a hunk, without its newline. */
export interface PatchLine {
  kind: "context" | "added" | "removed";
  bytes: Uint8Array;
  /** True when `\ No newline at end of file` follows. */
  noNewline: boolean;
  /** Its line in the patch, from 1, where it was read from one. */
  at?: number;
}

export interface Hunk {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  section: Uint8Array;
  lines: PatchLine[];
  /** The line of its header in the patch, from 1, where it was read from one. */
  at?: number;
}

/** What a `GIT binary patch` carries: the file's new content, or how to make it from the old one; zlib-compressed, in base 85. */
export interface BinaryBlock {
  kind: "literal" | "delta";
  size: number;
  /** Lines of the patch that hold it, from 1, first and last. */
  from: number;
  to: number;
  lines: Uint8Array[];
}

/** One file of a unified diff. A side that does not exist is null. */
export interface PatchFile {
  oldPath: PatchPath | null;
  newPath: PatchPath | null;
  status: "A" | "M" | "D" | "R" | "C";
  oldMode: string | null;
  newMode: string | null;
  /** `withheld`: the diff says that binary files differ and does not carry them. */
  binary: "none" | "carried" | "withheld";
  /** The first makes the new side, the second one, where there is one, the old side again. */
  blocks?: BinaryBlock[];
  hunks: Hunk[];
}

export type ParsedPatch =
  | { ok: true; files: PatchFile[]; preamble: Uint8Array[]; hunks: number }
  | { ok: false; problem: string; line: number };
