import type { TestCase } from "../../specs/mod.ts";
import type { FileView } from "../port.ts";
import { readJson } from "./adopt.ts";

/** A name that filters by name let through like the sample's, with the marker that tells it apart. */
export function plantedName(sample: TestCase, marker: string): string {
  return `${sample.title.slice(0, 200)} ${marker}`;
}

/** A way to assert, how to see that a file has it, and a call of it that must throw. */
interface Assertion {
  seen: RegExp;
  /** The call in JavaScript; in TypeScript `type` is put around `callee` so that no signature can refuse it. */
  callee: string;
  type: string;
  rest: string;
}

const two = "(a: unknown, b: unknown) => void";
const assertions: Assertion[] = [
  ...["assertEquals", "assertStrictEquals", "assertEqual"].map((name) => ({
    seen: new RegExp(`(?<![.\\w])${name}\\(`),
    callee: name,
    type: two,
    rest: "(1, 2)",
  })),
  // Names that other things have too: only when they come from a module of assertions.
  ...["strictEqual", "deepEqual", "deepStrictEqual"].map((name) => ({
    seen: new RegExp(
      `\\{[^{}]*\\b${name}\\b(?!\\s*(?:as|:))[^{}]*\\}\\s*(?:from|=\\s*require\\()\\s*["'][^"']*assert`,
    ),
    callee: name,
    type: two,
    rest: "(1, 2)",
  })),
  {
    seen: /(?<![.\w])assert\(/,
    callee: "assert",
    type: "(a: unknown) => void",
    rest: "(false)",
  },
  ...["strictEqual", "equal", "deepEqual", "deepStrictEqual"].map((method) => ({
    seen: new RegExp(`(?<![.\\w])assert\\.${method}\\(`),
    callee: "assert",
    type: `{ ${method}${"(a: unknown, b: unknown): void"} }`,
    rest: `.${method}(1, 2)`,
  })),
  {
    seen: /(?<![.\w])assert\.ok\(/,
    callee: "assert",
    type: "{ ok(a: unknown): void }",
    rest: ".ok(false)",
  },
  {
    seen: /(?<![.\w])assertThrows\(/,
    callee: "assertThrows",
    type: "(a: () => void) => void",
    rest: "(() => {})",
  },
  ...["toBe", "toEqual", "toStrictEqual"].map((matcher) => ({
    seen: new RegExp(`(?<![.\\w])expect\\([^\\n]*\\)[^\\n]*\\.${matcher}\\(`),
    callee: "expect",
    type: `(a: unknown) => { ${matcher}(b: unknown): void }`,
    rest: `(1).${matcher}(2)`,
  })),
  {
    seen: /(?<![.\w])expect\([^\n]*\)[^\n]*\.to\.(be\.|deep\.)?(equal|eql)\(/,
    callee: "expect",
    type: "(a: unknown) => { to: { equal(b: unknown): void } }",
    rest: "(1).to.equal(2)",
  },
];

/**
 * The body of a test that fails while every assertion that the file uses still works. It calls each with what it must
 * refuse; when one stays quiet the body ends without an error, and the test that should fail passes: that is the finding.
 */
export function quietAssertions(text: string, path: string, plain = false): string {
  const typed = /\.[cm]?tsx?$/.test(path);
  const used = plain ? [] : assertions.filter(({ seen }) => seen.test(text)).slice(0, 6);
  const calls = used.map(({ callee, type, rest }) => {
    const called = typed ? `(${callee} as unknown as (${type}))` : callee;
    return `    () => ${called}${rest},\n`;
  });
  const probe = typed ? "const quiet: unknown[] = [];" : "const quiet = [];";
  return calls.length === 0
    ? `  throw new Error("planted: this test must fail");\n`
    : `  ${probe}\n  for (const check of [\n${calls.join("")}  ]) {\n` +
      `    try {\n      check();\n      quiet.push(check);\n    } catch {\n      // as it should\n    }\n  }\n` +
      `  if (quiet.length === 0) throw new Error("planted: this test must fail");\n`;
}

/** Whether a JavaScript or TypeScript file is an ECMAScript module: by its name, its own words, its package. */
export async function isModule(path: string, text: string, files: FileView): Promise<boolean> {
  if (/\.m[jt]sx?$/.test(path)) return true;
  if (/\.c[jt]sx?$/.test(path)) return false;
  if (/^\s*(import\s+(?!type\b)[\w*{"'][^(]*|export\s)/m.test(text)) return true;
  if (/(?<![.\w])(require\(|module\.exports|exports\.)/.test(text)) return false;
  for (let dir = path; dir !== "";) {
    dir = dir.includes("/") ? dir.slice(0, dir.lastIndexOf("/")) : "";
    const manifest = await readJson(files, dir === "" ? "package.json" : `${dir}/package.json`);
    if (manifest !== null) return manifest["type"] === "module";
  }
  return false;
}

/** The name under which a file has one of these from a module, or null. */
export function importedName(text: string, from: string, names: readonly string[]): string | null {
  const module = from.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const list = new RegExp(`\\{([^{}]*)\\}\\s*(?:from|=\\s*require\\()\\s*["']${module}["']`).exec(text)?.[1];
  for (const name of names) {
    const found = new RegExp(`(?:^|[,\\s])${name}(?:\\s*(?:as|:)\\s*(\\w+))?\\s*(?:,|$)`).exec(list ?? "");
    if (found !== null) return found[1] ?? name;
  }
  return null;
}
