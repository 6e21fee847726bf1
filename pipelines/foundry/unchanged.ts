/** What an incremental run may leave out because an earlier load holds it: unchanged files, lists that answer 304. */
import type {
  Disposition,
  LoadMode,
  Pipeline,
  QualityRule,
  Stream,
  Transform,
} from "../../specs/foundry/mod.ts";
import { FINANCIAL } from "../../policies/mod.ts";
import { shortHash } from "./hash.ts";

/** Digest of what a stream's rows are made by: under another definition the rows of an unchanged file are other rows. */
export function definitionOf(stream: Stream): string {
  const { source, primaryKey, cursor, transforms, write, contract, quality, pii } = stream;
  return shortHash({ source, primaryKey, cursor, transforms, write, contract, quality, pii });
}

/** Steps that look at one row alone: what becomes of it does not hang on the others. */
const ROWWISE: ReadonlySet<Transform["op"]> = new Set([
  "select",
  "drop",
  "rename",
  "cast",
  "derive",
  "filter",
  "explode",
]);
/** Steps over all rows of the stream, and nothing else. */
const OVER_THE_STREAM: ReadonlySet<Transform["op"]> = new Set(["aggregate", "pivot", "ratio"]);
/** Rules that judge a row by itself. */
const OF_A_ROW: ReadonlySet<QualityRule["rule"]> = new Set([
  "required",
  "type",
  "range",
  "regex",
  "enum",
  "length",
  "date-order",
  "expression",
]);
/** Connectors whose reading costs no request: what replaces a table is read whole there. */
const LOCAL: ReadonlySet<string> = new Set(["file", "excel", "singer"]);

export type Leaves = "nothing" | "all" | "parts";

/** How much of what did not change a load may leave out, so that the table and every verdict are as if it were read. */
export function leavesOf(
  pipeline: Pipeline,
  stream: Stream,
  load: { mode: LoadMode; isKnown: boolean; disposition: Disposition; census: boolean },
): Leaves {
  if (load.mode !== "incremental" || !load.isKnown) return "nothing";
  const replaces = load.disposition === "replace";
  if (replaces && LOCAL.has(stream.source.connector)) return "nothing";
  // Other tables, code and the time of day may have changed although the source did not.
  const stands = stream.transforms.every(({ op }) => ROWWISE.has(op) || OVER_THE_STREAM.has(op)) &&
    stream.quality.every(({ rule }) =>
      rule !== "freshness" && rule !== "foreign-key" && rule !== "cross-table-sum"
    );
  if (!stands) return "nothing";
  const isParent = pipeline.streams.some(({ source }) => source.parent?.stream === stream.id);
  const inParts = !replaces && !load.census && !isParent &&
    stream.transforms.every(({ op }) => ROWWISE.has(op)) &&
    stream.quality.every(ofParts) && !pipeline.packs.some((pack) => pack === FINANCIAL);
  return inParts ? "parts" : "all";
}

/** Whether a rule says the same of a part as of the whole: those of a row without shares, and that anything came at all. */
function ofParts(rule: QualityRule): boolean {
  if (rule.rule === "row-count") {
    return rule.of === "load" && (rule.min ?? 0) <= 1 && rule.max === undefined && rule.drift === undefined &&
      rule.warnDrift === undefined;
  }
  if (!OF_A_ROW.has(rule.rule)) return false;
  const { warnAbove, blockAbove } = rule as { warnAbove?: number; blockAbove?: number };
  return [warnAbove, blockAbove].every((limit) => limit === undefined || limit === 0);
}
