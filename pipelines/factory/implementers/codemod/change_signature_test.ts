import assert from "node:assert/strict";
import type { OperationInput } from "../../../../specs/mod.ts";
import { applied, type Files, lines, refused } from "./testing.ts";

type Changing = Omit<Extract<OperationInput, { op: "change-signature" }>, "op">;
const change = async (files: Files, operation: Changing) =>
  await applied(files, { op: "change-signature", ...operation });
const problem = async (files: Files, operation: Changing) =>
  await refused(files, { op: "change-signature", ...operation });

const TS: Files = {
  "a.ts": lines(
    "export function add(a: number, b: number): number {",
    "  return a + b;",
    "}",
    "export interface Shape { area(scale: number): number }",
    "export class Box implements Shape {",
    "  constructor(private readonly w: number) {}",
    "  area(scale: number): number { return this.w * scale; }",
    "}",
    "export class Big extends Box {",
    "  constructor() { super(2); }",
    "  override area(scale: number) { return super.area(scale) * 2; }",
    "}",
    "export const twice = (x: number) => add(x, x);",
    "export const lone = x => x;".replace("x =>", "(x: number) =>"),
    "export default function (x: string) { return x; }",
  ),
  "b.ts": lines(
    'import { add, Box, type Shape, twice as t2 } from "./a.ts";',
    'import byDefault from "./a.ts";',
    "add(1, 2);",
    "add(",
    "  1,",
    "  add(3, 4),",
    ");",
    "const s: Shape = new Box(4);",
    "s.area(2); t2(1); byDefault('x');",
  ),
};

Deno.test("TypeScript: the parameter comes last and every call passes the default", async () => {
  const { files, steps } = await change(TS, {
    function: "add",
    add: { name: "base", type: "number", default: "10" },
  });
  assert.match(files["a.ts"] ?? "", /function add\(a: number, b: number, base: number\)/);
  assert.match(files["a.ts"] ?? "", /add\(x, x, 10\)/);
  assert.match(files["b.ts"] ?? "", /add\(1, 2, 10\);\nadd\(\n {2}1,\n {2}add\(3, 4, 10\),\n {2}10,\n\);/);
  assert.equal(steps[0]?.matches, 5);
});

Deno.test("TypeScript: at a position the other arguments move; a plain literal gives the type", async () => {
  const { files } = await change(TS, {
    function: "add",
    add: { name: "label", default: '"sum"', position: 0 },
  });
  assert.match(files["a.ts"] ?? "", /add\(label: string, a: number, b: number\)/);
  assert.match(
    files["b.ts"] ?? "",
    /add\("sum", 1, 2\);\nadd\(\n {2}"sum",\n {2}1,\n {2}add\("sum", 3, 4\),\n\);/,
  );
});

Deno.test("TypeScript: with `needed` the declaration carries the default and calls stay", async () => {
  const { files, changed } = await change(TS, {
    function: "add",
    add: { name: "base", default: "10" },
    calls: "needed",
  });
  assert.match(files["a.ts"] ?? "", /b: number, base = 10\)/);
  assert.deepEqual(changed, ["a.ts"]);
});

Deno.test("TypeScript: a method changes with its interface and overrides, also through super", async () => {
  const { files } = await change(TS, { function: "Box.area", add: { name: "unit", default: '"cm"' } });
  assert.match(files["a.ts"] ?? "", /interface Shape \{ area\(scale: number, unit: string\): number \}/);
  assert.match(
    files["a.ts"] ?? "",
    /override area\(scale: number, unit: string\) \{ return super\.area\(scale, "cm"\) \* 2; \}/,
  );
  assert.match(files["b.ts"] ?? "", /s\.area\(2, "cm"\)/);
});

