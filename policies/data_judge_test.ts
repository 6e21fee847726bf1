import assert from "node:assert/strict";
import type { StreamFacts } from "../specs/foundry/mod.ts";
import { listDataRules } from "./data_catalogue.ts";
import { judgeDataTransition } from "./data_judge.ts";
import type { DataJudgeInput } from "./data_port.ts";
import { sampleDataInput as input, sampleStream as stream } from "./testing/data_input.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;

async function failing(given: DataJudgeInput): Promise<[string, string[]]> {
  const { verdict, rules } = await judgeDataTransition(given);
  return [
    verdict,
    rules.filter((rule) => rule.verdict === "fail" || rule.verdict === "error").map(({ rule }) => rule),
  ];
}

const change = (mode: "block" | "freeze" | "evolve", breaking = false) => ({
  kind: "column-added" as const,
  column: "x",
  breaking,
  mode,
});
const verdict = (severity: "warn" | "quarantine" | "block", result: "pass" | "fail" | "error") => ({
  rule: "r",
  stream: "s",
  severity,
  verdict: result,
  failed: 1,
  checked: 2,
  value: null,
  detail: "",
  sample: [],
});

Deno.test("sound data passes all five layers, and each transition has rules", async () => {
  for (
    const [from, to] of [["resolve", "acquire"], ["acquire", "assure"], ["assure", "publish"], [
      "settle",
      "@completed",
    ]] as const
  ) {
    const decision = await judgeDataTransition(input({ transition: { from, to } }));
    assert.equal(decision.verdict, "allow", `${from}: ${JSON.stringify(decision.rules)}`);
    assert.equal(decision.layers.length, 5);
    assert.deepEqual(decision.subject, { patch: DIGEST });
  }
});

Deno.test("a change that the contract blocks or freezes is answered with what can be done about it", async () => {
  const remedies = async (mode: "block" | "freeze") => {
    const { rules } = await judgeDataTransition(input({}, stream({ changes: [change(mode)] })));
    return rules.flatMap(({ findings }) => findings.map(({ remediation }) => remediation ?? ""));
  };
  assert.match((await remedies("block")).join(), /Mend the source.*`evolve`/);
  assert.doesNotMatch((await remedies("block")).join(), /Approve|Nothing, when/);
  assert.match((await remedies("freeze")).join(), /workflow answer RUN --approve/);
});

Deno.test("each rule over data denies or asks for what it is about, and for nothing else", async () => {
  const cases: [StreamFacts, [string, string[]]][] = [
    [stream({ counts: { read: 30, accepted: 28, quarantined: 1, filtered: 0, produced: 0, late: 0 } }), [
      "deny",
      ["core/D-COUNTS"],
    ]],
    [stream({ handshake: false }), ["deny", ["core/D-COUNTS"]]],
    [stream({ cursor: { before: "2026-02-01", after: "2026-01-01", backwards: true } }), ["deny", [
      "core/D-CURSOR",
    ]]],
    [stream({ changes: [change("block")] }), ["deny", ["core/D-CONTRACT"]]],
    [stream({ changes: [change("freeze")] }), ["escalate", ["core/D-FREEZE"]]],
    [stream({ changes: [change("evolve", true)] }), ["escalate", ["core/D-FREEZE"]]],
    [stream({ changes: [change("evolve")] }), ["allow", []]],
    [stream({ quality: [verdict("block", "fail")] }), ["deny", ["core/D-QUALITY"]]],
    [stream({ quality: [verdict("warn", "error")] }), ["deny", ["core/D-QUALITY"]]],
    [stream({ quality: [verdict("warn", "fail"), verdict("quarantine", "fail")] }), ["allow", []]],
    [stream({ personal: ["email"] }), ["deny", ["core/D-PERSONAL"]]],
    [stream({ secrets: [{ column: "note", rule: "run-credential", rows: 1 }] }), ["deny", ["core/D-SECRET"]]],
  ];
  for (const [facts, expected] of cases) {
    assert.deepEqual(await failing(input({}, facts)), expected, JSON.stringify(facts));
  }
});

Deno.test("the pack data-quality adds its rules, and only where it is named", async () => {
  const half = stream({
    counts: { read: 30, accepted: 15, quarantined: 15, filtered: 0, produced: 0, late: 0 },
  });
  assert.deepEqual(await failing(input({}, half)), ["allow", []]);
  const named = input({}, half);
  const pipeline = named.pipeline === null ? null : { ...named.pipeline, packs: ["data-quality"] };
  assert.deepEqual(await failing({ ...named, pipeline }), ["deny", ["data-quality/DQ1"]]);
  assert.ok(listDataRules().some(({ rule }) => rule === "data-quality/DQ1"));
});

