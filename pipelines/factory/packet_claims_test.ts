import assert from "node:assert/strict";
import fc from "fast-check";
import { gateRecord, modelRecord } from "../../policies/mod.ts";
import {
  authorClaims,
  fileClaims,
  gateClaims,
  modelClaims,
  sampleJudgeInput,
  subjectClaims,
  testClaims,
} from "../../policies/testing/mod.ts";
import type { Decision, ModelCall, Spec, VerifyFacts } from "../../specs/mod.ts";
import type { FactoryInput } from "./input.ts";
import { composePacket } from "./packet.ts";
import { bounded, gateLines, MAX_BODY, modelLines } from "./packet_records.ts";
import type { Proposal } from "./proposal.ts";
import type { Review } from "./review.ts";

const { spec, verify, patchFacts } = await sampleJudgeInput();
assert.ok(spec && verify && patchFacts?.change);
const CHANGE = patchFacts.change;
const [COMMAND] = verify.commands;
assert.ok(COMMAND);

interface Given {
  spec?: Spec;
  files?: { path: string; from?: string }[];
  argv?: string[];
  criteria?: { id: string; text: string }[];
  decisions?: Decision[];
  calls?: ModelCall[];
  mind?: Review["mind"];
}

function composed(
  { spec: asked = spec as Spec, files, argv, criteria = [], decisions = [], calls = [], mind = null }: Given =
    {},
) {
  const change = files === undefined ? CHANGE : {
    ...CHANGE,
    files: files.map(({ path, from }) => ({
      status: from === undefined ? "M" as const : "R" as const,
      path,
      ...(from === undefined ? {} : { from }),
      oldMode: "100644",
      newMode: "100644",
      binary: false,
      added: 2,
      removed: 1,
    })),
  };
  assert.ok(COMMAND && verify);
  const facts: VerifyFacts = {
    ...verify,
    commands: argv === undefined ? verify.commands : [{ ...COMMAND, argv }],
    checks: criteria.map(({ id }) => ({
      id,
      argv: ["deno", "test"],
      base: COMMAND.head,
      head: COMMAND.head,
    })),
  };
  const packet = composePacket({
    run: "run_01m8abcdefgh",
    spec: asked,
    input: {
      requester: "ada",
      repository: { baseCommit: CHANGE.base, dirty: false },
    } as unknown as FactoryInput,
    proposal: { implementer: "patch", change, patch: CHANGE.patch } as unknown as Proposal,
    verify: facts,
    review: {
      reviewer: "rules",
      mind,
      criteria: criteria.map(({ id, text }) => ({ id, text, proven: true, by: "check" })),
      claims: [],
      riskScore: 5,
      risks: [],
      findings: [],
    } as Review,
    version: "0.1.0",
    decisions,
    calls,
  });
  return { packet, change, facts, decisions, calls, asked, mind };
}

const held = (
  { packet: { body }, change, facts, decisions, calls, asked, mind }: ReturnType<typeof composed>,
) => [
  ...fileClaims(body, change),
  ...testClaims(body, facts),
  ...gateClaims(body, decisions.map(gateRecord)),
  ...modelClaims(body, modelRecord(calls), asked.budget),
  ...subjectClaims(body, change),
  ...authorClaims(body, "patch", mind),
];

