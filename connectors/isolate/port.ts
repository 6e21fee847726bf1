import type { Json } from "../../specs/mod.ts";
import type { Row } from "../../specs/foundry/mod.ts";

/** A function's module with everything that it imports, as text that needs no further resolving. */
export interface CompiledModules {
  readonly entry: string;
  /** By path: JavaScript that expects `exports` and `require`, with the paths that its specifiers mean; or data. */
  readonly modules: Readonly<
    Record<
      string,
      { readonly code: string; readonly links: Readonly<Record<string, string>> } | { readonly data: Json }
    >
  >;
}

export interface FunctionLimits {
  /** Most wall-clock time of one batch of rows. */
  readonly seconds: number;
  /** Most resident memory of the process that it runs in. */
  readonly memoryMb: number;
}

/** What a function made of one row: rows (none: it was left out), or why it could not. */
export type RowOutcome = { readonly rows: readonly Row[] } | { readonly fault: string };

/** A function over single rows, in a process and a worker of its own that may do nothing but compute. */
export interface RowFunction {
  /** One outcome for each row, in order. Throws DataFailure when the function had to be stopped. */
  apply(rows: readonly Row[]): Promise<readonly RowOutcome[]>;
  close(): Promise<void>;
}
