import { standingApprovals } from "../approval.ts";
import { type Decision, ok, type PackRule, type Problem, type Result, type Tier } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import type { Binding, FactName, Outcome, Rule } from "../rule.ts";
import type { PatternRule } from "./kinds/astgrep_rule.ts";
import type { SecretSearch } from "./kinds/brought_secrets.ts";
import type { CompiledRule, CompileRule, RuleFacts } from "./kinds.ts";
import { modeFor } from "./overlay.ts";
import { gateOf, ruleId } from "./content.ts";
import type { VerifiedPack } from "./pack.ts";
import { refuse } from "./refusal.ts";

/** A pack that judges: how decisions name it, and its rules for a change of a tier. */
export interface JudgingPack {
  reference: Decision["packs"][number];
  rules(tier: Tier): readonly Rule[];
  /** What its rules must have looked for in the changed files before they can judge. */
  patterns: readonly PatternRule[];
  /** The same for secrets by rules that it brings. */
  searches?: readonly SecretSearch[];
}

/** Compiles every rule of a pack. One that cannot be compiled is a problem of the whole pack: half a pack must not judge. */
export async function compilePack(
  pack: VerifiedPack,
  compile: CompileRule,
): Promise<Result<JudgingPack, Problem>> {
  const { manifest, members, digest } = pack;
  const { name, version, revision } = manifest;
  const compiled: { rule: PackRule; body: CompiledRule }[] = [];
  for (const rule of manifest.rules) {
    const body = await compile(rule, members);
    if (!body.ok) {
      return refuse(
        "pack-rule-body",
        `The rule ${rule.id} of the pack ${name} cannot be compiled: ${body.error.message}`,
        body.error.remedy ?? "Fix the rule's body and sign the pack again",
        { value: rule.id, ...(body.error.path === undefined ? {} : { path: body.error.path }) },
      );
    }
    compiled.push({ rule, body: body.value });
  }
  return ok({
    reference: { name, version, digest, revision },
    patterns: compiled.flatMap(({ body }) => body.patterns ?? []),
    searches: compiled.flatMap(({ body }) => body.searches ?? []),
    rules: (tier) => compiled.map(({ rule, body }) => ruleOf(name, rule, body, tier)),
  });
}

/** A rule of a pack as the engine judges it: beside the built-in ones, by the same function. */
function ruleOf(pack: string, rule: PackRule, body: CompiledRule, tier: Tier): Rule {
  const id = ruleId(pack, rule.id) ?? rule.id;
  const reads = [...new Set<FactName>([...(rule.intents ? ["spec" as const] : []), ...body.reads])];
  return {
    id,
    pack,
    gate: gateOf(id, rule.gate),
    layer: rule.layer,
    mode: modeFor(rule, tier),
    severity: rule.severity,
    description: rule.message,
    remediation: rule.remediation.text,
    bindings: [...new Set(rule.phases.flatMap(bindingsOf))],
    reads,
    ...(rule.intents || body.selector ? { selector: selectorOf(rule, body) } : {}),
    evaluate: (facts) => worded(body.judge(only(facts, reads)), rule),
  };
}

/** What a rule did not ask for it does not see. */
function only(facts: RuleFacts, reads: readonly FactName[]): RuleFacts {
  const { transition, budget, autonomy, approvals, principals, at } = facts;
  const asked = Object.fromEntries(reads.map((name) => [name, facts[name]]));
  // A rule of a team asks who has approved, not whether it was signed: what does not count is not there.
  return {
    ...asked,
    transition,
    budget,
    autonomy,
    approvals: standingApprovals(approvals, at),
    principals,
    at,
  };
}

function selectorOf(rule: PackRule, body: CompiledRule): NonNullable<Rule["selector"]> {
  return (facts) => {
    const given: RuleFacts = facts;
    if (rule.intents) {
      const spec = given.spec;
      if (spec === undefined) throw new Error("the rule is for some intents only, and no spec was given");
      const declared = intentsOf(spec).map(({ type }) => type);
      if (!declared.some((type) => rule.intents?.includes(type))) {
        return {
          applies: false,
          because: `the intent is ${declared.join(", ")}; the rule is for ${rule.intents.join(", ")}`,
        };
      }
    }
    return body.selector?.(only(given, body.reads)) ??
      { applies: true, because: `the rule is for ${rule.intents?.join(", ") ?? "every intent"}` };
  };
}

/** A failure without a finding is told in the rule's own words. */
function worded(outcome: Outcome, rule: PackRule): Outcome {
  if (outcome.verdict === "pass" || outcome.findings.length > 0) return outcome;
  return { ...outcome, findings: [{ message: rule.message, remediation: rule.remediation.text }] };
}

/**
 * Where a rule is bound by its phases. A workflow may leave out the phase in between: what is bound to the way into release is
 * judged at whatever is the last transition before anything is published.
 */
function bindingsOf(phase: string): Binding[] {
  if (phase === "final") return ["final"];
  const [from = "", to = ""] = phase.split(/->|\u2192/);
  return to === "release" ? [`${from}->`, "final"] : [`${from}->`];
}