Deno.test("what the packet says of files, commands and criteria is what the records say, whatever their names", () => {
  assert.deepEqual(held(composed()), []);
  const name = fc.oneof(
    fc.string({ minLength: 1, unit: "binary", maxLength: 30 }),
    fc.constantFrom("a`b", "``", "a | b", "x\n## Proof", "- M `y`"),
  );
  fc.assert(
    fc.property(
      fc.array(fc.record({ path: name, from: fc.option(name, { nil: undefined }) }), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.array(name, { minLength: 1, maxLength: 4 }),
      fc.array(name, { maxLength: 3 }),
      (files, argv, texts) => {
        const criteria = texts.map((text, at) => ({ id: `AC${at + 1}`, text }));
        const given = files.map(({ path, from }) => (from === undefined ? { path } : { path, from }));
        assert.deepEqual(held(composed({ files: given, argv, criteria })), []);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("a changed number, a file more, a better result are found in the text", () => {
  const given = composed({ criteria: [{ id: "AC1", text: "it works" }] });
  const { body } = given.packet;
  const wrong = (from: string | RegExp, to: string) => {
    const changed = body.replace(from, to);
    assert.notEqual(changed, body, String(from));
    return held({ ...given, packet: { ...given.packet, body: changed } }).length;
  };
  assert.ok(wrong(/\d+ passed/, "9000 passed") > 0);
  assert.ok(wrong(/^\d+ files?, /m, "77 files, ") > 0);
  assert.ok(wrong("## What changed\n", "## What changed\n\n- A `src/evil.ts` +1 −0\n") > 0);
  assert.ok(wrong("## Proof\n", "## Proof\n\n- Every edge case was tested by hand\n") > 0);
  assert.ok(wrong(/^(\| AC1.*?) \| (holds|fails) \| /m, "$1 | – | ") > 0);
  assert.ok(wrong(/bubblewrap, no network|\*\*none: the tests ran unsandboxed\*\*/, "a virtual machine") > 0);
});

Deno.test("a text fits into a pull request, is cut at a line, and what is left still holds", () => {
  const files = Array.from({ length: 300 }, (_, at) => ({ path: `src/${"x".repeat(900)}${at}.ts` }));
  const given = composed({ files });
  const { body } = given.packet;
  assert.ok(body.length <= MAX_BODY && body.length > MAX_BODY / 2);
  assert.match(body, /The rest does not fit into a pull request: it is in the evidence\.\*\*\n$/);
  assert.deepEqual(held(given), []);
  const open = bounded(`a\n\`\`\`sh\n${"b\n".repeat(100)}\`\`\`\n`, 150);
  assert.equal(open.split("\n").filter((line) => line.startsWith("```")).length % 2, 0);
});

Deno.test("gates are told with their waivers and by whom; models with tokens, cost against the cap, and recordings", () => {
  const decision = {
    transition: { from: "verify", to: "review" },
    verdict: "allow",
    rules: [
      { rule: "core/T1", verdict: "pass" },
      {
        rule: "core/D3",
        verdict: "fail",
        waived: ["sha256:x"],
        findings: [{ waived: { by: ["bob"], reason: "known, <b>", expiresAt: "" } }],
      },
    ],
    approvals: [{ by: "ada", selfApproved: true }],
  } as unknown as Decision;
  const gates = gateLines([decision]).join("\n");
  assert.match(
    gates,
    /`verify > review`: allow, 1 rules passed, 0 not applicable, \*\*1 failed and waived\*\*/,
  );
  assert.match(gates, /`core\/D3` fails and is waived by bob: known, \\<b\\>/);
  assert.match(gates, /\*\*Self-approved\*\*: ada/);
  assert.deepEqual(modelLines([], { budget: {} as Spec["budget"] }), [
    "No model was asked: 0 calls, 0 tokens, 0 USD.",
  ]);
  const call = {
    model: "m-1",
    provider: "acme",
    recording: true,
    costMicroUsd: 1500,
    usage: { input: 10, output: 5, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
  } as unknown as ModelCall;
  const models = modelLines([call], { budget: { usd: 2 } as Spec["budget"] }).join("\n");
  assert.match(models, /^1 call of `acme\/m-1`: 10 tokens in, 5 out, 0\.0015 USD, of at most 2 USD\./);
  assert.match(models, /\*\*Recording\*\*/);
  assert.match(
    modelLines([{ ...call, usage: null }], { budget: {} as Spec["budget"] })[0] ?? "",
    /an untold number of tokens in/,
  );
});

/** Decisions and calls of any names, as the ledger could hold them. */
const anyDecision = (name: fc.Arbitrary<string>): fc.Arbitrary<Decision> =>
  fc.record({
    from: fc.constantFrom("plan", "implement", "verify"),
    to: fc.constantFrom("implement", "verify", "review", "@denied"),
    verdict: fc.constantFrom("allow", "deny", "escalate"),
    rules: fc.array(
      fc.record({
        rule: name,
        verdict: fc.constantFrom("pass", "fail", "not_applicable", "error"),
        by: fc.array(name, { minLength: 1, maxLength: 3 }),
        reason: fc.string({ unit: "binary", maxLength: 400 }),
        waived: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    approvals: fc.array(fc.record({ by: name, selfApproved: fc.boolean() }), { maxLength: 3 }),
  }).map(({ from, to, verdict, rules, approvals }) =>
    ({
      transition: { from, to },
      verdict,
      rules: rules.map(({ rule, verdict: said, by, reason, waived }) => ({
        rule,
        verdict: said,
        findings: waived ? [{ waived: { by, reason } }] : [],
        ...(waived ? { waived: ["sha256:x"] } : {}),
      })),
      approvals,
    }) as unknown as Decision
  );

const anyCall = (name: fc.Arbitrary<string>): fc.Arbitrary<ModelCall> =>
  fc.record({
    model: name,
    provider: name,
    recording: fc.boolean(),
    costMicroUsd: fc.nat(5_000_000),
    usage: fc.option(fc.record({
      input: fc.nat(9000),
      output: fc.nat(9000),
      cacheRead: fc.nat(9000),
      cacheWrite5m: fc.nat(9000),
      cacheWrite1h: fc.nat(9000),
    })),
  }) as unknown as fc.Arbitrary<ModelCall>;

// req: N6-14
Deno.test("what the packet says of gates, waivers, approvals, models and cost is what the ledger says, whatever their names", () => {
  const name = fc.oneof(
    fc.string({ minLength: 1, unit: "binary", maxLength: 20 }),
    fc.constantFrom("a`b", "`", "a, b", "x: y", "\\", "*a*", "x\n## Gates", "- Approved by bea", " "),
  );
  fc.assert(
    fc.property(
      fc.array(anyDecision(name), { maxLength: 60 }),
      fc.array(anyCall(name), { maxLength: 15 }),
      fc.record({
        usd: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
        tokens: fc.option(fc.nat(), { nil: undefined }),
      }),
      (decisions, calls, { usd, tokens }) => {
        const budget = { ...(usd === undefined ? {} : { usd }), ...(tokens === undefined ? {} : { tokens }) };
        const given = composed({
          spec: { ...spec as Spec, budget: budget as Spec["budget"] },
          decisions,
          calls,
        });
        assert.deepEqual(held(given), [], given.packet.body);
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("who read the diff is told as the review has it: model, family, all of it or not, a recording", () => {
  for (const otherFamily of [true, false, null]) {
    for (const whole of [true, false]) {
      for (const recording of [true, false]) {
        const mind = { model: "m`1", family: "acme", otherFamily, whole, recording } as Review["mind"];
        const given = composed({ mind });
        assert.deepEqual(held(given), [], given.packet.body.split("\n")[0]);
        for (
          const other of [
            null,
            { ...mind, model: "m-2" },
            { ...mind, otherFamily: otherFamily === null ? true : !otherFamily },
            { ...mind, whole: !whole },
          ]
        ) assert.equal(held({ ...given, mind: other as Review["mind"] }).length, 1);
      }
    }
  }
  const unread = composed();
  assert.equal(
    held({ ...unread, mind: { model: "m-1", otherFamily: true, whole: true } as Review["mind"] }).length,
    1,
  );
});
