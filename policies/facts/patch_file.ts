import type { PatchPath } from "./patch_path.ts";

/** One line of a hunk, without its newline. */
export interface PatchLine {
  kind: "context" | "added" | "removed";
  bytes: Uint8Array;
  /** True when `\ No newline at end of file` follows. */
  noNewline: boolean;
}

export interface Hunk {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  section: Uint8Array;
  lines: PatchLine[];
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
  hunks: Hunk[];
}

export type ParsedPatch =
  | { ok: true; files: PatchFile[]; preamble: Uint8Array[]; hunks: number }
  | { ok: false; problem: string; line: number };
