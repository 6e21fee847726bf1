import type { CodeLanguage, FileFacts, HollowTest, StaticTest, WeakenedTest } from "../../../specs/mod.ts";
import type { Contents } from "../content.ts";
import { STRENGTH, wordsOf } from "./strength.ts";
import { checksOf } from "./checks.ts";
import type { Check, Source } from "./place.ts";
import { type Elsewhere, live, lossesOf, subjectKey } from "./compare.ts";
import { memberOf, type Scope, valueOf } from "./render.ts";
import { type Parsed, parsedSource } from "./sources.ts";
import type { Declared, Fn } from "./step.ts";
import { assertsNothing, hollowness } from "./silent.ts";
import { isRead, named, plain } from "./tree.ts";
import { supportOf } from "./support.ts";

/** A test, or a function that tests call, with what it asserts. */
interface Unit {
  path: string;
  suite: string;
  title: string;
  line: number;
  isTest: boolean;
  checks: Check[];
  /** Names of what it calls. */
  calls: Set<string>;
  /** The rest of it was too long to be read. */
  long: boolean;
  /** It was not read whole: it is too long, or not understood. */
  cut: boolean;
  /** Of a test its whole text; of what stands between tests what could not be read of it. */
  text: string;
  /** It is an async test where its runner waits for none. */
  lost: boolean;
  /** Nothing is asserted in it, nor in what it calls. */
  silent: boolean;
  /** It asserts nothing that could fail. */
  hollow: HollowTest["kind"] | null;
}

const MAX_TEXT = 1_000_000;
/** Steps of the walk through all tests of a file: what is beyond is not compared, and said so. */
const MAX_STEPS = 400_000;
const MAX_LISTED = 200;
const MANY_ROWS = 1000;
const TOO_LONG = "it is too long to be compared with what it was";
const NOT_UNDERSTOOD =
  "it is written in a way that is not understood here, and cannot be compared with what it was";

/** What the tests of the files that a change edits, adds or moves assert. */
export interface AssertedTests {
  /** Tests of base that are still there at head and assert less. */
  weakened: WeakenedTest[];
  /** Tests that are new at head, or were edited, and in which nothing is asserted. */
  silent: StaticTest[];
  /** Of these tests the ones that assert only what holds by itself, or what nobody waits for. */
  hollow: HollowTest[];
}

/** Reads what tests assert, at base and at head. */
export async function assertedTests(
  files: readonly FileFacts[],
  contents: Contents,
  list: (at: "base" | "head") => Promise<readonly string[]>,
): Promise<AssertedTests> {
  const base: Unit[] = [];
  const head: Unit[] = [];
  const product = new Set<string>();
  const unread: WeakenedTest[] = [];
  for (const file of files) {
    const { language } = file;
    if (language === null) continue;
    const [before, after] = [await contents.base(file), await contents.head(file)];
    if (file.kind !== "test" && !mayHoldTests(language, before) && !mayHoldTests(language, after)) continue;
    const was = file.from ?? file.path;
    if (file.status !== "A" && file.status !== "D") {
      const large = [before, after].some((text) => (text?.length ?? 0) > MAX_TEXT) ||
        contents.tooLarge.has(was) || contents.tooLarge.has(file.path);
      if (large) {
        unread.push(unreadable({ path: file.path, suite: "", title: "(file)", line: 1 }, TOO_LONG));
      }
    }
    if (before !== null && before.length <= MAX_TEXT) {
      base.push(
        ...await unitsOf(
          before,
          language,
          was,
          (path) => contents.at(path, "base"),
          () => list("base"),
          product,
        ),
      );
    }
    if (after !== null && after.length <= MAX_TEXT) {
      head.push(
        ...await unitsOf(
          after,
          language,
          file.path,
          (path) => contents.at(path, "head"),
          () => list("head"),
          product,
        ),
      );
    }
  }
  const moves = new Map(files.map((file) => [file.from ?? file.path, file.path]));
  const pairs = paired(base, head, moves);
  // Under another name it is the test that it was.
  const known = new Set(base.filter(({ isTest }) => isTest).map(({ text }) => text));
  return {
    weakened: [...unread, ...listed(compared(base, head, pairs, product))],
    silent: freshTests(head, pairs, ({ silent }) => silent).map(placed),
    hollow: freshTests(
      head,
      pairs,
      ({ hollow, text }) => hollow !== null && !known.has(text),
    ).map((unit) => ({
      ...placed(unit),
      kind: unit.hollow ?? "tautology",
    })),
  };
}

