import type { SourceMarker, SourceTest, TestScan } from "./test_scan.ts";
import { codeOf, innermost, partners, reads, type Token } from "./token.ts";

const TESTS = new Set([
  "Test",
  "ParameterizedTest",
  "RepeatedTest",
  "TestFactory",
  "TestTemplate",
  "Property",
]);

/** Tests and marks of JUnit 4, JUnit 5 and TestNG. */
export function scanJava(all: readonly Token[]): TestScan {
  const tokens = codeOf(all);
  const closing = partners(tokens);
  const tests: SourceTest[] = [];
  const markers: SourceMarker[] = [];
  const classes: { name: string; end: number }[] = [];
  let pending: { kind: SourceMarker["kind"]; text: string; line: number }[] = [];
  let isTest = false;
  let method = "";
  let methodEnd = -1;
  const mark = (kind: SourceMarker["kind"], text: string, line: number, test: string) =>
    markers.push({ kind, text, line, ...(test === "" ? {} : { test }) });

  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    while ((classes.at(-1)?.end ?? Infinity) < at) classes.pop();
    if (at > methodEnd) method = "";
    if (token === undefined) continue;
    if (token.text === "@" && tokens[at + 1]?.kind === "word" && tokens[at + 1]?.text !== "interface") {
      let name = at + 1;
      while (tokens[name + 1]?.text === "." && tokens[name + 2]?.kind === "word") name += 2;
      const annotation = tokens[name]?.text ?? "";
      const open = tokens[name + 1]?.text === "(" ? name + 1 : -1;
      const end = open >= 0 ? closing[open] ?? tokens.length : name;
      if (TESTS.has(annotation)) {
        isTest = true;
        for (let inside = open; open >= 0 && inside < end && inside - open < 40; inside++) {
          if (reads(tokens, inside, "enabled", "=", "false")) {
            pending.push({ kind: "skip", text: "enabled = false", line: token.line });
          }
        }
      } else if (annotation === "Ignore") pending.push({ kind: "ignore", text: "@Ignore", line: token.line });
      else if (annotation === "Disabled") pending.push({ kind: "skip", text: "@Disabled", line: token.line });
      else if (/^(?:Disabled|Enabled)(?:If|On|For)/.test(annotation)) {
        pending.push({ kind: "condition", text: `@${annotation}`, line: token.line });
      }
      at = Math.min(end, tokens.length);
      continue;
    }
    if (token.kind !== "word") continue;
    if (
      (token.text === "class" || token.text === "record" || token.text === "interface" ||
        token.text === "enum") && tokens[at + 1]?.kind === "word"
    ) {
      const name = tokens[at + 1]?.text ?? "";
      let brace = at + 2;
      while (
        brace < tokens.length && tokens[brace]?.text !== "{" && tokens[brace]?.text !== ";" &&
        brace - at < 200
      ) brace++;
      if (tokens[brace]?.text === "{") {
        classes.push({ name, end: closing[brace] ?? tokens.length });
        for (const { kind, text, line } of pending) mark(kind, text, line, name);
        pending = [];
        isTest = false;
      }
      continue;
    }
    // A method: a name and its parameters where annotations or modifiers stand before.
    if (
      (isTest || pending.length > 0) && tokens[at + 1]?.text === "(" && tokens[at - 1]?.kind !== "mark" &&
      method === ""
    ) {
      const after = (closing[at + 1] ?? tokens.length) + 1;
      let brace = after;
      while (
        brace < tokens.length && tokens[brace]?.text !== "{" && tokens[brace]?.text !== ";" &&
        brace - after < 60
      ) brace++;
      method = token.text;
      methodEnd = tokens[brace]?.text === "{" ? closing[brace] ?? tokens.length : brace;
      if (isTest) {
        tests.push({ suite: innermost(classes, "."), title: token.text, line: token.line });
      }
      for (const { kind, text, line } of pending) mark(kind, text, line, token.text);
      pending = [];
      isTest = false;
      continue;
    }
    if (
      /^assum(?:e|ing)(?:True|False|That|NoException|NotNull)?$/.test(token.text) &&
      tokens[at + 1]?.text === "("
    ) {
      mark("condition", `${token.text}()`, token.line, method);
    }
    if (reads(tokens, at, "System", ".", "exit", "(", "0", ")")) {
      mark("exit", "System.exit(0)", token.line, method);
    }
    if (reads(tokens, at, "Runtime", ".", "getRuntime", "(", ")", ".", "halt")) {
      mark("exit", "Runtime.halt", token.line, method);
    }
  }
  return { tests, markers };
}
