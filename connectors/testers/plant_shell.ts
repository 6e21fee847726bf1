import type { TestCase } from "../../specs/mod.ts";
import { parseScript, shellQuote, type Word } from "./command_line.ts";

/**
 * A failing test for a shell script. A bats file gets one of its own. In a home-made script the line that makes the
 * sample's test is repeated with another name and a spoilt argument, so that it goes through the script's own helper;
 * a test that is a function is repeated as a function that returns 1. Null when the script has neither shape.
 */
export function plantShell(
  path: string,
  text: string,
  sample: TestCase,
  tests: number,
  marker: string,
): string | null {
  if (path.endsWith(".bats")) {
    return `${text}\n@test ${shellQuote(`${sample.title.replaceAll("'", "")} ${marker}`)} {\n  false\n}\n`;
  }
  const lines = text.split("\n");
  const planted = plantFunction(lines, sample.title, marker) ?? plantCall(lines, sample.title, marker) ??
    plantBranch(lines, sample.title, tests, marker);
  return planted === null ? null : raisePlan(planted, tests).join("\n");
}

/** Helpers that compare: a call of one with a spoilt argument must fail. */
const comparing = /^(assert\w*|expect\w*|check\w*|is|isnt|equals?|eq|same|ok|must\w*)$/;

/** `name() { ... }` is a test: a twin that fails before it, and a twin of the line that runs it by name. */
function plantFunction(lines: string[], title: string, marker: string): string[] | null {
  if (!/^[A-Za-z_]\w*$/.test(title)) return null;
  const declared = lines.findIndex((line) =>
    new RegExp(`^(function\\s+)?${title}\\s*(\\(\\)|\\{)`).test(line)
  );
  if (declared < 0) return null;
  const twin = `${title}_${marker}`;
  const out: string[] = [];
  lines.forEach((line, at) => {
    if (at === declared) out.push(`${twin}() {`, ...spoiltBody(lines, declared, marker), "}");
    out.push(line);
    if (at !== declared && new RegExp(`^[\\w\\s"']*\\b${title}\\b["']?\\s*$`).test(line)) {
      out.push(line.replace(new RegExp(`\\b${title}\\b`, "g"), twin));
    }
  });
  return out;
}

/** The sample's body up to its first comparison, which is spoilt, so that it goes through the script's own helper. */
function spoiltBody(lines: string[], declared: number, marker: string): string[] {
  const body: string[] = [];
  for (const line of lines.slice(declared + 1)) {
    if (line.startsWith("}")) break;
    const words = simpleWords(line.trim());
    const last = words?.at(-1);
    if (words !== null && words.length >= 3 && last !== undefined && comparing.test(words[0]?.value ?? "")) {
      return [...body, `  ${words.slice(0, -1).map((word) => word.raw).join(" ")} ${last.raw}-${marker}`];
    }
    body.push(line);
  }
  return ["  return 1"];
}

/** `helper "title" args`, alone or after what it judges: the same call under another title, its last other argument spoilt. */
function plantCall(lines: string[], title: string, marker: string): string[] | null {
  for (const [at, line] of lines.entries()) {
    const call = line.includes(title) ? callOf(line, title) : null;
    if (call === null) continue;
    const spoilt = call.words.findLastIndex((_, index) => index > 0 && index !== call.named);
    // A number among the words may be the test's own: then the twin's would be wrong.
    if (call.words.some((word, index) => index !== spoilt && /^\d+$/.test(word.value))) continue;
    const twin = call.words.map((word, index) =>
      index === call.named
        ? shellQuote(`${title} ${marker}`)
        : index === spoilt
        ? `${word.raw}-${marker}`
        : word.raw
    );
    return [...lines.slice(0, at), twin.join(" "), ...lines.slice(at)];
  }
  return null;
}

function callOf(line: string, title: string): { words: Word[]; named: number } | null {
  for (const part of [line, line.slice(line.lastIndexOf(";") + 1)]) {
    const words = simpleWords(part.trim());
    if (
      words === null || words.length < 3 ||
      /^(echo|printf|not|export|local|return|exit)$/.test(words[0]?.value ?? "")
    ) {
      continue;
    }
    const named = words.findIndex((word, index) => index > 0 && word.value === title);
    if (named > 0) return { words, named };
  }
  return null;
}

