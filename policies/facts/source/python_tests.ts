import type { SourceMarker, SourceTest, TestScan } from "./test_scan.ts";
import { codeOf, reads, type Token } from "./token.ts";

const SKIPPING_CALLS: readonly (readonly [SourceMarker["kind"], ...string[]])[] = [
  ["skip", "pytest", ".", "skip"],
  ["condition", "pytest", ".", "importorskip"],
  ["expected-failure", "pytest", ".", "xfail"],
  ["exit", "pytest", ".", "exit"],
  ["skip", "self", ".", "skipTest"],
  ["skip", "SkipTest"],
];

/** Tests and marks of pytest and unittest. */
export function scanPython(all: readonly Token[]): TestScan {
  const tokens = codeOf(all);
  const tests: SourceTest[] = [];
  const markers: SourceMarker[] = [];
  /** Classes and functions that are open, by the column of their first word. */
  const open: { name: string; column: number; isClass: boolean; body: number }[] = [];
  let decorators: { kind: SourceMarker["kind"]; text: string; line: number }[] = [];
  let current = "";
  const mark = (kind: SourceMarker["kind"], text: string, line: number, test = current) =>
    markers.push({ kind, text, line, ...(test === "" ? {} : { test }) });

  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) continue;
    if (token.first && !isContinuation(tokens, at)) {
      while (open.length > 0 && (open.at(-1)?.column ?? 0) >= token.column) open.pop();
      current = open.findLast((one) => !one.isClass)?.name ?? "";
      const inner = open.at(-1);
      if (inner && inner.body < 0) inner.body = token.column;
    }
    if (token.first && token.text === "@") {
      const mark = decoratorMark(tokens, at);
      if (mark) decorators.push({ ...mark, line: token.line });
      continue;
    }
    const name = tokens[at + 1]?.kind === "word" ? tokens[at + 1]?.text ?? "" : "";
    if (token.kind === "word" && (token.text === "def" || token.text === "class") && name !== "") {
      const isClass = token.text === "class";
      const column = tokens[at - 1]?.text === "async" ? tokens[at - 1]?.column ?? token.column : token.column;
      const classes = open.slice(-12).filter((one) => one.isClass).map((one) => one.name);
      const nested = open.some((one) => !one.isClass);
      const isTest = !isClass && name.startsWith("test") && !nested;
      for (const { kind, text, line } of decorators) mark(kind, text, line, isTest || isClass ? name : "");
      decorators = [];
      if (isTest) tests.push({ suite: classes.join("::"), title: name, line: token.line });
      open.push({ name, column, isClass, body: -1 });
      if (!isClass) current = name;
      continue;
    }
    for (const [kind, ...words] of SKIPPING_CALLS) {
      if (tokens[at - 1]?.text === "." || tokens[at - 1]?.text === "@") continue;
      if (
        reads(tokens, at, ...words) &&
        (tokens[at + words.length]?.text === "(" ||
          (words[0] === "SkipTest" && tokens[at - 1]?.text === "raise"))
      ) {
        mark(
          kind === "skip" && !isStatement(tokens, at, open) ? "condition" : kind,
          words.join(""),
          token.line,
        );
      }
    }
    if (reads(tokens, at, "unittest", ".", "SkipTest")) mark("skip", "unittest.SkipTest", token.line);
    if (reads(tokens, at, "pytestmark", "=") && !isPlainMark(tokens, at + 2)) {
      mark("skip", "pytestmark", token.line);
    }
    if (reads(tokens, at, "__test__", "=", "False")) mark("ignore", "__test__ = False", token.line);
    if (token.first && (token.text === "collect_ignore" || token.text === "collect_ignore_glob")) {
      mark("ignore", token.text, token.line);
    }
    if (exits(tokens, at)) mark("exit", "exit(0)", token.line);
  }
  return { tests, markers };
}

const PLAIN_MARKS =
  /^\[?pytest\.mark\.(?!skip|xfail)\w+(?:\([^()]*\))?(?:,pytest\.mark\.(?!skip|xfail)\w+(?:\([^()]*\))?)*,?\]?$/;

/** `pytestmark = pytest.mark.asyncio`: marks of the whole file that leave none of its tests out. */
function isPlainMark(tokens: readonly Token[], start: number): boolean {
  let depth = 0;
  let text = "";
  for (let at = start; at < tokens.length && text.length < 400; at++) {
    const token = tokens[at];
    if (token === undefined || (token.first && depth === 0)) break;
    if (/^[[(]$/.test(token.text)) depth++;
    else if (/^[\])]$/.test(token.text)) depth--;
    text += token.kind === "string" ? "''" : token.text;
  }
  return PLAIN_MARKS.test(text) && !/\(.*\bmark\b.*\)/.test(text.replaceAll("pytest.mark.", ""));
}

/** Whether the call is a statement of the function itself (or of the module), so that nothing decides whether it is reached. */
function isStatement(tokens: readonly Token[], at: number, open: readonly { body: number }[]): boolean {
  const statement = tokens[at - 1]?.text === "raise" ? tokens[at - 1] : tokens[at];
  return statement !== undefined && statement.first && statement.column === (open.at(-1)?.body ?? 0);
}

/** Inside brackets a line is no statement of its own: its first column means nothing. */
function isContinuation(tokens: readonly Token[], at: number): boolean {
  const previous = tokens[at - 1];
  return previous !== undefined &&
    (previous.text === "\\" || previous.text === "," || previous.text === "(" || previous.text === "[" ||
      previous.text === "{") &&
    previous.kind === "mark";
}

/** `@pytest.mark.skip`, `@unittest.skipIf(...)`, `@skip`, `@expectedFailure`. */
function decoratorMark(
  tokens: readonly Token[],
  at: number,
): { kind: SourceMarker["kind"]; text: string } | null {
  const words: string[] = [];
  for (let next = at + 1; next < tokens.length && next - at < 12; next += 2) {
    if (tokens[next]?.kind !== "word") break;
    words.push(tokens[next]?.text ?? "");
    if (tokens[next + 1]?.text !== ".") break;
  }
  const last = words.at(-1) ?? "";
  const text = `@${words.join(".")}`;
  if (last === "skip") return { kind: "skip", text };
  if (["skipif", "skipIf", "skipUnless"].includes(last)) return { kind: "condition", text };
  if (last === "xfail" || last === "expectedFailure") return { kind: "expected-failure", text };
  return null;
}

/** The interpreter ends well before all tests ran. */
function exits(tokens: readonly Token[], at: number): boolean {
  const word = tokens[at]?.text;
  if (word !== "exit" && word !== "_exit" && word !== "quit") return false;
  if (tokens[at + 1]?.text !== "(" || tokens[at]?.kind !== "word") return false;
  const owner = tokens[at - 1]?.text === "." ? tokens[at - 2]?.text : "";
  if (owner !== "" && owner !== "sys" && owner !== "os") return false;
  if (owner === "" && tokens[at - 1]?.text === "def") return false;
  const argument = tokens[at + 2]?.text;
  return argument === ")" || ((argument === "0" || argument === "None") && tokens[at + 3]?.text === ")");
}
