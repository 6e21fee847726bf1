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
  const planted = plantFunction(lines, sample.title, marker) ?? plantCall(lines, sample.title, marker);
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

/** `helper "title" args`: the same call under another title, its last other argument spoilt. */
function plantCall(lines: string[], title: string, marker: string): string[] | null {
  for (const [at, line] of lines.entries()) {
    if (!line.includes(title) || /(^|\s)(echo|printf|not ok|#)/.test(line.trim().slice(0, 8))) continue;
    const words = simpleWords(line.trim());
    if (words === null || words.length < 3) continue;
    const named = words.findIndex((word, index) => index > 0 && word.value === title);
    if (named < 0) continue;
    const spoilt = words.findLastIndex((_, index) => index > 0 && index !== named);
    const twin = words.map((word, index) =>
      index === named
        ? shellQuote(`${title} ${marker}`)
        : index === spoilt
        ? `${word.raw}-${marker}`
        : word.raw
    );
    return [...lines.slice(0, at), twin.join(" "), ...lines.slice(at)];
  }
  return null;
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