/**
 * A condition that prints the test's point itself, with `if` or `&&`: the same with the condition turned round and another title,
 * and the next number when numbers are written out.
 */
function plantBranch(lines: string[], title: string, tests: number, marker: string): string[] | null {
  const prints = lines.findIndex((line) =>
    /(echo|printf)\b/.test(line) && line.includes(title) && /(^|[^t]\s|["'])ok\b/.test(line)
  );
  if (prints < 0) return null;
  const block = branchAround(lines, prints);
  if (block === null) return null;
  let counted = false;
  const twin = lines.slice(block.from, block.to + 1).map((line) =>
    line.replaceAll(title, `${title} ${marker}`).replace(/\bok (\d+)\b/g, () => {
      counted = true;
      return `ok ${tests + 1}`;
    })
  );
  const first = block.start - block.from;
  twin[first] = block.turn(twin[first] ?? "");
  const at = counted ? endOfTests(lines) : block.to + 1;
  return [...lines.slice(0, at), ...twin, ...lines.slice(at)];
}

interface Branch {
  /** Lines of the branch, with a counter before it. */
  from: number;
  start: number;
  to: number;
  turn: (line: string) => string;
}

function branchAround(lines: string[], prints: number): Branch | null {
  const line = lines[prints] ?? "";
  const from = (start: number) =>
    /^\s*(\(\()?\s*\w+\s*(=\s*\$\(\(|\+\+|\+=)/.test(lines[start - 1] ?? "") ? start - 1 : start;
  const opening = /^(\s*)if\s+(.+?);\s*then\b/;
  const turn = (text: string) =>
    text.replace(opening, (_, indent: string, condition: string) => `${indent}if ! { ${condition}; }; then`);
  if (opening.test(line)) {
    return /\bfi\s*$/.test(line) ? { from: from(prints), start: prints, to: prints, turn } : null;
  }
  const joined = /^(\s*)(.+?)\s*&&\s*(?:echo|printf)\b/.exec(line);
  if (joined !== null && !/^\s*(if|elif|while|until)\b/.test(line)) {
    return { from: from(prints), start: prints, to: prints, turn: (text) => text.replace(/^(\s*)/, "$1! ") };
  }
  for (let start = prints - 1; start >= Math.max(0, prints - 4); start--) {
    const indent = opening.exec(lines[start] ?? "")?.[1];
    if (indent === undefined) continue;
    const to = lines.findIndex((text, at) => at > prints && text.trimEnd() === `${indent}fi`);
    return to < 0 ? null : { from: from(start), start, to, turn };
  }
  return null;
}

/** Where tests end: before the plan, the count of failures and the exit at the end of a script. */
function endOfTests(lines: string[]): number {
  let at = lines.length;
  while (
    at > 0 &&
    /^\s*(#.*|exit\b.*|(echo|printf)\b.*1\.\.[\s\S]*|\[.*exit\b.*|test\b.*exit\b.*)?\s*$/.test(
      lines[at - 1] ?? "",
    )
  ) {
    at--;
  }
  return at;
}

/** The words of a line that is one command; command substitutions stay inside their word. */
function simpleWords(line: string): Word[] | null {
  const held: string[] = [];
  const masked = line.replace(/\$\((?:[^()]|\([^()]*\))*\)/g, (whole) => `@${held.push(whole) - 1}@`);
  if (/\n|;\s*(then|do)\b/.test(masked)) return null;
  const script = parseScript(masked);
  if (script === null || script.prefix !== "" || script.assigns.length > 0) return null;
  return script.words.map((word) => ({
    ...word,
    raw: word.raw.replace(/@(\d+)@/g, (_, index) => held[Number(index)] ?? ""),
  }));
}

/** A plan written as a number counts one more; a plan that is computed needs nothing. */
function raisePlan(lines: string[], tests: number): string[] {
  return lines.map((line) =>
    line
      .replace(new RegExp(`\\b1\\.\\.${tests}\\b`), `1..${tests + 1}`)
      .replace(new RegExp(`^(\\s*plan\\s+(?:tests\\s+)?["']?)${tests}\\b`), `$1${tests + 1}`)
  );
}
