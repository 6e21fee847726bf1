import type { CodeLanguage, FileFacts, SharedLiterals } from "../../../specs/mod.ts";
import type { Contents } from "../content.ts";
import { isTestPath, languageOf } from "../file_kind.ts";
import { type Node, plain, syntaxOf } from "../syntax/tree.ts";
import { type Answer, type Answers, answersIn } from "./answers.ts";
import { type ExpectedPair, expectedPairs } from "./expected.ts";

const MAX_TEXT = 250_000;
const MAX_TESTS = 30;
const MAX_LOOKED_AT = 300;
const MAX_FOUND = 50;
const MAX_SHOWN = 160;
/** Folders and files of what tests lean on. */
const SUPPORT =
  /(?:^|[\/._-])(?:tests?|testing|testutils?|testdata|__tests__|mocks?|fakes?|stubs?|fixtures?|examples?|benches|benchmarks?)(?:[\/._-]|$)/i;

type Side = "base" | "head";
interface Wanted extends ExpectedPair {
  path: string;
}

/**
 * Places of product code where the change writes out answers that tests ask for: the same thing goes in, and the same comes out. Single
 * texts that stand in both are nothing: constants are there to be tested.
 */
export async function sharedLiterals(
  files: readonly FileFacts[],
  contents: Contents,
  list: (side: Side) => Promise<readonly string[]>,
): Promise<SharedLiterals[]> {
  const places: { path: string; answers: Answers; fresh: Answer[] }[] = [];
  const inline: { path: string; language: CodeLanguage }[] = [];
  for (const file of files) {
    const { path, language } = file;
    if (file.kind !== "code" || language === null || file.status === "D" || SUPPORT.test(path)) continue;
    const after = await contents.head(file);
    if (after === null || after.length > MAX_TEXT) continue;
    const before = new Set((await contents.base(file))?.split("\n").map((line) => line.trim()) ?? []);
    const lines = after.split("\n");
    // Without a new line that could hold an answer its tree need not be built.
    const mayAnswer = (line: string) => language === "shell" || MAY_ANSWER.test(line.slice(0, 2000));
    if (!lines.some((line) => mayAnswer(line) && !before.has(line.trim()))) continue;
    const [product, tests] = apart(await syntaxOf(after, language, path), language);
    if (tests.length > 0) inline.push({ path, language });
    for (const answers of answersIn(product)) {
      const fresh = answers.answers.filter(({ inputs, line }) =>
        !before.has((lines[line - 1] ?? "").trim()) && !inputs.every(isTrivial)
      );
      if (fresh.length > 0) places.push({ path, answers, fresh });
    }
  }
  if (places.length === 0) return [];
  const asked = [...new Set(places.flatMap(({ fresh }) => fresh.flatMap(({ inputs }) => inputs)))];
  const wanted = await wantedBy(files, inline, asked, contents, list);
  return places.flatMap((place) => {
    const found = matched(place, wanted);
    return found === null ? [] : [found];
  }).slice(0, MAX_FOUND);
}