Deno.test("an approval counts for the very data that was shown, from somebody else", async () => {
  const frozen = stream({ changes: [change("freeze")] });
  const by = (
    name: string,
    patch: string,
  ) => [{ by: name, patch, at: "2026-01-01T12:00:00.000Z", selfApproved: false, verified: true }];
  assert.equal((await failing(input({ approvals: by("bob", DIGEST) }, frozen)))[0], "allow");
  assert.equal((await failing(input({ approvals: by("bob", OTHER) }, frozen)))[0], "escalate");
  assert.notEqual((await failing(input({ approvals: by("ann", DIGEST) }, frozen)))[0], "allow");
});

Deno.test("what is published must be what was judged, and a missing fact is an error", async () => {
  const publishing = { transition: { from: "publish", to: "settle" } };
  const loads = (staged: string) => ({ loads: [{ stream: "s", key: "k", staged }] });
  assert.equal((await failing(input({ ...publishing, published: loads(DIGEST) })))[0], "allow");
  assert.deepEqual(await failing(input({ ...publishing, published: loads(OTHER) })), ["deny", [
    "core/D-BOUND",
  ]]);
  assert.deepEqual(await failing(input({ ...publishing, published: null })), ["deny", ["core/D-BOUND"]]);
  assert.equal((await failing(input({ data: null })))[0], "deny");
  assert.equal(
    (await failing(
      input({ autonomy: { ceiling: "A4", granted: "A1" }, ...publishing, published: loads(DIGEST) }),
    ))[0],
    "escalate",
  );
});

Deno.test("a budget that is used up denies every transition, one that is just spent does not", async () => {
  const budget = (spent: number) => ({ requests: { limit: 10, spent, reserved: 0 } });
  assert.deepEqual(await failing(input({ budget: budget(11) })), ["deny", ["core/D-BUDGET"]]);
  assert.deepEqual(await failing(input({ budget: budget(10) })), ["allow", []]);
});

Deno.test("the tier critical waits for another principal than the requester, for this very data", async () => {
  const base = input();
  assert.ok(base.pipeline !== null);
  const critical = (approvals: DataJudgeInput["approvals"]) =>
    failing(
      input({ pipeline: { ...base.pipeline, tier: "critical" } as DataJudgeInput["pipeline"], approvals }),
    );
  const approval = (by: string, patch: string) => ({
    by,
    at: "2026-01-01T12:00:00.000Z",
    selfApproved: by === "ann",
    verified: true,
    patch,
  });
  const waiting = ["escalate", ["core/D-FOUR-EYES"]];
  assert.deepEqual(await critical([]), waiting);
  assert.deepEqual(await critical([approval("bob", OTHER)]), waiting);
  assert.deepEqual(await critical([approval("ann", DIGEST)]), waiting);
  assert.deepEqual(await critical([approval("bob", DIGEST)]), ["allow", []]);
});

Deno.test("a declared rule that nobody judged denies; a stream without rules is none of its business", async () => {
  const rules = (declared: number, judged: number, skipped = 0) => ({ declared, judged, skipped });
  const passed = { ...verdict("block", "pass"), failed: 0 };
  const denied = ["deny", ["core/D-QUALITY"]];
  const allowed = ["allow", []];
  const cases: [Partial<StreamFacts>, unknown][] = [
    [{ rules: rules(0, 0) }, allowed],
    [{ rules: rules(1, 1), quality: [passed] }, allowed],
    [{ rules: rules(2, 1), quality: [passed] }, denied],
    [{ rules: rules(1, 1), quality: [] }, denied],
    [{ rules: rules(1, 0), quality: [] }, denied],
    [{ rules: rules(2, 0, 2) }, denied],
    [{ rules: rules(2, 0, 2), publishable: false }, allowed],
    [{ rules: undefined }, denied],
    // A verdict of a pack stands for no rule of the pipeline.
    [{ rules: rules(1, 1), quality: [{ ...passed, pack: "financial" }] }, denied],
    [{ rules: rules(1, 1), quality: [{ ...passed, verdict: "not_applicable" }] }, allowed],
    [{ rules: rules(1, 1), quality: [{ ...passed, verdict: "not_run", severity: "warn" }] }, denied],
  ];
  for (const [given, expected] of cases) {
    assert.deepEqual(await failing(input({}, stream(given))), expected, JSON.stringify(given));
  }
  const none = await judgeDataTransition(input({}, stream()));
  const found = none.rules.find(({ rule }) => rule === "core/D-QUALITY");
  assert.deepEqual([found?.verdict, found?.selector], [
    "not_applicable",
    "the pipeline declares no quality rules",
  ]);
});

