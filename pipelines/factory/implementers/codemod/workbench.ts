import { ok, type Operation, type Result } from "../../../../specs/mod.ts";
import type { CodemodProblem } from "./problem.ts";
import type { Stage } from "./stage.ts";
import { applyEdits, encodeText, type TextEdit } from "./text_file.ts";
import type { TypeScriptProject } from "./typescript/project.ts";

/** A symbol or file that keeps its meaning under another name. */
export interface Rename {
  from: string;
  to: string;
}

/** What one operation would do. Nothing is written by the operation itself. */
export interface Outcome {
  /** New bytes by path; null removes the file. */
  writes: Map<string, Uint8Array | null>;
  /** Places that the operation changed: the number it reports, never 0. */
  matches: number;
  renames: Rename[];
  /** What the reader should know, such as places that were left as they are. */
  notes: string[];
}

/** What an operation works with. */
export interface Workbench {
  readonly stage: Stage;
  /** Throws `Stopped` when the time is up or the caller gave up: called in every loop over files. */
  check(): void;
  /** Whether the compiler is asked about what operations on names leave. */
  readonly checksTypes: boolean;
  /** What is left of the time of all operations. */
  remainingMs(): number;
  /**
   * The type-aware project over the stage's TypeScript and JavaScript, brought up to date. With `words` it holds what an operation
   * on these names has to know, and not files that they have nothing to do with.
   */
  typescript(words?: readonly string[] | null): Promise<TypeScriptProject>;
}

export type OperationOf<Name extends Operation["op"]> = Extract<Operation, { op: Name }>;

/** Carries out one kind of operation. */
export type Runner<Name extends Operation["op"]> = (
  operation: OperationOf<Name>,
  bench: Workbench,
) => Promise<Result<Outcome, CodemodProblem>>;

/** Ends an operation from deep inside: the time is up, or the caller aborted. */
export class Stopped extends Error {
  constructor(readonly problem: CodemodProblem) {
    super(problem.message);
    this.name = "Stopped";
  }
}

/** The new bytes of files after edits of their texts. */
export async function writesOf(
  bench: Workbench,
  edits: ReadonlyMap<string, readonly TextEdit[]>,
): Promise<Result<Map<string, Uint8Array | null>, CodemodProblem>> {
  const writes = new Map<string, Uint8Array | null>();
  for (const [path, list] of edits) {
    const file = await bench.stage.text(path);
    if (!file.ok) return file;
    let text = applyEdits(file.value.text, list);
    // What was cut away at the top leaves no empty lines behind.
    if (!/^\r?\n/.test(file.value.text)) text = text.replace(/^(\r?\n)+/, "");
    if (text !== file.value.text) writes.set(path, encodeText({ ...file.value, text }));
  }
  return ok(writes);
}
