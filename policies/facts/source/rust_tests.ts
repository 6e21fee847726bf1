import type { SourceMarker, SourceTest, TestScan } from "./test_scan.ts";
import { codeOf, innermost, partners, reads, type Token } from "./token.ts";

/** Tests and marks of the built-in harness, and of runtimes whose attribute ends in `test`. */
export function scanRust(all: readonly Token[]): TestScan {
  const tokens = codeOf(all);
  const closing = partners(tokens);
  const tests: SourceTest[] = [];
  const markers: SourceMarker[] = [];
  const modules: { name: string; end: number }[] = [];
  let pending: { kind: SourceMarker["kind"]; text: string; line: number }[] = [];
  let isTest = false;
  let current = "";
  const mark = (kind: SourceMarker["kind"], text: string, line: number, test: string) =>
    markers.push({ kind, text, line, ...(test === "" ? {} : { test }) });
  const flush = (test: string) => {
    for (const { kind, text, line } of pending) mark(kind, text, line, test);
    pending = [];
  };
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    while ((modules.at(-1)?.end ?? Infinity) < at) modules.pop();
    if (token === undefined) continue;
    if (
      token.text === "#" &&
      (tokens[at + 1]?.text === "[" || (tokens[at + 1]?.text === "!" && tokens[at + 2]?.text === "["))
    ) {
      const open = tokens[at + 1]?.text === "[" ? at + 1 : at + 2;
      const end = closing[open] ?? tokens.length;
      const words = tokens.slice(open + 1, Math.min(end, open + 60)).filter((one) => one.kind === "word").map(
        (one) => one.text,
      );
      const path = attributePath(tokens, open, end);
      if (
        path.at(-1) === "test" || path.at(-1) === "rstest" || path.at(-1) === "test_case" ||
        path.at(-1) === "quickcheck"
      ) isTest = true;
      if (path[0] === "ignore") pending.push({ kind: "ignore", text: "#[ignore]", line: token.line });
      if (path[0] === "cfg_attr" && words.includes("ignore")) {
        pending.push({ kind: "condition", text: "#[cfg_attr(…, ignore)]", line: token.line });
      }
      if (path[0] === "cfg" && neverTrue(tokens, open, end)) {
        pending.push({ kind: "ignore", text: "#[cfg(never)]", line: token.line });
      }
      at = Math.min(end, tokens.length);
      continue;
    }
    if (token.kind !== "word") continue;
    if (token.text === "mod" && tokens[at + 1]?.kind === "word") {
      const name = tokens[at + 1]?.text ?? "";
      flush(name);
      if (tokens[at + 2]?.text === "{") modules.push({ name, end: closing[at + 2] ?? tokens.length });
      continue;
    }
    if (token.text === "fn" && tokens[at + 1]?.kind === "word") {
      current = tokens[at + 1]?.text ?? "";
      if (isTest) {
        tests.push({ suite: innermost(modules, "::"), title: current, line: token.line });
      }
      flush(current);
      isTest = false;
      continue;
    }
    if (
      ["struct", "enum", "impl", "trait", "static", "const", "type", "use", "macro_rules"].includes(
        token.text,
      )
    ) {
      pending = [];
      isTest = false;
    }
    if (reads(tokens, at, "process", ":", ":", "exit", "(", "0", ")")) {
      mark("exit", "process::exit(0)", token.line, current);
    }
  }
  return { tests, markers };
}

function attributePath(tokens: readonly Token[], open: number, end: number): string[] {
  const path: string[] = [];
  for (let at = open + 1; at < end && path.length < 6; at++) {
    const token = tokens[at];
    if (token?.kind === "word") path.push(token.text);
    else if (token?.text !== ":") break;
  }
  return path;
}

/** `#[cfg(any())]` and its like hold on no machine. */
function neverTrue(tokens: readonly Token[], open: number, end: number): boolean {
  for (let at = open; at < end && at - open < 60; at++) {
    if (reads(tokens, at, "any", "(", ")")) return true;
    if (tokens[at]?.text === "FALSE" || tokens[at]?.text === "never" || tokens[at]?.text === "disabled") {
      return true;
    }
    if (reads(tokens, at, "not", "(", "test", ")")) return true;
  }
  return false;
}