/** Of very many not each assertion, but each test: what is not listed could not be seen. */
function listed(found: WeakenedTest[]): WeakenedTest[] {
  if (found.length <= MAX_LISTED) return found;
  found.sort((a, b) => Number(b.certain) - Number(a.certain));
  const tests = new Map(found.toReversed().map((one) => [`${one.path}\n${one.suite}\n${one.title}`, one]));
  return [...tests.values()];
}

const placed = ({ path, suite, title, line }: Unit): StaticTest => ({ path, suite, title, line });

/** New or edited tests of a kind. Of tests with one path and title all are, or none is: a report tells them apart by more than that. */
function freshTests(
  head: readonly Unit[],
  pairs: ReadonlyMap<Unit, Unit>,
  is: (unit: Unit) => boolean,
): Unit[] {
  const before = new Map([...pairs].map(([old, fresh]) => [fresh, old]));
  const nameOf = ({ path, title }: Unit): string => `${path}\n${title}`;
  const tests = head.filter(({ isTest }) => isTest);
  const others = new Set(
    tests.filter((unit) => !is(unit) || before.get(unit)?.text === unit.text).map(nameOf),
  );
  return tests.filter((unit) => unit.title !== "" && !others.has(nameOf(unit)));
}

/** Nobody can say that it asserts as much as before. */
function unreadable(
  { path, suite, title, line }: Pick<Unit, "path" | "suite" | "title" | "line">,
  detail: string,
): WeakenedTest {
  return { path, line, suite, title, kind: "removed", detail, certain: false };
}

/** Rust keeps tests beside the code; elsewhere product files have none. */
function mayHoldTests(language: CodeLanguage, text: string | null): boolean {
  return language === "rust" && text !== null && text.includes("#[cfg(test)]");
}

async function unitsOf(
  text: string,
  language: CodeLanguage,
  path: string,
  read: (path: string) => Promise<string | null>,
  list: () => Promise<readonly string[]>,
  product: Set<string>,
): Promise<Unit[]> {
  const parsed = await parsedSource(text, language, path);
  await supportOf(parsed, language, read, list);
  const { source } = parsed;
  for (const [name, from] of source.imports) {
    if (/^(?:unittest|pytest|mock|node:|assert|vitest|jest|@jest|chai|sinon)/.test(from)) continue;
    if (/^\.|^[a-z_]+(?:\.[a-z_]+)*$/i.test(from)) product.add(name);
  }
  const files = new Set(await list());
  const rest = restOf(parsed);
  const units: Unit[] = [];
  const budget = { steps: MAX_STEPS };
  for (const test of parsed.tests) {
    const rows = rowsOf(test, source);
    const { checks, cut } = checksOf(test.fn, source, rows, [], budget);
    // Rows that cannot be read may be any number.
    if (rows.length === 0 && (test.repeats === true || test.tables.length > 0)) {
      for (const check of checks) check.size = Math.max(check.size, MANY_ROWS);
    }
    units.push({
      path,
      suite: test.suite,
      title: test.title,
      line: test.line,
      isTest: true,
      checks: noRows(test, source) ? [] : [...checks, ...panicsOf(test)],
      calls: callsOf(test.fn, source),
      long: cut,
      cut: cut || !isRead(test.fn.node),
      // What is not read whole may call anything that stands beside it.
      text: [test.fn.node, ...(cut ? beside(parsed) : [])].map(plain).join("\n"),
      lost: language === "python" && test.fn.async &&
        !/IsolatedAsyncioTestCase|AsyncTestCase|asyncio|anyio|trio/.test(text),
      silent: !cut && assertsNothing(test, source, text, checks, files),
      hollow: cut ? null : hollowness(test, source, text, checks, files),
    });
  }
  // Where tests stand beside them, what the helpers assert is seen in the tests.
  if (parsed.tests.length === 0) units.push(...helpers(parsed));
  const broken = rest.node.children.filter((one) => !isRead(one));
  const { checks, cut } = checksOf(rest, source, [], parsed.tests.map(({ fn }) => fn.node), budget);
  units.push({
    path,
    suite: "",
    title: "(file)",
    line: 1,
    isTest: false,
    checks,
    calls: callsOf(rest, source),
    long: cut,
    cut: cut || broken.length > 0,
    text: cut ? plain(rest.node) : broken.map(plain).join("\n"),
    lost: false,
    silent: false,
    hollow: null,
  });
  return units;
}

/** That the whole test panics, and with which message, is asserted by its runner. */
function panicsOf({ panics, line }: Declared): Check[] {
  if (panics === undefined) return [];
  const any = panics === "" || panics === '""';
  return [{
    text: `should_panic ${panics}`,
    subject: "should_panic",
    strength: any ? STRENGTH.holds : STRENGTH.exactly,
    guards: [],
    words: new Set(),
    size: 1,
    line,
  }];
}

