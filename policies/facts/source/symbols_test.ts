import assert from "node:assert/strict";
import fc from "fast-check";
import type { CodeLanguage } from "../../../specs/mod.ts";
import { scanSymbols } from "./symbols.ts";

const names = (language: CodeLanguage, text: string, path = "a.x") =>
  scanSymbols(text, language, path).map(({ name, arity }) =>
    arity === undefined ? name : `${name}(${arity})`
  );

Deno.test("TypeScript: every form of export, with parameters counted", () => {
  assert.deepEqual(
    names(
      "ecmascript",
      `
export function a(x: Map<string, number>, y?: number, ...rest: string[]): void {}
export const b = (p, q = 1) => p, c = 2;
export const { d, e: f, g = 3 } = obj, h = 4;
export default async function (z) {}
export abstract class K extends L<{ x: 1 }> { private p() {} m(a: string): { b: 1 } { return f(); } static s() {} #h() {} get v() { return 1; } }
export interface I { no(): void }
export type T = { a: 1 };
export const enum E { A }
export { m, n as o, type P, default as q } from "./x";
export * from "./y";
export * as ns from "./z";
export declare namespace N { export const inner: 1 }
export let lone: string
export const arrow = async (a: string, b: () => void): Promise<void> => {};
function local() { const x = "export const no = 1"; } // export const no2 = 1
`,
    ),
    [
      ...[
        "a(1..*)",
        "b(1..2)",
        "c",
        "d",
        "f",
        "g",
        "default(1..1)",
        "K",
        "K.m(1..1)",
        "K.s(0..0)",
        "K.v(0..0)",
        "I",
        "T",
        "E",
      ],
      ...["m", "o", "P", "q", "* from ./y", "ns", "N", "lone", "arrow(2..2)"],
    ],
  );
});

Deno.test("JavaScript: CommonJS exports", () => {
  assert.deepEqual(
    names(
      "ecmascript",
      "module.exports = { a, b: f(1, 2), 'c': 3, d() {} }; module.exports.e = function (x) {}; exports.g = 1; if (exports.h == 1) {}",
    ),
    ["a", "b", "c", "d", "e(1..1)", "g"],
  );
  assert.deepEqual(names("ecmascript", "module.exports = function (a, b) {}"), ["default(2..2)"]);
});

Deno.test("Python: public names, methods of public classes, __all__ and re-exports of packages", () => {
  assert.deepEqual(
    names(
      "python",
      "def f(a, b=1, *, c, **kw): pass\nasync def g(): pass\nclass C(B):\n    def m(self, a):\n        def inner(): pass\n    def _p(self): pass\n    @staticmethod\n    def s(a, b=(1, 2)): pass\ndef _private(): pass\nX = 1\nY: int = 2\nif X == 1:\n    Z = 3\nfor i in X: pass\nelse: pass\n",
    ),
    ["f(2..*)", "g(0..0)", "C", "C.m(1..1)", "C.s(1..2)", "X", "Y"],
  );
  assert.deepEqual(
    names("python", "from .m import a, _c\nfrom .n import (b as e,\n  d)\n", "p/__init__.py"),
    ["a", "e", "d"],
  );
  assert.deepEqual(
    names(
      "python",
      "from __future__ import annotations\nfrom typing import List\nfrom app.core import a\nfrom ..up import b\nfrom ... import c\n",
      "src/app/__init__.py",
    ),
    ["a", "b", "c"],
  );
  assert.deepEqual(
    names("python", "from typing import List\n__all__ = ['List']\n", "src/app/__init__.py"),
    ["List"],
  );
  assert.deepEqual(
    names("python", "__all__ = ['a']\n__all__ += ['b']\ndef a(): pass\ndef b(): pass\ndef c(): pass\n"),
    ["a(0..0)", "b(0..0)"],
  );
});

Deno.test("Go: exported names, grouped declarations, generic receivers; a command exports nothing", () => {
  assert.deepEqual(
    names(
      "go",
      "package a\nfunc F(a, b int, c ...string) error { return nil }\nfunc f() {}\nfunc (t *T[K]) M(x int) {}\nfunc (u u) N() {}\ntype T[K any] struct {\n\tA int\n}\ntype (\n\tB int\n\tc int\n)\nconst (\n\tD = iota\n\tE\n)\nvar G, H = 1, 2\nfunc Gen[T any, U any](t T, u U) {}\n",
    ),
    ["F(2..*)", "T.M(1..1)", "T", "B", "D", "E", "G", "H", "Gen(2..2)"],
  );
  assert.deepEqual(names("go", "package main\nfunc F() {}\n"), []);
});

