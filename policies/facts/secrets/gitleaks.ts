import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { type Allowed, type Allowlist, compileAllowlist, isAllowed } from "./gitleaks_allowlist.ts";
import { cannotImport, readGitleaks, type RuleText } from "./gitleaks_config.ts";
import { type KeywordSet, keywordSet } from "./keyword_set.ts";
import { type Compile, compileWith, type Regex } from "./linear_regex.ts";
import { entropy } from "./placeholder.ts";
import type { Span } from "./scan.ts";

/** Rules of secrets that somebody brings: they take a text and give the places where secrets stand in it. */
export interface BroughtRules {
  /** The ids of the rules that report, in the order of the file. */
  readonly ids: readonly string[];
  /** What of the file is read and has no effect here, in sentences. */
  readonly notes: readonly string[];
  /** Places in order of the text. Linear in its length. A rule about paths alone has the place from 0 to 0. */
  find(text: string, path?: string): Span[];
}

interface BroughtRule extends Omit<RuleText, "regex" | "path"> {
  regex?: Regex;
  pathRegex?: Regex;
  allowed: readonly Allowlist[];
}

/** A text is looked at in stretches of this length, so that no pattern costs more than its length. */
const WINDOW = 65_536;
/** No match is longer where a text has several stretches. */
const OVERLAP = 8_192;
/** So many matches of one rule in one stretch are enough: the rest is not read, which is itself a finding. */
const MAX_MATCHES = 50;
/** So many findings of one rule in one text say enough. */
const MAX_FOUND = 100;

/**
 * Reads a configuration of gitleaks. All of its patterns are compiled, by an engine whose cost is linear in the text; what that
 * cannot compile (lookaround, references back) is refused with its place, and so is all that would be followed only in part.
 */
export async function importGitleaks(toml: string): Promise<Result<BroughtRules, Problem>> {
  const read = await readGitleaks(toml);
  if (!read.ok) return read;
  const config = read.value;
  const compile = await compileWith();
  const rules: BroughtRule[] = [];
  for (const [index, rule] of config.rules.entries()) {
    const compiled = compileRule(rule, `rules[${index}]`, compile);
    if (!compiled.ok) return compiled;
    rules.push(compiled.value);
  }
  const everywhere: Allowlist[] = [];
  for (
    const [index, list] of [...(config.allowlist ? [config.allowlist] : []), ...config.allowlists].entries()
  ) {
    const compiled = compileAllowlist(list, `allowlists[${index}]`, compile);
    if (!compiled.ok) return compiled;
    everywhere.push(compiled.value);
  }
  const keywords = keywordSet(rules.flatMap((rule) => rule.keywords));
  return ok({
    ids: rules.filter(({ skipReport }) => !skipReport).map(({ id }) => id),
    notes: config.extend?.useDefault === true
      ? [
        "extend.useDefault: the rules that gitleaks has built in are not here; the formats of this product apply",
      ]
      : [],
    find: (text, path) => findAll(rules, everywhere, keywords, text, path),
  });
}

function compileRule(rule: RuleText, at: string, compile: Compile): Result<BroughtRule, Problem> {
  const { regex, path, ...rest } = rule;
  const allowed: Allowlist[] = [];
  for (const [index, list] of [...(rule.allowlist ? [rule.allowlist] : []), ...rule.allowlists].entries()) {
    const compiled = compileAllowlist({ ...list, targetRules: [] }, `${at}.allowlists[${index}]`, compile);
    if (!compiled.ok) return compiled;
    allowed.push(compiled.value);
  }
  const made: BroughtRule = { ...rest, allowed };
  if (path !== undefined) {
    const compiled = compile(path, `${at}.path`);
    if (!compiled.ok) return compiled;
    made.pathRegex = compiled.value;
  }
  if (regex !== undefined) {
    const compiled = compile(regex, `${at}.regex`);
    if (!compiled.ok) return compiled;
    made.regex = compiled.value;
    const groups = compiled.value.groupCount();
    if (rule.secretGroup > groups) {
      return err(cannotImport(
        `${at}.secretGroup`,
        `the regex has ${groups} groups`,
        "Name a group of the regex",
        String(rule.secretGroup),
      ));
    }
  }
  return ok(made);
}