function callsOf(fn: Fn, { dialect }: Source): Set<string> {
  const found: string[] = [];
  const walk = (node: Fn["node"]): void => {
    const step = dialect.step(node);
    if (step.kind === "call") found.push(...step.call.path.slice(-2));
    node.children.forEach(walk);
  };
  fn.body.forEach(walk);
  return wordsOf(
    found.filter((name) => !/^(?:assert|expect|to|not|equal|ok|push|map|filter|join|log)/.test(name)),
  );
}

/** Functions that assert and that are no tests: a weaker one weakens all tests that call it. */
function helpers({ source, tests }: Parsed): Unit[] {
  const own = new Set(tests.map(({ fn }) => fn.node));
  const units: Unit[] = [];
  for (const [name, { fn, source: home }] of source.functions) {
    if (home !== source || own.has(fn.node) || name.includes("/") || name.length > 200) continue;
    const { checks, cut } = checksOf(fn, source, []);
    units.push({
      path: source.path,
      suite: "",
      title: `${name}()`,
      line: fn.node.line,
      isTest: false,
      checks,
      calls: new Set(),
      long: cut,
      cut: cut || !isRead(fn.node),
      text: plain(fn.node),
      lost: false,
      silent: false,
      hollow: null,
    });
  }
  return units;
}

/** What stands at the top of a file without a test in it. */
function beside({ root, tests }: Parsed): Fn["node"][] {
  const own = new Set(tests.map(({ fn }) => fn.node));
  const holds = (node: Fn["node"]): boolean => own.has(node) || node.children.some(holds);
  return named(root).filter((one) => !holds(one));
}

/** What stands in a file outside of its tests. */
function restOf({ root, tests }: Parsed): Fn {
  const own = new Set(tests.map(({ fn }) => fn.node));
  const without = (node: typeof root): typeof root =>
    own.has(node)
      ? { ...node, type: "comment", children: [], text: "" }
      : { ...node, children: node.children.map(without) };
  const pruned = without(root);
  return {
    node: pruned,
    params: [],
    body: pruned.children.filter((one) => one.named),
    expression: false,
    async: false,
    generator: false,
  };
}

/** For a test that its runner repeats: what its parameters stand for in each row of the table. */
function rowsOf(test: Declared, source: Source): Scope[] {
  const [table] = test.tables;
  if (table === undefined) return [];
  const { dialect } = source;
  const held = valueOf(table, dialect, source.scope);
  const rows = dialect.elements(held.node);
  if (rows === null || rows.length > 200) return [];
  const names = test.takes?.length
    ? test.takes.map((name, index) => ({ name, at: test.takes?.length === 1 ? [] : [index] }))
    : test.fn.params.flatMap((param, index) =>
      dialect.pattern(param).map(({ name, at }) => ({
        name,
        at: test.fn.params.length === 1 && at.length === 0
          ? []
          : test.fn.params.length === 1
          ? at
          : [index, ...at],
      }))
    );
  return rows.map((row) => {
    const scope = new Map<string, { node: typeof row | null; scope: Scope; tokens?: readonly string[] }>();
    for (const { name, at } of names) {
      let value = unwrapParam(row);
      let known = true;
      for (const part of at) {
        const next = memberOf(value, part, dialect);
        if (next === null) {
          known = false;
          break;
        }
        value = next;
      }
      scope.set(
        name,
        known
          ? { node: value, scope: held.scope }
          : { node: null, scope: held.scope, tokens: [plain(row).slice(0, 80)] },
      );
    }
    return scope;
  });
}

