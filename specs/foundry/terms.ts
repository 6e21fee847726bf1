/** Words that pipelines, rules and facts of data share. */
import { z } from "zod";

export const Slug = z.string().regex(
  /^[a-z0-9][a-z0-9._-]{0,99}$/,
  "lower-case letters, digits, dots, dashes, underscores",
);
/** A table and its columns end up in SQL, in file names and in CSV headers: plain names only. */
export const TableName = z.string().regex(
  /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
  "a letter or underscore, then letters, digits, underscores",
);
/** `__proto__` is no column: assigning to it changes what a row is. */
export const Column = z.string().min(1).max(256).regex(/^(?!__proto__$)/, "any name but __proto__");
export const Columns = z.array(Column).min(1).max(64);
/** ISO 8601 duration, such as P3D, PT2M or P1M. */
export const Duration = z.string().regex(
  /^P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?$/,
  "an ISO 8601 duration, such as P3D or PT2M",
);

export const Severity = z.enum(["warn", "quarantine", "block"]);
export type Severity = z.infer<typeof Severity>;

/** `evolve` adds what is new; `quarantine` sets the row aside; `block` holds the batch; `freeze` is block plus an approval. */
export const ContractMode = z.enum(["evolve", "quarantine", "block", "freeze"]);
export type ContractMode = z.infer<typeof ContractMode>;

export const ColumnType = z.enum([
  "string",
  "integer",
  "decimal",
  "boolean",
  "date",
  "datetime",
  "json",
]);
export type ColumnType = z.infer<typeof ColumnType>;
