import { err, type Finding, ok, type PatternMatches, type Problem, type Result } from "../../../specs/mod.ts";
import { fail, pass } from "../../rule.ts";
import { type DocumentRule, type RuleText, unjudged } from "./cel_rule.ts";
import { importAstGrep, type PatternRule } from "./astgrep_rule.ts";
import { startSearch } from "./astgrep_search.ts";
import { cannotCompile } from "./problem.ts";

export interface PatternsRule extends DocumentRule {
  /** What the extractor must look for, so that the judge finds it among the facts. */
  readonly patterns: readonly PatternRule[];
}

/** A rule over what patterns found: it holds when the change adds no match of any of them. */
export function patternsRule(patterns: readonly PatternRule[], text: RuleText): PatternsRule {
  return {
    patterns,
    reads: ["patch"],
    judge({ facts }) {
      const told = (facts.matches ?? {}) as Record<string, PatternMatches>;
      const findings: Finding[] = [];
      for (const { key, id, message, note } of patterns) {
        const one = Object.hasOwn(told, key) ? told[key] : undefined;
        if (one === undefined) {
          return unjudged(`nobody looked for the matches of ${id} in the change`, text.remediation);
        }
        const [unread] = one.unread;
        if (unread) return unjudged(`${unread.path} could not be searched: ${unread.why}`, text.remediation);
        for (const { path, line, message: said } of one.found) {
          findings.push({
            message: `${text.message}: ${said || message}`.slice(0, 4000),
            path,
            line,
            remediation: note === "" ? text.remediation : `${text.remediation}. ${note}`.slice(0, 4000),
          });
        }
        if (one.count > 0 && one.found.length === 0) {
          return unjudged(`${one.count} matches of ${id} are counted, and none is named`, text.remediation);
        }
      }
      return findings.length === 0
        ? pass()
        : fail(findings.slice(0, 200), "passes when the change adds no match of the patterns");
    },
  };
}

const tried = new Set<string>();

/** Reads rules of ast-grep and tries each of them on an empty file: what the library does not take cannot load. */
export async function compilePatterns(
  body: string,
  text: RuleText,
  start: typeof startSearch = startSearch,
): Promise<Result<PatternsRule, Problem>> {
  const rules = await importAstGrep(body);
  if (!rules.ok) return rules;
  const problem = await patternProblem(rules.value, start);
  return problem === null ? ok(patternsRule(rules.value, text)) : err(problem);
}

/** Why a rule of patterns is none; null when all can be looked for. */
export async function patternProblem(
  rules: readonly PatternRule[],
  start: typeof startSearch = startSearch,
): Promise<Problem | null> {
  const fresh = rules.filter(({ key }) => !tried.has(key));
  if (fresh.length === 0) return null;
  const search = start();
  if (search === null) {
    return cannotCompile("Patterns need a worker, which this host does not have", "Leave the pack out here")
      .error;
  }
  try {
    for (const { language, matcher, id, key } of fresh) {
      const reply = await search.find({ language, text: "", matchers: [{ matcher, names: [] }] });
      const problem = "crash" in reply
        ? reply.crash
        : reply.found[0] && "problem" in reply.found[0]
        ? reply.found[0].problem
        : null;
      if (problem !== null) {
        return cannotCompile(
          `The rule ${id} is not one of ast-grep: ${problem}`,
          "Try it with ast-grep's own command",
          id,
        ).error;
      }
      tried.add(key);
    }
    return null;
  } finally {
    search.close();
  }
}
