import type { TestCase } from "../../specs/mod.ts";

/** What fails without any assertion. */
export const failing = 'raise AssertionError("planted: this test must fail")';

/**
 * Puts a failing method before the sample's own in the sample's class, so that what collects the one collects the other:
 * a base class with its own assertions, a command that names the class. Null when the method is not found in the text.
 */
export function plantMethod(
  text: string,
  sample: TestCase,
  marker: string,
  assertion: string,
): string | null {
  const lines = text.split("\n");
  const owner = sample.suite.split(/ > |\./).pop() ?? "";
  if (!/^\w+$/.test(owner) || !/^\w+$/.test(sample.title)) return null;
  const opening = new RegExp(`^(\\s*)class ${owner}\\b`);
  const start = lines.findIndex((line) => opening.test(line));
  if (start < 0) return null;
  const outer = opening.exec(lines[start] ?? "")?.[1]?.length ?? 0;
  const method = new RegExp(`^(\\s+)(async )?def ${sample.title}\\(`);
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const indent = /^\s*/.exec(line)?.[0] ?? "";
    if (
      line.trim() !== "" && indent.length <= outer && !line.trim().startsWith("#") &&
      !/^[)\]]/.test(line.trim())
    ) {
      return null; // the class ended: the method is inherited from elsewhere
    }
    const found = method.exec(line);
    if (found === null) continue;
    const step = found[1] ?? "    ";
    let before = at;
    while (before > start + 1 && new RegExp(`^${step}[@)]`).test(lines[before - 1] ?? "")) before--;
    if (before !== at && /^\s*\)/.test(lines[before] ?? "")) return null; // a decorator over several lines
    const end = line.endsWith("\r") ? "\r" : "";
    lines.splice(
      before,
      0,
      `${step}def ${sample.title}_${marker}(self):${end}`,
      `${step}${step.startsWith("\t") ? "\t" : "    "}${assertion}${end}`,
      end,
    );
    return lines.join("\n");
  }
  return null;
}

/** Puts a failing test function at the end of a module of test functions. */
export function plantFunction(text: string, title: string, marker: string, body: string): string | null {
  if (!/^\w+$/.test(title)) return null;
  return `${text}\n\n\ndef ${title}_${marker}():\n    ${body}\n`;
}
