import type { Result } from "../../../../../specs/mod.ts";
import type { CodemodProblem } from "../problem.ts";
import type { TextFile } from "../text_file.ts";
import type { OperationOf, Workbench } from "../workbench.ts";

export type Bump = OperationOf<"bump-dependency">;

/** What one file becomes. */
export interface Edited {
  path: string;
  text: string;
}

/** How one kind of manifest names packages. */
export interface ManifestKind {
  /** Whether a file is of this kind, by its path. */
  is(path: string): boolean;
  /** The packages that it names, with their version or range and line. */
  packages(file: TextFile): { name: string; range: string; line: number }[];
  /** Whether two spellings are one package. */
  same(a: string, b: string): boolean;
  /** The manifest with the new version, and the lockfiles that go with it. */
  bump(
    file: TextFile,
    operation: Bump,
    bench: Workbench,
  ): Promise<Result<{ edits: Edited[]; notes: string[] }, CodemodProblem>>;
}