Deno.test("Java: public and protected members, interface members, overloads told by their arities", () => {
  assert.deepEqual(
    names(
      "java",
      '@A(x={1}) public class Foo<T extends Comparable<T>> { public static final int X = 1; private int y; protected String z = "a;b"; public Foo(int a) { if (a) { b(); } } public <U> Map<String, U> m(Map<String, U> a, int... b) { return null; } public void m() {} void pkg() {} public interface In { void q(); private void no() {} } private static class P { public void no() {} } public record R(int a) { public int sum() { return 1; } } }',
    ),
    [
      "Foo",
      "Foo.X",
      "Foo.z",
      "Foo.Foo(1..1)",
      "Foo.m(0..0|1..*)",
      "Foo.In",
      "Foo.In.q(0..0)",
      "Foo.R",
      "Foo.R.sum(0..0)",
    ],
  );
});

Deno.test("Rust: public items and methods, traits, modules, uses; narrower visibility is not public", () => {
  assert.deepEqual(
    names(
      "rust",
      "pub fn a<T: Into<String>>(x: T, y: u8) -> R { let z = 1; }\nfn b() {}\npub(crate) fn c() {}\npub struct S { pub f: u8 }\npub trait Tr { fn t(&self, a: u8); fn d(&self) {} }\nimpl<T> S { pub fn new(a: u8) -> Self {} fn priv_() {} pub const fn k(&mut self) {} }\nimpl Display for S { fn fmt(&self) {} }\npub mod m { pub fn inner() {} }\nmod n { pub fn hidden() {} }\npub use a::{b, c as d};\npub static mut Y: u8 = 1;\n#[macro_export]\nmacro_rules! mac { () => {} }\n",
    ),
    [
      "a(2..2)",
      "S",
      "Tr",
      "Tr::t(1..1)",
      "Tr::d(0..0)",
      "S::new(1..1)",
      "S::k(0..0)",
      "m",
      "m::inner(0..0)",
      "b",
      "d",
      "Y",
      "mac",
    ],
  );
});

Deno.test("shell has no exports", () => {
  assert.deepEqual(names("shell", "f() { :; }\nexport A=1\n"), []);
});

Deno.test("no text makes a scanner throw", () => {
  const word = fc.constantFrom(
    "export",
    "const",
    "a",
    "=",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    "class",
    "pub",
    "fn",
    "impl",
    "func",
    "type",
    "public",
    "def",
    ":",
    "use",
    "::",
    "*",
    "from",
    "'x'",
    "\n",
    " ",
    ";",
    "<",
    ">",
    "=>",
    "default",
    "module.exports",
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 40 }),
      fc.constantFrom("ecmascript", "python", "go", "java", "rust", "shell"),
      (words, language) => {
        scanSymbols(words.join(" "), language as CodeLanguage, "a");
      },
    ),
  );
});

// req: N4-20
Deno.test("endless declarations are scanned in linear time", () => {
  for (
    const [language, piece] of [
      ["ecmascript", "export const a = ("],
      ["ecmascript", "export const a=1,b=2,"],
      ["ecmascript", "export class A { m("],
      ["java", "public class A { public int a("],
      ["java", "class A { a="],
      ["rust", "impl A "],
      ["rust", "pub mod a { pub fn a("],
      ["rust", "pub use a::{"],
      ["python", "class A:\n def f("],
      ["go", "type (\n A\n"],
    ] as const
  ) {
    const start = performance.now();
    scanSymbols(piece.repeat(Math.ceil(300_000 / piece.length)), language, "a");
    assert.ok(performance.now() - start < 4000, piece);
  }
});

Deno.test("less common forms: generators, async defaults, types by name, dotted annotations, globs of uses, bodies of trait functions", () => {
  assert.deepEqual(
    names(
      "ecmascript",
      "export function* gen(a) {}\nexport default (a, b) => 1;\nexport { type, type as kind, a as type };\nx.export = 1;\n",
    ),
    ["gen(1..1)", "default(2..2)", "type", "kind"],
  );
  assert.deepEqual(names("java", "@a.b.C(x = {1}) @D public class A { @e.F public void m() {} }"), [
    "A",
    "A.m(0..0)",
  ]);
  assert.deepEqual(
    names("rust", "pub use a::b::*;\npub fn f() -> [u8; 2] { [1, 2] }\npub fn g();\npub fn h() {}\n"),
    ["* from a::b::", "f(0..0)", "g(0..0)", "h(0..0)"],
  );
});
