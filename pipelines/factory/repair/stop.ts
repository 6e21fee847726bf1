import type { FailureRecord } from "../../../specs/mod.ts";
import type { Contradiction } from "./contradiction.ts";
import type { MetaFinding } from "./meta_check.ts";
import type { Round } from "./round.ts";

/** Why the loop ends at a human. */
export type Stop =
  | { readonly why: "impossible"; readonly contradiction: Contradiction }
  | { readonly why: "meta"; readonly finding: MetaFinding }
  | { readonly why: "same-diff" | "strategies-used-up"; readonly message: string }
  | { readonly why: "no-history" };

/** The failure by which a stop reaches a human: one question, in plain words. `evidence` is the blob of the rounds. */
export function stopFailure(stop: Stop, rounds: readonly Round[], evidence?: string): FailureRecord {
  const { message, question, remedy } = told(stop, rounds);
  return {
    class: "policy",
    source: stop.why === "impossible" ? "user-environment" : "factory",
    retryable: false,
    message: message.slice(0, 8000),
    remedy,
    question: question.slice(0, 2000),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

function told(stop: Stop, rounds: readonly Round[]): { message: string; question: string; remedy: string } {
  const tries = `${rounds.length} round${rounds.length === 1 ? "" : "s"}`;
  const last = [...rounds].reverse().find(({ findings, tests }) => findings.length > 0 || tests !== null);
  const failing = last === undefined ? "no gate was reached" : whatFails(last);
  switch (stop.why) {
    case "impossible":
      return {
        message:
          `The spec cannot be met as it is: ${stop.contradiction.message}. After ${tries} no change fulfilled both`,
        question:
          `Which is right: criterion ${stop.contradiction.criterion} of the spec, or the test "${stop.contradiction.test}"?`,
        remedy:
          `If the criterion is right, name the test in the spec's removes and start a new run; if the test is, change the criterion`,
      };
    case "meta":
      return {
        message: `The loop was halted (${stop.finding.check}): ${stop.finding.message}. ${tries}; ${failing}`,
        question:
          `${tries} did not bring this change through (${stop.finding.message}). How should it go on?`,
        remedy: stop.finding.remedy,
      };
    case "same-diff":
    case "strategies-used-up":
      return {
        message: `The repair does not get on: ${stop.message}. ${tries}; ${failing}`,
        question: `${tries} failed alike: ${failing}. What should be done differently?`,
        remedy:
          "Answer with a sentence and retry (it reaches the implementer as advice of yours), change the budget, or end the run",
      };
    case "no-history":
      return {
        message: "The change was sent back, and this installation keeps no history by which to repair it",
        question: "The change was denied and cannot be repaired here. How should it go on?",
        remedy: "Run it where the ledgers can be read, or end the run",
      };
  }
}

function whatFails({ findings, tests }: Round): string {
  const [finding] = findings;
  if (finding !== undefined) {
    return `${finding.rule} (${finding.gate}) says: ${finding.message.slice(0, 400)}`;
  }
  const [test] = tests?.failed ?? [];
  return test === undefined ? "nothing says why" : `the test "${test}" fails`;
}
