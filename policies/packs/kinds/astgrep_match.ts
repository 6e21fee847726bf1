import type { FileFacts, PatternMatches } from "../../../specs/mod.ts";
import { compileGlob } from "../../facts/glob.ts";
import { redact } from "../../facts/secrets.ts";
import { isOfLanguage } from "./astgrep_language.ts";
import type { PatternRule } from "./astgrep_rule.ts";
import { type Match, type Search, startSearch } from "./astgrep_search.ts";

/** Both sides of a changed file as text; null where there is none, or it cannot be read. */
export interface Sides {
  base(file: FileFacts): Promise<string | null>;
  head(file: FileFacts): Promise<string | null>;
  readonly tooLarge: ReadonlySet<string>;
}

/** Texts beyond this are not searched, and are told as unread. */
const MAX_CHARACTERS = 1_000_000;
const MAX_FOUND = 200;

/**
 * What rules of patterns find in the files that a change adds or edits, and only what was not there before: a match that stands in the
 * base too, in this file or in another one of the change, is not new, nor is one that was only edited a little.
 */
export async function patternMatches(
  rules: readonly PatternRule[],
  files: readonly FileFacts[],
  sides: Sides,
  start: typeof startSearch = startSearch,
): Promise<Record<string, PatternMatches>> {
  const found = [...new Map(rules.map((rule) => [rule.key, rule])).values()].map((rule): Found => ({
    rule,
    names: metavariables(rule.message),
    before: [],
    after: [],
    unread: [],
  }));
  const search = start();
  try {
    for (const file of files.filter(({ binary }) => !binary)) {
      const asked = found.filter(({ rule }) => concerns(rule, file));
      const head = asked.length === 0 ? null : await sides.head(file);
      if (head !== null) await look(asked, file.path, head, search, "after");
      else if (sides.tooLarge.has(file.path)) {
        for (const { unread } of asked) unread.push({ path: file.path, why: "it is too large to be read" });
      }
    }
    for (const file of files.filter(({ binary }) => !binary)) {
      const path = file.from ?? file.path;
      const asked = found.filter(({ rule, after }) =>
        after.length > 0 && isOfLanguage({ ...file, path }, rule.language)
      );
      const base = asked.length === 0 ? null : await sides.base(file);
      // What cannot be compared counts as new: the base is only ever an excuse.
      if (base !== null && base.length <= MAX_CHARACTERS) await look(asked, path, base, search, "before");
    }
  } finally {
    search?.close();
  }
  const was = new Map(files.map(({ path, from }) => [path, from ?? path]));
  return Object.fromEntries(found.map((one) => [one.rule.key, told(one, was)]));
}

interface Place extends Match {
  path: string;
}

/** What was found for one rule so far. */
interface Found {
  rule: PatternRule;
  names: string[];
  before: Place[];
  after: Place[];
  unread: PatternMatches["unread"];
}

/** Looks for all of these rules in one text, which is parsed once for each language. */
async function look(
  asked: readonly Found[],
  path: string,
  text: string,
  search: Search | null,
  side: "before" | "after",
): Promise<void> {
  const possible = asked.filter(({ rule }) => mayMatch(rule.matcher.rule, text));
  const refuse = (some: readonly Found[], why: string) =>
    some.forEach(({ unread }) => unread.push({ path, why }));
  if (possible.length === 0) return;
  if (text.length > MAX_CHARACTERS) {
    return refuse(possible, `it has ${text.length} characters, more than ${MAX_CHARACTERS}`);
  }
  if (search === null) return refuse(possible, "this host has no workers to search in");
  for (const language of new Set(possible.map(({ rule }) => rule.language))) {
    const some = possible.filter(({ rule }) => rule.language === language);
    const reply = await search.find({
      language,
      text,
      matchers: some.map(({ rule, names }) => ({ matcher: rule.matcher, names })),
    });
    some.forEach((one, at) => {
      const found = "found" in reply ? reply.found[at] : undefined;
      if (found !== undefined && "matches" in found) {
        one[side].push(...found.matches.map((match) => ({ path, ...match })));
      } else refuse([one], "crash" in reply ? reply.crash : found?.problem ?? "the search gave no answer");
    });
  }
}

