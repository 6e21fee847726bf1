import type { CloneFacts, Finding } from "../../specs/mod.ts";
import { fail, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";

/** L4: nobody who works on the change, or whose tests judge it, can look into its future. */
export const historyRules = [
  rule({
    id: "T10",
    gate: "clone-history",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "The clones that the implementer and the verification work in hold the base commit alone: no other commit, tag, ref, reflog, remote or alternate, and no object that base does not reach",
    remediation: "Start a new run: its clones are made afresh from the base commit",
    bindings: PATCH_ALWAYS,
    reads: ["clones"],
    evaluate: ({ clones, transition }) => {
      const due: ("implementer" | "verifier")[] = transition.from === "implement"
        ? ["implementer"]
        : ["implementer", "verifier"];
      const unseen = due.filter((name) => clones[name] === null);
      if (unseen.length > 0) {
        return {
          verdict: "error",
          findings: unseen.map((name) => ({
            message: `Nobody looked through the clone of the ${name}, so that it may hold later commits`,
            remediation: "Start a new run with an engine whose workspaces say what they hold",
          })),
          counterfactual: "can be judged once each clone that something ran in was looked through",
        };
      }
      const findings = due.flatMap((name) => {
        const facts = clones[name];
        return facts === null ? [] : found(name, facts);
      });
      return findings.length > 0
        ? fail(findings, "passes when each clone holds the base commit and nothing else of the history")
        : pass();
    },
  }),
];

function found(name: string, facts: CloneFacts): Finding[] {
  const { base, foreign, unreachable, traces, parents, exposed } = facts;
  const told = [
    foreign.length > 0 ? `holds other commits or tags: ${foreign.join(", ")}` : "",
    unreachable > 0 ? `was made with ${unreachable} objects that ${base} does not reach` : "",
    traces.length > 0 ? `has ${traces.join(", ")}, which lead to other commits` : "",
    parents === "open" ? `lets git look for the parents of ${base}` : "",
    exposed ? "has a git directory among its files" : "",
  ].filter((text) => text !== "");
  return told.map((text) => ({
    message: `The clone of the ${name} ${text}`.slice(0, 4000),
    remediation: "Start a new run; when it happens again, look who else writes in the data directory",
  }));
}
