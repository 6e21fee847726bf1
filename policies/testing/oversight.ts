/** Judges examples of one list of rules: what each says of a change, at the transition where a patch is known. */
import { judgeWith } from "../judge.ts";
import type { Rule } from "../rule.ts";
import type { OversightExample } from "../rules/oversight_example.ts";
import { sampleJudgeInput, sampleSpec } from "./judge_input.ts";
import { sampleFacts } from "./trees.ts";

export interface Said {
  says: "deny" | "ask" | "note" | "nothing";
  text: string;
  /** Places of what is told. */
  places: string[];
}

export async function saidOf(
  rules: readonly Rule[],
  example: Omit<OversightExample, "case" | "about"> & { spec?: Record<string, unknown> },
): Promise<Said> {
  const { base = {}, head, tier, intent = { type: "UPDATE", scope: ["**"] } } = example;
  const facts = await sampleFacts({ "a.txt": "1\n", ...base }, { "a.txt": "2\n", ...head }, example.renames);
  const decision = await judgeWith(rules, {
    ...await sampleJudgeInput(facts),
    transition: { from: "implement", to: "verify" },
    spec: sampleSpec({ intent, ...(tier === undefined ? {} : { tier }), ...example.spec }),
  });
  const told = decision.rules.flatMap(({ findings }) => findings);
  const worst =
    decision.rules.some(({ verdict, escalates }) => verdict === "error" || (verdict === "fail" && !escalates))
      ? "deny"
      : decision.rules.some(({ verdict }) => verdict === "fail")
      ? "ask"
      : told.length > 0
      ? "note"
      : "nothing";
  return {
    says: worst,
    text: JSON.stringify(decision.rules.map(({ rule, verdict, findings }) => ({ rule, verdict, findings }))),
    places: told.map(({ path, line }) => `${path}:${line ?? 0}`),
  };
}