function told(
  { rule, names, before, after, unread }: Found,
  was: ReadonlyMap<string, string>,
): PatternMatches {
  const fresh = added(before, after, was);
  return {
    rule: rule.id,
    found: fresh.slice(0, MAX_FOUND).map(({ path, line, bound }) => ({
      path,
      line,
      message: redact(filled(rule.message, names, bound)).slice(0, 1000),
    })),
    count: fresh.length,
    unread: unread.slice(0, 100).map(({ path, why }) => ({ path, why: why.slice(0, 500) })),
  };
}

function concerns(rule: PatternRule, file: FileFacts): boolean {
  if (!isOfLanguage(file, rule.language)) return false;
  const covers = (globs: readonly string[]) =>
    globs.some((glob) => {
      const compiled = compileGlob(glob);
      return compiled.ok && compiled.glob(file.path);
    });
  return (rule.files.length === 0 || covers(rule.files)) && !covers(rule.ignores);
}

const wordsOf = (text: string): string[] => text.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? [];
const textKey = ({ text }: Match): string => text.replace(/\s+/g, " ");

/** Matches that the base has not: by their text first, then those that an older one in the same file became. */
function added(before: readonly Place[], after: readonly Place[], was: ReadonlyMap<string, string>): Place[] {
  const left = new Map<string, Place[]>();
  for (const one of before) left.set(textKey(one), [...left.get(textKey(one)) ?? [], one]);
  const surplus: Place[] = [];
  // The same file's own match is taken before one that was moved here.
  const take = (one: Place, here: boolean): boolean => {
    const same = left.get(textKey(one)) ?? [];
    const at = same.findIndex(({ path }) => !here || path === was.get(one.path));
    if (at < 0) return false;
    same.splice(at, 1);
    return true;
  };
  const moved = after.filter((one) => !take(one, true));
  surplus.push(...moved.filter((one) => !take(one, false)));
  const rest = [...left.values()].flat();
  return surplus.filter((one) => {
    const at = rest.findIndex((old) => old.path === was.get(one.path) && isLike(old.text, one.text));
    if (at < 0) return true;
    rest.splice(at, 1);
    return false;
  });
}

/** At least two thirds of the words are the same: the statement was edited, not replaced by another one. */
function isLike(old: string, now: string): boolean {
  const [a, b] = [wordsOf(old), wordsOf(now)];
  const left = [...b];
  const shared = a.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
  return a.length + b.length > 0 && 3 * shared >= a.length + b.length;
}

/** Names of the metavariables that a message shows, `$A`. */
function metavariables(message: string): string[] {
  return [...new Set([...message.matchAll(/(?<!\$)\$([A-Z_][A-Z0-9_]*)/g)].map(([, name]) => name ?? ""))];
}

function filled(message: string, names: readonly string[], bound: readonly string[]): string {
  return message.replace(/(?<!\$)\$([A-Z_][A-Z0-9_]*)/g, (whole, name: string) => {
    const at = names.indexOf(name);
    const value = at < 0 ? "" : bound[at] ?? "";
    return value === "" ? whole : value.replace(/\s+/g, " ").slice(0, 100);
  });
}

/**
 * Whether a text holds the words that every match must hold: a file without them need not be parsed. Only where it is certain: a plain
 * pattern, all of several, one of several.
 */
export function mayMatch(rule: unknown, text: string): boolean {
  if (rule === null || typeof rule !== "object") return true;
  const { pattern, all, any } = rule as { pattern?: unknown; all?: unknown; any?: unknown };
  if (typeof pattern === "string") {
    const words = wordsOf(pattern.replace(/\$+[A-Z_][A-Z0-9_]*|\$\$\$/g, " "));
    // A word in a pattern may be a piece of a longer literal: only whether it stands there at all is asked.
    if (!words.every((word) => text.includes(word))) return false;
  }
  if (Array.isArray(all) && !all.every((one) => mayMatch(one, text))) return false;
  return !(Array.isArray(any) && any.length > 0) || any.some((one) => mayMatch(one, text));
}
