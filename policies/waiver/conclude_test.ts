import assert from "node:assert/strict";
import type { Decision, Waiver, WaiverFact } from "../../specs/mod.ts";
import { standingApprovals } from "../approval.ts";
import { judgeKept, judgeTransition } from "../judge.ts";
import { inputText, storedInput } from "../packs/stored_input.ts";
import type { JudgeInput } from "../port.ts";
import { AT, ruleOf, sampleJudgeInput } from "../testing/judge_input.ts";

const DIGEST = `sha256:${"d".repeat(64)}`;
const DAY_MS = 86_400_000;
const after = (days: number) => new Date(Date.parse(AT) + days * DAY_MS).toISOString();

/** The sample over its budget: one rule fails, with one finding that has no path. */
async function overBudget(change: (input: JudgeInput) => void = () => {}): Promise<JudgeInput> {
  const input = await sampleJudgeInput();
  input.budget = { tokens: { limit: 1, spent: 2, reserved: 0 } };
  input.repository = ["github.com/acme/shop"];
  change(input);
  return input;
}
const findingOf = (decision: Decision) => ruleOf(decision, "budget").findings[0]?.fingerprint ?? "";

async function waiver(over: Partial<Waiver> = {}, more: Partial<WaiverFact> = {}): Promise<WaiverFact> {
  return {
    digest: DIGEST,
    source: "installed",
    approvedBy: ["bea"],
    problem: null,
    use: 1,
    ...more,
    waiver: {
      apiVersion: "delivery.waiver/v1",
      rule: "core/O4",
      packRange: "^1",
      finding: findingOf(await judgeTransition(await overBudget())),
      scope: { repo: "github.com/acme/shop", paths: [] },
      reason: "the price list was wrong that day",
      requestedBy: "ana",
      requestedAt: after(-1),
      approvedBy: [],
      expiresAt: after(20),
      maxUses: 2,
      compensating: [],
      supersedes: [],
      ...over,
    },
  };
}

Deno.test("a decision with a waiver is taken again from its input alone, and its input names the use", async () => {
  const fact = await waiver();
  const asked: [string, number][] = [];
  const { decision, input } = await judgeKept(await overBudget((given) => given.waivers = [fact]), {
    useWaiver: (digest, most) => (asked.push([digest, most]), Promise.resolve(2)),
  });
  assert.equal(decision.verdict, "allow");
  assert.deepEqual(asked, [[DIGEST, 2]]);
  assert.deepEqual([ruleOf(decision, "budget").verdict, ruleOf(decision, "budget").waived], ["fail", [
    DIGEST,
  ]]);
  assert.deepEqual(input?.waivers?.map(({ use }) => use), [2]);
  assert.deepEqual(decision.waivers?.map(({ state }) => state), ["used"]);
  // As a replay does it: from the kept text, without a ledger of uses.
  const stored = await storedInput(inputText(input) ?? "");
  assert.ok(stored.ok && stored.value.kind === "change");
  assert.equal(stored.value.digest, decision.inputDigest);
  assert.deepEqual(await judgeTransition(stored.value.input), decision);
});

Deno.test("a use that somebody else took meanwhile does not count, and no use is taken of what is denied anyway", async () => {
  const fact = await waiver();
  const full = await judgeKept(await overBudget((given) => given.waivers = [fact]), {
    useWaiver: () => Promise.resolve(null),
  });
  assert.equal(full.decision.verdict, "deny");
  assert.deepEqual(full.decision.waivers?.map(({ state }) => state), ["refused"]);
  assert.deepEqual(await judgeTransition(full.input ?? await overBudget()), full.decision);
  let asked = 0;
  const { decision } = await judgeKept(
    await overBudget((given) => {
      given.waivers = [fact];
      given.patchFacts?.pathProblems.push({ kind: "symlink", path: "link", detail: "d" });
    }),
    { useWaiver: () => Promise.resolve(++asked) },
  );
  assert.deepEqual([decision.verdict, asked], ["deny", 0]);
  assert.deepEqual(decision.waivers?.map(({ state }) => state), ["idle"]);
});

Deno.test("an input of before there were waivers is judged as before, and a ledger that fails denies nothing in silence", async () => {
  const plain = await judgeKept(await overBudget());
  assert.equal(plain.decision.verdict, "deny");
  assert.equal(plain.decision.waivers, undefined);
  const fact = await waiver();
  await assert.rejects(
    judgeKept(await overBudget((given) => given.waivers = [fact]), {
      useWaiver: () => Promise.reject(new Error("the store is gone")),
    }),
    /the store is gone/,
  );
});

Deno.test("every way in which a waiver can be wrong leaves the decision denied (kyverno#17473: one resolver, so no path forgets)", async () => {
  for (
    const fact of [
      await waiver({ expiresAt: AT }),
      await waiver({ scope: { repo: "github.com/acme/other", paths: [] } }),
      await waiver({ scope: { repo: "github.com/acme/shop", paths: ["src/**"] } }),
      await waiver({ packRange: "^2" }),
      await waiver({}, { problem: "the signature of bea does not hold" }),
      await waiver({}, { use: 3 }),
      await waiver({ rule: "core/C5" }),
    ]
  ) {
    const { decision, input } = await judgeKept(await overBudget((given) => given.waivers = [fact]), {
      useWaiver: () => Promise.resolve(1),
    });
    assert.equal(decision.verdict, "deny", JSON.stringify(fact));
    assert.deepEqual(await judgeTransition(input ?? await overBudget()), decision);
  }
});

Deno.test("rules of packs see only approvals whose signatures hold and that have not expired", () => {
  const approval = { by: "bea", at: AT, selfApproved: false, verified: true };
  const given = [
    approval,
    { ...approval, verified: true, expiresAt: after(1) },
    { ...approval, verified: false, why: "forged" },
    { ...approval, verified: true, expiresAt: AT },
  ];
  assert.deepEqual(standingApprovals(given, AT), given.slice(0, 2));
});
