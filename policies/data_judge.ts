import canonicalize from "canonicalize";
import { type Decision, digestOf } from "../specs/mod.ts";
import { judgeApprovals } from "./approval.ts";
import { boundedRules } from "./bounded.ts";
import { ENGINE } from "./catalogue.ts";
import { dataPacks, dataRules } from "./data_catalogue.ts";
import { DataJudgeInput } from "./data_port.ts";
import { layerReport, LAYERS, verdictOf } from "./layers.ts";
import type { FactName, Facts } from "./rule.ts";
import { isBound } from "./rules/bindings.ts";
import { judgeRule, noRule } from "./rule_verdict.ts";

const PHASES = "resolve, acquire, assure, publish, settle";

/**
 * Judges one transition of a data run by the core pack's rules over data and those of the packs that its pipeline names. The
 * engine is that of code changes: a rule that throws or lacks a fact is an error, and an error denies. Throws when the input has
 * not its form, which the kernel takes for a denial.
 */
export async function judgeDataTransition(raw: DataJudgeInput): Promise<Decision> {
  const given = DataJudgeInput.parse(raw);
  // An approval of other data than these does not exist for the rules.
  const input = { ...given, approvals: given.approvals.filter(({ patch }) => patch === given.subject) };
  const packs = input.pipeline?.packs ?? [];
  const facts: Partial<Facts> = {};
  const missing = new Map<FactName, { why: string; blocked: boolean }>();
  const put = <Name extends FactName>(name: Name, value: Facts[Name] | null, why: string) => {
    if (value === null) missing.set(name, { why, blocked: false });
    else facts[name] = value;
  };
  put("pipeline", input.pipeline, "the pipeline's definition was not given to the judge");
  put("data", input.data, "no facts of the staged data were given to the judge");
  put("published", input.published, "it is not known what is to be published");
  const approvals = judgeApprovals(input, input.subject, input.pipeline?.tier ?? "critical", []).valid;
  const bound = dataRules(packs).filter((rule) => isBound(rule.bindings, input.transition))
    .toSorted((a, z) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(z.layer));
  const verdicts = bound.map((rule) => judgeRule(rule, facts, input, missing, approvals));
  if (verdicts.every(({ verdict, mode }) => mode === "off" || verdict === "not_run")) {
    verdicts.unshift(noRule(input.transition, bound.length, PHASES));
  }
  const used = new Set(verdicts.flatMap((verdict) => verdict.approvedBy ?? []));
  return {
    v: 1,
    transition: input.transition,
    verdict: verdictOf(verdicts),
    layers: LAYERS.map((layer) => layerReport(layer, verdicts, input.transition)),
    rules: boundedRules(verdicts),
    engine: ENGINE,
    packs: await dataPacks(packs),
    inputDigest: await digestOf(canonicalize(given) ?? ""),
    subject: input.subject === null ? {} : { patch: input.subject },
    approvals: approvals.filter(({ by }) => used.has(by)),
    at: input.at,
  };
}
