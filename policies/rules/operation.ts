import type { Finding } from "../../specs/mod.ts";
import { failIfAny, rule } from "../rule.ts";
import { EVERYWHERE } from "./bindings.ts";

/** L3: the run has what it may spend. */
export const operationRules = [
  rule({
    id: "O4",
    gate: "budget",
    layer: "L3",
    mode: "enforce",
    severity: "high",
    description: "No unit of the budget is over its limit, what is reserved counted in",
    remediation: "Raise the limit in spec.budget, or make the work smaller",
    bindings: EVERYWHERE,
    reads: [],
    evaluate: ({ budget }) => {
      const findings: Finding[] = [];
      const units = Object.entries(budget);
      if (units.length === 0) {
        findings.push({
          message: "No budget is known for this run",
          remediation: "Give the run limits; what has no limit is not spent",
        });
      }
      for (const [unit, { limit, spent, reserved }] of units) {
        const used = spent + reserved;
        const sane = [limit, spent, reserved].every((amount) => Number.isFinite(amount) && amount >= 0);
        if (sane && used <= limit) continue;
        findings.push({
          message: sane
            ? `${unit}: ${used} of ${limit} are used (${spent} spent, ${reserved} reserved)`
            : `${unit}: the amounts are not numbers that can be compared (limit ${limit}, spent ${spent}, reserved ${reserved})`,
          remediation: `Raise spec.budget for ${unit} above ${used}, or make the work smaller`,
        });
      }
      return failIfAny(findings, "passes when every unit is within its limit");
    },
  }),
];
