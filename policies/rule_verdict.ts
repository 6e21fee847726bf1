import type { Problem, RuleVerdict } from "../specs/mod.ts";
import type { JudgedApproval } from "./approval.ts";
import type { Always, FactName, Facts, Outcome, Rule } from "./rule.ts";

/** Why a fact is not there. `blocked`: another rule already says what is wrong. */
export type Missing = ReadonlyMap<FactName, { why: string; blocked: boolean }>;

/** What one rule says about the facts. Whatever is missing or thrown is an error, and denies. */
export function judgeRule(
  rule: Rule,
  facts: Partial<Facts>,
  input: Always,
  missing: Missing,
  approvals: readonly JudgedApproval[],
): RuleVerdict {
  const head: Omit<RuleVerdict, "verdict"> = {
    gate: rule.gate,
    rule: `${rule.pack ?? "core"}/${rule.id}`,
    layer: rule.layer,
    mode: rule.mode,
    facts: rule.reads.map((name) => `${name}@1`),
    findings: [],
    escalates: false,
  };
  if (rule.mode === "off") return { ...head, verdict: "not_run", selector: "the rule's mode is off" };
  for (const name of rule.reads) {
    const gap = missing.get(name);
    if (gap?.blocked) return { ...head, verdict: "not_run", selector: `not judged: ${gap.why}` };
    if (gap) {
      return {
        ...head,
        verdict: "error",
        findings: [{
          message: `Cannot judge ${rule.gate}: ${gap.why}`,
          remediation: `Provide '${name}'; what is missing is denied`,
        }],
        counterfactual: `can be judged once '${name}' is there`,
      };
    }
  }
  const given = { ...facts, ...always(input) } as Facts & Always;
  try {
    const selected = rule.selector?.(given);
    if (selected && !selected.applies) {
      return { ...head, verdict: "not_applicable", selector: selected.because.slice(0, 1000) };
    }
    const because = selected ? { selector: selected.because.slice(0, 1000) } : {};
    return { ...head, ...because, ...settled(rule, rule.evaluate(given), approvals) };
  } catch (error) {
    return {
      ...head,
      verdict: "error",
      findings: [{
        message: `The rule ${rule.id} (${rule.gate}) failed while it judged: ${
          error instanceof Error ? error.message : String(error)
        }`,
        remediation: "Report this with the run's evidence; a rule that fails denies",
      }],
      counterfactual: "can be judged once the rule runs",
    };
  }
}

function always(input: Always): Always {
  const { transition, budget, autonomy, approvals, principals, at } = input;
  return { transition, budget, autonomy, approvals, principals, at };
}

function settled(
  rule: Rule,
  outcome: Outcome,
  approvals: readonly JudgedApproval[],
): Pick<RuleVerdict, "verdict" | "findings"> & Partial<RuleVerdict> {
  switch (outcome.verdict) {
    case "pass":
      return { verdict: "pass", findings: outcome.notes ?? [] };
    case "error":
      return { verdict: "error", findings: outcome.findings, counterfactual: outcome.counterfactual };
    case "fail": {
      const findings = outcome.findings.length > 0
        ? outcome.findings
        : [{ message: `${rule.gate} does not hold`, remediation: rule.remediation }];
      const approval = outcome.escalates && outcome.approvable !== false ? approvals[0] : undefined;
      if (approval) {
        return { verdict: "pass", findings, approvedBy: approval.by, counterfactual: outcome.counterfactual };
      }
      return {
        verdict: "fail",
        findings,
        counterfactual: outcome.counterfactual,
        escalates: outcome.escalates ?? false,
      };
    }
    default:
      return unknownVerdict(outcome);
  }
}

function unknownVerdict(outcome: never): never {
  throw new Error(`a rule answered ${JSON.stringify(outcome)}, which is no outcome`);
}

/** A pack that was asked for and cannot judge is an error: the rules that somebody counts on would be missing. */
export function unusablePack(problem: Problem): RuleVerdict {
  return {
    gate: "pack-trust",
    rule: "core/PACK",
    layer: "L0",
    mode: "enforce",
    verdict: "error",
    facts: [],
    findings: [{
      message: `${problem.message} (${problem.code})`.slice(0, 4000),
      ...(problem.path === undefined || problem.path === "" ? {} : { path: problem.path.slice(0, 4096) }),
      remediation: problem.remedy ?? "Install the pack that is asked for, or do not ask for it",
    }],
    counterfactual: "can be judged once every pack that is asked for is verified",
    escalates: false,
  };
}

/** A transition that no rule judged is an error. */
export function noRule(
  transition: { from: string; to: string },
  bound: number,
  phases: string,
): RuleVerdict {
  return {
    gate: "rules-bound",
    rule: "core/EMPTY",
    layer: "L0",
    mode: "enforce",
    verdict: "error",
    facts: [],
    findings: [{
      message: bound === 0
        ? `No rule is bound to the transition ${transition.from}->${transition.to}`
        : `None of the ${bound} rules bound to ${transition.from}->${transition.to} could be run`,
      remediation: `Use the phase names ${phases}, or bind rules to this phase`,
    }],
    counterfactual: "can be judged once a rule is bound to this transition",
    escalates: false,
  };
}
