import assert from "node:assert/strict";
import fc from "fast-check";
import { Decision, type RuleVerdict } from "../specs/mod.ts";
import { CORE_RULES } from "./catalogue.ts";
import { sampleFacts } from "./testing/trees.ts";
import { judgeTransition, judgeWith } from "./judge.ts";
import {
  AT,
  BASE,
  DIGEST,
  HEAD,
  judgeSample,
  ruleOf,
  sampleJudgeInput,
  test,
} from "./testing/judge_input.ts";
import type { JudgeInput } from "./port.ts";
import { type Rule, rule } from "./rule.ts";
import { isBound } from "./rules/bindings.ts";

const LAYERS = ["L0", "L1", "L2", "L3", "L4"] as const;
const TRANSITIONS = [
  ["explore", "plan"],
  ["plan", "design"],
  ["plan", "implement"],
  ["design", "implement"],
  ["implement", "verify"],
  ["verify", "review"],
  ["review", "release"],
  ["review", "@completed"],
  ["release", "observe"],
  ["release", "@completed"],
  ["observe", "@completed"],
] as const;

const key = (one: Pick<Rule, "id" | "gate">) => `${one.id}/${one.gate}`;
const layersOf = (decision: Decision) =>
  Object.fromEntries(decision.layers.map(({ layer, verdict }) => [layer, verdict]));
const open = (decision: Decision) =>
  decision.rules.filter(({ verdict }) => verdict !== "pass" && verdict !== "not_applicable");

// req: N4-01 N4-03
Deno.test("an honest change is allowed at every transition, with all five layers reported in order", async () => {
  for (const [from, to] of TRANSITIONS) {
    const decision = await judgeSample((input) => input.transition = { from, to });
    assert.equal(decision.verdict, "allow", `${from}->${to}: ${JSON.stringify(open(decision))}`);
    assert.deepEqual(decision.layers.map(({ layer }) => layer), [...LAYERS]);
    assert.deepEqual(Decision.parse(decision), decision);
    for (const one of decision.rules) {
      assert.ok(one.verdict !== "not_applicable" || one.selector, `${one.gate} has no selector`);
    }
  }
});

// req: N4-24
Deno.test("every transition of the workflow has rules, and what publishes is judged by all that is known of the change", async () => {
  for (const [from, to] of TRANSITIONS) {
    assert.ok(CORE_RULES.some((one) => isBound(one.bindings, { from, to })), `${from}->${to}`);
  }
  const before = (from: string, to: string) =>
    CORE_RULES.filter((one) => isBound(one.bindings, { from, to })).map(key);
  const release = before("review", "release");
  for (const gate of [...before("implement", "verify"), ...before("verify", "review")]) {
    assert.ok(release.includes(gate), gate);
  }
  // A workflow that leaves phases out cannot leave their gates out.
  for (
    const [from, to] of [["implement", "release"], ["verify", "release"], ["implement", "@completed"], [
      "anything",
      "release",
    ]] as const
  ) {
    for (const gate of release.filter((name) => name !== "E2/stale-verdict" || to === "release")) {
      assert.ok(before(from, to).includes(gate), `${from}->${to} ${gate}`);
    }
  }
});

/** One way to break each layer at the last transition before release, and the gates that must tell of it. */
const BREAKS: Record<(typeof LAYERS)[number], { gate: string; how: (input: JudgeInput) => void }> = {
  L0: {
    gate: "patch-applies",
    how: (input) => input.patchFacts && (input.patchFacts.agrees = { ok: false, problem: "x" }),
  },
  L1: {
    gate: "acceptance",
    how: (input) =>
      input.spec && (input.spec.acceptance = [{ id: "AC1", text: "t", check: { files: [], run: ["x"] } }]),
  },
  L2: {
    gate: "secrets",
    how: (input) => input.patchFacts?.secrets.push({ rule: "github-token", path: "src/email.ts", line: 2 }),
  },
  L3: { gate: "budget", how: (input) => input.budget.tokens = { limit: 1, spent: 2, reserved: 0 } },
  L4: {
    gate: "git-hygiene",
    how: (input) => input.patchFacts?.pathProblems.push({ kind: "symlink", path: "x", detail: "d" }),
  },
};

Deno.test("each layer fails for itself: what breaks one layer leaves the other four as they were", async () => {
  for (const layer of LAYERS) {
    const decision = await judgeSample(BREAKS[layer].how);
    assert.equal(decision.verdict, "deny");
    const wanted = Object.fromEntries(LAYERS.map((one) => [one, one === layer ? "fail" : "pass"]));
    assert.deepEqual(layersOf(decision), wanted, layer);
    assert.equal(ruleOf(decision, BREAKS[layer].gate).verdict, "fail");
  }
});

