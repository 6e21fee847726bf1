import type { FreezeException, OperationRecord } from "../../specs/mod.ts";
import { isExcepted } from "../operational/freeze.ts";
import { MINIMUM_SAMPLES, OBJECTIVES } from "../operational/targets.ts";
import { type Binding, fail, pass, type Rule, rule } from "../rule.ts";
import { EVERYWHERE } from "./bindings.ts";

/** Where each of the rules is bound: code and data have phases of their own. */
interface Bound {
  everywhere: readonly Binding[];
  publishes: readonly Binding[];
  published: readonly Binding[];
}

const NOT_RECORDED = "the state of the fleet was not recorded with this input";
const instant = (ms: number) => new Date(ms).toISOString();

/** L3: the fleet as a whole does well enough to go on, and nothing is frozen. */
function operational(bound: Bound): readonly Rule[] {
  return [
    rule({
      id: "MODE",
      gate: "fleet-mode",
      layer: "L3",
      mode: "enforce",
      severity: "critical",
      description: "The fleet is not in safe-mode, in which every run stands still",
      remediation: "An operator leaves safe-mode: forge fleet safe-mode --exit --reason TEXT",
      bindings: bound.everywhere,
      reads: ["operation"],
      selector: ({ operation }) => ({
        applies: operation.recorded !== null,
        because: operation.recorded === null ? NOT_RECORDED : `the mode is ${operation.recorded.mode}`,
      }),
      evaluate: ({ operation }) => {
        const { mode, cause } = known(operation);
        if (mode !== "safe-mode") return pass();
        return fail(
          [{
            message: `The fleet is in safe-mode (${cause ?? "manual"}): autonomy is A0, nothing goes on`,
            remediation: "Answer this run again after: forge fleet safe-mode --exit --reason TEXT",
          }],
          "passes once an operator has left safe-mode",
          // The run is held before it comes here; one that the mode overtook waits for a human instead of being lost.
          { escalates: true, approvable: false },
        );
      },
    }),
    rule({
      id: "SLO",
      gate: "error-budget",
      layer: "L3",
      mode: "enforce",
      severity: "high",
      description:
        "The tier's error budget is not used up: critical is refused, standard asks a human, best-effort has none",
      remediation: "Let failures leave the window, or mend what fails: forge fleet stats",
      bindings: bound.publishes,
      reads: ["operation"],
      selector: ({ operation: { recorded } }) => {
        if (recorded === null) return { applies: false, because: NOT_RECORDED };
        const { target, remaining, runs, minimum } = recorded.budget;
        if (target === null) {
          return { applies: false, because: `the tier ${recorded.tier} has no objective (${runs} runs)` };
        }
        return {
          applies: remaining !== null,
          because: remaining === null
            ? `${runs} runs of the tier ${recorded.tier} in 30 days; nothing is said below ${minimum}`
            : `${runs} runs of the tier ${recorded.tier} in 30 days`,
        };
      },
      evaluate: ({ operation }) => {
        const { tier, budget, released } = known(operation);
        const remaining = budget.remaining ?? 0;
        const told = `${budget.failed} of ${budget.runs} runs of the tier ${tier} failed in 30 days; ${
          Math.round((1 - (budget.target ?? 1)) * 100)
        } % may`;
        if (remaining > 0) {
          const share = `${Math.round(remaining * 100)} % of the error budget is left`;
          return pass(
            remaining < 0.25 ? [{ message: `${told}: ${share}`, remediation: "Look at what fails" }] : [],
          );
        }
        return fail(
          [{
            message: `The error budget is used up: ${told}`,
            remediation:
              "Mend what fails (forge fleet stats shows it), or wait until failures leave the window",
          }],
          "passes when fewer of the tier's runs failed in the last 30 days",
          // Whoever left safe-mode has said why the tier may go on; each change is then a human's to let through.
          { escalates: tier !== "critical" || released !== null },
        );
      },
    }),
    rule({
      id: "CFR",
      gate: "change-fail-rate",
      layer: "L3",
      mode: "enforce",
      severity: "high",
      description:
        "Not more changes failed after they reached release than the tier allows, or a human agrees",
      remediation: "Look at the changes that failed after release: forge fleet stats",
      bindings: bound.publishes,
      reads: ["operation"],
      selector: ({ operation: { recorded } }) => {
        if (recorded === null) return { applies: false, because: NOT_RECORDED };
        const { tier, changes } = recorded;
        if (OBJECTIVES[tier] === null) {
          return { applies: false, because: `the tier ${tier} has no objective` };
        }
        return {
          applies: changes.of >= MINIMUM_SAMPLES,
          because: `${changes.of} changes of the tier ${tier} reached release in 30 days${
            changes.of < MINIMUM_SAMPLES ? `; nothing is said below ${MINIMUM_SAMPLES}` : ""
          }`,
        };
      },
      evaluate: ({ operation }) => {
        const { tier, changes } = known(operation);
        const limit = OBJECTIVES[tier]?.changeFailures ?? 0;
        const rate = changes.hits / changes.of;
        if (rate <= limit) return pass();
        return fail(
          [{
            message:
              `${changes.hits} of ${changes.of} changes of the tier ${tier} failed after they reached release; ${
                Math.round(limit * 100)
              } % may`,
            remediation: "Look at why they failed before the next one goes out",
          }],
          "passes when fewer changes failed after release",
          { escalates: true },
        );
      },
    }),
    rule({
      id: "FREEZE",
      gate: "freeze-window",
      layer: "L3",
      mode: "enforce",
      severity: "critical",
      description: "Nothing is published inside a freeze window of the repository or the installation",
      remediation: "Wait for the end of the window; who declared it can except tiers and intents",
      bindings: [...bound.publishes, ...bound.published],
      reads: ["freeze", "operation"],
      selector: ({ freeze }) => ({
        applies: freeze.declared > 0,
        because: freeze.declared > 0
          ? `${freeze.declared} freeze windows are declared`
          : "no freeze window is declared",
      }),
      evaluate: ({ freeze, operation, transition }) => {
        const change = operation.recorded ?? { tier: "critical" as const, intents: [] };
        const open = freeze.open.filter(({ window }) => !isExcepted(window.except, change));
        if (open.length === 0) return pass();
        const told = open.map(({ window, source, endsMs }) => ({
          message: `Frozen until ${instant(endsMs)} by ${
            source === "repository" ? "the repository's .forge/policy.yaml" : `the installation (${source})`
          }: ${window.reason}${exceptions(window.except)}`,
          remediation: `Retry after ${instant(endsMs)}: forge workflow retry RUN`,
        }));
        // The phase that publishes waits for the end by itself. What comes out of it inside a window is refused.
        const waits = bound.publishes.includes(`${transition.from}->`);
        if (waits && open.every(({ window }) => window.then === "wait")) return pass(told);
        return fail(told, `passes after ${instant(Math.max(...open.map(({ endsMs }) => endsMs)))}`);
      },
    }),
  ];
}

/** The record, which the selector has seen. */
function known(operation: { recorded: OperationRecord | null }): OperationRecord {
  if (operation.recorded === null) throw new Error(NOT_RECORDED);
  return operation.recorded;
}

function exceptions({ tiers, intents }: FreezeException): string {
  const names = [...tiers, ...intents];
  return names.length === 0 ? "" : ` (except ${names.join(", ")})`;
}

export const operationalRules = operational({
  everywhere: EVERYWHERE,
  publishes: ["review->", "final"],
  published: ["release->"],
});

/** The same over data runs. */
export const dataOperationalRules = operational({
  everywhere: ["resolve->", "acquire->", "assure->", "publish->", "settle->"],
  publishes: ["assure->"],
  published: ["publish->"],
});
