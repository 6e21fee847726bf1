import canonicalize from "canonicalize";
import { type Decision, digestOf, type Finding, type RuleVerdict } from "../specs/mod.ts";
import { judgeApprovals, recordedApproval } from "./approval.ts";
import { boundedRules } from "./bounded.ts";
import { CORE_RULES, corePack } from "./catalogue.ts";
import { scopeOf } from "./facts/scope.ts";
import { type JudgingPacks, modesOf, NO_PACKS, rulesWith, versionsOf } from "./packs/judging.ts";
import { layerReport, LAYERS, verdictOf } from "./layers.ts";
import { putOperation } from "./operational/facts.ts";
import { JudgeInput } from "./port.ts";
import { parseRepoPolicy } from "./repo_policy.ts";
import type { FactName, Facts, Rule } from "./rule.ts";
import { isBound } from "./rules/bindings.ts";
import { sessionFact } from "./session_fact.ts";
import { judgeRule, type Missing, noRule, unusablePack } from "./rule_verdict.ts";
import { concluded, type UseWaiver } from "./waiver/conclude.ts";
import type { AddedLine } from "./waiver/fingerprint.ts";
import { ENGINE } from "./versions.ts";

const PHASES = "explore, plan, design, implement, verify, review, release, observe";

/** What judges beside the core pack. */
export interface Beside {
  packs?: JudgingPacks;
  /** Lines that the change adds, for fingerprints; an input that holds their digests already needs none. */
  lineOf?: AddedLine;
  /** Takes a use of a waiver; without it none is counted, as where a decision is only looked at. */
  useWaiver?: UseWaiver;
}

/** A decision, and the input that it was taken from: with it alone the same decision is taken again. Null for what is no input. */
export interface Judged {
  decision: Decision;
  input: JudgeInput | null;
}

/**
 * Judges one transition by all rules of the core pack and of the packs beside it. Never throws for what it is given: an input
 * that does not have its form, a rule that throws, a fact that is missing are errors, and an error denies.
 */
export async function judgeTransition(input: JudgeInput, beside: Beside = {}): Promise<Decision> {
  return (await judgeKept(input, beside)).decision;
}

/** The same, with the input to keep. */
export function judgeKept(input: JudgeInput, beside: Beside = {}): Promise<Judged> {
  return judge(CORE_RULES, input, beside);
}

/** The same with a given list of rules in place of core. An empty list denies. */
export async function judgeWith(core: readonly Rule[], raw: unknown, beside: Beside = {}): Promise<Decision> {
  return (await judge(core, raw, beside)).decision;
}

async function judge(core: readonly Rule[], raw: unknown, beside: Beside): Promise<Judged> {
  const pack = await corePack();
  const { packs = NO_PACKS } = beside;
  const parsed = JudgeInput.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const problem = `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not an input of the judge"}`;
    return { decision: await refusedInput(raw, problem, pack), input: null };
  }
  const given = parsed.data;
  const { decision, input } = await judgeInput(core, given, { ...beside, packs }, pack);
  return { decision, input };
}

async function judgeInput(
  core: readonly Rule[],
  given: JudgeInput,
  { packs, lineOf, useWaiver }: Beside & { packs: JudgingPacks },
  pack: Decision["packs"][number],
): Promise<Judged> {
  let input = given;
  const tier = input.spec?.tier ?? "critical";
  const { facts, missing } = await assemble(input);
  const rules = rulesWith(core, packs, tier);
  const subject = planOf(input) ?? input.patchFacts?.change?.patch ?? null;
  const approvals = judgeApprovals(input, subject, tier, facts.policy?.approvers ?? []).valid;

  const bound = rules.filter((rule) => isBound(rule.bindings, input.transition))
    .toSorted((a, z) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(z.layer));
  const said = bound.map((rule) => judgeRule(rule, facts, input, missing, approvals));
  if (said.every(({ verdict, mode }) => mode === "off" || verdict === "not_run")) {
    said.unshift(noRule(input.transition, bound.length, PHASES));
  }
  if (packs.problem) said.unshift(unusablePack(packs.problem));
  const { verdicts, report, waivers, spans } = await concluded(said, {
    at: input.at,
    tier,
    repository: input.repository ?? [],
    waivers: input.waivers ?? [],
    versions: versionsOf(packs),
    rules: modesOf(CORE_RULES, packs, tier),
    spans: input.spans,
    ...(lineOf === undefined ? {} : { lineOf }),
    ...(useWaiver === undefined ? {} : { useWaiver }),
  });
  // What the decision depends on is in its input.
  input = {
    ...input,
    ...(input.waivers === undefined ? {} : { waivers: [...waivers] }),
    ...(input.spans === undefined && Object.keys(spans).length === 0 ? {} : { spans }),
  };
  const used = new Set(verdicts.flatMap((verdict) => verdict.approvedBy ?? []));
  const decision: Decision = {
    v: 1,
    transition: input.transition,
    verdict: verdictOf(verdicts),
    layers: LAYERS.map((layer) => layerReport(layer, verdicts, input.transition)),
    rules: boundedRules(verdicts),
    engine: ENGINE,
    packs: [pack, ...packs.packs.map(({ reference }) => reference)],
    inputDigest: await digestOf(canonicalize(input) ?? ""),
    subject: subjectOf(input),
    approvals: approvals.filter(({ by }) => used.has(by)).map(recordedApproval),
    ...(report.length === 0 ? {} : { waivers: report }),
    at: input.at,
  };
  return { decision, input };
}

