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

/** What a rule with bounds needs one of, where it has none; and whether its bounds exclude each other. */
function boundsOf(rule: QualityRule): [missing: string | null, crossed: boolean] | null {
  switch (rule.rule) {
    case "sum":
      return [rule.equals === undefined ? "equals" : null, false];
    case "row-count":
      return [
        rule.min === undefined && rule.max === undefined && rule.drift === undefined
          ? "min, max or drift"
          : null,
        isAbove(rule.min, rule.max),
      ];
    case "range":
    case "length":
    case "distinct-ratio":
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