/** On one line: a literal that something is compared with, or that stands in a table. */
const MAY_ANSWER =
  /==|\bcase\b|\bmatch\b|\.equals|[{[(]\s*["'\d]|["'\w]\s*:\s*["'\d[{-]|["']\s*=>|\bin\s*[(["']|\bincludes\(| = "/;

/** Nothing that tells one thing from another. */
const isTrivial = (text: string): boolean => /^(?:|0|1|-1|true|false|null|\[\]|\{\})$/.test(text);

/** Something that nobody writes down who does not mean exactly this: no plain word, no small number. */
export function isTelling(input: string): boolean {
  if (isTrivial(input)) return false;
  if (/^-?\d+$/.test(input)) return Math.abs(Number(input)) >= 10 && !/^[1-5]\d\d$/.test(input);
  if (/^-?\d*\.\d+$/.test(input)) return true;
  return input.length >= 2 && !/^[\p{L}_$.:\/*-]+$/u.test(input);
}

/** Tests stand beside the code in Rust. */
function apart(root: Node, language: CodeLanguage): [Node, Node[]] {
  if (language !== "rust") return [root, []];
  const tests = root.children.filter((one, at) =>
    one.type === "mod_item" && /^#\[cfg\((?:.*\b)?test\b/.test(plain(root.children[at - 1]))
  );
  return [{ ...root, children: root.children.filter((one) => !tests.includes(one)) }, tests];
}

/** What the tests of the change, and those that name what goes in, want: with the mark of those that base wants as well. */
async function wantedBy(
  files: readonly FileFacts[],
  inline: readonly { path: string; language: CodeLanguage }[],
  asked: readonly string[],
  contents: Contents,
  list: (side: Side) => Promise<readonly string[]>,
): Promise<Map<string, { pair: Wanted; old: boolean }>> {
  const stems = files.filter(({ kind }) => kind === "code").map(({ path }) =>
    (path.split("/").at(-1) ?? "").replace(/\.\w+$/, "").toLowerCase()
  );
  const changed = new Map(files.map((file) => [file.path, file]));
  const rank = (path: string) =>
    changed.has(path) ? 0 : stems.some((stem) => stem !== "" && path.toLowerCase().includes(stem)) ? 1 : 2;
  const wanted = new Map<string, { pair: Wanted; old: boolean }>();
  const now = (await list("head")).filter((path) => isTestPath(path) || changed.get(path)?.kind === "test");
  const near = now.toSorted((a, b) => rank(a) - rank(b)).slice(0, MAX_LOOKED_AT);
  const asks = (text: string | null) =>
    text !== null && text.length <= MAX_TEXT && asked.some((one) => isIn(one, text));
  let read = 0;
  const take = async (path: string, language: CodeLanguage | null, isInline: boolean) => {
    if (language === null || read >= MAX_TESTS) return;
    const texts = {
      base: await contents.at(changed.get(path)?.from ?? path, "base"),
      head: await contents.at(path, "head"),
    };
    if (!asks(texts.base) && !asks(texts.head)) return;
    read++;
    for (const side of ["base", "head"] as const) {
      const text = texts[side];
      if (text === null || text.length > MAX_TEXT) continue;
      const root = await syntaxOf(text, language, path);
      for (const tree of isInline ? apart(root, language)[1] : [root]) {
        for (const pair of expectedPairs(tree)) {
          const key = JSON.stringify([pair.fn, pair.inputs, pair.output]);
          const known = wanted.get(key);
          if (known === undefined || side === "head") {
            wanted.set(key, { pair: { ...pair, path }, old: side === "base" || known?.old === true });
          }
        }
      }
    }
  };
  for (const { path, language } of inline) await take(path, language, true);
  for (const path of near) await take(path, languageOf(path), false);
  return wanted;
}

function matched(
  { path, answers, fresh }: { path: string; answers: Answers; fresh: Answer[] },
  wanted: ReadonlyMap<string, { pair: Wanted; old: boolean }>,
): SharedLiterals | null {
  const found: SharedLiterals["matched"] = [];
  const tables = new Set<string>();
  for (const answer of fresh) {
    const hit = [...wanted.values()].find(({ pair }) => asksFor(pair, answer, answers));
    if (hit === undefined) continue;
    if (hit.pair.fn === "") tables.add(hit.pair.path);
    found.push({
      inputs: answer.inputs.map(short),
      output: short(answer.output),
      line: answer.line,
      test: { path: hit.pair.path, line: hit.pair.line },
      old: hit.old,
      named: hit.pair.fn === answers.name,
      telling: answer.inputs.some(isTelling) && !isTrivial(answer.output),
    });
  }
  if (found.length === 0) return null;
  // What the tests want of this function altogether, by its name or by the rows of the tables that it was found in.
  const about = [...wanted.values()].filter(({ pair }) =>
    (pair.fn === answers.name || (pair.fn === "" && tables.has(pair.path))) && !pair.inputs.every(isTrivial)
  );
  const distinct = (all: typeof about) =>
    new Set(all.map(({ pair }) => JSON.stringify([pair.inputs.join(" "), pair.output]))).size;
  return {
    path,
    line: found[0]?.line ?? answers.line,
    kind: answers.kind,
    name: short(answers.name),
    answers: fresh.length,
    matched: found.slice(0, MAX_FOUND),
    wanted: {
      old: distinct(about.filter(({ old }) => old)),
      fresh: distinct(about.filter(({ old }) => !old)),
    },
  };
}

const short = (text: string): string => text.slice(0, MAX_SHOWN);

function asksFor(pair: Wanted, answer: Answer, { kind, name }: Answers): boolean {
  if (!alike(pair.output, answer.output)) return false;
  // Another function's test says nothing of this one, unless what goes in is nothing that two would have by chance.
  if (pair.fn !== "" && pair.fn !== name && kind === "branch" && !answer.inputs.some(isTelling)) return false;
  return answer.inputs.every((input) =>
    answer.part
      ? input.length >= 2 && !isTrivial(answer.output) && pair.inputs.some((one) => one.includes(input))
      : pair.inputs.includes(input) || isJoined(input, pair.inputs)
  );
}

/** Whether a text may hold a literal, or the parts of one. */
function isIn(literal: string, text: string): boolean {
  if (text.includes(literal)) return true;
  const parts = literal.split(/[^\p{L}\p{N}.]+/u).filter((part) => part !== "");
  return parts.length > 1 && parts.every((part) => text.includes(part));
}

/** Several things that go in, as one key. */
function isJoined(key: string, inputs: readonly string[]): boolean {
  if (inputs.length < 2) return false;
  const parts = key.toLowerCase().split(/[\/|:;,_ #-]+/);
  return parts.length === inputs.length &&
    inputs.every((one, at) => one.trim().toLowerCase() === parts[at]?.trim());
}

/** The same, or a long text that was put together in another way. */
function alike(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.length < 40 || b.length < 40) return false;
  const [one, other] = [grams(a), grams(b)];
  let common = 0;
  for (const gram of one) if (other.has(gram)) common++;
  return common >= 0.9 * Math.max(one.size, other.size);
}

function grams(text: string): Set<string> {
  const found = new Set<string>();
  for (let at = 0; at + 5 <= Math.min(text.length, 4000); at++) found.add(text.slice(at, at + 5));
  return found;
}
