import { codeOf, innermost, partners, reads, type Token } from "./token.ts";
import type { SourceMarker, SourceTest, TestScan } from "./test_scan.ts";

const GROUPS = new Set(["describe", "suite", "context", "xdescribe", "fdescribe", "xcontext", "fcontext"]);
const TESTS = new Set([
  "test",
  "it",
  "specify",
  "xit",
  "xtest",
  "fit",
  "xspecify",
  "fspecify",
  "step",
  "bench",
]);
const MODIFIERS: Readonly<Record<string, SourceMarker["kind"]>> = {
  skip: "skip",
  only: "only",
  todo: "todo",
  ignore: "ignore",
  failing: "expected-failure",
  fails: "expected-failure",
  fail: "expected-failure",
  fixme: "skip",
  skipIf: "condition",
  runIf: "condition",
  if: "condition",
  "[…]": "condition",
};
const OPTION_KEYS = new Set(["skip", "only", "todo", "ignore", "fails", "failing"]);

/** Tests and marks of Deno.test, node:test, Jest, Vitest, Mocha, Jasmine and Playwright. */
export function scanEcmascript(all: readonly Token[]): TestScan {
  const tokens = codeOf(all);
  const closing = partners(tokens);
  const tests: SourceTest[] = [];
  const markers: SourceMarker[] = [];
  /** Calls that are open: where they end, and what they are called. */
  const calls: { name: string; open: number; end: number }[] = [];
  const mark = (kind: SourceMarker["kind"], text: string, token: Token | undefined, test?: string) =>
    markers.push({ kind, text, line: token?.line ?? 1, ...(test === undefined ? {} : { test }) });

  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    while ((calls.at(-1)?.end ?? Infinity) < at) calls.pop();
    if (token?.kind !== "word") continue;
    if (isOption(tokens, at, calls.at(-1))) {
      const always = alwaysHolds(tokens, at);
      const kind = always ? MODIFIERS[token.text] ?? "skip" : "condition";
      mark(kind, `${token.text}: ${always ? "true" : "…"}`, token, calls.at(-1)?.name);
      continue;
    }
    marksOfProcess(tokens, at, (text) => mark("exit", text, token));
    const word = testWord(tokens, at);
    if (word === null) continue;
    const { base, start } = word;
    const chain = readChain(tokens, closing, start);
    const call = chain.call === null ? null : titleOf(tokens, closing, chain.call);
    const title = call?.title;
    if (/^[xf](?:it|test|describe|specify|context)$/.test(base)) {
      mark(base.startsWith("x") ? "skip" : "only", base, token, title);
    }
    for (const modifier of chain.modifiers) {
      const kind = MODIFIERS[modifier.text];
      if (kind !== undefined) {
        mark(
          kind,
          modifier.text.startsWith("[") ? modifier.text : `.${modifier.text}`,
          modifier.token,
          title,
        );
      }
    }
    if (chain.call === null) {
      // `const { skip } = it`: the mark is taken out of its word.
      if (tokens[at - 1]?.text === "=" && tokens[at - 2]?.text === "}") {
        for (let back = at - 3; back >= 0 && at - back < 60 && tokens[back]?.text !== "{"; back--) {
          const kind = MODIFIERS[tokens[back]?.text ?? ""];
          if (kind !== undefined) mark(kind, `{ ${tokens[back]?.text} } = ${base}`, tokens[back]);
        }
      }
      continue;
    }
    const end = closing[chain.call] ?? tokens.length;
    if (title !== undefined) {
      if (!GROUPS.has(base) && base !== "bench" && !base.includes(".")) {
        tests.push({ suite: innermost(calls, " > "), title, line: token.line });
      }
    }
    if (title !== undefined || chain.modifiers.length > 0) {
      calls.push({ name: title ?? base, open: chain.call, end });
    }
  }
  return { tests, markers };
}

/** `test`, `it`, `Deno.test`, `t.step`, `t.test`; not a property of something else and not a declaration. */
function testWord(tokens: readonly Token[], at: number): { base: string; start: number } | null {
  const text = tokens[at]?.text ?? "";
  const before = tokens[at - 1]?.text;
  if (before === ".") {
    const owner = tokens[at - 2]?.text ?? "";
    if (text === "test" && (owner === "Deno" || owner === "t" || owner === "vitest" || owner === "node")) {
      return { base: "test", start: at };
    }
    if (text === "step" && (owner === "t" || owner === "test" || owner === "ctx" || owner === "context")) {
      return { base: "step", start: at };
    }
    if (
      (text === "skip" || text === "todo") && ["t", "ctx", "context", "this"].includes(owner) &&
      tokens[at + 1]?.text === "("
    ) {
      return { base: `${owner}.${text}`, start: at - 1 };
    }
    return null;
  }
  if (before === "function" || before === "class") return null;
  if (GROUPS.has(text) || TESTS.has(text)) {
    if (text === "step" || text === "context") {
      return tokens[at + 1]?.text === "(" ? { base: text, start: at } : null;
    }
    // A key of an object or a type, an argument's name.
    if (tokens[at + 1]?.text === ":" && before !== "?") return null;
    return { base: text, start: at };
  }
  return null;
}

interface Chain {
  modifiers: { text: string; token: Token | undefined }[];
  /** Index of the bracket that opens the call with the title, or null. */
  call: number | null;
}

