import assert from "node:assert/strict";
import fc from "fast-check";
import type { RuleVerdict, Tier, Waiver, WaiverFact } from "../../specs/mod.ts";
import { layerReport, verdictOf, verdictWord } from "../layers.ts";
import { unwaivable, WAIVER_CAPS } from "./caps.ts";
import { withFingerprints } from "./fingerprint.ts";
import { resolveWaivers, runWaiverNotes, type WaiverContext, waiverNotes } from "./resolve.ts";

const AT = "2026-11-20T12:00:00.000Z";
const DAY_MS = 86_400_000;
const after = (days: number, from = AT) => new Date(Date.parse(from) + days * DAY_MS).toISOString();
const digest = (n: number) => `sha256:${n.toString(16).padStart(64, "0")}`;

/** A failing rule with a finding for each message. */
async function failing(messages: readonly string[], over: Partial<RuleVerdict> = {}): Promise<RuleVerdict> {
  const [rule] = await withFingerprints([{
    gate: "new-skips",
    rule: "core/T3",
    layer: "L2",
    mode: "enforce",
    verdict: "fail",
    facts: [],
    findings: messages.map((message) => ({ message, path: "pkg/a_test.ts", remediation: "Run it" })),
    escalates: false,
    ...over,
  }], {});
  if (!rule) throw new Error("there is one");
  return rule;
}

const passing: RuleVerdict = {
  gate: "scope",
  rule: "core/C2",
  layer: "L1",
  mode: "enforce",
  verdict: "pass",
  facts: [],
  findings: [],
  escalates: false,
};

const waiverOf = (rule: RuleVerdict, finding: number, over: Partial<Waiver> = {}): Waiver => ({
  apiVersion: "delivery.waiver/v1",
  rule: rule.rule,
  packRange: "^1",
  finding: rule.findings[finding]?.fingerprint ?? "",
  scope: { repo: "github.com/acme/shop", paths: ["pkg/**"] },
  reason: "flaky upstream until they release",
  requestedBy: "ada",
  requestedAt: after(-1),
  approvedBy: [],
  expiresAt: after(30),
  maxUses: 5,
  compensating: [],
  supersedes: [],
  ...over,
});

const fact = (waiver: Waiver, n = 1, over: Partial<WaiverFact> = {}): WaiverFact => ({
  digest: digest(n),
  source: "installed",
  waiver,
  approvedBy: ["bea"],
  problem: null,
  use: 1,
  ...over,
});

const context = (waivers: readonly WaiverFact[], over: Partial<WaiverContext> = {}): WaiverContext => ({
  at: AT,
  tier: "standard",
  repository: ["https://github.com/acme/shop.git"],
  waivers,
  versions: new Map([["core", "1.0.0"]]),
  rules: new Map([["core/T3", "enforce"], ["core/T4", "enforce"], ["core/T5", "warn"]]),
  ...over,
});

// req: N4-23
Deno.test("a waived finding stays a failure, its layer says how many, and the transition goes through", async () => {
  const rule = await failing(["a is skipped"]);
  const { verdicts, report, used } = resolveWaivers([passing, rule], context([fact(waiverOf(rule, 0))]));
  const [, waived] = verdicts;
  assert.equal(waived?.verdict, "fail");
  assert.equal(waived && verdictWord(waived), "fail(waived)");
  assert.deepEqual(waived?.findings[0]?.waived?.by, ["ada", "bea"]);
  assert.equal(verdictOf(verdicts), "allow");
  const layer = layerReport("L2", verdicts, { from: "a", to: "b" });
  assert.deepEqual([layer.verdict, layer.waived], ["fail", 1]);
  // What could not be judged is held up, whatever is written beside it.
  assert.equal(verdictOf([{ ...rule, verdict: "error", waived: [digest(1)] }]), "deny");
  assert.equal(verdictOf([{ ...rule, verdict: "not_run", waived: [digest(1)] }]), "deny");
  assert.deepEqual(used, [digest(1)]);
  assert.deepEqual(report.map(({ state }) => state), ["used"]);
  assert.match(waiverNotes({ waivers: report })[0] ?? "", /used, fail\(waived\), approved by bea$/);
});

