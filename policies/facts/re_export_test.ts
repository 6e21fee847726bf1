import assert from "node:assert/strict";
import { sampleFacts, type Tree } from "../testing/trees.ts";
import { shownSymbols } from "./re_export.ts";
import { judgeSample, ruleOf, sampleSpec } from "../testing/judge_input.ts";

async function refactored(base: Tree, head: Tree, over: Record<string, unknown> = {}): Promise<string> {
  const facts = await sampleFacts(base, head);
  const decision = await judgeSample((input) => {
    input.transition = { from: "implement", to: "verify" };
    input.spec = sampleSpec({ intent: { type: "REFACTOR", scope: ["**"], ...over } });
  }, facts);
  const rule = ruleOf(decision, "intent");
  return rule.verdict === "pass" ? "pass" : rule.findings.map(({ message }) => message).join("; ");
}

const F = "export function f(a: number): number {\n  return a;\n}\n";
const G = "export function g(): number {\n  return 1;\n}\n";
const CLASS = "export class Price {\n  total(a: number): number {\n    return a;\n  }\n}\n";
const HONEST: [string, Tree, Tree][] = [
  ["TypeScript: a name passed on", { "src/a.ts": F + G }, {
    "src/a.ts": `export { f } from "./b.ts";\n${G}`,
    "src/b.ts": F,
  }],
  ["TypeScript: everything passed on", { "src/a.ts": F + G }, {
    "src/a.ts": `export * from "./b.ts";\n${G}`,
    "src/b.ts": F,
  }],
  ["TypeScript: over two barrels", { "src/a.ts": F }, {
    "src/a.ts": 'export * from "./parts/index.ts";\n',
    "src/parts/index.ts": 'export * from "./f.ts";\n',
    "src/parts/f.ts": F,
  }],
  ["TypeScript: into a module that is there", { "src/a.ts": F, "src/b.ts": G }, {
    "src/a.ts": 'export { f } from "./b.ts";\n',
    "src/b.ts": F + G,
  }],
  ["TypeScript: imported, then exported", { "src/a.ts": F }, {
    "src/a.ts": 'import { f } from "./b.ts";\nexport { f };\n',
    "src/b.ts": F,
  }],
  ["TypeScript: under another name inside", { "src/a.ts": F }, {
    "src/a.ts": 'export { inner as f } from "./b.ts";\n',
    "src/b.ts": F.replace("function f", "function inner"),
  }],
  ["TypeScript: a class with its methods", { "src/a.ts": CLASS }, {
    "src/a.ts": 'export { Price } from "./b.js";\n',
    "src/b.ts": CLASS,
  }],
  ["TypeScript: types only", { "src/a.ts": "export interface T {\n  a: number;\n}\nexport type U = T;\n" }, {
    "src/a.ts": 'export type { T, U } from "./types.ts";\n',
    "src/types.ts": "export interface T {\n  a: number;\n}\nexport type U = T;\n",
  }],
  ["TypeScript: overloads keep their signatures", {
    "src/a.ts":
      "export function f(a: string): string;\nexport function f(a: number, b: number): number;\nexport function f(a: unknown, b?: unknown): unknown {\n  return [a, b];\n}\n",
  }, {
    "src/a.ts":
      "export function f(a: string): string;\nexport function f(a: number, b: number): number;\nexport function f(a: unknown, b?: unknown): unknown {\n  const both = [a, b];\n  return both;\n}\n",
  }],
  ["TypeScript: the default export has another name", {
    "src/a.ts": "export default function one() {\n  return 1;\n}\n",
  }, {
    "src/a.ts": "export default function first() {\n  return 1;\n}\n",
  }],
  ["TypeScript: the default export is passed on", {
    "src/a.ts": "export default function one() {\n  return 1;\n}\n",
  }, {
    "src/a.ts": 'export { default } from "./b.ts";\n',
    "src/b.ts": "export default function one() {\n  return 1;\n}\n",
  }],
  ["TypeScript: a function becomes a constant", { "src/a.ts": F }, {
    "src/a.ts": "export const f = (a: number): number => a;\n",
  }],
  ["TypeScript: exported at the end", { "src/a.ts": F }, {
    "src/a.ts": "function f(a: number): number {\n  return a;\n}\n\nexport { f };\n",
  }],
  ["CommonJS: a name passed on", { "src/a.js": "exports.f = (a) => a;\nexports.g = () => 1;\n" }, {
    "src/a.js": 'exports.f = require("./b").f;\nexports.g = () => 1;\n',
    "src/b.js": "exports.f = (a) => a;\n",
  }],
  ["CommonJS: spread", { "src/a.js": "module.exports = { f, g };\nfunction f(a) {}\nfunction g() {}\n" }, {
    "src/a.js": 'module.exports = { ...require("./b"), g };\nfunction g() {}\n',
    "src/b.js": "module.exports = { f };\nfunction f(a) {}\n",
  }],
  ["CommonJS: all of it", { "src/a.js": "exports.f = (a) => a;\n" }, {
    "src/a.js": 'module.exports = require("./b");\n',
    "src/b.js": "exports.f = (a) => a;\n",
  }],
  ["CommonJS: from one form to the other", { "src/a.js": "exports.f = (a) => a;\n" }, {
    "src/a.js": "const f = (a) => a;\nmodule.exports = { f };\n",
  }],
  ["Python: imported back", { "prices/price.py": "def f(a):\n    return a\n\n\ndef g():\n    return 1\n" }, {
    "prices/price.py": "from .format import f\n\n\ndef g():\n    return f(1)\n",
    "prices/format.py": "def f(a):\n    return a\n",
  }],
  ["Python: everything imported back", {
    "prices/__init__.py": "",
    "prices/price.py": "def f(a):\n    return a\n",
  }, {
    "prices/__init__.py": "",
    "prices/price.py": "from prices.format import *  # noqa: F403\n",
    "prices/format.py": "def f(a):\n    return a\n",
  }],
  ["Python: from a library", { "prices/price.py": "def f(a):\n    return a\n" }, {
    "prices/price.py": "from pricelib import f\n",
  }],
  ["Python: a module becomes a package", {
    "price.py": "class Price:\n    def total(self):\n        return 1\n",
  }, {
    "price.py": "from pricing.core import Price\n",
    "pricing/__init__.py": "",
    "pricing/core.py": "class Price:\n    def total(self):\n        return 1\n",
  }],
  ["Rust: pub use", { "src/lib.rs": "pub fn f(a: i32) -> i32 { a }\npub fn g() {}\n" }, {
    "src/lib.rs": "mod format;\npub use format::f;\npub fn g() {}\n",
    "src/format.rs": "pub fn f(a: i32) -> i32 { a }\n",
  }],
  ["Rust: pub use of all, of a group", {
    "src/lib.rs": "pub fn f(a: i32) -> i32 { a }\npub struct P;\nimpl P { pub fn total(&self) {} }\n",
  }, {
    "src/lib.rs": "mod format;\nmod price;\npub use crate::format::*;\npub use price::{P};\n",
    "src/format.rs": "pub fn f(a: i32) -> i32 { a }\n",
    "src/price.rs": "pub struct P;\nimpl P { pub fn total(&self) {} }\n",
  }],
  ["Rust: methods of a type in another file", {
    "src/lib.rs": "pub struct P;\nimpl P { pub fn total(&self) {} }\n",
  }, {
    "src/lib.rs": "mod total;\npub struct P;\n",
    "src/total.rs": "use crate::P;\nimpl P { pub fn total(&self) {} }\n",
  }],
  ["Go: a file in two", {
    "price.go":
      "package prices\n\nfunc Parse() {}\n\nfunc Format() {}\n\ntype Price int\n\nfunc (p Price) Total() int { return 1 }\n",
  }, {
    "price.go": "package prices\n\nfunc Parse() {}\n\ntype Price int\n",
    "format.go": "package prices\n\nfunc Format() {}\n\nfunc (p Price) Total() int { return 1 }\n",
  }],
  ["Java: what is package-private goes", {
    "src/main/java/A.java":
      "public class A {\n  public int f() { return 1; }\n}\nclass Helper {\n  int g() { return 1; }\n}\n",
  }, {
    "src/main/java/A.java":
      "public class A {\n  public int f() { return g(); }\n  private int g() { return 1; }\n}\n",
  }],
];

