/** S2, S3, S4 and X5 on their clean, violating and evading examples. */
import assert from "node:assert/strict";
import type { Rule } from "../rule.ts";
import { judgeSample, ruleOf } from "../testing/judge_input.ts";
import { saidOf } from "../testing/oversight.ts";
import type { OversightExample } from "./oversight_example.ts";
import { BYPASS_EXAMPLES } from "./bypasses_examples.ts";
import { bypassRules } from "./bypasses.ts";
import { DESTRUCTIVE_EXAMPLES, FETCHED_EXAMPLES } from "./commands_examples.ts";
import { commandRules } from "./commands.ts";
import { CI_EXAMPLES, INJECTION_EXAMPLES } from "./ci_examples.ts";
import { ciRules } from "./ci.ts";
import { SWALLOWED_EXAMPLES } from "./swallowed_examples.ts";
import { SWALLOWED_HANDLER_EXAMPLES } from "./swallowed_handler_examples.ts";
import { SWALLOWED_WORK_EXAMPLES } from "./swallowed_work_examples.ts";
import { swallowedRules } from "./swallowed.ts";

const GROUPS: readonly [string, string, readonly Rule[], readonly OversightExample[]][] = [
  ["S2", "swallowed", swallowedRules, [
    ...SWALLOWED_EXAMPLES,
    ...SWALLOWED_WORK_EXAMPLES,
    ...SWALLOWED_HANDLER_EXAMPLES,
  ]],
  ["S3", "bypasses", bypassRules, BYPASS_EXAMPLES],
  ["O1", "commands", commandRules.filter(({ id }) => id === "O1"), DESTRUCTIVE_EXAMPLES],
  ["D2", "commands", commandRules.filter(({ id }) => id === "D2"), FETCHED_EXAMPLES],
  ["S4", "ciWorkflow", ciRules.filter(({ id }) => id === "S4"), CI_EXAMPLES],
  ["X5", "ciWorkflow", ciRules.filter(({ id }) => id === "X5"), INJECTION_EXAMPLES],
];

for (const [id, extractor, rules, examples] of GROUPS) {
  for (const example of examples) {
    Deno.test(`${id} ${example.case}: ${example.about}`, async () => {
      const said = await saidOf(rules, example);
      assert.equal(said.says, example.says ?? (example.case === "clean" ? "nothing" : "deny"), said.text);
      if (example.case !== "clean") {
        assert.ok(said.places.every((place) => !place.startsWith("undefined")), said.text);
      }
    });
  }

  Deno.test(`${id}: there is an example of each case`, () => {
    for (const which of ["clean", "violating", "evading"]) {
      assert.ok(examples.some((one) => one.case === which));
    }
  });

  Deno.test(`${id}: facts of an engine that did not look are an error`, async () => {
    const decision = await judgeSample((input) => {
      delete input.patchFacts?.extractors[extractor];
    });
    assert.equal(ruleOf(decision, rules[0]?.gate ?? "").verdict, "error");
  });
}
