import type { CloneFacts, Finding } from "../../specs/mod.ts";
import { fail, failIfAny, pass, rule } from "../rule.ts";
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
  rule({
    id: "T10",
    gate: "history-reach",
    layer: "L4",
    mode: "enforce",
    severity: "high",
    description:
      "No new code, test or script looks for other commits in what git keeps; a tool that is to work with git is for a human to tell",
    remediation: "Work the answer out from the files that are there, or let a human decide",
    bindings: PATCH_ALWAYS,
    reads: ["patch", "change"],
    selector: ({ patch: { historyReach } }) => ({
      applies: historyReach !== undefined,
      because: historyReach === undefined
        ? "these facts are of an extractor that did not look for ways into the history"
        : "added lines are looked through for ways into the history",
    }),
    evaluate: ({ patch }) =>
      failIfAny(
        (patch.historyReach ?? []).map(({ path, line, what }) => ({
          message: `${path} ${what}, where the answer may be`,
          path,
          line,
          remediation:
            "Take it out; where it is meant, a human approves it: forge workflow answer RUN --approve",
        })),
        "passes without these lines, or with an approval that is bound to this patch",
        { escalates: true },
      ),
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