for (const [what, base, head] of HONEST) {
  Deno.test(`a refactoring that keeps what is shown passes: ${what}`, async () => {
    assert.equal(await refactored(base, head), "pass");
  });
}

const CHEATS: [string, Tree, Tree][] = [
  ["TypeScript: passed on under another name only", { "src/a.ts": F }, {
    "src/a.ts": 'export { f as h } from "./b.ts";\n',
    "src/b.ts": F,
  }],
  ["TypeScript: everything passed on, without it", { "src/a.ts": F + G }, {
    "src/a.ts": 'export * from "./b.ts";\n',
    "src/b.ts": G,
  }],
  ["TypeScript: passed on from nowhere", { "src/a.ts": F }, {
    "src/a.ts": 'export * from "./missing.ts";\n',
  }],
  ["TypeScript: in a circle", { "src/a.ts": F }, {
    "src/a.ts": 'export * from "./b.ts";\n',
    "src/b.ts": 'export * from "./a.ts";\n',
  }],
  ["TypeScript: with other parameters", { "src/a.ts": F }, {
    "src/a.ts": 'export { f } from "./b.ts";\n',
    "src/b.ts": F.replace("a: number)", "a: number, b: number)"),
  }],
  ["TypeScript: a method of the class is gone", { "src/a.ts": CLASS }, {
    "src/a.ts": 'export { Price } from "./b.ts";\n',
    "src/b.ts": "export class Price {}\n",
  }],
  ["TypeScript: an overload is gone", {
    "src/a.ts":
      "export function f(a: string): string;\nexport function f(a: number, b: number): number;\nexport function f(a: unknown, b?: unknown): unknown {\n  return [a, b];\n}\n",
  }, { "src/a.ts": "export function f(a: string): string {\n  return a;\n}\n" }],
  ["TypeScript: a type is gone", { "src/a.ts": `export type T = number;\n${F}` }, { "src/a.ts": F }],
  ["TypeScript: star does not pass on the default", { "src/a.ts": "export default function one() {}\n" }, {
    "src/a.ts": 'export * from "./b.ts";\n',
    "src/b.ts": "export default function one() {}\n",
  }],
  ["CommonJS: a name is gone", { "src/a.js": "exports.f = (a) => a;\nexports.g = () => 1;\n" }, {
    "src/a.js": "exports.g = () => 1;\n",
  }],
  ["CommonJS: spread without it", { "src/a.js": "module.exports = { f, g };\n" }, {
    "src/a.js": 'module.exports = { ...require("./b") };\n',
    "src/b.js": "module.exports = { g };\n",
  }],
  ["Python: moved and not imported back", { "prices/price.py": "def f(a):\n    return a\n" }, {
    "prices/price.py": "x = 1\n",
    "prices/format.py": "def f(a):\n    return a\n",
  }],
  ["Rust: no longer public", { "src/lib.rs": "pub fn f() {}\n" }, {
    "src/lib.rs": "mod format;\nuse format::f;\n",
    "src/format.rs": "pub fn f() {}\n",
  }],
  ["Go: into another package", { "price.go": "package prices\n\nfunc Format() {}\n" }, {
    "price.go": "package prices\n",
    "format/format.go": "package format\n\nfunc Format() {}\n",
  }],
  ["Java: a public method is gone", {
    "src/main/java/A.java": "public class A {\n  public int f() { return 1; }\n}\n",
  }, { "src/main/java/A.java": "public class A {\n}\n" }],
];

for (const [what, base, head] of CHEATS) {
  Deno.test(`a refactoring that takes something away is refused: ${what}`, async () => {
    assert.notEqual(await refactored(base, head), "pass");
  });
}

Deno.test("modules that import many names from each other, in a ring, are each read once", async () => {
  const modules = Array.from({ length: 12 }, (_, at) => `m${at}`);
  const text = (own: string) =>
    modules.filter((one) => one !== own)
      .map((one) => `from .${one} import ${modules.map((to) => `${one}_${to}`).join(", ")}\n`).join("") +
    modules.map((to) => `def ${own}_${to}(a):\n    return a\n`).join("");
  const asked: string[] = [];
  const side = {
    known: new Set(modules.map((one) => `pkg/${one}.py`)),
    read: (path: string) => {
      asked.push(path);
      return Promise.resolve(text(path.slice(4, -3)));
    },
  };
  const shown = await shownSymbols(text("m0"), "python", "pkg/m0.py", side);
  assert.ok(shown.some(({ name }) => name === "m0_m1"));
  assert.deepEqual(asked.toSorted(), side.known.values().toArray().toSorted());
});
