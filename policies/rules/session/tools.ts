import type { Finding } from "../../../specs/mod.ts";
import { judgeApprovals } from "../../approval.ts";
import { fail, failIfAny, pass, rule } from "../../rule.ts";
import { PATCH_ALWAYS } from "../bindings.ts";
import { carriedOut, classOf, finding, selected } from "./calls.ts";

const APPROVE = "Approve the tool as it is now, by name and digest, and run the agent again";

/** L4: what a tool is and what its actions may do was said before. */
export const toolRules = [
  rule({
    id: "X6",
    gate: "tool-drift",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description: "Every tool that was called is the one that was approved: same name, description and schema",
    remediation: APPROVE,
    bindings: PATCH_ALWAYS,
    reads: ["session"],
    selector: selected,
    evaluate: ({ session: { log } }) => {
      if (log === null) return pass();
      const [sure, asked]: [Finding[], Finding[]] = [[], []];
      const pins = new Map<string, string>();
      for (const { name, digest } of log.tools) {
        if (pins.has(name) && pins.get(name) !== digest) {
          sure.push({ message: `The tool ${name} is approved under two digests`, remediation: APPROVE });
        }
        pins.set(name, digest);
      }
      const offered = new Map<string, string>();
      const ran = new Set(carriedOut(log));
      // A tool that nobody approved and that was not let through did nothing: refusing it is what the broker is there for.
      for (const call of log.calls.filter((one) => pins.has(one.tool) || ran.has(one))) {
        const before = offered.get(call.tool);
        const pin = pins.get(call.tool);
        if (before !== undefined && before !== call.schema) {
          sure.push(finding(call, "the tool changed in the middle of the session", APPROVE));
        } else if (before === undefined && pin === undefined) {
          asked.push(finding(call, "the tool was never approved", APPROVE));
        } else if (before === undefined && pin !== call.schema) {
          asked.push(finding(call, `the tool is ${call.schema}, and ${pin} was approved`, APPROVE));
        }
        offered.set(call.tool, call.schema);
      }
      const findings = [...sure, ...asked];
      if (findings.length === 0) return pass();
      return fail(findings, "passes when every tool that was called is approved as it was offered", {
        escalates: sure.length === 0,
      });
    },
  }),
  rule({
    id: "CLASS",
    gate: "tool-classes",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "No action that cannot be undone ran, and a destructive or undeclared one only with a human's approval of its arguments",
    remediation:
      "Declare the class of each tool's actions, and let a human approve what destroys before it runs",
    bindings: PATCH_ALWAYS,
    reads: ["session", "spec", "policy"],
    selector: selected,
    evaluate: ({ session: { log }, spec, policy, principals }) => {
      const findings: Finding[] = [];
      for (const call of log === null ? [] : carriedOut(log)) {
        const { class: own, declared } = log === null ? { class: "D", declared: false } : classOf(call, log);
        if (own === "E") {
          findings.push(
            finding(
              call,
              "it cannot be undone (class E), and is prohibited",
              "Do it by hand, outside of any agent",
            ),
          );
        }
        if (own !== "D") continue;
        const { valid, refused } = humans(call, principals, spec.tier, policy.approvers);
        if (valid.length > 0) continue;
        findings.push(finding(
          call,
          `${declared ? "it destroys (class D)" : "its class is not declared, which counts as D"}, and ${
            refused[0] === undefined
              ? "no human approved it"
              : `the approval of ${refused[0].by} does not count: ${refused[0].why}`
          }`,
          declared
            ? "Let a human approve the call's arguments before it runs"
            : "Declare the class of the tool's actions, or let a human approve the call",
        ));
      }
      return failIfAny(
        findings,
        "passes when every such call was approved by a human, for its arguments, before it ran",
      );
    },
  }),
];

/** Approvals of a call, by the rules for those of a patch: bound to the arguments, given before the call. */
export function humans(
  call: Parameters<typeof classOf>[0],
  principals: Parameters<typeof judgeApprovals>[0]["principals"],
  tier: Parameters<typeof judgeApprovals>[2],
  approvers: readonly string[],
): ReturnType<typeof judgeApprovals> {
  const approvals = call.approvals.filter(({ verified }) => verified === true).map((
    { by, args, at, keyId },
  ) => ({
    by,
    patch: args,
    at,
    selfApproved: false,
    verified: true,
    ...(keyId === undefined ? {} : { keyId }),
  }));
  return judgeApprovals({ approvals, principals, at: call.at }, call.args, tier, approvers);
}
