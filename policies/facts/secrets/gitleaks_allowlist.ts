import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { type AllowlistText, cannotImport } from "./gitleaks_config.ts";
import type { Compile, Regex } from "./linear_regex.ts";

/** What lets a finding go. */
export interface Allowlist {
  all: boolean;
  /** Commits are named: which one a text comes from is not known here. */
  commits: boolean;
  paths: readonly Regex[];
  target: "secret" | "match" | "line";
  regexes: readonly Regex[];
  stopwords: readonly string[];
  targetRules: readonly string[];
}

export interface Allowed {
  path?: string;
  secret?: string;
  match?: string;
  line?: () => string;
}

export function compileAllowlist(
  list: AllowlistText,
  at: string,
  compile: Compile,
): Result<Allowlist, Problem> {
  const { paths, regexes, stopwords, commits, regexTarget } = list;
  if (paths.length + regexes.length + stopwords.length + commits.length === 0) {
    return err(
      cannotImport(at, "it allows nothing", "Give it paths, regexes or stopwords, or take it out"),
    );
  }
  const made: { paths: Regex[]; regexes: Regex[] } = { paths: [], regexes: [] };
  for (const kind of ["paths", "regexes"] as const) {
    for (const [index, text] of list[kind].entries()) {
      const compiled = compile(text, `${at}.${kind}[${index}]`);
      if (!compiled.ok) return compiled;
      made[kind].push(compiled.value);
    }
  }
  return ok({
    all: list.condition === "AND",
    commits: commits.length > 0,
    ...made,
    target: regexTarget === "" ? "secret" : regexTarget,
    stopwords: stopwords.map((word) => word.toLowerCase()),
    targetRules: list.targetRules,
  });
}

/** Whether a list lets a finding go: by any of its conditions, or by all that it has. What cannot be told is no reason to. */
export function isAllowed(list: Allowlist, { path, secret, match, line }: Allowed): boolean {
  const checks: (() => boolean)[] = [];
  if (list.commits) checks.push(() => false);
  if (list.paths.length > 0) {
    checks.push(() => path !== undefined && list.paths.some((regex) => regex.test(path)));
  }
  if (list.regexes.length > 0) {
    checks.push(() => {
      const text = list.target === "secret" ? secret : list.target === "match" ? match : line?.();
      return text !== undefined && list.regexes.some((regex) => regex.test(text));
    });
  }
  if (list.stopwords.length > 0) {
    checks.push(() => {
      const lower = secret?.toLowerCase();
      return lower !== undefined && list.stopwords.some((word) => lower.includes(word));
    });
  }
  return list.all ? checks.every((check) => check()) : checks.some((check) => check());
}
