/** What passes between the runs of a chain, by type, and what may be bound to what. */
import type { ParamType } from "../../specs/mod.ts";
import type { ColumnType } from "../../specs/foundry/mod.ts";

/** A revision is a commit or a branch; `digest` and what follows can be written into a text. */
export type PortType =
  | "revision"
  | "patch"
  | "pull-request"
  | "plan"
  | "dataset"
  | "report"
  | "digest"
  | "string"
  | "integer"
  | "number"
  | "date"
  | "datetime";

/** What an input takes. `param:TYPE` is a parameter, `document` anything that is a document. */
export type InputType = "revision" | "patch" | "dataset" | "document" | `param:${ParamType}`;

/** An output of a stage, as far as it is known before the stage has run. */
export interface OutputPort {
  readonly type: PortType;
  /** A completed run may lack it. */
  readonly optional: boolean;
  /** A run has it whatever its end. */
  readonly always: boolean;
  readonly secret: boolean;
  /** Of a dataset: its columns as agreed; null where only a run tells. */
  readonly columns?: Readonly<Record<string, ColumnType>> | null;
  /** Of a dataset: the table that it is published as. */
  readonly table?: string;
}

export interface InputPort {
  readonly type: InputType;
  readonly required: boolean;
}

/** One stage's ports. */
export interface StagePorts {
  readonly kind: "code" | "data";
  /** What it is called: a title, or a pipeline. */
  readonly what: string;
  readonly inputs: ReadonlyMap<string, InputPort>;
  readonly outputs: ReadonlyMap<string, OutputPort>;
}

const TAKES: Readonly<Record<InputType, readonly PortType[]>> = {
  revision: ["revision"],
  patch: ["patch"],
  dataset: ["dataset"],
  document: ["dataset", "report", "pull-request", "plan"],
  "param:string": ["string", "revision", "digest", "date", "datetime"],
  "param:integer": ["integer"],
  "param:number": ["integer", "number"],
  "param:boolean": [],
  "param:date": ["date"],
};

/** Types that an input of this type takes. */
export const takes = (input: InputType): readonly PortType[] => TAKES[input];

/** Whether what is bound there stays out of texts, so that what is marked as secret may go there. */
export const keepsSecrets = (input: InputType): boolean => input === "patch" || input === "dataset";

/** Column types whose every value is one of another type, too. */
const WITHIN: Readonly<Record<ColumnType, readonly ColumnType[]>> = {
  string: ["string"],
  integer: ["integer", "decimal", "string"],
  decimal: ["decimal", "string"],
  boolean: ["boolean", "string"],
  date: ["date", "datetime", "string"],
  datetime: ["datetime", "string"],
  json: ["json"],
};

/** What of the columns that are expected is not there, or of another type. */
export function schemaFaults(
  expected: Readonly<Record<string, ColumnType>>,
  given: Readonly<Record<string, ColumnType>>,
): string[] {
  return Object.entries(expected).flatMap(([column, type]) => {
    const own = Object.hasOwn(given, column) ? given[column] : undefined;
    if (own === undefined) {
      return [`it has no column '${column}' (columns: ${Object.keys(given).join(", ") || "none"})`];
    }
    return WITHIN[own].includes(type) ? [] : [`its column '${column}' is of type ${own}, not ${type}`];
  });
}
