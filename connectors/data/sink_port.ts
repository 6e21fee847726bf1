/** Where rows go: what is staged, what a sink makes of it, and what may be asked of it. */
import type { Json } from "../../specs/mod.ts";
import type { Disposition, PinnedSchema, Row, StreamState, Write } from "../../specs/foundry/mod.ts";

/** A part of a staged load on local disk: JSON lines, one row a line, all columns in it. */
export interface Segment {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly digest: string;
  /** What all its rows belong to (`Page.origin`); kept with the rows, so that a later load can replace them. */
  readonly origin?: string;
}

/** All that one stream's run brings, ready to be published at once. */
export interface StagedLoad {
  /** The same key is published once: hash of pipeline, stream, mode, window and staged digest. */
  readonly key: string;
  readonly run: string;
  readonly pipeline: string;
  readonly stream: string;
  readonly table: string;
  readonly disposition: Disposition;
  readonly primaryKey: readonly string[];
  readonly write: Write;
  /** Columns in order, as contract and pin say after this load. */
  readonly columns: PinnedSchema;
  readonly segments: readonly Segment[];
  /** Staged rows in order, some thousand at a time. */
  rows(): AsyncIterable<readonly Row[]>;
  /** Origins whose rows of earlier loads are removed in the same commit. For appends; a merge goes by its key. */
  readonly replaces?: readonly string[];
  /** Whether the load holds every key that the source has: what is not in it is marked as deleted (deletes: census). */
  readonly census: boolean;
  /**
   * What an append may bring again: rows whose cursor column is at `from` or later may be in the table already and are counted as
   * deduplicated there. Absent or null: nothing overlaps.
   */
  readonly overlap?: { readonly column: string; readonly from: Json } | null;
  /**
   * Where the next load of an append will begin to read: a sink that cannot read its rows back remembers those from here on, to know
   * them when they come again. Absent or null: nothing comes again.
   */
  readonly remember?: { readonly column: string; readonly from: Json } | null;
  /** Load key that the state had when the run began: another one at commit is a `conflict`. */
  readonly after: string | null;
  /** State to be committed with the rows. */
  readonly state: StreamState;
  /** Backfill and reprocess leave the live state alone. */
  readonly keepsState: boolean;
  readonly at: string;
}

/** A row that was accepted here and that the sink's other side refused. */
export interface DeadRow {
  readonly reason: string;
  readonly locator: string;
  readonly row: Json;
}

export interface Published {
  readonly written: number;
  readonly deduped: number;
  /** Rows that the other side refused: neither written nor deduplicated, and kept by the engine as rows that were set aside. */
  readonly dead?: readonly DeadRow[];
  readonly deleted: number;
  /** True when this key had been published before. */
  readonly existed: boolean;
  /** Files, tables or objects that hold it now. */
  readonly outputs: readonly { name: string; digest: string | null; bytes: number | null; rows: number }[];
}

/** What is known of a load before its rows are staged. */
export interface LinesAheadRequest
  extends Pick<StagedLoad, "disposition" | "primaryKey" | "write" | "columns" | "table"> {
  /** Where its segments are written. */
  readonly dir: string;
}

/** Whoever follows the segments of a load while they are written, in order. Nothing that is called waits. */
export interface LinesAhead {
  /** So many bytes of a segment are there by now. */
  grown(path: string, bytes: number): void;
  /** These are all segments: they do not change any more. */
  ended(segments: readonly Segment[]): void;
  /** They are not what will be published. */
  dropped(): void;
}

export interface Sink {
  readonly kind: string;
  /**
   * Prepares a load while its rows are staged; null where it gains nothing by it. What was prepared is used by `publish` in the same
   * process alone, and only for the very segments that it was made of: a load is published just as well without.
   */
  linesAhead?(request: LinesAheadRequest): LinesAhead | null;
  /** It keeps what rows belong to (`Segment.origin`) and honours `StagedLoad.replaces` in an append. */
  readonly origins?: boolean;
  /** False: rows that were sent cannot be read back, and `read` throws. */
  readonly readable?: boolean;
  /** How rows can be written to it; every way when absent. */
  readonly dispositions?: readonly Disposition[];
  /** For people and evidence; no secret. */
  readonly location: string;
  /** Committed state of a stream; null before the first load. */
  state(pipeline: string, stream: string): Promise<StreamState | null>;
  /** Sets or (null) forgets it; the caller audits. */
  setState(pipeline: string, stream: string, state: StreamState | null): Promise<void>;
  /** What became of a load, or null when it was not committed. */
  find(pipeline: string, stream: string, key: string): Promise<Published | null>;
  /** Rows, load record and state in one transaction, or with the manifest as the commit point. All or nothing; throws DataFailure. */
  publish(load: StagedLoad, abort: AbortSignal): Promise<Published>;
  /** Columns of a table as the sink has it; null when there is none. */
  schema(table: string): Promise<PinnedSchema | null>;
  /** Committed rows of a table, some thousand at a time; for export, joins, foreign keys. */
  read(table: string): AsyncIterable<readonly Row[]>;
  tables(): Promise<{ table: string; rows: number | null }[]>;
  /** Asks committed tables by SQL; absent where the sink is no database that can be asked. */
  query?(request: QueryRequest): Promise<QueryAnswer>;
  close(): Promise<void>;
}

/** One SELECT. */
export interface QueryRequest {
  readonly sql: string;
  /** Values of `:from` and `:to`, where the query has them. */
  readonly bind: Readonly<Record<"from" | "to", string | number | null>>;
  /** Most time until the next rows come. */
  readonly seconds: number;
  readonly abort: AbortSignal;
}

export interface QueryAnswer {
  /** Every table that is read. */
  readonly tables: readonly string[];
  /** Has to be read, or returned. */
  readonly rows: AsyncGenerator<readonly Row[], void, void>;
}
