import type { QualityRule, Stream } from "../foundry/pipeline.ts";
import { compareValues } from "../foundry/order.ts";
import type { SpecFault } from "./check.ts";
import type { Path } from "./wording.ts";

/** Rules whose failing rows can be set aside; all others judge the set. */
const OVER_ROWS: ReadonlySet<QualityRule["rule"]> = new Set([
  "required",
  "type",
  "range",
  "regex",
  "enum",
  "length",
  "date-order",
  "expression",
]);

/** Rules of a stream that promise what they cannot keep: they could never fail, or would set rows aside that they do not know. */
export function qualityFaults(stream: Stream, at: Path): SpecFault[] {
  return stream.quality.flatMap((rule, index): SpecFault[] => {
    const path = [...at, "quality", index];
    const faults: SpecFault[] = [];
    if (rule.severity === "quarantine" && !OVER_ROWS.has(rule.rule)) {
      faults.push({
        code: "spec.severity",
        message: `The rule ${rule.rule} judges the set: it cannot tell which rows to set aside.`,
        path: [...path, "severity"],
        value: rule.severity,
        remedy: "write severity: warn or block",
      });
    }
    faults.push(...statementFaults(rule, path));
    const bounds = boundsOf(rule);
    if (bounds === null) return faults;
    const [missing, crossed] = bounds;
    if (missing !== null) {
      faults.push({
        code: "spec.rule",
        message: `The rule ${rule.rule} can never fail: it has none of ${missing}.`,
        path,
        value: rule.rule,
        remedy: `write ${missing}, or leave the rule out`,
      });
    } else if (crossed) {
      faults.push({
        code: "spec.rule",
        message: `The rule ${rule.rule} can never hold: its min is above its max.`,
        path: [...path, "min"],
        value: rule.rule,
        remedy: "write a min that is not above max",
      });
    }
    return faults;
  });
}

/** Rules over statements whose rows do not say which statement they are of, and keys of two tables that do not meet. */
function statementFaults(rule: QualityRule, path: Path): SpecFault[] {
  if (
    "repeats" in rule && rule.item !== undefined && rule.by === undefined && rule.rule !== "material-account"
  ) {
    return [{
      code: "spec.rule",
      message: `In long form the rule ${rule.rule} has to know which rows make one statement.`,
      path: [...path, "by"],
      value: rule.rule,
      remedy: "write, for example, by: [cik, end, accession]",
    }];
  }
  const [from, to] = rule.rule === "cross-table-sum"
    ? [rule.by, rule.references]
    : rule.rule === "foreign-key"
    ? [rule.columns, rule.references]
    : [[], []];
  return from.length === to.length ? [] : [{
    code: "spec.rule",
    message: `The rule ${rule.rule} names ${from.length} columns that refer to ${to.length}.`,
    path: [...path, "references"],
    value: rule.rule,
    remedy: "name as many columns of the table as of the stream, in the same order",
  }];
}

/** What a rule with bounds needs one of, where it has none; and whether its bounds exclude each other. */
function boundsOf(rule: QualityRule): [missing: string | null, crossed: boolean] | null {
  switch (rule.rule) {
    case "sum":
      return [rule.equals === undefined ? "equals" : null, false];
    case "row-count":
      return [
        rule.min === undefined && rule.max === undefined && rule.drift === undefined &&
          rule.warnDrift === undefined
          ? "min, max or drift"
          : null,
        isAbove(rule.min, rule.max),
      ];
    case "distinct-ratio":
      return [
        rule.min === undefined && rule.max === undefined && rule.warnBelow === undefined &&
          rule.warnAbove === undefined
          ? "min, max, warnBelow or warnAbove"
          : null,
        isAbove(rule.min, rule.max),
      ];
    case "accounting-equation":
      return [
        rule.total === undefined && (rule.liabilities === undefined || rule.equity === undefined)
          ? "liabilities with equity, or total"
          : null,
        false,
      ];
    case "derivation-chain":
      return [
        Object.keys(rule.terms ?? {}).length === 0 && rule.ratio === undefined ? "terms or ratio" : null,
        false,
      ];
    case "range":
    case "length":
      return [
        rule.min === undefined && rule.max === undefined ? "min or max" : null,
        isAbove(rule.min, rule.max),
      ];
    default:
      return null;
  }
}

function isAbove(min: number | string | undefined, max: number | string | undefined): boolean {
  return min !== undefined && max !== undefined && typeof min === typeof max && compareValues(min, max) > 0;
}
