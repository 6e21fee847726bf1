import type { OperationRecord, Spec } from "../../specs/mod.ts";
import { judgeApprovals } from "../approval.ts";
import { autonomyEffect, lowestAutonomy } from "../autonomy.ts";
import { type Facts, fail, pass, rule } from "../rule.ts";
import { EVERYWHERE } from "./bindings.ts";

/** Where the level that an installation grants comes from. */
function grantedBy({ mode, autonomy: { system, environment, earned } }: OperationRecord): string {
  return ` (${mode} ${system}, operator ${environment}, earned ${earned.level}: ${earned.because})`;
}

/** What makes a plan worth a human's look; null when nothing does. */
function weighty(spec: Spec, plan: Facts["plan"]): string | null {
  const high = plan.tasks.filter(({ risk }) => risk === "high").map(({ id }) => id);
  if (spec.tier === "critical") return "the tier is critical";
  if (plan.decides === true) return "the plan takes a decision or touches more than one component";
  return high.length === 0 ? null : `${high.join(", ")} may do much harm`;
}

/** L4: who or what may do this. */
export const authorizationRules = [
  rule({
    id: "AUTONOMY",
    gate: "autonomy",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "The lowest of what the spec, the installation and the repository allow covers this transition",
    remediation: "Raise the level where it is lowest, or let a human open the pull request",
    bindings: EVERYWHERE,
    reads: ["policy", "operation"],
    evaluate: ({ transition, autonomy, policy, operation: { recorded } }) => {
      const level = lowestAutonomy(autonomy.ceiling, autonomy.granted, policy.autonomy);
      const effect = autonomyEffect(level);
      const levels = `spec ${autonomy.ceiling}, installation ${autonomy.granted}${
        recorded === null ? "" : grantedBy(recorded)
      }, repository ${policy.autonomy}`;
      if (effect === null) {
        return fail(
          [{
            message: `The level A5 is never granted to an agent (${levels})`,
            remediation: "Grant A4 or lower",
          }],
          "passes at A4 or lower",
        );
      }
      const releases = transition.to === "release" || transition.from === "release";
      if (!releases || effect.pullRequest !== "none") {
        return pass([{
          message: `${level}: ${effect.says}${effect.level === "A3" ? "" : ` (${levels})`}`,
          remediation: recorded?.autonomy.earned.lost?.regain ?? "",
        }]);
      }
      return fail(
        [{
          message: `${level} opens no pull request (${levels}): ${effect.says}`,
          remediation: level === "A1"
            ? "The patch and the evidence are ready. Approve the run to open the pull request yourself, or raise autonomy to A2 or A3"
            : "Raise autonomy to A2 (draft) or A3, or leave it: at A0 the run only judges",
        }],
        "passes at A2 or higher",
        // In safe-mode nobody has decided about this run: it waits for a human.
        { escalates: level === "A1" || recorded?.mode === "safe-mode" },
      );
    },
  }),
  rule({
    id: "PLAN",
    gate: "plan-approved",
    layer: "L4",
    mode: "enforce",
    severity: "high",
    description:
      "Up to A2 a human approves the plan of a model before work begins, where it decides something, risks much or the tier is critical",
    remediation:
      "Approve the plan (forge workflow answer RUN --approve), or have it planned anew (--re-plan)",
    bindings: ["plan->", "design->"],
    reads: ["spec", "plan", "policy"],
    selector: ({ transition, spec, plan, policy, autonomy }) => {
      const level = lowestAutonomy(autonomy.ceiling, autonomy.granted, policy.autonomy);
      const weighs = weighty(spec, plan);
      return transition.to !== "implement"
        ? { applies: false, because: "work does not begin yet" }
        : plan.planner === undefined || plan.planner === "rules"
        ? { applies: false, because: "the plan follows from the spec by rules" }
        : !["A0", "A1", "A2"].includes(level)
        ? { applies: false, because: `at ${level} a plan needs no approval` }
        : weighs === null
        ? {
          applies: false,
          because: "the plan decides nothing, no task risks much, the tier is not critical",
        }
        : { applies: true, because: `${level}, and ${weighs}` };
    },
    evaluate: ({ spec, plan, policy, approvals, principals, at }) => {
      const judged = judgeApprovals(
        { approvals, principals, at },
        plan.digest ?? null,
        spec.tier,
        policy.approvers,
      );
      const [first] = judged.valid;
      if (first !== undefined) {
        const own = first.selfApproved ? " (self-approved: one key, no human review)" : "";
        return pass([{ message: `The plan was approved by ${first.by}${own}`, remediation: "" }]);
      }
      return fail(
        [
          {
            message: `The plan of ${plan.planner} waits for a human: ${
              weighty(spec, plan) ?? "it weighs"
            }. Tasks: ${plan.tasks.map(({ id }) => id).join(", ")}`,
            remediation: "Read it (forge workflow show RUN) and approve it, or have it planned anew",
          },
          ...judged.refused.map(({ by, why }) => ({
            message: `The approval of ${by} does not count: ${why}`,
            remediation: `Approve plan ${plan.digest ?? ""}`,
          })),
        ],
        "passes with an approval that is bound to this plan, or at A3",
        { escalates: true },
      );
    },
  }),
  rule({
    id: "O5",
    gate: "four-eyes",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "Approvals come from another principal than the requester and are bound to this patch; the tier critical needs one",
    remediation: "Let another principal approve this patch",
    bindings: ["review->", "final"],
    reads: ["spec", "change", "policy"],
    selector: ({ spec, approvals }) => ({
      applies: spec.tier === "critical" || approvals.length > 0,
      because: spec.tier === "critical"
        ? "the tier is critical"
        : approvals.length > 0
        ? `${approvals.length} approvals were given`
        : `the tier is ${spec.tier} and no approval was given; a rule that needs one says so itself`,
    }),
    evaluate: ({ spec, change, policy, approvals, principals, at }) => {
      const judged = judgeApprovals({ approvals, principals, at }, change.patch, spec.tier, policy.approvers);
      const notes = judged.refused.map(({ by, why }) => ({
        message: `The approval of ${by} does not count: ${why}`,
        remediation: `Approve patch ${change.patch} as another principal than ${principals.requester}`,
      }));
      if (judged.valid.length > 0) {
        const [first] = judged.valid;
        const own = first?.selfApproved ? " (self-approved: one key, no human review)" : "";
        return pass([{ message: `Approved by ${first?.by}${own}`, remediation: "" }, ...notes]);
      }
      return fail(
        notes.length > 0 ? notes : [{
          message: "The tier critical needs the approval of a second principal",
          remediation:
            `A principal other than ${principals.requester} answers: forge workflow answer RUN --approve`,
        }],
        "passes with an approval of another principal that is bound to this patch",
        { escalates: true },
      );
    },
  }),
];
