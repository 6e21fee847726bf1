import {
  digestOf,
  err,
  type FileFacts,
  type Finding,
  ok,
  type PatternMatches,
  type Problem,
  type Result,
} from "../../../specs/mod.ts";
import { located } from "../../facts/secrets.ts";
import { importGitleaks } from "../../facts/secrets/gitleaks.ts";
import type { Span } from "../../facts/secrets/scan.ts";
import { MAX_SECOND_OPINION, secondOpinion } from "../../facts/secrets/second_opinion.ts";
import { fail, pass } from "../../rule.ts";
import type { Sides } from "./astgrep_match.ts";
import { type DocumentRule, type RuleText, unjudged } from "./cel_rule.ts";

/** Secrets that a rule of a pack has looked for in the changed files, on its behalf. */
export interface SecretSearch {
  /** Under which the facts tell what was found. */
  readonly key: string;
  readonly maxCharacters: number;
  find(text: string, path: string): readonly Span[] | Promise<readonly Span[]>;
}

export interface SearchingRule extends DocumentRule {
  readonly searches: readonly SecretSearch[];
}

const MAX_FOUND = 200;
const MAX_CHARACTERS = 2_000_000;

/** Whether a body brings rules of its own: a configuration of gitleaks, or the word `secretlint`. */
export function bringsSecrets(body: string): boolean {
  return body.trim() === "secretlint" || /^[ \t]*\[\[[ \t]*rules[ \t]*\]\]/m.test(body);
}

/** A rule by a configuration of gitleaks, or by the second opinion of secretlint: it holds when the change adds nothing that they find. */
export async function broughtSecretsRule(
  body: string,
  text: RuleText,
): Promise<Result<SearchingRule, Problem>> {
  if (body.trim() === "secretlint") {
    return ok(searchingRule(
      { key: "secretlint", maxCharacters: MAX_SECOND_OPINION, find: secondOpinion },
      text,
    ));
  }
  const rules = await importGitleaks(body);
  if (!rules.ok) return err(rules.error);
  const key = `gitleaks:${await digestOf(new TextEncoder().encode(body))}`;
  return ok(searchingRule({ key, maxCharacters: MAX_CHARACTERS, find: rules.value.find }, text));
}

function searchingRule(search: SecretSearch, text: RuleText): SearchingRule {
  return {
    searches: [search],
    reads: ["patch"],
    judge({ facts }) {
      const all = (facts.matches ?? {}) as Record<string, PatternMatches>;
      const told = Object.hasOwn(all, search.key) ? all[search.key] : undefined;
      if (told === undefined) {
        return unjudged(`nobody looked for what ${search.key} finds in the change`, text.remediation);
      }
      const [unread] = told.unread;
      if (unread) return unjudged(`${unread.path} could not be searched: ${unread.why}`, text.remediation);
      const findings = told.found.map(({ path, line, message }): Finding => ({
        message: `${text.message} (${message})`.slice(0, 4000),
        path,
        line,
        remediation: text.remediation,
      }));
      return findings.length === 0 ? pass() : fail(findings, "passes without these secrets");
    },
  };
}

/** What is found in the changed files at head, and was in none of them at base. Never a value. */
export async function secretMatches(
  searches: readonly SecretSearch[],
  files: readonly FileFacts[],
  sides: Sides,
): Promise<Record<string, PatternMatches>> {
  const matches: Record<string, PatternMatches> = {};
  for (const search of new Map(searches.map((one) => [one.key, one])).values()) {
    const after: { path: string; line: number; rule: string; key: string }[] = [];
    const before = new Set<string>();
    const unread: PatternMatches["unread"] = [];
    const look = async (text: string, path: string) => {
      const spans = [...await search.find(text, path)];
      const places = located(text, spans);
      return spans.map(({ rule, start, end }, at) => ({
        path,
        line: places[at]?.line ?? 1,
        rule,
        key: JSON.stringify([rule, text.slice(start, end)]),
      }));
    };
    for (const file of files.filter(({ binary }) => !binary)) {
      const head = await sides.head(file);
      const why = head === null
        ? sides.tooLarge.has(file.path) ? "it is too large to be read" : null
        : head.length > search.maxCharacters
        ? `it has ${head.length} characters, more than ${search.maxCharacters}`
        : null;
      if (why !== null) unread.push({ path: file.path, why });
      else if (head !== null) after.push(...await look(head, file.path));
    }
    for (const file of after.length === 0 ? [] : files.filter(({ binary }) => !binary)) {
      const base = await sides.base(file);
      // What cannot be compared counts as new.
      if (base === null || base.length > search.maxCharacters) continue;
      for (const { key } of await look(base, file.from ?? file.path)) before.add(key);
    }
    const found = after.filter(({ key }) => !before.has(key));
    matches[search.key] = {
      rule: search.key,
      found: found.slice(0, MAX_FOUND).map(({ path, line, rule }) => ({ path, line, message: rule })),
      count: found.length,
      unread,
    };
  }
  return matches;
}