Deno.test("a rule goes through only when every finding of it is covered; what is left is denied", async () => {
  const rule = await failing(["a is skipped", "b is skipped"]);
  const one = resolveWaivers([rule], context([fact(waiverOf(rule, 0))]));
  assert.equal(verdictOf(one.verdicts), "deny");
  assert.deepEqual([one.used, one.report[0]?.state], [[], "idle"]);
  const both = resolveWaivers([rule], context([fact(waiverOf(rule, 0)), fact(waiverOf(rule, 1), 2)]));
  assert.equal(verdictOf(both.verdicts), "allow");
  assert.equal(both.used.length, 2);
});

Deno.test("one more finding of the same words is another finding: it is not covered", async () => {
  const before = await failing(["a is skipped"]);
  const now = await failing(["a is skipped", "a is skipped"]);
  const { verdicts } = resolveWaivers([now], context([fact(waiverOf(before, 0))]));
  assert.equal(verdictOf(verdicts), "deny");
});

Deno.test("whatever does not count denies, and says why: each reason by itself", async () => {
  const rule = await failing(["a is skipped"]);
  const cases: [RegExp, Partial<Waiver>, Partial<WaiverContext>?, Partial<WaiverFact>?][] = [
    [/expired at/, { requestedAt: after(-40), expiresAt: after(-1) }],
    [/expired at/, { requestedAt: after(-40), expiresAt: AT }],
    [/requested after this instant/, { requestedAt: after(1) }],
    [/it is for github\.com\/acme\/other/, { scope: { repo: "github.com/acme/other", paths: ["pkg/**"] } }],
    [/it is for core \^2/, { packRange: "^2" }],
    [/its version is not known/, {}, { versions: new Map() }],
    [/lasts 91 days, and the tier standard allows 90/, { expiresAt: after(90) }],
    [/lasts 31 days, and the tier critical allows 14/, {}, { tier: "critical" }],
    [/may be used 51 times/, { maxUses: 51 }],
    [/used 5 times, which is all/, {}, {}, { use: 6 }],
    [/nobody but ada/, {}, {}, { problem: "nobody but ada has signed it", approvedBy: [] }],
    [/core\/T5, which has to hold meanwhile/, { compensating: ["core/T5"] }],
    [/core\/T99, which has to hold/, { compensating: ["core/T99"] }],
    [/core\/T3, which has to hold meanwhile, is fail/, { compensating: ["core/T3"] }],
  ];
  for (const [why, waiver, more = {}, said = {}] of cases) {
    const { verdicts, report } = resolveWaivers(
      [rule],
      context([fact(waiverOf(rule, 0, waiver), 1, said)], more),
    );
    assert.equal(verdictOf(verdicts), "deny", String(why));
    assert.match(report[0]?.why ?? "", why);
  }
  // Nothing matches: another path, another finding, another rule. Nobody is told of a waiver that is not about this.
  for (
    const waiver of [
      { scope: { repo: "github.com/acme/shop", paths: ["other/**"] } },
      { finding: digest(9) },
      { rule: "core/T4" },
    ]
  ) {
    const { verdicts } = resolveWaivers([rule], context([fact(waiverOf(rule, 0, waiver))]));
    assert.equal(verdictOf(verdicts), "deny");
  }
});

Deno.test("an enforced rule of another transition compensates, and one that passes here", async () => {
  const rule = await failing(["a is skipped"]);
  for (const compensating of [["core/T4"], ["core/C2"]]) {
    const { verdicts } = resolveWaivers(
      [passing, rule],
      context([fact(waiverOf(rule, 0, { compensating }))]),
    );
    assert.equal(verdictOf(verdicts), "allow", compensating[0]);
  }
});

// P7 of the catalogue: kyverno#17473, an expired exception was still honoured by the paths that looked it up themselves
Deno.test("an expired waiver brings the finding back, and it is told (ferret-scan#696)", async () => {
  const rule = await failing(["a is skipped"]);
  const waiver = fact(waiverOf(rule, 0, { requestedAt: after(-30), expiresAt: after(20) }));
  const at = (days: number) => resolveWaivers([rule], context([waiver], { at: after(days) }));
  assert.equal(verdictOf(at(0).verdicts), "allow");
  assert.equal(at(0).report[0]?.expiring, false);
  const soon = at(10);
  assert.equal(verdictOf(soon.verdicts), "allow");
  assert.match(waiverNotes({ waivers: soon.report })[0] ?? "", /it expires soon/);
  const gone = at(21);
  assert.equal(verdictOf(gone.verdicts), "deny");
  assert.equal(gone.report[0]?.state, "expired");
  assert.match(waiverNotes({ waivers: gone.report })[0] ?? "", /expired at .*; the finding counts again/);
});

