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
    const deeper = step.startsWith("\t") ? "\t" : "    ";
    lines.splice(
      before,
      0,
      `${step}def ${sample.title}_${marker}(self):${end}`,
      ...assertion.split("\n").map((one) =>
        `${step}${one.replace(/^(?: {4})*/, (indent) => deeper.repeat(1 + indent.length / 4))}${end}`
      ),
      end,
    );
    return lines.join("\n");
  }
  return null;
}

/** Puts a failing test function at the end of a module of test functions. */
export function plantFunction(text: string, title: string, marker: string, body: string): string | null {
  if (!/^\w+$/.test(title)) return null;
  const lines = body.split("\n").map((line) => `    ${line}\n`).join("");
  return `${text}\n\n\ndef ${title}_${marker}():\n${lines}`;
}

const pairs = ["1, 2", '"a", "b"', '{"a": 1}, {"a": 2}', "[1], [2]", "(1,), (2,)", "None, 1"];
/** Calls of unittest's assertions that must fail. */
const methods: Readonly<Record<string, readonly string[]>> = {
  assertEqual: pairs,
  assertNotEqual: ["1, 1", '"a", "a"'],
  assertTrue: ["False", '""'],
  assertFalse: ["True", "1"],
  assertIs: ["1, 2"],
  assertIsNone: ["1"],
  assertIsNotNone: ["None"],
  assertIn: ["1, []", '"a", "b"'],
  assertNotIn: ["1, [1]"],
  assertGreater: ["1, 2"],
  assertLess: ["2, 1"],
  assertDictEqual: ['{"a": 1}, {"a": 2}'],
  assertListEqual: ["[1], [2]"],
  assertCountEqual: ["[1], [2]"],
  assertAlmostEqual: ["1, 2"],
  assertRegex: ['"a", "b"'],
  assertIsInstance: ["1, str"],
  assertRaises: ["ValueError, lambda: None", "ValueError, dict().pop, 1"],
};

/**
 * A body that fails while every assertion that the file and its support use still works: each is called with what it must refuse, of
 * several kinds, and one that stays quiet lets the body end well.
 */
export function quietMethods(
  text: string,
  support: readonly string[],
  own: "self" | null,
  bare = failing,
): string {
  const all = [text, ...support];
  const literals = [...text.matchAll(/\bassert\w*[ (].{0,160}?("(?:[^"\\\n]|\\.){1,40}")/g)].map((
    [, one = ""],
  ) => one);
  const calls: string[] = [];
  if (own === "self") {
    for (const [name, args] of Object.entries(methods)) {
      if (name !== "assertEqual" && !all.some((one) => one.includes(`.${name}(`))) continue;
      calls.push(...args.map((one) => `self.${name}(${one})`));
    }
    for (const one of new Set(literals.slice(0, 6))) calls.push(`self.assertEqual(${one}, ${one} + "~")`);
  }
  if (/^\s*import pytest\b/m.test(text) && all.some((one) => one.includes("pytest.raises("))) {
    calls.push("pytest.raises(ValueError, lambda: None)");
  }
  if (calls.length === 0) return bare;
  return [
    "quiet = []",
    "for check in [",
    ...calls.map((call) => `    lambda: ${call},`),
    "]:",
    "    try:",
    "        check()",
    "        quiet.append(check)",
    "    except BaseException as error:",
    "        if isinstance(error, (KeyboardInterrupt, SystemExit)):",
    "            quiet.append(check)",
    "if not quiet:",
    `    ${failing}`,
  ].join("\n");
}
