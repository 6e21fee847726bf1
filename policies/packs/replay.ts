import type { Decision, RuleVerdict } from "../../specs/mod.ts";
import { CORE_RULES } from "../catalogue.ts";
import type { DataJudgeInput } from "../data_port.ts";
import { judgeWith } from "../judge.ts";
import type { JudgeInput } from "../port.ts";
import { putOperation } from "../operational/facts.ts";
import type { FactName, Facts } from "../rule.ts";
import { judgeRule } from "../rule_verdict.ts";
import { isBound } from "../rules/bindings.ts";
import type { JudgingPack } from "./compile.ts";
import { pipelineName } from "../data_judge.ts";
import { verdictOf } from "../layers.ts";
import { concluded } from "../waiver/conclude.ts";
import { modesOf, versionsOf } from "./judging.ts";
import type { StoredInput } from "./stored_input.ts";

/** What a pack alone says of a decision's input: its rules, and whether it would let the transition through. */
export interface PackVerdict {
  rules: RuleVerdict[];
  verdict: Decision["verdict"] | "silent";
}

/** Judges a kept input by one pack alone. `silent`: none of its rules is bound to this transition. */
export async function replayed(stored: StoredInput, pack: JudgingPack): Promise<PackVerdict> {
  // A pack has no rule over pull requests that are watched.
  if (stored.kind === "pull") return { rules: [], verdict: "silent" };
  const rules = stored.kind === "change"
    ? await overChange(stored.input, pack)
    : await overData(stored.input, pack);
  const own = rules.filter(({ rule }) => rule !== "core/EMPTY");
  return { rules: own, verdict: own.length === 0 ? "silent" : verdictOf(own) };
}

async function overChange(input: JudgeInput, pack: JudgingPack): Promise<RuleVerdict[]> {
  const packs = { packs: [pack], tightened: new Map(), problem: null };
  return (await judgeWith([], input, { packs })).rules;
}

async function overData(input: DataJudgeInput, pack: JudgingPack): Promise<RuleVerdict[]> {
  const facts: Partial<Facts> = {};
  const missing = new Map<FactName, { why: string; blocked: boolean }>();
  const put = <Name extends FactName>(name: Name, value: Facts[Name] | null) => {
    if (value === null) missing.set(name, { why: `${name} was not given to the judge`, blocked: false });
    else facts[name] = value;
  };
  put("pipeline", input.pipeline);
  put("data", input.data);
  put("published", input.published);
  await putOperation(put, [], input);
  const tier = input.pipeline?.tier ?? "critical";
  const packs = { packs: [pack], tightened: new Map(), problem: null };
  const said = pack.rules(tier)
    .filter((rule) => isBound(rule.bindings, input.transition))
    .map((rule) => judgeRule(rule, facts, input, missing, []));
  const { verdicts } = await concluded(said, {
    at: input.at,
    tier,
    repository: input.pipeline === null ? [] : [pipelineName(input.pipeline.id)],
    waivers: input.waivers ?? [],
    versions: versionsOf(packs),
    rules: modesOf(CORE_RULES, packs, tier),
    spans: {},
  });
  return verdicts;
}