Deno.test("TypeScript: constructors, variables that hold functions and default exports", async () => {
  const made = await change(TS, {
    function: "Box.constructor",
    add: { name: "h", type: "number", default: "1" },
  });
  assert.match(
    made.files["a.ts"] ?? "",
    /constructor\(private readonly w: number, h: number\)[^]*super\(2, 1\)/,
  );
  assert.match(made.files["b.ts"] ?? "", /new Box\(4, 1\)/);
  const held = await change(TS, { function: "twice", add: { name: "n", type: "number", default: "2" } });
  assert.match(held.files["b.ts"] ?? "", /t2\(1, 2\)/);
  const byDefault = await change(TS, {
    function: "default",
    in: "a.ts",
    add: { name: "n", type: "number", default: "2" },
  });
  assert.match(byDefault.files["a.ts"] ?? "", /function \(x: string, n: number\)/);
  assert.match(byDefault.files["b.ts"] ?? "", /byDefault\('x', 2\)/);
});

Deno.test("TypeScript: overloads, rest parameters, trailing commas and optional ones before it", async () => {
  const files = {
    "a.ts": lines(
      "export function f(x: string): void;",
      "export function f(x: number): void;",
      "export function f(x: unknown): void { String(x); }",
      "export function rest(a: number, ...more: number[]) { return [a, more]; }",
      "export function opt(",
      "  a: number,",
      "  b?: number,",
      ") { return [a, b]; }",
      "f(1); rest(1, 2, 3); rest(1); opt(1); opt(1, 2);",
    ),
  };
  const over = await change(files, { function: "f", add: { name: "y", type: "boolean", default: "true" } });
  assert.equal(over.files["a.ts"]?.match(/y: boolean/g)?.length, 3);
  assert.match(over.files["a.ts"] ?? "", /f\(1, true\)/);
  const rest = await change(files, { function: "rest", add: { name: "y", type: "number", default: "0" } });
  assert.match(
    rest.files["a.ts"] ?? "",
    /rest\(a: number, y: number, \.\.\.more: number\[\]\)[^]*rest\(1, 0, 2, 3\); rest\(1, 0\)/,
  );
  const opt = await change(files, { function: "opt", add: { name: "y", type: "number", default: "0" } });
  assert.match(
    opt.files["a.ts"] ?? "",
    /opt\(\n {2}a: number,\n {2}b\?: number,\n {2}y: number = 0,\n\)[^]*opt\(1\); opt\(1, 2, 0\)/,
  );
});

Deno.test("JavaScript: CommonJS and arrow functions without parentheses, without types", async () => {
  const files = {
    "a.js": "const f = x => x;\nmodule.exports = { f };\n",
    "b.js": 'const { f } = require("./a.js");\nf(1);\n',
  };
  const { files: after } = await change(files, {
    function: "f",
    in: "a.js",
    add: { name: "y", default: "2" },
  });
  assert.equal(after["a.js"], "const f = (x, y) => x;\nmodule.exports = { f };\n");
});

Deno.test("TypeScript: uses that are no calls, spread arguments and types written apart are refused with their places", async () => {
  const callback = { ...TS, "c.ts": 'import { add } from "./a.ts";\n[1].reduce(add);\n' };
  const found = await problem(callback, {
    function: "add",
    add: { name: "c", type: "number", default: "0" },
  });
  assert.equal(found.code, "unsupported");
  assert.match(found.message, /c\.ts:2/);
  const kept = await change(callback, {
    function: "add",
    add: { name: "c", default: "0" },
    calls: "needed",
    values: "keep",
  });
  assert.match(kept.steps[0]?.notes.join() ?? "", /c\.ts:2/);
  const spread = { ...TS, "c.ts": 'import { add } from "./a.ts";\nadd(...([1, 2] as const));\n' };
  assert.equal(
    (await problem(spread, { function: "add", add: { name: "c", type: "number", default: "0" } })).code,
    "ambiguous",
  );
  const apart = { "a.ts": "type F = (x: number) => number;\nexport const f: F = (x) => x;\nf(1);\n" };
  assert.equal(
    (await problem(apart, { function: "f", add: { name: "c", type: "number", default: "0" } })).code,
    "unsupported",
  );
});

