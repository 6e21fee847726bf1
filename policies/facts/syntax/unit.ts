import type { CodeLanguage, HollowTest } from "../../../specs/mod.ts";
import { STRENGTH, wordsOf } from "./strength.ts";
import { checksOf } from "./checks.ts";
import type { Check, Source } from "./place.ts";
import { memberOf, type Scope, valueOf } from "./render.ts";
import { type Parsed, parsedSource } from "./sources.ts";
import type { Declared, Fn } from "./step.ts";
import { assertsNothing, hollowness } from "./silent.ts";
import { isRead, named, plain } from "./tree.ts";
import { supportOf } from "./support.ts";

/** A test, or a function that tests call, with what it asserts. */
export interface Unit {
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

/** Steps of the walk through all tests of a file: what is beyond is not compared, and said so. */
const MAX_STEPS = 400_000;
const MANY_ROWS = 1000;

/** The tests of a file and what they call, each with what it asserts. */
export async function unitsOf(
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
