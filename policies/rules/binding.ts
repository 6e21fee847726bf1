import type { Finding } from "../../specs/mod.ts";
import { failIfAny, rule } from "../rule.ts";

/** L1: what is released is what was judged, byte for byte. */
export const bindingRules = [
  rule({
    id: "E2",
    gate: "stale-verdict",
    layer: "L1",
    mode: "enforce",
    severity: "critical",
    description: "Verification ran on the very patch and tree that are judged now",
    remediation: "Verify this patch again",
    bindings: ["review->", "final"],
    reads: ["change", "verified"],
    evaluate: ({ change, verified }) =>
      failIfAny(
        differences("verification ran on", { patch: verified.patch, tree: verified.tree }, change),
        "passes when verification ran on the judged patch and tree",
      ),
  }),
  rule({
    id: "E2",
    gate: "released-as-judged",
    layer: "L1",
    mode: "enforce",
    severity: "critical",
    description: "What was released has the patch digest and the tree that were judged",
    remediation: "Release again from the judged patch",
    bindings: ["release->", "observe->"],
    reads: ["change", "verified", "released"],
    evaluate: ({ change, verified, released }) =>
      failIfAny(
        [
          ...differences("verification ran on", { patch: verified.patch, tree: verified.tree }, change),
          ...differences("what was released has", { patch: released.patch, tree: released.tree }, change),
        ],
        "passes when the released patch and tree are the judged ones",
      ),
  }),
];

function differences(
  what: string,
  one: { patch: string; tree: string },
  judged: { patch: string; tree: string },
): Finding[] {
  const findings: Finding[] = [];
  for (const key of ["patch", "tree"] as const) {
    if (one[key] === judged[key]) continue;
    findings.push({
      message: `${what} ${key} ${one[key]}, the judged ${key} is ${judged[key]}`,
      remediation: "Go back to verify: a verdict holds for one patch and one tree only",
    });
  }
  return findings;
}
