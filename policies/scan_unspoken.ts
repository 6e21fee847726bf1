/** Rules where no spec says what was meant: what a spec might have allowed asks a human, what no spec allows is denied. */
import type { PathProblem } from "../specs/mod.ts";
import type { Always, Facts, Outcome, Rule } from "./rule.ts";

type Given = Facts & Always;

const NO_SPEC = "no spec was given: nothing declares";

/** Gates that compare the change with what its spec declares. */
const DECLARED: Readonly<Record<string, string>> = {
  "scope": "which paths it may touch",
  "intent": "what it is meant to do",
  "asked-dependencies": "which packages and versions it is to bring in",
};

/** Names that are fine where a repository has them on purpose; a link out of the tree never is. */
const DELIBERATE: ReadonlySet<PathProblem["kind"]> = new Set([
  "symlink",
  "submodule",
  "git-attributes",
  "case-collision",
  "not-utf8",
]);

/** Whether a failure may only be what nobody declared. */
const ASKS: Readonly<Record<string, (facts: Given, escaping: readonly string[]) => boolean>> = {
  "protected-paths": () => true,
  "destructive-change": () => true,
  "binary-content": () => true,
  "dependency-sources": () => true,
  "install-code": () => true,
  "suppressions": () => true,
  "hook-bypass": () => true,
  "new-skips": ({ patch }) => patch.tests.markers.every(({ kind }) => kind === "condition"),
  "git-hygiene": ({ patch }, escaping) =>
    escaping.length === 0 && patch.pathProblems.every(({ kind }) => DELIBERATE.has(kind)),
};

/** The rule as it judges a change that has no spec. */
export function withoutSpec(rule: Rule, escaping: readonly string[]): Rule {
  const declared = rule.pack === undefined ? DECLARED[rule.gate] : undefined;
  if (declared !== undefined) return notApplicable(rule, `${NO_SPEC} ${declared}; give one with --spec FILE`);
  if (rule.pack !== undefined && rule.reads.includes("spec")) {
    return notApplicable(rule, `${NO_SPEC} what this rule of a pack reads of it; give one with --spec FILE`);
  }
  if (rule.gate === "size") return sized(rule);
  const asks = rule.pack === undefined ? ASKS[rule.gate] : undefined;
  if (asks === undefined) return rule;
  return {
    ...rule,
    evaluate: (facts) => {
      const outcome = rule.evaluate(facts);
      return outcome.verdict === "fail" && asks(facts, escaping)
        ? { ...outcome, escalates: true, approvable: false }
        : outcome;
    },
  };
}

function notApplicable(rule: Rule, because: string): Rule {
  return { ...rule, selector: () => ({ applies: false, because }) };
}

/** The tier is the spec's to say. Only the size that the repository itself allows is held against the change. */
function sized(rule: Rule): Rule {
  return {
    ...rule,
    evaluate: (facts): Outcome => {
      const outcome = rule.evaluate(facts);
      if (outcome.verdict !== "fail") return outcome;
      const { lines, files } = (facts as Given).policy.size;
      if (lines !== undefined || files !== undefined) return { ...outcome, escalates: true };
      return { verdict: "pass", notes: outcome.findings };
    },
  };
}
