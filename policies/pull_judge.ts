import canonicalize from "canonicalize";
import { type Decision, digestOf } from "../specs/mod.ts";
import { boundedRules } from "./bounded.ts";
import { ENGINE } from "./versions.ts";
import { layerReport, LAYERS, verdictOf } from "./layers.ts";
import { putOperation } from "./operational/facts.ts";
import { PULL_RULES, pullPack } from "./pull_catalogue.ts";
import { PullJudgeInput } from "./pull_port.ts";
import { parseRepoPolicy } from "./repo_policy.ts";
import type { FactName, Facts, Rule } from "./rule.ts";
import { judgeRule, noRule } from "./rule_verdict.ts";
import { isBound } from "./rules/bindings.ts";

/**
 * Judges a transition in which a pull request, or a train of them, is merged or done with. The engine is that of changes: a rule that
 * throws or lacks a fact is an error, and an error denies. Throws when the input has not its form, which the kernel takes for a denial.
 */
export async function judgePullTransition(
  raw: PullJudgeInput,
  all: readonly Rule[] = PULL_RULES,
): Promise<Decision> {
  const input = PullJudgeInput.parse(raw);
  const facts: Partial<Facts> = { pull: { recorded: input.pull }, train: { recorded: input.train } };
  const missing = new Map<FactName, { why: string; blocked: boolean }>();
  const put = <Name extends FactName>(name: Name, value: Facts[Name] | null, why: string) => {
    if (value === null) missing.set(name, { why, blocked: false });
    else facts[name] = value;
  };
  const policy = await parseRepoPolicy(input.policy);
  put("policy", policy.ok ? policy.value : null, policy.ok ? "" : policy.error.message);
  await putOperation(put, policy.ok ? policy.value.freeze : [], input);
  const said = all.filter((rule) => isBound(rule.bindings, input.transition))
    .toSorted((a, z) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(z.layer))
    .map((rule) => judgeRule(rule, facts, input, missing, []));
  if (said.every(({ mode, verdict }) => mode === "off" || verdict === "not_run")) {
    said.unshift(noRule(input.transition, said.length, "look"));
  }
  return {
    v: 1,
    transition: input.transition,
    verdict: verdictOf(said),
    layers: LAYERS.map((layer) => layerReport(layer, said, input.transition)),
    rules: boundedRules(said),
    engine: ENGINE,
    packs: [await pullPack()],
    inputDigest: await digestOf(canonicalize(input) ?? ""),
    subject: {},
    approvals: [],
    at: input.at,
  };
}