Deno.test("TypeScript: names, types and defaults that do not fit are refused", async () => {
  const add = { name: "c", type: "number", default: "0" };
  const cases: [Changing, string][] = [
    [{ function: "add", add: { ...add, name: "a" } }, "collision"],
    [{ function: "add", add: { ...add, name: "class" } }, "invalid"],
    [{ function: "add", add: { ...add, default: "1, 2" } }, "breaks-references"],
    [{ function: "add", add: { ...add, default: "1; evil()" } }, "invalid"],
    [{ function: "add", add: { ...add, type: "number, x: string" } }, "invalid"],
    [{ function: "add", add: { name: "c", default: "f()" } }, "invalid"],
    [{ function: "add", add: { name: "c", type: "number" } }, "invalid"],
    [{ function: "add", add: { ...add, position: 3 } }, "invalid"],
    [{ function: "add", add: { ...add, type: "string" } }, "breaks-references"],
    [{ function: "ad", add }, "no-match"],
    [{ function: "Shape", add }, "unsupported"],
  ];
  for (const [operation, code] of cases) {
    const found = await problem(TS, operation);
    assert.equal(found.code, code, `${JSON.stringify(operation)}: ${found.message}`);
  }
});

Deno.test("TypeScript: CRLF and a byte order mark stay", async () => {
  const { files } = await change({ "a.ts": "\ufeffexport function f() {}\r\nf();" }, {
    function: "f",
    add: { name: "x", default: "1" },
  });
  assert.equal(files["a.ts"], "\ufeffexport function f(x: number) {}\r\nf(1);");
});

const PYTHON: Files = {
  "pkg/__init__.py": 'from .mod import foo\n__all__ = ["foo"]\n',
  "pkg/mod.py": lines(
    "def foo(x, limit=3):",
    "    return x * limit",
    "",
    "class Bar:",
    "    def m(self, x, y=1, *args):",
    "        return self.m(x)",
    "    @staticmethod",
    "    def s(x): return x",
    "",
    "def use(b: Bar):",
    "    b.m(1)",
    "    b.m(1, 2, 3)",
    "    b.m(1, y=3)",
    "    return Bar.m(b, 4) + Bar.s(5)",
  ),
  "app.py": "from pkg import foo\nimport pkg.mod as m\n\nfoo(1)\nfoo(1, limit=2)\nm.foo(1, 2)\n",
};

Deno.test("Python: after optional parameters the new one has its default and calls pass it by name", async () => {
  const { files } = await change(PYTHON, {
    function: "foo",
    add: { name: "deep", type: "bool", default: "False" },
  });
  assert.match(files["pkg/mod.py"] ?? "", /def foo\(x, limit=3, deep: bool = False\):/);
  assert.equal(
    files["app.py"],
    "from pkg import foo\nimport pkg.mod as m\n\nfoo(1, deep=False)\nfoo(1, limit=2, deep=False)\nm.foo(1, 2, False)\n",
  );
});

Deno.test("Python: at a position, and only where calls need it", async () => {
  const every = await change(PYTHON, {
    function: "foo",
    add: { name: "deep", default: "False", position: 1 },
  });
  assert.match(every.files["pkg/mod.py"] ?? "", /def foo\(x, deep, limit=3\):/);
  assert.match(
    every.files["app.py"] ?? "",
    /foo\(1, False\)\nfoo\(1, False, limit=2\)\nm\.foo\(1, False, 2\)/,
  );
  const needed = await change(PYTHON, {
    function: "foo",
    add: { name: "deep", default: "False", position: 1 },
    calls: "needed",
  });
  assert.match(needed.files["pkg/mod.py"] ?? "", /def foo\(x, deep=False, limit=3\):/);
  assert.match(needed.files["app.py"] ?? "", /foo\(1\)\nfoo\(1, limit=2\)\nm\.foo\(1, False, 2\)/);
});