Deno.test("what a pipeline declares is held against its definition, not against what judged it", async () => {
  const base = input();
  assert.ok(base.pipeline !== null);
  const pipeline = { ...base.pipeline, quality: { s: 1 } };
  assert.deepEqual(await failing(input({ pipeline }, stream())), ["deny", ["core/D-QUALITY"]]);
  assert.deepEqual(await failing(input({ pipeline }, stream({ stream: "s@2" }))), ["deny", [
    "core/D-QUALITY",
  ]]);
  const judged = stream({ quality: [{ ...verdict("block", "pass"), failed: 0 }] });
  assert.deepEqual(await failing(input({ pipeline }, judged)), ["allow", []]);
});

Deno.test("the pack financial denies by its own gates, asks for a verdict on every stream, and is none of others", async () => {
  const base = input();
  assert.ok(base.pipeline !== null);
  const pipeline = { ...base.pipeline, packs: ["financial"] };
  const names = listDataRules().filter(({ pack }) => pack === "financial").map(({ gate }) => gate);
  assert.equal(names.length, 11);
  const said = (change: Record<string, Partial<StreamFacts["quality"][number]>> = {}) =>
    names.map((name) => ({
      ...verdict("block", "pass"),
      failed: 0,
      rule: `financial/${name}`,
      pack: "financial",
      verdict: "not_applicable" as const,
      ...change[name],
    }));
  const rules = { declared: 0, judged: 0, skipped: 0 };
  const outcome = (quality: StreamFacts["quality"], publishable = true) =>
    failing(input({ pipeline }, stream({ quality, rules, publishable })));
  assert.deepEqual(await outcome(said()), ["allow", []]);
  assert.deepEqual(await outcome(said({ "accounting-equation": { verdict: "fail", failed: 1 } })), [
    "deny",
    ["financial/F1"],
  ]);
  assert.deepEqual(await outcome(said({ "material-account": { verdict: "fail", severity: "warn" } })), [
    "allow",
    ["financial/F4"],
  ]);
  assert.deepEqual(await outcome(said({ "material-account": { verdict: "error" } })), ["deny", [
    "financial/F4",
  ]]);
  assert.deepEqual(await outcome(said().slice(1)), ["deny", ["financial/F1"]]);
  assert.equal((await outcome([]))[0], "deny");
  assert.deepEqual(await outcome([], false), ["allow", []]);
  assert.deepEqual(await failing(input({}, stream({ quality: [], rules }))), ["allow", []]);
});

Deno.test("a load that may not be published is not let through by its digest alone", async () => {
  const publishing = {
    transition: { from: "publish", to: "settle" },
    published: { loads: [{ stream: "s", key: "k", staged: DIGEST }] },
  };
  assert.deepEqual(await failing(input(publishing, stream({ publishable: false }))), ["deny", [
    "core/D-BOUND",
  ]]);
});

Deno.test("a pack that a pipeline names and that was not given to the judge denies", async () => {
  const base = input();
  const pipeline = base.pipeline === null ? null : { ...base.pipeline, packs: ["acme/data"] };
  const decision = await judgeDataTransition({ ...base, pipeline });
  assert.equal(decision.verdict, "deny");
  const rule = decision.rules.find(({ rule }) => rule === "core/PACK");
  assert.match(rule?.findings[0]?.message ?? "", /acme\/data/);
});

Deno.test("a waiver of a load is for its pipeline and for exactly what failed; the rule stays failed", async () => {
  const failing = stream({ quality: [verdict("block", "fail")] });
  const before = await judgeTransition(failing);
  const finding = before.rules.find(({ rule }) => rule === "core/D-QUALITY")?.findings[0]?.fingerprint ?? "";
  const waived = (repo: string) =>
    judgeTransition(failing, {
      waivers: [{
        digest: OTHER,
        source: "installed",
        approvedBy: ["bea"],
        problem: null,
        use: 1,
        waiver: {
          apiVersion: "delivery.waiver/v1",
          rule: "core/D-QUALITY",
          packRange: "^1",
          finding,
          scope: { repo, paths: [] },
          reason: "the source mends it next week",
          requestedBy: "ana",
          requestedAt: "2026-01-01T00:00:00.000Z",
          approvedBy: [],
          expiresAt: "2026-03-01T00:00:00.000Z",
          maxUses: 1,
          compensating: [],
          supersedes: [],
        },
      }],
      at: "2026-01-02T00:00:00.000Z",
    });
  const id = input().pipeline?.id ?? "";
  const right = await waived(`pipeline:${id}`);
  assert.equal(right.verdict, "allow", JSON.stringify(right.waivers));
  assert.deepEqual(right.rules.find(({ rule }) => rule === "core/D-QUALITY")?.verdict, "fail");
  assert.equal((await waived("pipeline:another")).verdict, "deny");
});

const judgeTransition = (one: StreamFacts, given: Partial<DataJudgeInput> = {}) =>
  judgeDataTransition(input(given, one));