function findAll(
  rules: readonly BroughtRule[],
  everywhere: readonly Allowlist[],
  keywords: KeywordSet,
  text: string,
  path: string | undefined,
): Span[] {
  const present = keywords.presentIn(text);
  const found = new Map<string, Span[]>();
  for (const rule of rules) {
    const lists = [
      ...rule.allowed,
      ...everywhere.filter(({ targetRules }) => targetRules.length === 0 || targetRules.includes(rule.id)),
    ];
    found.set(rule.id, findOne(rule, lists, present, text, path));
  }
  return rules.filter(({ skipReport }) => !skipReport).flatMap((rule) =>
    (found.get(rule.id) ?? []).filter((span) =>
      rule.required.every((other) =>
        (found.get(other.id) ?? []).some((part) => isNear(text, span, part, other))
      )
    )
  ).sort((a, z) => a.start - z.start || z.end - a.end);
}

function isNear(
  text: string,
  one: Span,
  other: Span,
  { withinLines, withinColumns }: { withinLines?: number | undefined; withinColumns?: number | undefined },
): boolean {
  const [first, last] = one.start <= other.start ? [one, other] : [other, one];
  const between = text.slice(first.start, last.start);
  const lines = between.split("\n").length - 1;
  const column = (span: Span) => span.start - text.lastIndexOf("\n", span.start - 1);
  return (withinLines === undefined || lines <= withinLines) &&
    (withinColumns === undefined || Math.abs(column(one) - column(other)) <= withinColumns);
}

function findOne(
  rule: BroughtRule,
  lists: readonly Allowlist[],
  present: ReadonlySet<string>,
  text: string,
  path: string | undefined,
): Span[] {
  const { id, regex, pathRegex } = rule;
  if (pathRegex && (path === undefined || !pathRegex.test(path))) return [];
  const keep = (about: Omit<Allowed, "path">) =>
    !lists.some((list) => isAllowed(list, path === undefined ? about : { ...about, path }));
  if (!regex) return keep({}) ? [{ rule: id, start: 0, end: 0 }] : [];
  if (rule.keywords.length > 0 && !rule.keywords.some((word) => present.has(word.toLowerCase()))) return [];
  const spans: Span[] = [];
  let last = -1;
  for (let from = 0; from < text.length; from += WINDOW - OVERLAP) {
    const window = text.length <= WINDOW ? text : text.slice(from, from + WINDOW);
    const matcher = regex.matcher(window);
    let count = 0;
    for (let at = 0; at <= window.length && (at > 0 || regex.test(window)) && matcher.find(at); count++) {
      const [begin, end] = [matcher.start(), matcher.end()];
      at = Math.max(end, at + 1);
      if (count >= MAX_MATCHES) {
        // Whoever fills a text with what is allowed hides nothing behind it.
        spans.push({ rule: id, start: from + begin, end: from + Math.max(end, begin + 1) });
        break;
      }
      const group = groupOf(rule, matcher);
      const span = { rule: id, start: from + matcher.start(group), end: from + matcher.end(group) };
      if (span.start <= last || span.end <= span.start) continue;
      const secret = text.slice(span.start, span.end);
      if (rule.entropy > 0 && entropy(secret) <= rule.entropy) continue;
      if (
        !keep({
          secret,
          match: window.slice(begin, end),
          line: () => linesAt(text, from + begin, from + end),
        })
      ) {
        continue;
      }
      last = span.start;
      spans.push(span);
    }
    if (from + WINDOW >= text.length || spans.length >= MAX_FOUND) break;
  }
  return spans;
}

/** The group that holds the secret: the one that is named, else the first that has a text, else the whole match. */
function groupOf(
  rule: BroughtRule,
  matcher: { group(at: number): string | null; groupCount(): number },
): number {
  if (rule.secretGroup > 0) return (matcher.group(rule.secretGroup) ?? "") === "" ? 0 : rule.secretGroup;
  for (let group = 1; group <= matcher.groupCount(); group++) {
    if ((matcher.group(group) ?? "") !== "") return group;
  }
  return 0;
}

function linesAt(text: string, start: number, end: number): string {
  const stop = text.indexOf("\n", end);
  return text.slice(text.lastIndexOf("\n", start) + 1, stop < 0 ? text.length : stop).slice(0, 4 * OVERLAP);
}
