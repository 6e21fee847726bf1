import assert from "node:assert/strict";
import { cleanClone, judgeSample, ruleOf } from "../testing/judge_input.ts";
import type { JudgeInput } from "../port.ts";

type Clone = NonNullable<NonNullable<JudgeInput["clones"]>["verifier"]>;

async function judged(which: "implementer" | "verifier", over: Partial<Clone> | null) {
  return ruleOf(
    await judgeSample((input) => {
      input.clones = {
        implementer: cleanClone(),
        verifier: cleanClone(),
        [which]: over === null ? null : { ...cleanClone(), ...over },
      };
    }),
    "clone-history",
  );
}

Deno.test("clones that hold their base alone pass", async () => {
  assert.equal((await judged("implementer", {})).verdict, "pass");
});

const SPOILT: [string, Partial<Clone>, RegExp][] = [
  ["a later commit", { foreign: [`commit ${"a".repeat(40)}`] }, /other commits or tags: commit aaa/],
  ["objects that nothing reaches", { unreachable: 4 }, /made with 4 objects/],
  ["a ref, a reflog or an alternate", { traces: ["logs"] }, /has logs, which lead/],
  ["parents that git may look for", { parents: "open" }, /look for the parents/],
  ["a git directory among the files", { exposed: true }, /git directory among its files/],
];

for (const [what, over, words] of SPOILT) {
  for (const which of ["implementer", "verifier"] as const) {
    Deno.test(`${what} in the clone of the ${which} denies`, async () => {
      const rule = await judged(which, over);
      assert.equal(rule.verdict, "fail");
      assert.equal(rule.escalates, false);
      assert.match(rule.findings[0]?.message ?? "", words);
      assert.match(rule.findings[0]?.message ?? "", new RegExp(which));
    });
  }
}

Deno.test("a clone that nobody looked through is an error, and so is a run of which nothing is known", async () => {
  assert.equal((await judged("verifier", null)).verdict, "error");
  assert.equal((await judged("implementer", null)).verdict, "error");
  const decision = await judgeSample((input) => {
    delete input.clones;
  });
  assert.equal(ruleOf(decision, "clone-history").verdict, "error");
  assert.equal(decision.verdict, "deny");
});

Deno.test("before verification only the implementer's clone is asked for", async () => {
  const decision = await judgeSample((input) => {
    input.transition = { from: "implement", to: "verify" };
    input.clones = { implementer: cleanClone(), verifier: null };
  });
  assert.equal(ruleOf(decision, "clone-history").verdict, "pass");
});
