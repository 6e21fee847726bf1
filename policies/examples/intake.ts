import { of, type RuleExample } from "./example.ts";

const check = (id: string, file: string) => ({
  id,
  text: "it works",
  check: { files: [file], run: ["deno", "test"] },
});

const PLAN = `sha256:${"7".repeat(64)}`;
const MODEL_PLAN = { "plan.planner": "a-model", "plan.digest": PLAN };
const LEDGER = { events: 20, head: "h20", gaps: [], clockBackMs: 0 };

/** What is judged before there is a change, and what bounds it. */
export const INTAKE_EXAMPLES: readonly RuleExample[] = [
  ...of(
    "SPEC/spec-complete",
    ["clean", "two criteria with their checks", {
      spec: { acceptance: [check("AC1", "a_test.ts"), check("AC2", "b_test.ts")] },
    }],
    ["violating", "two criteria of one name", {
      spec: { acceptance: [check("AC1", "a_test.ts"), check("AC1", "b_test.ts")] },
    }],
    ["evading", "a check file that leads out through the folder", {
      set: { "spec.acceptance": [check("AC1", "checks/../../../etc/passwd")] },
    }],
  ),
  ...of(
    "INTENT/intent-declared",
    ["clean", "a scope of globs", { spec: { intent: { type: "UPDATE", scope: ["src/**", "*.{md,txt}"] } } }],
    ["violating", "DESTROY that names nothing", {
      set: { "spec.intent": { type: "DESTROY", scope: ["**"], removes: [], renames: [] } },
    }],
    ["evading", "a scope that is no glob beside one that is", {
      set: { "spec.intent": { type: "UPDATE", scope: ["src/**", "[a"], removes: [], renames: [] } },
    }],
  ),
  ...of(
    "C2/plan-in-scope",
    ["clean", "a task in the scope, and one on a file in it", {
      set: { "plan.tasks": [{ id: "T1", scope: ["src/**"] }, { id: "T2", scope: ["src/email.ts"] }] },
    }],
    ["clean", "a narrower glob", { set: { "plan.tasks": [{ id: "T1", scope: ["src/**/*.ts"] }] } }],
    ["violating", "a task beside the scope", { set: { "plan.tasks": [{ id: "T1", scope: ["infra/**"] }] } }],
    ["violating", "a plan without a task", { set: { "plan.tasks": [] } }],
    ["evading", "a wider glob that holds the scope", {
      set: { "plan.tasks": [{ id: "T1", scope: ["**"] }] },
    }],
  ),
  ...of(
    "POLICY/repository-policy",
    ["clean", "a policy that is understood", { policy: "autonomy: A2\nprotect: [infra/**]\n" }],
    ["violating", "a key that nobody knows", { policy: "enforce: maybe\n", says: "error" }],
    ["evading", "a mode that would let everything through", { policy: "mode: off\n", says: "error" }],
  ),
  ...of(
    "O4/budget",
    ["clean", "within the limit", { set: { "budget.seconds": { limit: 10, spent: 9, reserved: 1 } } }],
    ["violating", "more than the limit is spent", {
      set: { "budget.tokens": { limit: 10, spent: 11, reserved: 0 } },
    }],
    ["violating", "no limit is known", { set: { "budget.tokens": undefined } }],
    ["evading", "the rest is reserved", { set: { "budget.tokens": { limit: 10, spent: 6, reserved: 5 } } }],
    ["evading", "a negative amount hides what is spent", {
      set: { "budget.tokens": { limit: 10, spent: 60, reserved: -55 } },
    }],
  ),
  ...of(
    "AUTONOMY/autonomy",
    ["clean", "A3 opens a pull request", {}],
    ["violating", "A0 only judges", { set: { "autonomy.granted": "A0" } }],
    ["violating", "A1 asks a human", { set: { "autonomy.ceiling": "A1" }, asks: true }],
    ["evading", "a level that no agent has", {
      set: { "autonomy.ceiling": "A5", "autonomy.granted": "A5" },
      policy: "autonomy: A5\n",
    }],
    ["evading", "the spec asks for more than the repository grants", {
      set: { "autonomy.ceiling": "A4" },
      policy: "autonomy: A0\n",
    }],
  ),
  ...of(
    "PLAN/plan-approved",
    ["clean", "a plan by rules", { says: "not_applicable" }],
    ["clean", "a plan of a model at A3", {
      set: { ...MODEL_PLAN, "plan.decides": true },
      says: "not_applicable",
    }],
    ["clean", "a plan of a model at A2 that decides nothing", {
      set: { ...MODEL_PLAN, "autonomy.ceiling": "A2" },
      says: "not_applicable",
    }],
    ["clean", "a plan that another principal has approved", {
      spec: { tier: "critical" },
      set: {
        ...MODEL_PLAN,
        "autonomy.ceiling": "A2",
        "principals.approvers": ["bob"],
        approvals: [{
          by: "bob",
          at: "2026-01-01T12:00:00.000Z",
          selfApproved: false,
          verified: true,
          patch: PLAN,
        }],
      },
    }],
    ["violating", "a plan that decides, at A2", {
      set: { ...MODEL_PLAN, "plan.decides": true, "autonomy.ceiling": "A2" },
      asks: true,
    }],
    ["violating", "a task of high risk, where the repository allows A1", {
      set: { ...MODEL_PLAN, "plan.tasks": [{ id: "T1", scope: ["src/**"], risk: "high" }] },
      policy: "autonomy: A1\n",
      asks: true,
    }],
    ["evading", "an approval of another plan", {
      spec: { tier: "critical" },
      set: {
        ...MODEL_PLAN,
        "autonomy.ceiling": "A2",
        "principals.approvers": ["bob"],
        approvals: [{
          by: "bob",
          at: "2026-01-01T12:00:00.000Z",
          selfApproved: false,
          verified: true,
          patch: `sha256:${"8".repeat(64)}`,
        }],
      },
      asks: true,
    }],
  ),
  ...of(
    "O5/four-eyes",
    ["clean", "no approval is needed", { says: "not_applicable" }],
    ["clean", "another principal approved this patch", {
      spec: { tier: "critical" },
      set: { "principals.approvers": ["bob"], "principals.singleKey": false },
      approvedBy: ["bob"],
    }],
    ["violating", "the tier critical without an approval", { spec: { tier: "critical" }, asks: true }],
    ["evading", "the requester approves", {
      set: { "principals.singleKey": false },
      approvedBy: ["ana"],
      asks: true,
    }],
    ["evading", "an approval of another patch", {
      spec: { tier: "critical" },
      set: {
        "principals.approvers": ["bob"],
        approvals: [{
          by: "bob",
          at: "2026-01-01T12:00:00.000Z",
          selfApproved: false,
          verified: true,
          patch: `sha256:${"9".repeat(64)}`,
        }],
      },
      asks: true,
    }],
  ),
  ...of(
    "E1/evidence-gap",
    ["clean", "a ledger that is whole", { set: { ledger: LEDGER } }],
    ["clean", "a clock that was set by a second", { set: { ledger: { ...LEDGER, clockBackMs: 1000 } } }],
    ["clean", "outside of a run", { says: "not_applicable" }],
    ["violating", "an event is missing", { set: { ledger: { ...LEDGER, gaps: ["event 5 is missing"] } } }],
    ["evading", "the ledger is empty", { set: { ledger: { ...LEDGER, events: 0 } } }],
    ["evading", "the clock went back by an hour", {
      set: { ledger: { ...LEDGER, clockBackMs: 3_600_000 } },
      asks: true,
    }],
  ),
];
