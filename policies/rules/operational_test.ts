/** L3 over the fleet: MODE, SLO, CFR, FREEZE; and what AUTONOMY says of a level that was earned or lost. */
import assert from "node:assert/strict";
import type { OperationRecord, RuleVerdict } from "../../specs/mod.ts";
import { judgeDataTransition } from "../data_judge.ts";
import { errorBudget } from "../operational/indicators.ts";
import type { JudgeInput } from "../port.ts";
import { sampleDataInput } from "../testing/data_input.ts";
import { AT, DIGEST, judgeSample, ruleOf, sampleSpec } from "../testing/judge_input.ts";

const budget = (tier: "standard" | "critical" | "best-effort", good: number, failed: number) =>
  errorBudget(tier, { "outcome.good": good, "outcome.failed": failed });

const operation = (over: Partial<OperationRecord> = {}): OperationRecord => ({
  mode: "nominal",
  cause: null,
  series: DIGEST,
  tier: "standard",
  intents: ["UPDATE"],
  budget: budget("standard", 0, 0),
  critical: budget("critical", 0, 0),
  changes: { of: 0, hits: 0 },
  heldOut: { of: 0, hits: 0 },
  released: null,
  freezes: [],
  autonomy: {
    system: "A4",
    environment: "A4",
    earned: { level: "A3", because: "0 of the 50 completed runs that A4 takes", lost: null },
  },
  ...over,
});

const said = async (gate: string, change: (input: JudgeInput) => void): Promise<RuleVerdict> =>
  ruleOf(await judgeSample(change), gate);
const word = ({ verdict, escalates }: RuleVerdict) => verdict === "fail" && escalates ? "asks" : verdict;

Deno.test("an input without a record of the fleet is judged as before: the rules say that they have nothing to read", async () => {
  for (const gate of ["fleet-mode", "error-budget", "change-fail-rate"]) {
    const rule = await said(gate, () => {});
    assert.equal(rule.verdict, "not_applicable", gate);
    assert.match(rule.selector ?? "", /was not recorded/);
  }
  assert.match((await said("freeze-window", () => {})).selector ?? "", /no freeze window is declared/);
  assert.equal((await judgeSample()).verdict, "allow");
});

Deno.test("a nominal fleet lets through, with the counts in the record", async () => {
  const decision = await judgeSample((input) => input.operation = operation());
  assert.equal(decision.verdict, "allow");
  assert.match(ruleOf(decision, "error-budget").selector ?? "", /0 runs .* nothing is said below 20/);
  assert.match(ruleOf(decision, "change-fail-rate").selector ?? "", /0 changes .* nothing is said below 20/);
  assert.equal(ruleOf(decision, "fleet-mode").verdict, "pass");
});

Deno.test("MODE: in safe-mode a run waits for a human, and no approval lets it through", async () => {
  const safe = (input: JudgeInput) => {
    input.operation = operation({ mode: "safe-mode", cause: "manual" });
    input.autonomy.granted = "A0";
  };
  const decision = await judgeSample(safe);
  assert.equal(word(ruleOf(decision, "fleet-mode")), "asks");
  assert.equal(word(ruleOf(decision, "autonomy")), "asks");
  assert.equal(decision.verdict, "escalate");
  const approved = await judgeSample((input) => {
    safe(input);
    input.approvals = [{
      by: "ben",
      patch: input.patchFacts?.change?.patch ?? "",
      at: AT,
      selfApproved: false,
      verified: true,
    }];
  });
  assert.equal(ruleOf(approved, "fleet-mode").verdict, "fail");
});

Deno.test("SLO: used up is refused at critical and asks a human at standard; best-effort has no objective", async () => {
  const at = async (tier: "standard" | "critical" | "best-effort", good: number, failed: number, more = {}) =>
    word(
      await said("error-budget", (input) => {
        input.spec = sampleSpec({ tier });
        input.operation = operation({ tier, budget: budget(tier, good, failed), ...more });
      }),
    );
  assert.equal(await at("standard", 18, 2), "pass");
  assert.equal(await at("standard", 17, 3), "asks");
  assert.equal(await at("standard", 5, 14), "not_applicable");
  assert.equal(await at("critical", 98, 2), "pass");
  assert.equal(await at("critical", 95, 5), "fail");
  assert.equal(await at("critical", 10, 20), "not_applicable");
  assert.equal(await at("best-effort", 10, 200), "not_applicable");
  // Whoever left safe-mode has said why the tier may go on.
  const released = { by: "ada", at: AT, reason: "mended" };
  assert.equal(await at("critical", 95, 5, { released }), "asks");
});

Deno.test("SLO: what little is left is told with a pass", async () => {
  const rule = await said("error-budget", (input) => {
    input.operation = operation({ budget: budget("standard", 86, 14) });
  });
  assert.equal(rule.verdict, "pass");
  assert.match(rule.findings[0]?.message ?? "", /14 of 100 .* 7 % of the error budget is left/);
});

