/** What a format has to do for a table of files: write parts, and read them back as the rows that they were. */
import type { PinnedSchema, Row } from "../../specs/foundry/mod.ts";

export interface PartWriter {
  /** False: this part takes no more, and none of these rows; they begin the next part. */
  add(rows: readonly Row[]): Promise<boolean>;
  /** Makes the part durable. */
  end(): Promise<{ bytes: number; digest: string; rows: number }>;
  abandon(): void;
}

export interface PartFormat {
  readonly kind: "jsonl" | "csv" | "parquet";
  /** Such as `.jsonl`. */
  readonly extension: string;
  /** Whether a staged segment is a part as it is. */
  readonly adopts: boolean;
  writer(path: string, columns: PinnedSchema): Promise<PartWriter>;
  read(path: string, columns: PinnedSchema): AsyncIterable<readonly Row[]>;
}

/** Rows of one batch that is read back. */
export const READ_ROWS = 2_000;
/** Largest part. */
export const PART_BYTES = 256 * 1024 * 1024;