/** Follows `.skip`, `["skip"]`, `.each(table)` and template tables up to the call that carries the title. */
function readChain(tokens: readonly Token[], closing: Int32Array, start: number): Chain {
  const modifiers: Chain["modifiers"] = [];
  let at = start + 1;
  let table = false;
  if (tokens[start]?.text === ".") {
    modifiers.push({ text: tokens[start + 1]?.text ?? "", token: tokens[start + 1] });
    at = start + 2;
  }
  for (;;) {
    const token = tokens[at];
    if (token === undefined) return { modifiers, call: null };
    if (token.text === "?" && tokens[at + 1]?.text === ".") {
      at++;
      continue;
    }
    if (token.text === "." && tokens[at + 1]?.kind === "word") {
      const name = tokens[at + 1]?.text ?? "";
      modifiers.push({ text: name, token: tokens[at + 1] });
      table = name === "each" || name === "for" || name === "skipIf" || name === "runIf" || name === "if";
      at += 2;
      continue;
    }
    if (
      token.kind === "mark" && token.text === "[" && tokens[at + 1]?.kind === "string" &&
      tokens[at + 2]?.text === "]"
    ) {
      modifiers.push({ text: tokens[at + 1]?.value ?? "", token: tokens[at + 1] });
      at += 3;
      continue;
    }
    // `it[name]` takes a word that only the run knows.
    if (
      token.kind === "mark" && token.text === "[" && modifiers.length === 0 &&
      tokens[start]?.text !== "context"
    ) {
      const close = closing[at] ?? tokens.length;
      if (tokens[close + 1]?.text === "(") {
        modifiers.push({ text: "[…]", token });
        at = close + 1;
        continue;
      }
    }
    if (token.kind === "string" && token.text.startsWith("`") && table) {
      table = false;
      at++;
      continue;
    }
    if (token.kind === "mark" && token.text === "(") {
      if (!table) return { modifiers, call: at };
      table = false;
      at = (closing[at] ?? tokens.length) + 1;
      continue;
    }
    return { modifiers, call: null };
  }
}

/** The title of a test call: its first string, the `name` of its first object, or the name of its first function. */
function titleOf(tokens: readonly Token[], closing: Int32Array, open: number): { title: string } | null {
  const first = tokens[open + 1];
  if (first === undefined) return null;
  if (first.kind === "string") return { title: first.value };
  if (first.text === "{") {
    const end = Math.min(closing[open + 1] ?? tokens.length, open + 200);
    for (let at = open + 2; at < end; at++) {
      const token = tokens[at];
      if (token?.kind === "mark" && "({[".includes(token.text)) at = closing[at] ?? end;
      else if (token?.text === "name" && tokens[at + 1]?.text === ":" && tokens[at + 2]?.kind === "string") {
        return { title: tokens[at + 2]?.value ?? "" };
      }
    }
    return null;
  }
  const at = first.text === "async" ? open + 2 : open + 1;
  if (reads(tokens, at, "function") && tokens[at + 1]?.kind === "word") {
    return { title: tokens[at + 1]?.text ?? "" };
  }
  return null;
}

/** A literal behind the key: anything else may be true or false, and the run tells which. */
function alwaysHolds(tokens: readonly Token[], at: number): boolean {
  const value = tokens[at + 2];
  const literal = value?.text === "true" || value?.kind === "string" || value?.kind === "number";
  return tokens[at + 1]?.text === ":" && literal && [",", "}"].includes(tokens[at + 3]?.text ?? "");
}

/** `skip: true` in an object that is an argument of a test call itself, not of something in its body. */
function isOption(tokens: readonly Token[], at: number, call: { open: number } | undefined): boolean {
  if (call === undefined || !OPTION_KEYS.has(tokens[at]?.text ?? "")) return false;
  const value = tokens[at + 2];
  const shorthand = tokens[at + 1]?.text === "," || tokens[at + 1]?.text === "}";
  if (tokens[at + 1]?.text !== ":" && !shorthand) return false;
  if (!shorthand && (value?.text === "false" || value?.text === "undefined")) return false;
  // Back to the brace that holds the key; the call's own bracket, or a comma of its arguments, must stand before that brace.
  let depth = 0;
  for (let back = at - 1; back > call.open; back--) {
    const token = tokens[back];
    if (token?.kind !== "mark") continue;
    if (")}]".includes(token.text)) depth++;
    else if ("({[".includes(token.text)) {
      if (depth > 0) {
        depth--;
        continue;
      }
      if (token.text !== "{") return false;
      const before = tokens[back - 1];
      return back - 1 === call.open || (before?.text === "," && enclosing(tokens, back - 1) === call.open);
    }
    if (at - back > 400) return false;
  }
  return false;
}

function enclosing(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let back = from; back >= 0 && from - back < 400; back--) {
    const token = tokens[back];
    if (token?.kind !== "mark") continue;
    if (")}]".includes(token.text)) depth++;
    else if ("({[".includes(token.text)) {
      if (depth === 0) return back;
      depth--;
    }
  }
  return -1;
}

/** The process ends itself well, so that what follows never runs. */
function marksOfProcess(tokens: readonly Token[], at: number, mark: (text: string) => void): void {
  const exits = reads(tokens, at, "Deno", ".", "exit", "(") ||
    reads(tokens, at, "process", ".", "exit", "(") || reads(tokens, at, "process", ".", "reallyExit", "(");
  if (!exits) return;
  const argument = tokens[at + 4]?.text;
  if (argument === ")" || (argument === "0" && tokens[at + 5]?.text === ")")) {
    mark(`${tokens[at]?.text}.exit(0)`);
  }
}