Deno.test("CFR: too many changes that failed after release ask a human; few changes say nothing", async () => {
  const at = async (of: number, hits: number, tier: "standard" | "best-effort" = "standard") =>
    word(
      await said("change-fail-rate", (input) => {
        input.operation = operation({ tier, changes: { of, hits } });
      }),
    );
  assert.equal(await at(20, 6), "pass");
  assert.equal(await at(20, 7), "asks");
  assert.equal(await at(19, 19), "not_applicable");
  assert.equal(await at(50, 50, "best-effort"), "not_applicable");
});

const frozen = "freeze:\n  - { reason: year end, from: 2026-11-19, to: 2026-11-25, tz: Europe/Berlin";

Deno.test("FREEZE: a window of the repository lets release begin, which waits, and refuses what comes out of it inside", async () => {
  const at = (from: string, to: string) =>
    said("freeze-window", (input) => {
      input.transition = { from, to };
      input.policy = `${frozen} }\n`;
    });
  const before = await at("review", "release");
  assert.equal(before.verdict, "pass");
  assert.match(
    before.findings[0]?.message ?? "",
    /Frozen until 2026-11-24T23:00:00.000Z .*policy.yaml: year end/,
  );
  const inside = await at("release", "@completed");
  assert.equal(word(inside), "fail");
  assert.match(inside.counterfactual ?? "", /passes after 2026-11-24T23:00:00.000Z/);
});

Deno.test("FREEZE: a window that denies refuses before release; exceptions by tier and intent go on; a closed one passes", async () => {
  const at = async (more: string, change: (input: JudgeInput) => void = () => {}) =>
    word(
      await said("freeze-window", (input) => {
        input.policy = `${frozen}, then: deny${more} }\n`;
        input.operation = operation();
        change(input);
      }),
    );
  assert.equal(await at(""), "fail");
  assert.equal(await at(", except: { tiers: [standard] }"), "pass");
  assert.equal(await at(", except: { intents: [UPDATE] }"), "pass");
  assert.equal(await at(", except: { intents: [CREATE] }"), "fail");
  assert.equal(await at("", (input) => input.at = "2026-11-26T00:00:00.000Z"), "pass");
});

Deno.test("FREEZE: windows of the installation are recorded with the input, with who declared them", async () => {
  const rule = await said("freeze-window", (input) => {
    input.transition = { from: "release", to: "@completed" };
    input.operation = operation({
      freezes: [{
        id: "frz_1",
        by: "ada",
        at: AT,
        window: {
          reason: "audit",
          tz: "UTC",
          from: "2026-11-20",
          to: "2026-11-21",
          then: "wait",
          except: { tiers: [], intents: [] },
        },
      }],
    });
  });
  assert.equal(word(rule), "fail");
  assert.match(
    rule.findings[0]?.message ?? "",
    /2026-11-21T00:00:00.000Z by the installation \(frz_1\): audit/,
  );
});

Deno.test("FREEZE: a window that cannot be read is an error, which denies", async () => {
  const decision = await judgeSample((input) => {
    input.policy = "freeze:\n  - { reason: x, from: 2026-11-19, to: 2026-11-25, tz: Mars/Olympus }\n";
  });
  assert.equal(ruleOf(decision, "freeze-window").verdict, "error");
  assert.equal(decision.verdict, "deny");
});

Deno.test("AUTONOMY: a lowered level says why and how to get it back", async () => {
  const rule = await said("autonomy", (input) => {
    input.autonomy.granted = "A2";
    input.operation = operation({
      autonomy: {
        system: "A4",
        environment: "A4",
        earned: {
          level: "A2",
          because: "lowered from A3 as core/X1 refused run_x",
          lost: { from: "A3", at: AT, run: "run_x", rule: "core/X1", regain: "5 completed runs" },
        },
      },
    });
  });
  assert.equal(rule.verdict, "pass");
  assert.match(rule.findings[0]?.message ?? "", /A2: advise.*earned A2: lowered from A3 as core\/X1/);
  assert.equal(rule.findings[0]?.remediation, "5 completed runs");
});

Deno.test("data runs are held by the same: mode, budget, freeze", async () => {
  const at = async (from: string, over: Partial<OperationRecord>) => {
    const to = from === "assure" ? "publish" : "settle";
    const input = { ...sampleDataInput(), transition: { from, to }, operation: operation(over) };
    return await judgeDataTransition(input);
  };
  assert.equal(
    word(ruleOf(await at("assure", { mode: "safe-mode", cause: "manual" }), "fleet-mode")),
    "asks",
  );
  assert.equal(
    word(ruleOf(await at("assure", { budget: budget("standard", 10, 10) }), "error-budget")),
    "asks",
  );
  const window = {
    reason: "audit",
    tz: "UTC",
    from: "2026-01-01",
    to: "2026-01-05",
    then: "wait" as const,
    except: { tiers: [], intents: [] },
  };
  const freezes = [{ id: "frz_1", by: "ada", at: AT, window }];
  assert.equal(word(ruleOf(await at("assure", { freezes }), "freeze-window")), "pass");
  assert.equal(word(ruleOf(await at("publish", { freezes }), "freeze-window")), "fail");
});

Deno.test("the same input with the same record of the fleet gives the same decision", async () => {
  const change = (input: JudgeInput) => {
    input.operation = operation({ budget: budget("standard", 17, 3) });
    input.policy = `${frozen} }\n`;
  };
  assert.deepEqual(await judgeSample(change), await judgeSample(change));
});