// req: N4-03 N4-18
Deno.test("no layer masks another: for every set of broken layers all of them, and only they, fail", async () => {
  for (let set = 0; set < 32; set++) {
    const broken = LAYERS.filter((_, at) => set & (1 << at));
    const decision = await judgeSample((input) => broken.forEach((layer) => BREAKS[layer].how(input)));
    assert.equal(decision.verdict, broken.length === 0 ? "allow" : "deny");
    for (const layer of LAYERS) {
      assert.equal(layersOf(decision)[layer], broken.includes(layer) ? "fail" : "pass", `${broken} ${layer}`);
    }
    for (const layer of broken) {
      const told = ruleOf(decision, BREAKS[layer].gate);
      assert.ok(told.findings.length > 0 && told.counterfactual, layer);
      for (const finding of told.findings) assert.ok(finding.remediation.length > 0);
    }
  }
});

// req: N4-02
Deno.test("a throw in any rule, in its predicate or its selector, is an error of that rule and denies; the others are still judged", async () => {
  const input = await sampleJudgeInput();
  const boom = () => {
    throw new Error("boom");
  };
  for (const [from, to] of TRANSITIONS) {
    const bound = CORE_RULES.filter((one) => isBound(one.bindings, { from, to }));
    const whole = await judgeWith(CORE_RULES, { ...input, transition: { from, to } });
    for (const broken of bound) {
      for (const part of ["evaluate", "selector"] as const) {
        const rules = CORE_RULES.map((one) =>
          one === broken
            ? { ...one, selector: part === "selector" ? boom : undefined, evaluate: boom } as unknown as Rule
            : one
        );
        const decision = await judgeWith(rules, { ...input, transition: { from, to } });
        assert.equal(decision.verdict, "deny", key(broken));
        const at = decision.rules.findIndex((one) =>
          one.gate === broken.gate && one.rule === `core/${broken.id}`
        );
        assert.equal(decision.rules[at]?.verdict, "error");
        assert.equal(layersOf(decision)[broken.layer], "error");
        assert.deepEqual(
          decision.rules.filter((_, index) => index !== at),
          whole.rules.filter((_, index) => index !== at),
        );
      }
    }
  }
});

// req: N4-22
Deno.test("a rule without a body, of an unknown kind of answer, or that promises a verdict later, denies", async () => {
  const input = await sampleJudgeInput();
  const sample = CORE_RULES[0] as Rule;
  for (
    const evaluate of [
      undefined,
      () => undefined,
      () => ({ verdict: "yes" }),
      () => ({ verdict: "not_applicable" }),
      () => Promise.resolve({ verdict: "pass" }),
      () => true,
    ]
  ) {
    const decision = await judgeWith([
      { ...sample, bindings: ["review->"], reads: [], selector: undefined, evaluate } as unknown as Rule,
    ], input);
    assert.equal(decision.verdict, "deny", String(evaluate));
    assert.equal(decision.rules[0]?.verdict, "error");
  }
});

// req: N4-02
Deno.test("no rules, no rule for this transition, or all rules off: denied", async () => {
  const input = await sampleJudgeInput();
  const off = CORE_RULES.map((one) => ({ ...one, mode: "off" as const }));
  for (
    const [rules, transition] of [[[], input.transition], [CORE_RULES, { from: "fix", to: "check" }], [
      off,
      input.transition,
    ]] as const
  ) {
    const decision = await judgeWith(rules, { ...input, transition });
    assert.equal(decision.verdict, "deny");
    assert.equal(decision.rules[0]?.rule, "core/EMPTY");
    assert.deepEqual(Decision.parse(decision), decision);
  }
});

