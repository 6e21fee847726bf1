import type { Finding } from "../../../specs/mod.ts";
import { autonomyEffect, lowestAutonomy } from "../../autonomy.ts";
import { isExcepted } from "../../operational/freeze.ts";
import type { PullFacts } from "../../pull_port.ts";
import { type Binding, failIfAny, type Outcome, rule } from "../../rule.ts";

/** The phase in which a pull request, or a train of them, is looked at. */
export const LOOKED: readonly Binding[] = ["look->"];

const GREEN: ReadonlySet<string> = new Set(["success", "neutral", "skipped"]);
const MAY_WRITE: ReadonlySet<string> = new Set(["admin", "maintain", "write"]);

const ofMerge = (pull: PullFacts | null): { applies: boolean; because: string } =>
  pull?.asks === "merge"
    ? { applies: true, because: "it is about to be merged" }
    : { applies: false, because: "nothing is about to be merged" };

/** The pull request that the selector has seen. */
function known(pull: { recorded: PullFacts | null }): PullFacts {
  if (pull.recorded === null) throw new Error("no facts of a pull request were given to the judge");
  return pull.recorded;
}

/** What is merged is what was judged, is as ready as it was, and somebody else has agreed. */
export const mergeRules = [
  rule({
    id: "PR-JUDGED",
    gate: "merge-judged",
    layer: "L1",
    mode: "enforce",
    severity: "critical",
    description:
      "What is merged passed every gate here: its run completed with evidence, on this head and on this base",
    remediation: "Wait until the change was judged as it is now, or let a person merge it",
    bindings: LOOKED,
    reads: ["pull"],
    selector: ({ pull }) => ofMerge(pull.recorded),
    evaluate: ({ pull }) => {
      const { judged, now, working } = known(pull);
      const findings: Finding[] = [];
      const say = (message: string, remediation: string) => findings.push({ message, remediation });
      if (judged === null) {
        say("No run of this installation has judged it", "A person merges it; the train waits for that");
      } else {
        if (judged.status !== "completed") {
          say(`The run ${judged.run} ended ${judged.status}`, "Only what passed every gate is merged");
        } else if (judged.evidence === null) {
          say(`The evidence of ${judged.run} is not sealed yet`, "The next look finds it");
        }
        if (now !== null && now.head !== judged.head) {
          say("The head is not the one that was judged", "Somebody else has pushed: a person looks at it");
        }
        if (now !== null && now.baseHead !== judged.base) {
          say(
            "The base is not the one that it was judged on",
            "It is judged again on the base as it is now",
          );
        }
      }
      if (working) say("A run is working on it", "The next look finds what came of it");
      return failIfAny(findings, "passes when this head was judged on this base, and nothing works on it");
    },
  }),
  rule({
    id: "PR-READY",
    gate: "merge-ready",
    layer: "L3",
    mode: "enforce",
    severity: "high",
    description:
      "It is open and no draft, without a conflict, every check has passed, nothing that was asked for is left undone",
    remediation: "Do what the finding names; it is looked at again by itself",
    bindings: LOOKED,
    reads: ["pull"],
    selector: ({ pull }) => ofMerge(pull.recorded),
    evaluate: ({ pull }) => {
      const { now, requests } = known(pull);
      const findings: Finding[] = [];
      const say = (message: string, remediation: string) => findings.push({ message, remediation });
      if (now === null) say("The forge did not tell how it stands", "The next look asks again");
      else {
        if (now.state !== "open") {
          say(`It is ${now.state}`, "Nothing is merged twice, or after it was closed");
        }
        if (now.draft) say("It is a draft", "Mark it as ready for review");
        if (now.mergeable !== "clean") say(`The forge says ${now.mergeable}`, "Meet the rules of the forge");
        if (now.cut) {
          say("Not all checks and reviews could be read", "A person merges what has so many of them");
        }
        for (const { name, state } of now.checks) {
          if (!GREEN.has(state)) {
            say(`The check ${name.slice(0, 100)} is ${state}`, "It has to pass before the merge");
          }
        }
        for (const { by, state } of now.reviews) {
          if (state === "changes_requested") {
            say(`${by.slice(0, 100)} asks for changes`, "Make them, or let that person change the review");
          }
        }
      }
      if (requests > 0) {
        say(`${requests} changes that were asked for are not made`, "They are worked on one by one");
      }
      return failIfAny(
        findings.slice(0, 100),
        "passes when the forge calls it clean, and nothing is left undone",
      );
    },
  }),
  rule({
    id: "PR-APPROVED",
    gate: "merge-approved",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "The autonomy is A4, and somebody else than who asked for the change, who may write, has approved this very head",
    remediation: "Let a person with the right to write approve this head, or merge it",
    bindings: LOOKED,
    reads: ["pull", "policy"],
    selector: ({ pull }) => ofMerge(pull.recorded),
    evaluate: ({ pull, policy, autonomy, principals }) => {
      const { now, account } = known(pull);
      const findings: Finding[] = [];
      const level = lowestAutonomy(autonomy.ceiling, autonomy.granted, policy.autonomy);
      if (autonomyEffect(level)?.merges !== true) {
        findings.push({
          message: `A person merges: the autonomy here is ${level}`,
          remediation: "Merge it on the forge, or grant A4",
        });
      }
      const valid = (now?.reviews ?? []).filter(({ by, bot, permission, state, commit }) =>
        state === "approved" && commit === now?.head && !bot && by !== principals.requester &&
        by !== account &&
        permission !== null && MAY_WRITE.has(permission)
      );
      if (valid.length === 0) {
        findings.push({
          message: "Nobody who may write has approved this head",
          remediation: `Somebody other than ${principals.requester} approves it on the forge`,
        });
      }
      return failIfAny(findings, "passes at A4 with an approval of this head by somebody else");
    },
  }),
  rule({
    id: "PR-FROZEN",
    gate: "merge-frozen",
    layer: "L3",
    mode: "enforce",
    severity: "critical",
    description: "Nothing is merged inside a freeze window of the repository or the installation",
    remediation: "Wait for the end of the window: it is looked at again by itself",
    bindings: LOOKED,
    reads: ["pull", "freeze", "operation"],
    selector: ({ pull, freeze }) => {
      const merge = ofMerge(pull.recorded);
      return merge.applies && freeze.declared === 0
        ? { applies: false, because: "no freeze window is declared" }
        : merge;
    },
    evaluate: ({ freeze, operation }) => {
      const change = operation.recorded ?? { tier: "critical" as const, intents: [] };
      const open = freeze.open.filter(({ window }) => !isExcepted(window.except, change));
      return failIfAny(
        open.map(({ window, endsMs }) => ({
          message: `Frozen until ${new Date(endsMs).toISOString()}: ${window.reason}`,
          remediation: "It is merged after that, where nothing else is in the way",
        })),
        "passes outside of every freeze window",
      );
    },
  }),
  rule({
    id: "PR-MERGED",
    gate: "merged-as-judged",
    layer: "L1",
    mode: "enforce",
    severity: "critical",
    description: "What was merged has the tree that the gates judged",
    remediation: "Judge what was merged: forge pr review RANGE; take it back where it is not wanted",
    bindings: LOOKED,
    reads: ["pull"],
    selector: ({ pull: { recorded } }) => {
      if (recorded?.asks !== "end") return { applies: false, because: "it is not done with yet" };
      switch (recorded.ended) {
        case "closed":
          return { applies: false, because: "it was closed, nothing was merged" };
        case "time":
        case "looks":
          return { applies: false, because: "the time is over, nothing was merged" };
        default:
          return { applies: true, because: recorded.ended === "merged" ? "it was merged" : "it ended" };
      }
    },
    evaluate: ({ pull }) => mergedAsJudged(known(pull)),
  }),
];

function mergedAsJudged({ ended, merged, judged, url }: PullFacts): Outcome {
  const findings: Finding[] = [];
  if (ended !== "merged") {
    findings.push({
      message: "The forge does not tell any more how it stands",
      remediation: `Look at ${url}, give the credential its rights back, and watch it again`,
    });
  } else if (merged === null || judged === null) {
    findings.push({
      message: "It was merged, and what was merged was not compared with what was judged",
      remediation: "Judge it: forge pr review RANGE",
    });
  } else if (merged.verdict !== "as-judged" || merged.tree !== judged.tree) {
    findings.push({
      message: `What was merged is not what was judged: ${merged.why}`.slice(0, 4000),
      remediation: "Judge what was merged: forge pr review RANGE; take it back where it is not wanted",
    });
  }
  return failIfAny(findings, "passes when the tree of the merge is the one that was judged");
}