Deno.test("Python: methods, also through their class, and static ones", async () => {
  const { files } = await change(PYTHON, {
    function: "Bar.m",
    add: { name: "deep", default: "0", position: 1 },
  });
  assert.match(files["pkg/mod.py"] ?? "", /def m\(self, x, deep, y=1, \*args\):\n {8}return self\.m\(x, 0\)/);
  assert.match(
    files["pkg/mod.py"] ?? "",
    /b\.m\(1, 0\)\n {4}b\.m\(1, 0, 2, 3\)\n {4}b\.m\(1, 0, y=3\)\n {4}return Bar\.m\(b, 4, 0\)/,
  );
  const fixed = await change(PYTHON, { function: "Bar.s", add: { name: "y", default: "0" } });
  assert.match(fixed.files["pkg/mod.py"] ?? "", /def s\(x, y\): return x[^]*Bar\.s\(5, 0\)/);
});

Deno.test("Python and Rust: calls under another name change too, also where it is handed on", async () => {
  const python = {
    "pkg/__init__.py": "from .mod import compute as g\n",
    "pkg/mod.py": "def compute(x):\n    return x\n",
    "a.py": "from pkg import g as h\nfrom pkg.mod import compute as k\nimport pkg\nh(1) + k(2) + pkg.g(3)\n",
    "b.py": "from pkg import g as z\nz(4)\n",
  };
  const { files } = await change(python, { function: "compute", add: { name: "y", default: "0" } });
  assert.match(files["a.py"] ?? "", /h\(1, 0\) \+ k\(2, 0\) \+ pkg\.g\(3, 0\)/);
  assert.match(files["b.py"] ?? "", /z\(4, 0\)/);
  const rust = {
    "Cargo.toml": '[package]\nname = "app"\n',
    "src/lib.rs": "pub fn f(x: i32) -> i32 { x }\n",
    "src/main.rs": "use app::f as start;\nfn main() { start(1); }\n",
  };
  const changed = await change(rust, { function: "f", add: { name: "y", type: "i32", default: "0" } });
  assert.match(changed.files["src/main.rs"] ?? "", /start\(1, 0\)/);
});

Deno.test("Python: callbacks, spreads, taken names and wrong places are refused", async () => {
  const add = { name: "deep", default: "0" };
  assert.equal(
    (await problem({ ...PYTHON, "c.py": "from pkg import foo\nmap(foo, [1])\n" }, { function: "foo", add }))
      .code,
    "unsupported",
  );
  assert.equal(
    (await problem({ ...PYTHON, "c.py": "from pkg import foo\nfoo(*x)\n" }, { function: "foo", add })).code,
    "ambiguous",
  );
  assert.equal(
    (await problem(PYTHON, { function: "foo", add: { name: "x", default: "0" } })).code,
    "collision",
  );
  assert.equal((await problem(PYTHON, { function: "foo", add: { ...add, position: 9 } })).code, "invalid");
  assert.equal(
    (await problem(PYTHON, { function: "foo", add: { ...add, default: "1, 2" } })).code,
    "invalid",
  );
  assert.equal((await problem(PYTHON, { function: "fooo", add })).code, "no-match");
  assert.equal((await problem(PYTHON, { function: "Bar", add })).code, "unsupported");
  assert.equal(
    (await problem({ ...PYTHON, "c.py": "def g(q):\n    q.m(1)\n" }, { function: "Bar.m", add })).code,
    "ambiguous",
  );
});

const GO: Files = {
  "go.mod": "module m\n",
  "a.go": lines(
    "package a",
    "",
    "type S struct{}",
    "",
    "func (s *S) M(a, b int, c ...string) {}",
    "",
    "func F(a, b int) int { return a }",
    "",
    "func g() {",
    "\tvar s S",
    '\ts.M(1, 2, "x")',
    "\tF(1,",
    "\t\t2)",
    "}",
  ),
};