Deno.test("a waiver whose rule passes is unused, told as that, and no exception is counted (conftest#548)", async () => {
  const rule = await failing(["a is skipped"]);
  const fixed: RuleVerdict = { ...rule, verdict: "pass", findings: [] };
  const { verdicts, report, used } = resolveWaivers([fixed], context([fact(waiverOf(rule, 0))]));
  assert.deepEqual([verdicts[0]?.waived, used, report[0]?.state], [undefined, [], "unused"]);
  assert.match(waiverNotes({ waivers: report })[0] ?? "", /unused/);
  assert.equal(layerReport("L2", verdicts, { from: "a", to: "b" }).waived, undefined);
});

Deno.test("of two rules with one id the gate tells which is meant, and one that was used in a run is not told as unused", async () => {
  const rule = await failing(["a is skipped"]);
  const sibling: RuleVerdict = { ...passing, rule: "core/T3", gate: "skipped-tests" };
  const given = context([fact(waiverOf(rule, 0, { gate: "new-skips" }))]);
  assert.deepEqual(resolveWaivers([sibling], given).report, []);
  assert.equal(verdictOf(resolveWaivers([sibling, rule], given).verdicts), "allow");
  const elsewhere = context([fact(waiverOf(rule, 0, { gate: "skipped-tests" }))]);
  assert.equal(verdictOf(resolveWaivers([rule], elsewhere).verdicts), "deny");
  const bare = context([fact(waiverOf(rule, 0))]);
  const both = [sibling, rule].map((one) => ({ waivers: resolveWaivers([one], bare).report }));
  assert.deepEqual(both.map(({ waivers }) => waivers[0]?.state), ["unused", "used"]);
  assert.deepEqual(runWaiverNotes(both).length, 1);
  assert.match(runWaiverNotes(both)[0] ?? "", /: used,/);
});

Deno.test("two waivers for one finding: neither counts, until one takes the place of the other", async () => {
  const rule = await failing(["a is skipped"]);
  const [old, late] = [fact(waiverOf(rule, 0)), fact(waiverOf(rule, 0, { ticket: "2" }), 2)];
  const two = resolveWaivers([rule], context([old, late]));
  assert.equal(verdictOf(two.verdicts), "deny");
  assert.ok(two.report.every(({ why }) => /2 waivers claim this finding/.test(why ?? "")));
  // The same one at two places is one.
  assert.equal(
    verdictOf(resolveWaivers([rule], context([old, { ...old, source: "base" }])).verdicts),
    "allow",
  );
  const next = fact(waiverOf(rule, 0, { supersedes: [digest(1)] }), 2);
  const replaced = resolveWaivers([rule], context([old, next]));
  assert.equal(verdictOf(replaced.verdicts), "allow");
  assert.deepEqual(replaced.used, [digest(2)]);
  // Of two places the one whose signatures hold speaks.
  const unsigned = { ...old, problem: "nobody signed" };
  assert.equal(verdictOf(resolveWaivers([rule], context([unsigned, old])).verdicts), "allow");
});

Deno.test("beyond what a tier allows at once the younger ones do not count", async () => {
  const messages = Array.from({ length: 4 }, (_, at) => `test ${"abcd"[at]} is skipped`);
  const rule = await failing(messages);
  const waivers = messages.map((_, at) =>
    fact(waiverOf(rule, at, { requestedAt: after(-4 + at), expiresAt: after(5) }), at + 1)
  );
  const { verdicts, report } = resolveWaivers([rule], context(waivers, { tier: "critical" }));
  assert.equal(verdictOf(verdicts), "deny");
  assert.deepEqual(report.map(({ state }) => state), ["idle", "idle", "idle", "refused"]);
  assert.match(report[3]?.why ?? "", /allows 3 waivers at once/);
});

