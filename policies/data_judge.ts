import canonicalize from "canonicalize";
import { type Decision, digestOf } from "../specs/mod.ts";
import { judgeApprovals, recordedApproval } from "./approval.ts";
import { boundedRules } from "./bounded.ts";
import { DATA_PACKS, dataPacks, dataRules } from "./data_catalogue.ts";
import { DataJudgeInput } from "./data_port.ts";
import type { Beside } from "./judge.ts";
import { layerReport, LAYERS, verdictOf } from "./layers.ts";
import { putOperation } from "./operational/facts.ts";
import type { FactName, Facts } from "./rule.ts";
import { isBound } from "./rules/bindings.ts";
import { type JudgingPacks, modesOf, NO_PACKS, rulesWith, versionsOf } from "./packs/judging.ts";
import { judgeRule, noRule, unusablePack } from "./rule_verdict.ts";
import { ENGINE } from "./versions.ts";
import { concluded } from "./waiver/conclude.ts";

const PHASES = "resolve, acquire, assure, publish, settle";

/**
 * Judges one transition of a data run by the core pack's rules over data and those of the packs that its pipeline names. The
 * engine is that of code changes: a rule that throws or lacks a fact is an error, and an error denies. Throws when the input has
 * not its form, which the kernel takes for a denial.
 */
export async function judgeDataTransition(
  raw: DataJudgeInput,
  beside: Pick<Beside, "packs" | "useWaiver"> = {},
): Promise<Decision> {
  return (await judgeDataKept(raw, beside)).decision;
}

/** The same, with the text of the input to keep, whose digest the decision names: with it alone the same decision is taken again. */
export async function judgeDataKept(
  raw: DataJudgeInput,
  { packs: beside = NO_PACKS, useWaiver }: Pick<Beside, "packs" | "useWaiver"> = {},
): Promise<{ decision: Decision; kept: string }> {
  const given = DataJudgeInput.parse(raw);
  // An approval of other data than these does not exist for the rules.
  const input = { ...given, approvals: given.approvals.filter(({ patch }) => patch === given.subject) };
  const packs = input.pipeline?.packs ?? [];
  const signed = signedBeside(packs, beside);
  const facts: Partial<Facts> = {};
  const missing = new Map<FactName, { why: string; blocked: boolean }>();
  const put = <Name extends FactName>(name: Name, value: Facts[Name] | null, why: string) => {
    if (value === null) missing.set(name, { why, blocked: false });
    else facts[name] = value;
  };
  put("pipeline", input.pipeline, "the pipeline's definition was not given to the judge");
  put("data", input.data, "no facts of the staged data were given to the judge");
  put("published", input.published, "it is not known what is to be published");
  await putOperation(put, [], input);
  const approvals = judgeApprovals(input, input.subject, input.pipeline?.tier ?? "critical", []).valid;
  const rules = rulesWith(dataRules(packs), signed, input.pipeline?.tier ?? "critical");
  const bound = rules.filter((rule) => isBound(rule.bindings, input.transition))
    .toSorted((a, z) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(z.layer));
  const said = bound.map((rule) => judgeRule(rule, facts, input, missing, approvals));
  if (said.every(({ verdict, mode }) => mode === "off" || verdict === "not_run")) {
    said.unshift(noRule(input.transition, bound.length, PHASES));
  }
  if (signed.problem) said.unshift(unusablePack(signed.problem));
  const tier = input.pipeline?.tier ?? "critical";
  const { verdicts, report, waivers } = await concluded(said, {
    at: input.at,
    tier,
    repository: input.pipeline === null ? [] : [pipelineName(input.pipeline.id)],
    waivers: input.waivers ?? [],
    versions: versionsOf(signed),
    // Asked for by waivers alone, for the rules that are to compensate.
    rules: (input.waivers ?? []).length === 0
      ? new Map()
      : modesOf((await import("./catalogue.ts")).CORE_RULES, signed, tier),
    spans: {},
    ...(useWaiver === undefined ? {} : { useWaiver }),
  });
  const kept = canonicalize(given.waivers === undefined ? given : { ...given, waivers: [...waivers] });
  if (kept === undefined) throw new Error("Cannot keep the input of a decision: it has no JSON form");
  const used = new Set(verdicts.flatMap((verdict) => verdict.approvedBy ?? []));
  const decision: Decision = {
    v: 1,
    transition: input.transition,
    verdict: verdictOf(verdicts),
    layers: LAYERS.map((layer) => layerReport(layer, verdicts, input.transition)),
    rules: boundedRules(verdicts),
    engine: ENGINE,
    packs: [...await dataPacks(packs), ...signed.packs.map(({ reference }) => reference)],
    inputDigest: await digestOf(kept),
    subject: input.subject === null ? {} : { patch: input.subject },
    approvals: approvals.filter(({ by }) => used.has(by)).map(recordedApproval),
    ...(report.length === 0 ? {} : { waivers: report }),
    at: input.at,
  };
  return { decision, kept };
}

/** What a waiver's scope calls a pipeline. */
export const pipelineName = (id: string): string => `pipeline:${id}`;

/** The packs beside the built-in ones that the pipeline names itself. A pack that is named and not there is an error, which denies. */
function signedBeside(named: readonly string[], given: JudgingPacks): JudgingPacks {
  const packs = given.packs.filter(({ reference }) =>
    !named.includes(reference.name) || reference.revision !== undefined
  );
  const missing = named.find((name) =>
    !Object.hasOwn(DATA_PACKS, name) && !packs.some(({ reference }) => reference.name === name)
  );
  const problem = given.problem ?? (missing === undefined ? null : {
    code: "unknown-pack",
    message: `The pipeline names the pack ${missing}, and it was not given to the judge`,
    value: missing,
    remedy: "Install it with forge policy install, and run again",
  });
  return { ...given, packs, problem };
}
