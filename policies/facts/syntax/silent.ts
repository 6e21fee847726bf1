import type { HollowTest } from "../../../specs/mod.ts";
import type { Check, Source } from "./place.ts";
import type { Call, Declared, Fn } from "./step.ts";
import { mayBeName, STRENGTH } from "./strength.ts";
import { assertsForTests } from "./support.ts";
import { isRead, type Node, plain } from "./tree.ts";

/** Words of callees that may assert in a way that is not known here. */
const MAY_ASSERT =
  /assert|expect|should|verif|check|ensure|must|equal|same|match|snapshot|throw|raise|reject|fail|fatal|unwrap|panic|plan|contain|include|exist|getBy|findBy|getAllBy|waitFor|validat|compar|propert|given|approx|toBe/i;
/** What a test is given and can call without asserting anything. */
const SAYS_NOTHING =
  /^(?:log|diagnostic|comment|step|test|run|signal|after|before|afterEach|beforeEach|Log|Logf|Helper|Parallel|Cleanup|TempDir|Setenv|Run|Name|Context)$/;
/** What a test is given to say that it came to its end. */
const ENDS = /^(?:done|cb|callback|end|finish|next|resolve)$/;
/** What stands above a test and wants something of it. */
const WANTS = /should_panic|expected|raises|@given|xfail|@(?!pytest\.mark\.|Test\b|DisplayName)\w/;
/** What a declaration says itself; a variable of that name wants nothing. */
const WITHIN = /@ts-expect-error|@Test\([^)]*expected=/;
const RUNNERS =
  /^(?:node:)?(?:test|assert|fs|path|os|url|util|process|events|stream|buffer|timers|module)(?:\/|$)|^(?:vitest|@jest\/globals|mocha|bun:test|ava|tap|pytest|unittest|asyncio|importlib|sys|json|re|math|time|datetime|pathlib|io|typing|tempfile|logging)(?:\.|$)/;
const GLOBALS =
  /^(?:console|Math|JSON|Object|Array|Promise|String|Number|Boolean|Symbol|Reflect|RegExp|Date|Map|Set|Error|TypeError|globalThis|process|Deno|Buffer|URL|setTimeout|clearTimeout|structuredClone|import|require|super|this|\?)$/;
const QUIET_MACROS = /^(?:e?println|e?print|format|vec|dbg|write|writeln|let|matches|concat|stringify)!$/;

