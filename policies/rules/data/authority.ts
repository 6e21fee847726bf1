import { judgeApprovals } from "../../approval.ts";
import { autonomyEffect, lowestAutonomy } from "../../autonomy.ts";
import { fail, failIfAny, pass, rule } from "../../rule.ts";
import { EVERY_DATA, PUBLISHING, STAGED } from "./bindings.ts";

/** Budget, and who may let data be published. */
export const authorityRules = [
  rule({
    id: "D-BUDGET",
    gate: "budget-left",
    layer: "L3",
    mode: "enforce",
    severity: "high",
    description: "No budget of the run is used up",
    remediation: "Raise `budget` in the pipeline, or let the run read less",
    bindings: EVERY_DATA,
    reads: ["pipeline"],
    evaluate: ({ budget }) =>
      failIfAny(
        Object.entries(budget).filter(([, { limit, spent }]) => spent > limit).map((
          [unit, { limit, spent }],
        ) => ({
          message: `${spent} of ${limit} ${unit} are spent`,
          remediation: "Raise `budget` in the pipeline, or let the run read less",
        })),
        "passes within the budget",
      ),
  }),
  rule({
    id: "D-AUTONOMY",
    gate: "autonomy",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description: "What the installation grants covers publishing by itself",
    remediation: "Raise the installation's level, or let a human approve the run",
    bindings: EVERY_DATA,
    reads: ["pipeline"],
    evaluate: ({ transition, autonomy }) => {
      const level = lowestAutonomy(autonomy.ceiling, autonomy.granted);
      const effect = autonomyEffect(level);
      if (effect === null) {
        return fail(
          [{ message: "The level A5 is never granted", remediation: "Grant A4 or lower" }],
          "passes at A4 or lower",
        );
      }
      // Publishing data is an act of its own: where no change may be proposed, none may be made.
      if (transition.from !== "publish" || effect.pullRequest === "ready") {
        return pass([{ message: `${level}: ${effect.says}`, remediation: "" }]);
      }
      return fail(
        [{
          message: `${level} publishes nothing by itself: ${effect.says}`,
          remediation: "Approve the run, or raise the level to A3",
        }],
        "passes at A3 or higher",
        { escalates: level !== "A0" },
      );
    },
  }),
  rule({
    id: "D-FOUR-EYES",
    gate: "four-eyes",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "Approvals come from another principal than the requester and are bound to the staged data; the tier critical needs one",
    remediation: "Let another principal approve the staged data",
    bindings: [...STAGED, ...PUBLISHING],
    reads: ["pipeline", "data"],
    selector: ({ pipeline, approvals }) => ({
      applies: pipeline.tier === "critical" || approvals.length > 0,
      because: pipeline.tier === "critical"
        ? "the tier is critical"
        : approvals.length > 0
        ? `${approvals.length} approvals were given`
        : `the tier is ${pipeline.tier} and no approval was given`,
    }),
    evaluate: ({ pipeline, approvals, principals, at }) => {
      // The digest that was approved is checked by the judge, which lets only approvals of this subject count.
      const subject = approvals[0]?.patch ?? null;
      const judged = judgeApprovals({ approvals, principals, at }, subject, pipeline.tier, []);
      const notes = judged.refused.map(({ by, why }) => ({
        message: `The approval of ${by} does not count: ${why}`,
        remediation: "Let another principal approve the staged data",
      }));
      if (judged.valid.length > 0) return pass(notes);
      return fail(
        notes.length > 0 ? notes : [{
          message: "The tier critical needs the approval of a second principal",
          remediation: "forge workflow answer RUN --approve --user NAME",
        }],
        "passes once another principal approves",
        { escalates: true },
      );
    },
  }),
];
