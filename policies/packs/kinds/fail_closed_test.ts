/** P1: throw in any rule, drop any fact, an unknown kind, a timeout, no rule at all: denied. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { PackRule } from "../../../specs/mod.ts";
import { judgeTransition } from "../../judge.ts";
import type { JudgeInput } from "../../port.ts";
import { sampleJudgeInput } from "../../testing/judge_input.ts";
import { compilePack } from "../compile.ts";
import type { CompileRule } from "../kinds.ts";
import { compileRule } from "./mod.ts";

const HEAD = {
  layer: "L2",
  phases: ["final"],
  severity: "high",
  message: "It does not hold",
  remediation: { text: "Fix it" },
};
const RULES = {
  cel: {
    ...HEAD,
    id: "CEL",
    kind: "cel",
    expr: "facts.files.all(f, f.path != 'x') && size(facts.verify.commands) > 0",
  },
  selected: {
    ...HEAD,
    id: "WHEN",
    kind: "cel",
    when: "spec.tier == 'standard'",
    expr: "facts.plan.tasks.size() == 1",
  },
  cedar: { ...HEAD, id: "CEDAR", layer: "L4", kind: "cedar", expr: "permit (principal, action, resource);" },
  secrets: { ...HEAD, id: "SEC", kind: "secrets", expr: "*" },
};

async function judged(rule: Record<string, unknown>, input: JudgeInput, compile: CompileRule = compileRule) {
  const parsed = PackRule.parse(rule);
  const manifest = { name: "org/p", version: "1.0.0", revision: 1, rules: [parsed] } as never;
  const pack = await compilePack(
    { manifest, members: new Map(), digest: `sha256:${"0".repeat(64)}`, level: "trusted", signers: [] },
    compile,
  );
  assert.ok(pack.ok, pack.ok ? "" : pack.error.message);
  const packs = { packs: [pack.value], tightened: new Map(), problem: null };
  const decision = await judgeTransition(input, { packs });
  const own = decision.rules.find(({ rule }) => rule.startsWith("org/p/"));
  assert.ok(own);
  return { decision: decision.verdict, verdict: own.verdict };
}

Deno.test("the sample passes the rules of every kind, so that what is broken below is what denies", async () => {
  const input = await sampleJudgeInput();
  for (const rule of Object.values(RULES)) {
    assert.deepEqual(await judged(rule, input), { decision: "allow", verdict: "pass" }, rule.id);
  }
});

// req: N4-02
Deno.test("a fact that a rule reads and that is not there denies, for every kind and every fact", async () => {
  const drops: [keyof typeof RULES, (input: JudgeInput) => void][] = [
    ["cel", (input) => input.verify = null],
    ["cel", (input) => input.patchFacts = null],
    ["selected", (input) => input.spec = null],
    ["selected", (input) => input.plan = null],
    ["cedar", (input) => input.patchFacts = null],
    ["cedar", (input) => input.spec = null],
    ["secrets", (input) => input.patchFacts = null],
  ];
  for (const [name, drop] of drops) {
    const input = structuredClone(await sampleJudgeInput());
    drop(input);
    assert.deepEqual(await judged(RULES[name], input), { decision: "deny", verdict: "error" }, name);
  }
});

// req: N4-02
Deno.test("a rule that throws, at its selector or its body, denies", async () => {
  const input = await sampleJudgeInput();
  const broken = (part: "selector" | "judge"): CompileRule => async (rule, members) => {
    const compiled = await compileRule(rule, members);
    const thrown = () => {
      throw new Error("broken on purpose");
    };
    return compiled.ok ? { ok: true, value: { ...compiled.value, [part]: thrown } } : compiled;
  };
  for (const rule of Object.values(RULES)) {
    for (const part of ["selector", "judge"] as const) {
      assert.deepEqual(
        await judged(rule, input, broken(part)),
        { decision: "deny", verdict: "error" },
        rule.id,
      );
    }
  }
});

Deno.test("an unknown kind, a rule without a body, and a body that is not understood cannot load", async () => {
  for (
    const rule of [
      { ...HEAD, id: "X", kind: "regex", expr: "a" },
      { ...HEAD, id: "X", kind: "cel" },
      { ...HEAD, id: "X", kind: "cel", expr: "  " },
      { ...HEAD, id: "X", kind: "cel", expr: "true", file: "a.cel" },
    ]
  ) assert.equal(PackRule.safeParse(rule).success, false, JSON.stringify(rule));
  for (const kind of ["cel", "astgrep", "cedar"]) {
    const made = await compileRule(PackRule.parse({ ...HEAD, id: "X", kind, expr: ")(" }), new Map());
    assert.equal(made.ok, false, kind);
  }
  const absent = await compileRule(
    PackRule.parse({ ...HEAD, id: "X", kind: "cel", file: "a.cel" }),
    new Map(),
  );
  assert.equal(absent.ok, false);
  assert.equal(
    (await compileRule({ ...HEAD, id: "X", kind: "lua", expr: "1" } as never, new Map())).ok,
    false,
  );
});

Deno.test("an evaluation that does not end in time denies", async () => {
  const input = await sampleJudgeInput();
  const list = `[${Array.from({ length: 150 }, (_, at) => at).join(",")}]`;
  const expr = `${list}.all(a, ${list}.all(b, ${list}.all(c, a + b + c >= 0)))`;
  assert.deepEqual(await judged({ ...HEAD, id: "SLOW", kind: "cel", expr }, input), {
    decision: "deny",
    verdict: "error",
  });
});

Deno.test("property: facts of any other form never let a rule pass that passed by their value", async () => {
  const rule = PackRule.parse({
    ...RULES.cel,
    expr: "facts.files.all(f, f.added < 1000) && size(facts.secrets) == 0",
  });
  const compiled = await compileRule(rule, new Map());
  assert.ok(compiled.ok);
  const { judge } = compiled.value;
  fc.assert(
    fc.property(
      fc.constantFrom("files", "secrets"),
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      (name, value) => {
        fc.pre(!(name === "secrets" && value === ""));
        const patch = { files: [{ path: "a", added: 1 }], secrets: [], [name]: value };
        let verdict = "error";
        try {
          verdict = judge({ patch } as never).verdict;
        } catch {
          // An exception is an error to the engine.
        }
        assert.notEqual(verdict, "pass");
      },
    ),
    { numRuns: 100 },
  );
});