Deno.test("Go: functions and methods, inside a group of parameters and before a variadic one", async () => {
  const fn = await change(GO, {
    function: "F",
    add: { name: "x", type: "string", default: '""', position: 1 },
  });
  assert.match(fn.files["a.go"] ?? "", /func F\(a int, x string, b int\) int/);
  assert.match(fn.files["a.go"] ?? "", /F\(1,\n\t\t"",\n\t\t2\)/);
  const method = await change(GO, { function: "S.M", add: { name: "x", type: "bool", default: "true" } });
  assert.match(
    method.files["a.go"] ?? "",
    /M\(a, b int, x bool, c \.\.\.string\)[^]*s\.M\(1, 2, true, "x"\)/,
  );
  const first = await change(GO, {
    function: "F",
    add: { name: "x", type: "string", default: '""', position: 0 },
  });
  assert.match(first.files["a.go"] ?? "", /func F\(x string, a, b int\)/);
});

Deno.test("Go: a missing type, `needed`, values and calls with several results are refused", async () => {
  assert.equal((await problem(GO, { function: "F", add: { name: "x", default: "1" } })).code, "invalid");
  assert.equal(
    (await problem(GO, { function: "F", add: { name: "x", type: "int", default: "1" }, calls: "needed" }))
      .code,
    "unsupported",
  );
  assert.equal(
    (await problem({ ...GO, "b.go": "package a\n\nvar h = F\n" }, {
      function: "F",
      add: { name: "x", type: "int", default: "1" },
    })).code,
    "unsupported",
  );
  assert.equal(
    (await problem({ ...GO, "b.go": "package a\n\nfunc k() { F(two()) }\n" }, {
      function: "F",
      add: { name: "x", type: "int", default: "1" },
    })).code,
    "ambiguous",
  );
});

Deno.test("Java: methods with overrides; overloads are refused", async () => {
  const files = {
    "A.java":
      'class A { int m(int a, String... r) { return m(1, "x"); } static void t(A x) { x.m(2); } }\nclass B extends A { int m(int a, String... r) { return super.m(a); } }\n',
  };
  const { files: after } = await change(files, {
    function: "A.m",
    add: { name: "x2", type: "boolean", default: "true" },
  });
  assert.equal(after["A.java"]?.match(/int a, boolean x2, String\.\.\. r/g)?.length, 2);
  assert.match(after["A.java"] ?? "", /m\(1, true, "x"\)[^]*x\.m\(2, true\)[^]*super\.m\(a, true\)/);
  const over = { "A.java": "class A { int m(int a) { return a; } int m(String a) { return 1; } }\n" };
  assert.equal(
    (await problem(over, { function: "A.m", add: { name: "x", type: "int", default: "1" } })).code,
    "ambiguous",
  );
});

Deno.test("Rust: functions and methods, also by their path", async () => {
  const files = {
    "src/lib.rs": lines(
      "pub struct S;",
      "impl S { pub fn m(&self, a: i32) -> i32 { a } }",
      "pub fn f() -> i32 { let s = S; s.m(1) + S::m(&S, 2) }",
      "fn g() { f(); }",
    ),
  };
  const { files: after } = await applied(
    files,
    {
      op: "change-signature",
      function: "S.m",
      add: { name: "x", type: "bool", default: "true", position: 0 },
    },
    { op: "change-signature", function: "f", add: { name: "n", type: "i32", default: "0" } },
  );
  assert.match(
    after["src/lib.rs"] ?? "",
    /m\(&self, x: bool, a: i32\)[^]*f\(n: i32\) -> i32 \{ let s = S; s\.m\(true, 1\) \+ S::m\(&S, true, 2\) \}\nfn g\(\) \{ f\(0\); \}/,
  );
});

Deno.test("languages without parameter lists are refused, several languages are ambiguous", async () => {
  const add = { name: "x", default: "1" };
  assert.equal(
    (await problem({ "a.sh": "f() { :; }\n" }, { function: "f", add, lang: "bash" })).code,
    "unsupported-language",
  );
  const both = { "a.py": "def f():\n    pass\n", "b.js": "export function f() {}\n" };
  assert.equal((await problem(both, { function: "f", add })).code, "ambiguous");
  assert.deepEqual((await change(both, { function: "f", add, lang: "python" })).changed, ["a.py"]);
});
