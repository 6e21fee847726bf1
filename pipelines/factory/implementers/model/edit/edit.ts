/** An edit as a model proposes it, whatever format it was written in. */
export type Edit =
  | {
    readonly kind: "replace";
    readonly path: string;
    /** Lines as they are; none for a file that is empty or not there. */
    readonly search: readonly string[];
    readonly replace: readonly string[];
  }
  /** A whole file: made when it is not there, else written over. */
  | { readonly kind: "write"; readonly path: string; readonly content: string }
  | { readonly kind: "delete"; readonly path: string }
  | {
    readonly kind: "hunks";
    readonly path: string;
    readonly to: string | null;
    readonly hunks: readonly Hunk[];
  };

/** One hunk of a V4A patch: the lines as they are and as they shall be, and the lines above that tell where. */
export interface Hunk {
  readonly anchors: readonly string[];
  readonly search: readonly string[];
  readonly replace: readonly string[];
  /** It stands at the end of the file. */
  readonly atEnd: boolean;
}

/** Text that looks like an edit and is none: why, what to do, and the text. */
export interface Malformed {
  readonly line: number;
  readonly why: string;
  readonly remedy: string;
}

export interface ParsedEdits {
  readonly edits: readonly { readonly line: number; readonly edit: Edit }[];
  readonly malformed: readonly Malformed[];
}
