import { ok, type Problem, type Result } from "../../../specs/mod.ts";
import { fail, pass } from "../../rule.ts";
import { compileGlob } from "../../facts/glob.ts";
import { type DocumentRule, type RuleText, unjudged } from "./cel_rule.ts";
import { cannotCompile } from "./problem.ts";

/**
 * A rule over the secrets that the extractor found: the body names rules of secrets, one a line, as names or globs (`aws-*`, `*`), and
 * none of them may be among the facts. A line that starts with `#` is a comment.
 */
export function secretsRule(body: string, text: RuleText): Result<DocumentRule, Problem> {
  const lines = body.split("\n").map((line) => line.trim()).filter((line) =>
    line !== "" && !line.startsWith("#")
  );
  if (lines.length === 0) {
    return cannotCompile("The body names no rule of secrets", "Write * for all of them");
  }
  const globs: ((text: string) => boolean)[] = [];
  for (const line of lines) {
    const compiled = compileGlob(line);
    if (!compiled.ok) return cannotCompile(`The name ${line} is no glob`, "Write names such as aws-*", line);
    globs.push(compiled.glob);
  }
  return ok({
    reads: ["patch"],
    judge({ facts }) {
      const secrets = facts.secrets as { rule: string; path?: string; line?: number }[] | undefined;
      if (secrets === undefined) return unjudged("facts.secrets is not there", text.remediation);
      const found = secrets.filter(({ rule }) => globs.some((glob) => glob(rule)));
      if (found.length === 0) return pass();
      return fail(
        found.slice(0, 100).map(({ rule, path, line }) => ({
          message: `${text.message} (${rule})`,
          ...(path === undefined ? {} : { path }),
          ...(path === undefined || line === undefined ? {} : { line }),
          remediation: text.remediation,
        })),
        "passes without these secrets",
      );
    },
  });
}
