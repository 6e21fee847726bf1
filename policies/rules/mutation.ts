import type { Finding, MutationFacts, TriedMutation } from "../../specs/mod.ts";
import { MUTATION_BUDGET } from "../mutation_budget.ts";
import { fail, pass, rule } from "../rule.ts";
import { VERIFY_KNOWN } from "./bindings.ts";

const MOST = 20;

/** L2: the tests notice when the changed lines do something else. */
export const mutationRules = [
  rule({
    id: "T5",
    gate: "mutation",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description:
      "Small changes of the added lines are noticed by the tests: what they miss is told at the tier standard, and has to be noticed at critical",
    remediation: "Assert what the changed lines do, so that a test fails when they do something else",
    bindings: VERIFY_KNOWN,
    reads: ["spec", "verify"],
    selector: ({ spec, verify }) => {
      const { mutation } = verify;
      const budget = MUTATION_BUDGET[spec.tier];
      if (budget.mutants === 0) {
        return { applies: false, because: `the tier ${spec.tier} asks for no mutants` };
      }
      if (mutation === undefined) {
        // What misses it can only be told at this tier, so that a record of an engine that knew nothing of it decides nothing.
        return budget.percent === null
          ? {
            applies: false,
            because: `the verification tried no mutants, and the tier ${spec.tier} only tells what is missed`,
          }
          : { applies: true, because: `the tier ${spec.tier} asks for mutants` };
      }
      if (mutation.problem !== undefined) return { applies: true, because: "mutants could not be tried" };
      if (mutation.skipped !== undefined) return { applies: false, because: mutation.skipped };
      if (mutation.possible === 0) {
        return { applies: false, because: "no line that the change added to product code can be mutated" };
      }
      return {
        applies: true,
        because:
          `${mutation.possible} mutants of ${mutation.lines} added lines, ${mutation.tried.length} tried`,
      };
    },
    evaluate: ({ spec, verify: { mutation } }) => {
      const { percent } = MUTATION_BUDGET[spec.tier];
      if (mutation === undefined || mutation.problem !== undefined) {
        return {
          verdict: "error",
          findings: [{
            message: `The tests were not put to the proof: ${
              mutation?.problem ?? "the verification tried no mutants, which this tier asks for"
            }`.slice(0, 4000),
            remediation: "Run the verification again; when it stays so, report it with the run's evidence",
          }],
          counterfactual: "can be judged once mutants of the changed lines were tried",
        };
      }
      const noticed = count(mutation, "killed") + count(mutation, "timeout");
      const survivors = mutation.tried.filter(({ outcome }) => outcome === "survived");
      const judged = noticed + survivors.length;
      const told = [...summary(mutation, noticed, judged), ...survivors.slice(0, MOST).map(missed)];
      if (percent === null) return pass(told);
      if (judged === 0) {
        return mutation.tried.length > 0 || mutation.stopped === "done" ? pass(told) : {
          verdict: "error",
          findings: told,
          counterfactual: "can be judged once there is time for mutants of the changed lines",
        };
      }
      if (100 * noticed >= percent * judged) return pass(told);
      return fail(
        told,
        `passes when the tests notice ${percent} % of the mutants of the added lines; of ${judged} they noticed ${noticed}`,
        // Of a few mutants some may change nothing that anybody could see. When none of many is seen, nothing is tested.
        { escalates: noticed > 0 || judged < 5 },
      );
    },
  }),
];

const count = ({ tried }: MutationFacts, outcome: TriedMutation["outcome"]): number =>
  tried.filter((one) => one.outcome === outcome).length;

function summary(mutation: MutationFacts, noticed: number, judged: number): Finding[] {
  const { tried, possible, stopped, seconds, unread } = mutation;
  const score = judged === 0 ? "none could be judged" : `the tests notice ${noticed} of ${judged}`;
  const rest = stopped === "time"
    ? "; the time of the tier was used up"
    : stopped === "mutants"
    ? "; the tier tries no more"
    : "";
  return [
    {
      message: `Mutants of the added lines: ${score} (${tried.length} of ${possible} tried in ${
        seconds.toFixed(1)
      } s, ${count(mutation, "timeout")} by not ending, ${
        count(mutation, "not-compiled")
      } did not compile${rest})`,
      remediation: "Assert what the changed lines do",
    },
    ...unread.slice(0, 5).map((path) => ({
      message: `${path} is too large to be mutated`,
      path,
      remediation: "Split it, or leave it as it is",
    })),
  ];
}

const missed = ({ path, line, operator, what }: TriedMutation): Finding => ({
  message: `No test notices when ${what} (${operator})`,
  path,
  line,
  remediation: "Add an assertion that fails when this line does something else",
});