// req: N4-02
Deno.test("an input without one of its fields, or with null where a rule needs it, is denied", async () => {
  const input = await sampleJudgeInput();
  for (const field of Object.keys(input)) {
    const partial = Object.fromEntries(Object.entries(input).filter(([name]) => name !== field));
    const decision = await judgeTransition(partial as JudgeInput);
    assert.equal(decision.verdict, "deny", field);
    // Without a field that older inputs do not have it is an input all the same, and the rule that reads it is the error.
    const errors = field === "clones" ? ["L4"] : LAYERS;
    assert.deepEqual(
      decision.layers.filter(({ verdict }) => verdict === "error").map(({ layer }) => layer),
      errors,
    );
  }
  for (
    const field of ["spec", "specDigest", "proposal", "patchFacts", "verify", "review", "outgoing"] as const
  ) {
    const decision = await judgeSample((one) => one[field] = null);
    assert.equal(decision.verdict, "deny", field);
    assert.ok(decision.rules.some(({ verdict }) => verdict === "error"), field);
  }
  for (
    const [from, to] of [["review", "release"], ["release", "observe"], ["release", "@completed"]] as const
  ) {
    const decision = await judgeSample((one) => {
      one.transition = { from, to };
      one.binding = { verified: null, released: null };
    });
    assert.equal(decision.verdict, "deny");
  }
  const planned = await judgeSample((one) => {
    one.transition = { from: "plan", to: "implement" };
    one.plan = null;
  });
  assert.equal(ruleOf(planned, "plan-in-scope").verdict, "error");
});

Deno.test("whatever is given to the judge, it answers with a decision of its form, and nonsense is never allowed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.jsonValue(), fc.anything()), async (nonsense) => {
      const decision = await judgeTransition(nonsense as JudgeInput);
      assert.equal(decision.verdict, "deny");
      Decision.parse(decision);
    }),
    { numRuns: 60 },
  );
});

Deno.test("one field replaced by any other value never makes a denied change allowed", async () => {
  const facts = await sampleFacts(BASE, { ...HEAD, "lib/other.ts": "export const x = 1;\n" });
  const input = await sampleJudgeInput(facts);
  const fields = Object.keys(input).filter((field) => field !== "patchFacts" && field !== "transition");
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...fields), fc.jsonValue(), async (field, value) => {
      const decision = await judgeTransition({ ...input, [field]: value } as JudgeInput);
      assert.notEqual(decision.verdict, "allow", field);
    }),
    { numRuns: 80 },
  );
});

