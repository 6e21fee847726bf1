import { fail, failIfAny, pass, rule } from "../rule.ts";

/** Clocks are set by small steps; one that goes back further makes instants unsure, such as those of approvals. */
const MAX_BACK_MS = 300_000;
const REMEDY = "Start a new run, and look who else writes in the store";

/** L1: the record that a decision builds on tells all of it. */
export const evidenceGapRules = [
  rule({
    id: "E1",
    gate: "evidence-gap",
    layer: "L1",
    mode: "enforce",
    severity: "critical",
    description:
      "The run's ledger has no gap, a decision for every gated transition and an intent for every effect, and its clock does not go back",
    remediation: REMEDY,
    bindings: ["review->", "final"],
    reads: ["ledger"],
    selector: ({ ledger: { account } }) => ({
      applies: account !== null,
      because: account === null
        ? "no account of the run's ledger was given with this input"
        : `${account.events} events`,
    }),
    evaluate: ({ ledger: { account } }) => {
      if (account === null) return pass();
      if (account.gaps.length > 0 || account.events === 0) {
        return failIfAny(
          account.events === 0
            ? [{ message: "The ledger of the run is empty", remediation: REMEDY }]
            : account.gaps.map((message) => ({
              message: `The ledger has a gap: ${message}`,
              remediation: REMEDY,
            })),
          "passes when every event follows on the one before and every gated transition was decided",
        );
      }
      if (account.clockBackMs <= MAX_BACK_MS) return pass();
      return fail(
        [{
          message: `An event of the run is dated ${
            Math.round(account.clockBackMs / 1000)
          } s before the one before it`,
          remediation:
            "Set the clock right; a human looks whether approvals and windows still mean what they say",
        }],
        "passes when the clock of the machine does not go back by more than five minutes",
        { escalates: true },
      );
    },
  }),
];