/** The facts by name, and why one is not there. `blocked`: another rule already says what is wrong. */
async function assemble(input: JudgeInput): Promise<{ facts: Partial<Facts>; missing: Missing }> {
  const facts: Partial<Facts> = {};
  const missing = new Map<FactName, { why: string; blocked: boolean }>();
  const put = <Name extends FactName>(
    name: Name,
    value: Facts[Name] | null | undefined,
    why: string,
    blocked = false,
  ) => {
    if (value === null || value === undefined) missing.set(name, { why, blocked });
    else facts[name] = value;
  };
  const policy = await parseRepoPolicy(input.policy);
  put(
    "policy",
    policy.ok ? policy.value : null,
    policy.ok ? "" : `${policy.error.message}. ${policy.error.remedy ?? ""}`,
  );
  put(
    "spec",
    input.specDigest === null ? null : input.spec,
    "no spec, or no digest of it, was given to the judge",
  );
  const recorded = input.registry ?? null;
  // What the registries said counts only as it was recorded.
  const faithful = recorded === null ||
    await digestOf(canonicalize(recorded.snapshot) ?? "") === recorded.digest;
  put(
    "registry",
    faithful ? { recorded } : null,
    "the registries' snapshot is not the one that its digest names",
  );
  put("clones", input.clones, "what the clones of this run held was not recorded");
  put("ledger", { account: input.ledger ?? null }, "");
  put("records", { told: input.records ?? null }, "");
  const session = sessionFact(input);
  put("session", session.ok ? session.value : null, session.ok ? "" : session.error);
  await putOperation(put, policy.ok ? policy.value.freeze : [], input);
  put("plan", input.plan, "no plan was given to the judge");
  put("proposal", input.proposal, "no proposal was given to the judge");
  put("patch", input.patchFacts, "no facts of a patch were given to the judge");
  const applies = input.patchFacts?.applies.ok !== false && input.patchFacts?.parses.ok !== false;
  put("change", input.patchFacts?.change, "the patch gives no change that could be read", !applies);
  const tests = new Set(
    input.patchFacts?.files.filter((file) => file.kind === "test").map((file) => file.path) ?? [],
  );
  put(
    "scope",
    input.spec && input.patchFacts ? scopeOf(input.spec, input.patchFacts.paths.known, tests) : null,
    "a spec and the facts of a patch are needed",
  );
  put("verify", input.verify, "no verification was given to the judge");
  put("review", input.review, "no review was given to the judge");
  put("outgoing", input.outgoing, "what would be published was not given to the judge");
  put("verified", input.binding.verified, "it is not known what verification ran on");
  put("released", input.binding.released, "it is not known what was released");
  return { facts, missing };
}

/** The plan that the transition is about: before anybody works there is nothing else to approve. */
function planOf({ transition, plan }: JudgeInput): string | null {
  return transition.to === "implement" ? plan?.digest ?? null : null;
}

function subjectOf(input: JudgeInput): Decision["subject"] {
  const plan = planOf(input);
  if (plan !== null) return { plan };
  const change = input.patchFacts?.change;
  return change ? { patch: change.patch, base: change.base, tree: change.tree } : {};
}

/** An input that is not one: nothing of it is believed but its transition and instant, where they have their form. */
async function refusedInput(
  raw: unknown,
  problem: string,
  pack: Decision["packs"][number],
): Promise<Decision> {
  const head = JudgeInput.pick({ transition: true }).safeParse({
    transition: (raw as { transition?: unknown } | null)?.transition,
  });
  const instant = JudgeInput.pick({ at: true }).safeParse({ at: (raw as { at?: unknown } | null)?.at });
  const finding: Finding = {
    message: `The judge was given an input that is not one. ${problem}`.slice(0, 1000),
    remediation: "Give every field of JudgeInput; what is not there yet is null",
  };
  const rules: RuleVerdict[] = [{
    gate: "judge-input",
    rule: "core/INPUT",
    layer: "L0",
    mode: "enforce",
    verdict: "error",
    facts: [],
    findings: [finding],
    counterfactual: "can be judged once the input has its form",
    escalates: false,
  }];
  const transition = head.success ? head.data.transition : { from: "unknown", to: "unknown" };
  return {
    v: 1,
    transition,
    verdict: "deny",
    layers: LAYERS.map((layer) => ({ layer, verdict: "error" as const, reason: finding.message })),
    rules: boundedRules(rules),
    engine: ENGINE,
    packs: [pack],
    inputDigest: await digestOf(safeCanonical(raw)),
    subject: {},
    approvals: [],
    at: instant.success ? instant.data.at : "1970-01-01T00:00:00.000Z",
  };
}

function safeCanonical(raw: unknown): string {
  try {
    return canonicalize(raw) ?? "null";
  } catch {
    return "not canonical";
  }
}