/** `[ 1 -eq 1 ]`, `test a = a`; and `assert_equal 1 1`. */
const LITERAL_TEST =
  /^(?:\( |test )(?:"[^"$`\\]*"|-?\d+) "?(?:={1,2}|!=|-(?:eq|ne|le|ge|lt|gt))"? (?:"[^"$`\\]*"|-?\d+)(?: \))?$/;
const LITERAL_CALL = /^assert_?eq\w* (?:"[^"$`\\]*"|-?\d+) (?:"[^"$`\\]*"|-?\d+)$/i;

const PLAIN =
  /^(?:assert|expect|assert!|assert_eq!|assert_ne!|assert(?:Not)?Equals?|assertTrue|assertFalse|assertIs(?:Not)?(?:None)?|assert(?:Not)?Null|assertStrictEquals|ok|equal|strictEqual|deepEqual|is|true|truthy)$/;

/** Whether an assertion can say anything: it compares no literals alone, and it is reached. */
const says = ({ guards, strength, text }: Check): boolean =>
  !guards.some(({ kind }) => kind === "never") && (strength > STRENGTH.nothing || text.includes("("));

/**
 * Whether nothing is asserted in a test, nor in what it calls. A test in a style that is not known here counts as one that asserts:
 * what it calls could be an assertion.
 */
export function assertsNothing(
  test: Declared,
  source: Source,
  text: string,
  checks: readonly Check[],
  files: ReadonlySet<string>,
): boolean {
  if (source.dialect.shell === true || test.fn.generator || checks.some(says)) return false;
  if (source.dialect.name === "go" && test.title.startsWith("Example")) return false;
  if (WANTS.test(above(text, test.line)) || WITHIN.test(plain(test.fn.node))) {
    return false;
  }
  const vacuous = new Set(checks.map(({ line }) => line));
  return !mayAssert(test.fn, source, files, vacuous, new Set());
}

/** It compares two different things of which one is not a literal, it is reached, and its failure is neither lost nor caught. */
const tells = ({ guards, strength }: Check): boolean =>
  strength > STRENGTH.nothing &&
  !guards.some(({ kind }) => kind === "never" || kind === "unawaited" || kind === "caught");

/** It looks like a comparison of literals only because of a word that may be a name. */
function isDoubtful({ strength, text, empty = false }: Check): boolean {
  if (strength > STRENGTH.nothing || empty || !text.split(" ").some(mayBeName)) return false;
  const [first, second, ...more] = text.slice(text.indexOf(" ") + 1).split(/ (?:,|={2,3}) /);
  const [left] = text.split(/ ={2,3} /);
  return !(more.length === 0 && second !== undefined && (first === second || left === second));
}

/**
 * What is wrong with a test that asserts something, and passes whatever the code does; null when there is nothing, or when it may
 * assert in a way that is not known here.
 */
export function hollowness(
  test: Declared,
  source: Source,
  text: string,
  checks: readonly Check[],
  files: ReadonlySet<string>,
): HollowTest["kind"] | null {
  if (source.dialect.shell === true) return comparesLiterals(checks) ? "tautology" : null;
  if (test.fn.generator) return null;
  if (checks.length === 0 || checks.some(tells) || checks.some(isDoubtful)) return null;
  if (WANTS.test(above(text, test.line)) || WITHIN.test(plain(test.fn.node))) {
    return null;
  }
  const known = new Set(checks.map(({ line }) => line));
  if (mayAssert(test.fn, source, files, known, new Set())) return null;
  return checks.some(({ guards }) => guards.some(({ kind }) => kind === "unawaited"))
    ? "unawaited"
    : "tautology";
}

/**
 * In a shell each command may fail its test, and `[ -f name ]` asks of the file: only a test is told whose last words compare two
 * literals and nothing else is compared in it.
 */
function comparesLiterals(checks: readonly Check[]): boolean {
  return checks.length > 0 &&
    checks.every(({ strength, text }) =>
      strength === STRENGTH.nothing && (LITERAL_TEST.test(text) || LITERAL_CALL.test(text))
    );
}

/** The lines right above a declaration, and its own. */
function above(text: string, line: number): string {
  const lines = text.split("\n").slice(Math.max(0, line - 8), line);
  const from = lines.slice(0, -1).findLastIndex((one) => one.trim() === "" || /[{};:]\s*$/.test(one));
  return lines.slice(from + 1, -1).join("\n");
}

function mayAssert(
  fn: Fn,
  source: Source,
  files: ReadonlySet<string>,
  vacuous: ReadonlySet<number>,
  inside: Set<Node>,
): boolean {
  if (inside.has(fn.node)) return false;
  inside.add(fn.node);
  if (inside.size > 200 || !isRead(fn.node)) return true;
  const { dialect } = source;
  const given = new Set(fn.params.flatMap((param) => dialect.pattern(param).map(({ name }) => name)));
  if (dialect.name === "ecmascript" && [...given].some((name) => ENDS.test(name))) return true;
  const bound = new Set<string>(given);
  const names = (node: Node): void => {
    const step = dialect.step(node);
    if (step.kind === "bind") dialect.pattern(step.pattern).forEach(({ name }) => bound.add(name));
    if (step.kind === "each" && step.pattern !== null) {
      dialect.pattern(step.pattern).forEach(({ name }) => bound.add(name));
    }
    if (step.kind === "function") {
      step.fn.params.forEach((param) => dialect.pattern(param).forEach(({ name }) => bound.add(name)));
    }
    node.children.forEach(names);
  };
  fn.body.forEach(names);
  const walk = (node: Node): boolean => {
    // `?` of Rust fails the test by itself.
    if (node.type === "try_expression") return true;
    const step = dialect.step(node);
    if ((step.kind === "assert" || step.kind === "fail") && !vacuous.has(node.line)) return true;
    if (step.kind === "call") {
      if (vacuous.has(node.line) && isPlain(step.call)) return false;
      if (called(step.call)) return true;
    }
    return node.children.some(walk);
  };
  return fn.body.some(walk);

  function called({ name, path }: Call): boolean {
    const [root = ""] = path;
    const local = path.length === 1 ? source.functions.get(name) : source.functions.get(path.join(".")) ??
      (/^(?:self|this|cls)$/.test(root) && path.length === 2 ? source.functions.get(name) : undefined);
    if (local !== undefined) return mayAssert(local.fn, local.source, files, vacuous, inside);
    if (given.has(root) && !/^(?:self|cls)$/.test(root)) {
      return path.length === 1 ||
        (!SAYS_NOTHING.test(name) && (/^Errorf?$/.test(name) || MAY_ASSERT.test(path.join("."))));
    }
    const from = source.imports.get(root);
    if (from !== undefined && isOwn(from, source, files)) return assertsForTests(from);
    if (MAY_ASSERT.test(path.join("."))) return true;
    if (from !== undefined) return !RUNNERS.test(from) && !isGoStandard(from, source);
    switch (dialect.name) {
      case "ecmascript":
        return !bound.has(root) && !source.scope.has(root) && !GLOBALS.test(root);
      case "python":
        return /^(?:self|cls)$/.test(root) && path.length === 2;
      case "rust":
        return name.endsWith("!") && !QUIET_MACROS.test(name);
      case "java":
        return path.length === 1;
      case "go":
      case "shell":
        return false;
    }
  }
}

/** Whether it is one of the assertions whose meaning is known: of two literals it says nothing. */
function isPlain({ node, name, path }: Call): boolean {
  if (node.children.some(({ type }) => type === "type_arguments")) return false;
  const [root = ""] = path;
  return PLAIN.test(root) || (path.length === 2 && /^tb?$/.test(root) && /^(?:Fatal|Error)f?$/.test(name)) ||
    (/^(?:self|this|Assert|Assertions|t)$/.test(root) && path.length === 2 && PLAIN.test(name));
}

/** Whether a module is one of the repository's own. */
function isOwn(from: string, source: Source, files: ReadonlySet<string>): boolean {
  switch (source.dialect.name) {
    case "ecmascript":
      return /^(?:\.|#|@\/|~\/)/.test(from);
    case "python": {
      const [first = ""] = from.replace(/^\.+/, "").split(".");
      const here = source.path.split("/").slice(0, -1).join("/");
      return from.startsWith(".") ||
        ["", "src/", `${here}/`].some((folder) =>
          files.has(`${folder}${first}.py`) || files.has(`${folder}${first}/__init__.py`) ||
          [...files].some((path) => path.startsWith(`${folder}${first}/`))
        );
    }
    case "go": {
      const last = from.split("/").at(-1) ?? from;
      return from.includes(".") && [...files].some((path) => path.split("/").at(-2) === last);
    }
    case "java":
    case "rust":
    case "shell":
      return false;
  }
}

const isGoStandard = (from: string, { dialect }: Source): boolean =>
  dialect.name === "go" && !(from.split("/")[0] ?? "").includes(".");