// req: N2-22 N4-19
Deno.test("the same input gives the same decision, and any other input another digest", async () => {
  const input = await sampleJudgeInput();
  const first = await judgeTransition(input);
  assert.deepEqual(await judgeTransition(structuredClone(input)), first);
  const other = await judgeSample((one) => one.budget.tokens = { limit: 1000, spent: 11, reserved: 0 });
  assert.equal(other.verdict, first.verdict);
  assert.notEqual(other.inputDigest, first.inputDigest);
  assert.match(first.packs[0]?.digest ?? "", /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual(first.subject, {
    patch: input.patchFacts?.change?.patch,
    base: "b".repeat(40),
    tree: input.patchFacts?.change?.tree,
  });
});

Deno.test("the order of files, tests and findings changes no verdict", async () => {
  const facts = await sampleFacts(BASE, { ...HEAD, "lib/a.ts": "1\n", "lib/b.ts": "2\n" });
  const verdicts = (decision: Decision) => decision.rules.map(({ gate, verdict }) => `${gate} ${verdict}`);
  const forward = await judgeSample(() => {}, facts);
  const backward = await judgeSample((input) => {
    input.patchFacts?.files.reverse();
    input.patchFacts?.change?.files.reverse();
    input.patchFacts?.paths.known.reverse();
    input.verify?.commands.forEach((command) => command.head.report?.cases.reverse());
  }, facts);
  assert.equal(forward.verdict, "deny");
  assert.deepEqual(verdicts(backward), verdicts(forward));
});

// req: N4-04
Deno.test("a patch that does not apply is one failure with its reason; what cannot be read of it is not judged, and nothing passes", async () => {
  const decision = await judgeSample((input) => {
    if (!input.patchFacts) return;
    input.patchFacts.change = null;
    input.patchFacts.applies = { ok: false, problem: "src/email.ts: patch does not apply" };
    input.transition = { from: "implement", to: "verify" };
  });
  assert.equal(decision.verdict, "deny");
  assert.match(ruleOf(decision, "patch-applies").findings[0]?.message ?? "", /does not apply/);
  assert.equal(ruleOf(decision, "empty-diff").verdict, "not_run");
  assert.equal(ruleOf(decision, "scope").verdict, "pass");
});

const modal = (mode: Rule["mode"], verdict: RuleVerdict["verdict"]): Rule =>
  rule({
    id: "M",
    gate: "modal",
    layer: "L2",
    mode,
    severity: "low",
    description: "d",
    remediation: "r",
    bindings: ["review->"],
    reads: [],
    evaluate: () => {
      if (verdict === "error") throw new Error("boom");
      return verdict === "pass" ? { verdict } : { verdict: "fail", findings: [], counterfactual: "c" };
    },
  });

Deno.test("shadow and warn are judged and recorded but do not deny; an error under warn still does", async () => {
  const input = await sampleJudgeInput();
  for (
    const [mode, verdict, wanted] of [
      ["shadow", "fail", "allow"],
      ["shadow", "error", "allow"],
      ["warn", "fail", "allow"],
      ["warn", "error", "deny"],
      ["off", "fail", "allow"],
      ["enforce", "fail", "deny"],
    ] as const
  ) {
    const decision = await judgeWith([...CORE_RULES, modal(mode, verdict)], input);
    assert.equal(decision.verdict, wanted, `${mode} ${verdict}`);
    assert.equal(ruleOf(decision, "modal").verdict, mode === "off" ? "not_run" : verdict);
  }
  const warned = await judgeWith([...CORE_RULES, modal("warn", "fail")], input);
  assert.match(warned.layers[2]?.reason ?? "", /warning: core\/M/);
});

Deno.test("a failing rule always tells what to do, also when its predicate gave no finding", async () => {
  const decision = await judgeWith([modal("enforce", "fail")], await sampleJudgeInput());
  assert.deepEqual(ruleOf(decision, "modal").findings.map(({ fingerprint: _, ...finding }) => finding), [{
    message: "modal does not hold",
    remediation: "r",
  }]);
});

Deno.test("a decision stays within one ledger record and says how much it left out", async () => {
  const decision = await judgeSample((input) => {
    const command = input.verify?.commands[0];
    if (!command?.base?.report) return;
    const lost = Array.from(
      { length: 3000 },
      (_, at) => test(`a test with a name of some length, number ${at}`),
    );
    command.base.report.cases.push(...lost);
    command.base.report.passed += lost.length;
  });
  assert.equal(decision.verdict, "deny");
  assert.ok(JSON.stringify(decision).length < 50_000);
  const told = ruleOf(decision, "test-inventory");
  assert.match(told.findings.at(-1)?.message ?? "", /and \d+ more/);
});

// req: N4-15
Deno.test("no secret gets into a decision by way of a name or a message", async () => {
  const token = "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3gH5";
  const decision = await judgeSample((input) => {
    input.patchFacts?.pathProblems.push({ kind: "symlink", path: `x/${token}`, detail: token });
    if (input.outgoing) input.outgoing.body = `see ${token}`;
  });
  assert.equal(ruleOf(decision, "git-hygiene").verdict, "fail");
  assert.equal(ruleOf(decision, "secrets-published").verdict, "fail");
  assert.ok(!JSON.stringify(decision).includes(token.slice(4, 20)));
});

Deno.test("an approval that is bound to this patch turns an escalation into a pass with the failure kept beside it", async () => {
  const facts = await sampleFacts(BASE, HEAD);
  const ask = (input: JudgeInput) => {
    if (input.spec) input.spec.proof = { none: "only wording" };
  };
  const asked = await judgeSample(ask, facts);
  assert.equal(asked.verdict, "escalate");
  assert.equal(ruleOf(asked, "fail-to-pass").escalates, true);
  const approve = (over: Partial<JudgeInput["approvals"][number]>) => (input: JudgeInput) => {
    ask(input);
    input.approvals = [{
      by: "ana",
      patch: facts.change?.patch ?? "",
      at: AT,
      selfApproved: false,
      verified: true,
      ...over,
    }];
  };
  const approved = await judgeSample(approve({}), facts);
  assert.equal(approved.verdict, "allow");
  assert.equal(ruleOf(approved, "fail-to-pass").approvedBy, "ana");
  assert.match(ruleOf(approved, "fail-to-pass").findings[0]?.message ?? "", /asks for no proof/);
  // The only key there is: the record says so, whatever the approval claims.
  assert.deepEqual(approved.approvals.map(({ by, selfApproved }) => [by, selfApproved]), [["ana", true]]);
  for (
    const over of [{ patch: DIGEST }, { patch: undefined }, { at: "2027-01-01T00:00:00.000Z" }, {
      by: "mallory",
    }]
  ) {
    assert.equal(
      (await judgeSample(approve(over as never), facts)).verdict,
      "escalate",
      JSON.stringify(over),
    );
  }
});

Deno.test("an approval never lifts what does not ask a human", async () => {
  const facts = await sampleFacts(BASE, HEAD);
  for (const layer of LAYERS) {
    const decision = await judgeSample((input) => {
      input.approvals = [{
        by: "ana",
        patch: facts.change?.patch ?? "",
        at: AT,
        selfApproved: true,
        verified: true,
      }];
      BREAKS[layer].how(input);
    }, facts);
    assert.equal(decision.verdict, "deny", layer);
  }
});
