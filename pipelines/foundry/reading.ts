import type { LinesAhead, QueryRequest, Source } from "../../connectors/data/mod.ts";
import type { Row, Stream } from "../../specs/foundry/mod.ts";
import type { Asked } from "./input.ts";
import type { Unit } from "./plan.ts";
import type { FoundryPorts } from "./ports.ts";
import type { OpenFunction } from "./batch_steps.ts";
import type { Lookup } from "./transforms.ts";

/** Rows that a stream is read by, in a stable order; each is one read of the source. */
export interface Parents {
  rows(): AsyncIterable<readonly Row[]>;
}

/** What all units of a run share. */
export interface Reading {
  readonly ports: FoundryPorts;
  readonly asked: Asked;
  readonly run: string;
  readonly abort: AbortSignal;
  readonly personalKey: Uint8Array;
  /** Credentials that were used in this run: they must turn up nowhere. */
  readonly secrets: Set<string>;
  /** Values that an operator planted where nobody may read. */
  readonly canaries: ReadonlySet<string>;
  /** Rows of tables of a sink, for joins. */
  lookup(sink: string): Lookup;
  /** Published rows of a sink by SQL; not those that this pipeline writes itself. */
  query(sink: string, request: QueryRequest): Promise<AsyncIterable<readonly Row[]>>;
  /** Starts a function of the pipeline; the caller closes it. */
  openFunction: OpenFunction;
  /** What the sink of a load prepares while its rows are staged; null where that gains nothing. */
  linesAhead(unit: Unit, dir: string): LinesAhead | null;
  progress(message: string): void;
  /** Throws when the run as a whole has used up what it may. */
  spend(made: { requests: number; bytes: number }): void;
  sourceOf(unit: Unit, stream: Stream): Promise<Source>;
}
