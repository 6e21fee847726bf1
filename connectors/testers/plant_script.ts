import type { TestCase } from "../../specs/mod.ts";
import type { FileView } from "../port.ts";
import { readJson } from "./adopt.ts";
import { MATCHERS, NODE_ASSERT, refused } from "./assertions.ts";

/** A name that filters by name let through like the sample's, with the marker that tells it apart. */
export function plantedName(sample: TestCase, marker: string): string {
  return `${sample.title.slice(0, 200)} ${marker}`;
}

/** How the planted test gets at Node's own assertions: by an import, or by `require`; null where neither is at hand. */
export type NodeLibrary = "import" | "require" | null;

/** Names of assertions that are functions of their own, and those that stand behind a dot. */
const FUNCTIONS = [
  "assertEquals",
  "assertStrictEquals",
  "assertEqual",
  "assertNotEquals",
  "assertExists",
  "assertMatch",
  "assertFalse",
  "assertThrows",
  "assertRejects",
  "assertStringIncludes",
  "assertInstanceOf",
];
/** Names that other things have too: only when they come from a module of assertions. */
const IMPORTED = ["strictEqual", "deepEqual", "deepStrictEqual", "equal", "ok", "match", "throws", "rejects"];

/**
 * The body of a test that fails while every assertion that the file and its support use still works. It calls each with what it must
 * refuse; when one stays quiet the body ends without an error, and the test that should fail passes: that is the finding. The body
 * waits, so it belongs in an async function. `before` stands at the top of the file.
 */
export function quietAssertions(
  site: { path: string; text: string; support?: readonly string[] },
  plain = false,
  library: NodeLibrary = null,
): { body: string; before: string } {
  const { path, text, support = [] } = site;
  const typed = /\.[cm]?tsx?$/.test(path);
  const calls = plain ? [] : [...ofFile(text, typed), ...ofSupport(text, support)];
  let before = "";
  if (
    !plain && library !== null &&
    [text, ...support].some((one) => /["'](?:node:)?assert(?:\/strict)?["']/.test(one))
  ) {
    const [local, strict] = ["planted_assert", "planted_strict"];
    before = library === "import"
      ? `import ${local} from "node:assert";\nimport ${strict} from "node:assert/strict";\n`
      : `const ${local} = require("node:assert"), ${strict} = require("node:assert/strict");\n`;
    for (const name of NODE_ASSERT) {
      for (const one of [local, strict]) {
        // `equal(null, {})` and the like are apart in both forms.
        for (const args of refused(name, literalsOf([text]))) {
          calls.push(`${cast(one, typed)}.${name}(${args})`);
        }
      }
    }
    before += `if (typeof ${strict} !== "function") throw new Error("no assertions");\n`;
  }
  if (calls.length === 0) return { body: `  throw new Error("planted: this test must fail");\n`, before: "" };
  const list = typed ? "const quiet: unknown[] = [];" : "const quiet = [];";
  const array = calls.slice(0, 400).map((call) => `    () => ${call},\n`).join("");
  return {
    before,
    body: `  ${list}\n  for (const check of [\n${array}  ]) {\n` +
      `    try {\n      await check();\n      quiet.push(check);\n    } catch {\n      // as it should\n    }\n  }\n` +
      `  if (quiet.length === 0) throw new Error("planted: this test must fail");\n`,
  };
}

/** In TypeScript a signature, or a type that is asserted, must not stand in the way. */
const cast = (callee: string, typed: boolean): string => typed ? `(${callee} as any)` : callee;

/** Literals of the lines that assert, so that a library which is blind to just these is seen. */
function literalsOf(texts: readonly string[]): string[] {
  const found = new Set<string>();
  for (const text of texts) {
    for (const [line] of text.matchAll(/^.{0,40}(?:equal|Equal|toBe|same|is)\w*\(.{0,200}$/gm)) {
      for (const [literal] of line.matchAll(/"(?:[^"\\\n]|\\.){1,40}"/g)) {
        if (found.size < 6) found.add(literal);
      }
    }
  }
  return [...found];
}

/** Calls of the assertions that a file has under names of its own. */
function ofFile(text: string, typed: boolean): string[] {
  const calls: string[] = [];
  const literals = literalsOf([text]);
  const put = (callee: string, args: readonly string[]) =>
    calls.push(...args.map((one) => `${cast(callee, typed)}(${one})`));
  for (const name of FUNCTIONS) {
    if (new RegExp(`(?<![.\\w])${name}\\(`).test(text)) put(name, refused(name, literals));
  }
  for (const name of IMPORTED) {
    const from = new RegExp(
      `\\{[^{}]*\\b${name}\\b(?!\\s*(?:as|:))[^{}]*\\}\\s*(?:from|=\\s*require\\()\\s*["'][^"']*assert`,
    );
    if (from.test(text)) put(name, refused(name, literals));
  }
  if (/(?<![.\w])assert\(/.test(text)) put("assert", refused("assert", literals));
  for (const name of [...NODE_ASSERT, "fail"]) {
    if (!new RegExp(`(?<![.\\w])assert\\.${name}\\(`).test(text)) continue;
    const object = cast("assert", typed);
    calls.push(...refused(name, literals).map((args) => `${object}.${name}(${args})`));
  }
  for (const [matcher, pairs] of Object.entries(MATCHERS)) {
    if (!new RegExp(`(?<![.\\w])expect\\([^\\n]*\\)[^\\n]*\\.${matcher}\\(`).test(text)) continue;
    calls.push(...pairs.map(([value, wanted]) => `${cast("expect", typed)}(${value}).${matcher}(${wanted})`));
  }
  if (/(?<![.\w])expect\([^\n]*\)[^\n]*\.to\.(be\.|deep\.)?(equal|eql)\(/.test(text)) {
    calls.push(`${cast("expect", typed)}(1).to.equal(2)`, `${cast("expect", typed)}("a").to.equal("b")`);
  }
  return calls;
}

/** Matchers of a global `expect` that only the support uses. */
function ofSupport(text: string, support: readonly string[]): string[] {
  if (support.length === 0 || /(?<![.\w])expect\b/.test(text)) return [];
  const isGlobal = support.some((one) =>
    /(?<![.\w])expect\(/.test(one) && !/\bexpect\b[^\n]*(?:from|require)/.test(one)
  );
  return isGlobal
    ? [
      'typeof expect === "undefined" ? Promise.reject() : expect(1).toBe(2)',
      'typeof expect === "undefined" ? Promise.reject() : expect("a").toEqual("b")',
    ]
    : [];
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
