/** Judges a change that is there already: the rules over a patch, without a run. What cannot be judged so is told, with the reason. */
import { type Decision, digestOf, type PatchFacts, type WaiverFact } from "../specs/mod.ts";
import { Spec } from "../specs/code/mod.ts";
import { CORE_RULES } from "./catalogue.ts";
import { judgeWith } from "./judge.ts";
import { type JudgingPacks, rulesWith } from "./packs/judging.ts";
import type { JudgeInput } from "./port.ts";
import type { Rule } from "./rule.ts";
import { isBound } from "./rules/bindings.ts";
import { withoutSpec } from "./scan_unspoken.ts";
import type { AddedLine } from "./waiver/fingerprint.ts";
import { removedTestsRule } from "./scan_tests.ts";

/** A gate that said nothing about the change, and why. */
export interface NotJudged {
  rule: string;
  gate: string;
  layer: string;
  verdict: "not_run" | "not_applicable";
  reason: string;
}

export interface ScanInput {
  /** What the change was asked to do; null when nobody says. */
  spec: Spec | null;
  facts: PatchFacts;
  /** Text of `.forge/policy.yaml` at the base; null when there is none. */
  policy: string | null;
  packs: JudgingPacks;
  /** Changed links that lead out of the tree. */
  escaping: readonly string[];
  /** Names of the repository, and its waivers with those of the installation. */
  repository?: readonly string[];
  waivers?: readonly WaiverFact[];
  /** Lines that the change adds, for fingerprints. */
  lineOf?: AddedLine;
  at: string;
}

export interface ScanJudgement {
  decision: Decision;
  notJudged: NotJudged[];
  /** Every rule that judged, for what is told of it. */
  rules: readonly Rule[];
}

/** Where a patch is all that is known. */
const TRANSITION = { from: "implement", to: "verify" };

/** In place of a spec: it declares nothing, so that nothing is allowed by it. */
const UNSPOKEN = Spec.parse({
  title: "A change without a spec",
  intent: { type: "UPDATE", scope: ["**"] },
  reason: "",
  description: "",
});

/** Judges the facts of a patch by core and the packs. */
export async function judgeScan(given: ScanInput): Promise<ScanJudgement> {
  const { facts, packs, escaping } = given;
  const spoken = given.spec !== null;
  const spec = given.spec ?? UNSPOKEN;
  // A pack that is built in reads of a spec what it allows, and nothing is allowed here. What another one reads of it nobody knows.
  const adapt = (rule: Rule, builtIn = true) =>
    spoken || (builtIn && rule.pack !== undefined) ? rule : withoutSpec(rule, escaping);
  const isJudged = (rule: Rule) =>
    isBound(rule.bindings, TRANSITION) && rule.reads.every((name) => KNOWN.has(name)) &&
    (rule.reads.includes("patch") || rule.gate === "repository-policy");
  const core = [...CORE_RULES.filter(isJudged), removedTestsRule].map((rule) => adapt(rule));
  const judging: JudgingPacks = {
    ...packs,
    packs: packs.packs.map((pack) => ({
      ...pack,
      rules: (tier) =>
        pack.rules(tier).filter(isJudged).map((rule) => adapt(rule, pack.reference.revision === undefined)),
    })),
  };
  const input: JudgeInput = {
    transition: TRANSITION,
    spec,
    specDigest: await digestOf(JSON.stringify(spec)),
    plan: null,
    proposal: { implementer: "patch", rederives: null },
    patchFacts: facts,
    verify: null,
    review: null,
    outgoing: null,
    budget: {},
    autonomy: { ceiling: "A0", granted: "A0" },
    approvals: [],
    principals: { requester: "scan", approvers: [], singleKey: true },
    policy: given.policy,
    binding: { verified: null, released: null },
    repository: [...given.repository ?? []],
    ...(given.waivers === undefined || given.waivers.length === 0 ? {} : { waivers: [...given.waivers] }),
    at: given.at,
  };
  const decision = await judgeWith(core, input, {
    packs: judging,
    ...(given.lineOf === undefined ? {} : { lineOf: given.lineOf }),
  });
  const all = rulesWith([...CORE_RULES, removedTestsRule], packs, spec.tier);
  const done = new Set(decision.rules.map(({ rule, gate }) => `${rule}\n${gate}`));
  const notJudged: NotJudged[] = [];
  for (const verdict of decision.rules) {
    if (verdict.verdict !== "not_applicable" && verdict.verdict !== "not_run") continue;
    notJudged.push({
      rule: verdict.rule,
      gate: verdict.gate,
      layer: verdict.layer,
      verdict: verdict.verdict,
      reason: verdict.selector ?? "it gave no reason",
    });
  }
  for (const rule of all) {
    const name = `${rule.pack ?? "core"}/${rule.id}`;
    if (done.has(`${name}\n${rule.gate}`)) continue;
    const why = whyNot(rule, spoken);
    if (why) notJudged.push({ rule: name, gate: rule.gate, layer: rule.layer, ...why });
  }
  return { decision, notJudged, rules: rulesWith(core, judging, spec.tier) };
}

/** What a scan knows. */
const KNOWN: ReadonlySet<string> = new Set([
  "spec",
  "proposal",
  "patch",
  "change",
  "scope",
  "policy",
  "freeze",
]);

/** Gates whose answer depends on what a spec says, beside those that only let a spec allow something. */
const NEEDS_SPEC: ReadonlySet<string> = new Set(["fail-to-pass", "acceptance"]);

/** Why a rule was not asked; null for one that is about a run of the factory, which a scan is not. */
function whyNot(rule: Rule, spoken: boolean): Pick<NotJudged, "verdict" | "reason"> | null {
  if (!spoken && NEEDS_SPEC.has(rule.gate)) {
    return {
      verdict: "not_applicable",
      reason:
        "no spec was given, so that nothing says what the change has to prove; give one with --spec FILE",
    };
  }
  if (rule.reads.includes("verify")) {
    return {
      verdict: "not_run",
      reason: "it needs the repository's tests to run, which a scan does not do; forge run does",
    };
  }
  const bound = isBound(rule.bindings, TRANSITION);
  if (rule.pack === undefined && !bound) return null;
  const missing = rule.reads.find((name) => !KNOWN.has(name));
  if (missing !== undefined) {
    return {
      verdict: "not_run",
      reason: `it needs '${missing}', which a scan does not have; forge run does`,
    };
  }
  if (!bound) {
    return {
      verdict: "not_run",
      reason: "it is bound to another transition of a run than the one a patch is judged at",
    };
  }
  // Of core what is left is about a run: its budget, its autonomy.
  return rule.pack === undefined
    ? null
    : { verdict: "not_run", reason: "it reads nothing of a patch, and is about a run" };
}