/** `pytest.param(1, 2, id="x")` is a row like another. */
function unwrapParam(row: Declared["tables"][number]): typeof row {
  if (row.type !== "call" || !/^(?:pytest\.)?param\(/.test(plain(row))) return row;
  const list = row.children.find((one) => one.field === "arguments");
  return list === undefined
    ? row
    : { ...list, type: "tuple", children: list.children.filter((one) => one.type !== "keyword_argument") };
}

/** A table without a row: the test is declared and never runs. */
function noRows(test: Declared, source: Source): boolean {
  return test.tables.some((table) =>
    source.dialect.elements(valueOf(table, source.dialect, source.scope).node)?.length === 0
  );
}

const keyOf = (unit: Unit): string => `${unit.suite}\n${unit.title}`;

function compared(
  base: readonly Unit[],
  head: readonly Unit[],
  pairs: ReadonlyMap<Unit, Unit>,
  product: ReadonlySet<string>,
): WeakenedTest[] {
  const fresh = freshChecks(base, head);
  const found: WeakenedTest[] = [];
  for (const before of base) {
    const after = pairs.get(before);
    if (after === undefined) continue;
    const isPart = before.cut || after.cut;
    if (isPart && before.text !== after.text) {
      found.push(unreadable(after, before.long || after.long ? TOO_LONG : NOT_UNDERSTOOD));
      continue;
    }
    if (before.checks.length === 0) continue;
    const losses = lossesOf(
      before.checks,
      after.checks,
      fresh(before, after),
      { imports: product, calls: before.calls },
    );
    // Of a helper, or of what stands between tests, only the loss of most of it is told: it is written anew more freely.
    if (!before.isTest && 2 * losses.length < before.checks.filter(live).length) continue;
    if (after.lost && !before.lost) {
      losses.unshift({
        kind: "guarded",
        line: after.line,
        detail: "an async test that its runner does not wait for",
        certain: true,
      });
    }
    // The rows of a table lose the same: it is told once.
    const told = new Map<string, WeakenedTest>();
    for (const loss of losses) {
      const line = loss.line > 0 ? loss.line : after.line;
      const certain = loss.certain && before.isTest && !isPart;
      const key = `${line} ${loss.kind} ${certain} ${loss.detail}`;
      if (told.has(key) || told.size >= 20) continue;
      const { path, suite, title } = after;
      told.set(key, { path, line, suite, title, kind: loss.kind, detail: loss.detail, certain });
    }
    found.push(...told.values());
  }
  return found;
}

/** Each unit of base with the one at head that took its place: by path and name, then by name alone, then by what it asserts. */
function paired(
  base: readonly Unit[],
  head: readonly Unit[],
  moves: ReadonlyMap<string, string>,
): Map<Unit, Unit> {
  const pairs = new Map<Unit, Unit>();
  const taken = new Set<Unit>();
  const take = (before: Unit, after: Unit | undefined): void => {
    if (after === undefined) return;
    pairs.set(before, after);
    taken.add(after);
  };
  const seen = new Map<string, number>();
  const numbered = (units: readonly Unit[], pathOf: (unit: Unit) => string): Map<Unit, string> => {
    seen.clear();
    return new Map(units.map((unit) => {
      const key = `${pathOf(unit)}\n${keyOf(unit)}`;
      const times = (seen.get(key) ?? 0) + 1;
      seen.set(key, times);
      return [unit, `${key}\n${times}`];
    }));
  };
  const [old, fresh] = [
    numbered(base, ({ path }) => moves.get(path) ?? path),
    numbered(head, ({ path }) => path),
  ];
  const byKey = new Map([...fresh].map(([unit, key]) => [key, unit]));
  for (const before of base) take(before, byKey.get(old.get(before) ?? ""));
  for (const before of base) {
    if (!before.isTest || pairs.has(before)) continue;
    take(
      before,
      head.find((unit) => unit.isTest && !taken.has(unit) && keyOf(unit) === keyOf(before)) ??
        head.find((unit) =>
          unit.isTest && !taken.has(unit) && unit.path === (moves.get(before.path) ?? before.path) &&
          unit.title === before.title
        ),
    );
  }
  return pairs;
}

/** For a test: assertions of the others that stand at head more often than at base. */
function freshChecks(base: readonly Unit[], head: readonly Unit[]): (before: Unit, after: Unit) => Elsewhere {
  const counted = (units: readonly Unit[], keyOf: (check: Check) => string): Map<string, number> => {
    const found = new Map<string, number>();
    for (const unit of units) {
      if (!unit.isTest && unit.title !== "(file)") continue;
      for (const check of unit.checks) {
        if (check.guards.some(({ kind }) => kind !== "unknown-loop")) continue;
        found.set(keyOf(check), (found.get(keyOf(check)) ?? 0) + 1);
      }
    }
    return found;
  };
  const totals = [({ text }: Check) => text, subjectKey].map((keyOf) => ({
    keyOf,
    base: counted(base, keyOf),
    head: counted(head, keyOf),
  }));
  return (before, after) => {
    const [texts, subjects] = totals.map(({ keyOf, base: old, head: now }) => {
      const [ownOld, ownNow] = [counted([before], keyOf), counted([after], keyOf)];
      const found = new Map<string, number>();
      for (const key of ownOld.keys()) {
        const others = (now.get(key) ?? 0) - (ownNow.get(key) ?? 0) - (old.get(key) ?? 0) +
          (ownOld.get(key) ?? 0);
        if (others > 0) found.set(key, others);
      }
      return found;
    });
    return { texts: texts ?? new Map(), subjects: subjects ?? new Map() };
  };
}