Deno.test("authorization, evidence gates and secrets are never waived, an error never", async () => {
  for (
    const over of [
      { rule: "core/O5", layer: "L4" },
      { rule: "acme/house/OWN", layer: "L4" },
      { rule: "core/E1", layer: "L1" },
      { rule: "core/E2", layer: "L1" },
      { rule: "core/T7", layer: "L1" },
      { rule: "core/F2P", layer: "L1" },
      { rule: "core/REPORT", layer: "L0" },
      { rule: "core/X1", layer: "L2" },
      { rule: "core/D-SECRET", layer: "L2" },
      { rule: "core/D-COUNTS", layer: "L0" },
    ] as const
  ) {
    const rule = await failing(["something"], over);
    assert.notEqual(unwaivable(rule), null, over.rule);
    const versions = new Map([["core", "1.0.0"], ["acme/house", "1.0.0"]]);
    const { verdicts, report } = resolveWaivers([rule], context([fact(waiverOf(rule, 0))], { versions }));
    assert.equal(verdictOf(verdicts), "deny", over.rule);
    assert.equal(report[0]?.state, "refused");
  }
  const error = await failing(["it could not be read"], { verdict: "error" });
  assert.equal(verdictOf(resolveWaivers([error], context([fact(waiverOf(error, 0))])).verdicts), "deny");
  const notRun = await failing([], { verdict: "not_run" });
  assert.equal(verdictOf(resolveWaivers([notRun], context([])).verdicts), "deny");
});

Deno.test("an escalating failure that is waived asks nobody any more; a layer with an error stays an error", async () => {
  const rule = await failing(["a is skipped"], { escalates: true });
  const waived = resolveWaivers([rule], context([fact(waiverOf(rule, 0))])).verdicts;
  assert.equal(verdictOf([rule]), "escalate");
  assert.equal(verdictOf(waived), "allow");
  const broken: RuleVerdict = { ...passing, rule: "core/T4", layer: "L2", verdict: "error" };
  const report = layerReport("L2", [...waived, broken], { from: "a", to: "b" });
  assert.deepEqual([report.verdict, report.waived], ["error", undefined]);
  const other: RuleVerdict = { ...passing, rule: "core/T4", layer: "L2", verdict: "fail" };
  assert.equal(layerReport("L2", [...waived, other], { from: "a", to: "b" }).waived, undefined);
});

Deno.test("no waiver that differs in one thing lets anything through that the right one does not", async () => {
  const rule = await failing(["a is skipped"]);
  const right = waiverOf(rule, 0);
  fc.assert(fc.property(
    fc.record({
      rule: fc.constantFrom("core/T3", "core/T4", "core/*", "*"),
      finding: fc.constantFrom(right.finding, digest(7), "sha256:*"),
      repo: fc.constantFrom(
        "github.com/acme/shop",
        "https://github.com/acme/shop",
        "github.com/acme/shop2",
        "*",
        "acme/shop",
      ),
      path: fc.constantFrom("pkg/**", "pkg/a_test.ts", "pkg/b_test.ts", "src/**"),
      range: fc.constantFrom("^1", "1.0.0", ">=1 <2", "^2", "0.9.0"),
      begins: fc.integer({ min: -60, max: 5 }),
      days: fc.integer({ min: 1, max: 120 }),
      uses: fc.integer({ min: 1, max: 60 }),
      use: fc.integer({ min: 1, max: 60 }),
      problem: fc.constantFrom(null, null, "its signature does not hold"),
      tier: fc.constantFrom<Tier>("best-effort", "standard", "critical"),
    }),
    (given) => {
      const requestedAt = after(given.begins);
      const expiresAt = after(given.days, requestedAt);
      const waiver = {
        ...right,
        rule: given.rule,
        finding: given.finding,
        scope: { repo: given.repo, paths: [given.path] },
        packRange: given.range,
        requestedAt,
        expiresAt,
        maxUses: given.uses,
      };
      const { verdicts } = resolveWaivers(
        [rule],
        context([fact(waiver, 1, { problem: given.problem, use: given.use })], { tier: given.tier }),
      );
      const caps = WAIVER_CAPS[given.tier];
      const holds = given.rule === "core/T3" && given.finding === right.finding &&
        ["github.com/acme/shop", "https://github.com/acme/shop"].includes(given.repo) &&
        ["pkg/**", "pkg/a_test.ts"].includes(given.path) && ["^1", "1.0.0", ">=1 <2"].includes(given.range) &&
        requestedAt <= AT && expiresAt > AT && given.days <= caps.days && given.uses <= caps.uses &&
        given.use <= given.uses && given.problem === null;
      assert.equal(verdictOf(verdicts), holds ? "allow" : "deny");
      assert.equal(verdicts[0]?.verdict, "fail");
    },
  ));
});
