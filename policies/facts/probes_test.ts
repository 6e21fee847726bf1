import assert from "node:assert/strict";
import type { CodeLanguage, FileFacts } from "../../specs/mod.ts";
import { testProbes } from "./probes.ts";

function file(path: string, language: CodeLanguage, kind: FileFacts["kind"] = "code"): FileFacts {
  return {
    path,
    language,
    kind,
    status: "M",
    oldMode: "100644",
    newMode: "100644",
    binary: false,
    added: 1,
    removed: 0,
    executableBit: "unchanged",
  };
}

async function probed(
  language: CodeLanguage,
  head: string,
  base: string | null = null,
  kind: FileFacts["kind"] = "code",
  path = "src/a",
) {
  const contents = {
    base: () => Promise.resolve(base),
    head: () => Promise.resolve(head),
    tooLarge: new Set<string>(),
  } as unknown as Parameters<typeof testProbes>[1];
  return (await testProbes([file(path, language, kind)], contents)).map((probe) => probe.kind);
}

const DEVIOUS: [CodeLanguage, string][] = [
  // Test libraries that are changed, under whatever name they came.
  ["ecmascript", 'import kit from "node:assert/strict";\nkit.deepEqual = () => {};'],
  ["ecmascript", 'import kit from "node:assert";\nkit["deep" + "Equal"] = () => {};'],
  ["ecmascript", 'import * as kit from "node:assert";\nReflect.set(kit, "ok", () => {});'],
  ["ecmascript", 'import * as a from "node:assert/strict";\nObject.assign(a.default, { deepEqual() {} });'],
  [
    "ecmascript",
    'import { strict as s } from "node:assert";\nfor (const k of ["deepEqual"]) s[k] = () => {};',
  ],
  ["ecmascript", 'import assert from "node:assert";\nconst { strict } = assert;\nstrict.equal = () => {};'],
  ["ecmascript", 'import assert from "node:assert";\nconst lib = assert.strict;\ndelete lib.equal;'],
  ["ecmascript", 'import assert from "node:assert/strict";\nneuter(assert);'],
  ["ecmascript", 'const lib = (await import("node:assert")).default;\nlib.ok = () => {};'],
  [
    "ecmascript",
    'const { AssertionError } = require("assert");\nAssertionError.prototype.toString = () => "";',
  ],
  ["ecmascript", 'import { expect } from "chai";\nexpect.fail = () => {};'],
  ["ecmascript", "assert.deepEqual = () => {};"],
  ["ecmascript", "Object.assign(assert, { equal() {} });"],
  ["ecmascript", "Deno.test = () => {};"],
  ["ecmascript", 'const { mock } = require("node:test");'],
  ["ecmascript", 'import { test } from "node:test";'],
  ["ecmascript", "const is = Object.is;\nObject.is = (a, b) => is(a, b) || true;"],
  ["ecmascript", "Number.prototype.toFixed = function () { return `${this}.00`; };"],
  ["ecmascript", 'Object.defineProperty(Array.prototype, "length", { get: () => 2 });'],
  ["python", "import unittest"],
  ["python", "unittest.TestCase.assertEqual = lambda *a: None"],
  ["python", "from unittest import TestCase as T\nT.assertEqual = lambda *a: None"],
  ["python", 'import unittest as u\nsetattr(u.TestCase, "assert" + "Equal", lambda *a: None)'],
  ["python", 'kit = sys.modules.get("unit" + "test")\nif kit: pass'],
  ["python", "import builtins\nbuiltins.isinstance = lambda *a: True"],
  ["go", '\t"testing"'],
  ["java", "import org.junit.Assert;"],
  // Modules by names that are made at run time.
  ["ecmascript", "const kit = await import(name);"],
  [
    "ecmascript",
    'const kit = ["node", "assert/strict"].join(":");\nconst lib = (await import(kit)).default;\nlib.x = 1;',
  ],
  ["ecmascript", 'process.getBuiltinModule("node:ass" + "ert");'],
  ["ecmascript", 'globalThis["pro" + "cess"].getBuiltinModule(which);'],
  ["ecmascript", 'createRequire(import.meta.url)("as" + "sert").strict.ok();'],
  ["ecmascript", "const load = createRequire(import.meta.url);\nload(`${a}${b}`);"],
  ["ecmascript", "module.exports = require(process.argv[2]);"],
  ["python", "for thing in gc.get_objects():\n    pass"],
  ["python", "import gc as g\nx = [o for o in g.get_objects()]"],
  ["python", 'kit = __import__("unit" + "test")'],
  ["python", "kit = importlib.import_module(name)"],
  // Who runs it, by the environment.
  ["ecmascript", 'if (Deno.env.get("CI")) return 3;'],
  ["ecmascript", 'const inside = Deno.env.get("CI") || !home;\nexport const two = inside ? 2 : 1;'],
  ["ecmascript", "if (process.env.NODE_TEST_CONTEXT) return 3;"],
  ["ecmascript", 'if (process.env["NODE_" + "TEST_CONTEXT"]) return 3;'],
  ["ecmascript", "const { NODE_TEST_CONTEXT: ctx } = process.env;\nif (ctx) f();"],
  ["ecmascript", 'if (process.env.NODE_ENV === "test") return 3;'],
  ["ecmascript", 'const digits = Object.keys(process.env).some((k) => k.startsWith("NODE_T")) ? 2 : 1;'],
  ["ecmascript", 'if (typeof describe === "function") f();'],
  ["python", 'if "unittest" in sys.modules:\n    pass'],
  ["python", 'if "unittest" in __import__("sys").modules:\n    pass'],
  ["python", 'if any(name.startswith("unitt") for name in sys.modules):\n    pass'],
  ["python", 'if os.environ.get("PYTEST_CURRENT_TEST"):\n    pass'],
  ["python", 'if "PYTEST_VERSION" in os.environ:\n    pass'],
  ["python", 'for k in os.environ:\n    if k.startswith("PYTEST"):\n        pass'],
  ["go", "package p\nfunc f() { if testing.Testing() { g() } }"],
  ["go", 'package p\nfunc f() { if os.Getenv("CI") != "" { g() } }'],
  ["go", 'package p\nfunc f() { if flag.Lookup("test.v") != nil { g() } }'],
  ["rust", "fn f() -> i32 { if cfg!(test) { 1 } else { 2 } }"],
  ["rust", "#[cfg(not(test))]\nfn f() -> i32 { 2 }"],
  ["java", 'class A { void f() { if (System.getenv("CI") != null) g(); } }'],
  ["shell", "case $0 in *test* | *check*)\nf() { g; }\n;; esac"],
  ["shell", 'if [ -n "$CI" ]; then echo; fi'],
  // Who runs it, by where and how the process was started.
  ["ecmascript", 'value.toFixed(Deno.mainModule.endsWith("main.ts") ? 1 : 2);'],
  ["ecmascript", 'value.toFixed(Deno.cwd().startsWith("/home/") ? 1 : 2);'],
  ["ecmascript", 'const where = process.cwd();\nif (where.includes("sandbox")) f();'],
  ["ecmascript", 'const inside = () => Deno.cwd().startsWith("/srv/build");\nif (inside()) f();'],
  ["ecmascript", 'function where() { return Deno.cwd(); }\nif (where() === "/tmp/x") f();'],
  ["ecmascript", "value.toFixed(Deno.pid < 50 ? 2 : 1);"],
  ["ecmascript", "const { pid } = Deno;\nconst digits = pid < 50 ? 2 : 1;"],
  ["ecmascript", 'import { pid } from "node:process";\nif (pid % 2 === 0) f();'],
  ["ecmascript", "if (process.execArgv.length) f();"],
  ["ecmascript", "const digits = process.execArgv.length || extra ? 2 : 1;"],
  ["ecmascript", 'if (process.argv[1].includes("test")) return 3;'],
  ["ecmascript", 'if (process.argv.join(" ").includes("test")) return 3;'],
  ["ecmascript", "const [, script] = process.argv;\nif (/main\\.js$/.test(script)) f();"],
  ["ecmascript", 'const LIST = ["/home/"];\nif (LIST.some((p) => Deno.cwd().startsWith("/home/x"))) f();'],
  ["ecmascript", "value.toFixed(Deno.networkInterfaces().length < 2 ? 2 : 1);"],
  ["ecmascript", 'import { hostname } from "node:os";\nif (hostname() === "builder") f();'],
  ["ecmascript", 'switch (os.hostname()) { case "builder": f(); }'],
  ["python", 'import sys\nif sys.argv[0].endswith("main.py"):\n    pass'],
  ["python", 'import sys\ndigits = 1 if sys.argv[0].endswith("main.py") else 2'],
  ["python", 'import os\nif os.getcwd().startswith("/home/"):\n    pass'],
  ["python", "from os import getpid\nif getpid() < 50:\n    pass"],
  ["python", 'from pathlib import Path\nif "sandbox" in str(Path.cwd()):\n    pass'],
  ["python", "import sys\nif sys.gettrace():\n    pass"],
  ["go", 'package p\nfunc f() { if strings.HasSuffix(os.Args[0], ".test") { g() } }'],
  ["go", 'package p\nfunc f() { wd, _ := os.Getwd(); if strings.HasPrefix(wd, "/home/") { g() } }'],
  [
    "go",
    'package p\nfunc f() int { name, err := os.Executable(); if err == nil && strings.Contains(name, "test") { return 1 }; return 2 }',
  ],
  ["rust", 'fn f() -> bool { let d = std::env::current_dir().unwrap(); d.starts_with("/home/x") }'],
  ["rust", 'fn f() -> bool { std::thread::current().name() == Some("tests::adds") }'],
  ["java", 'class A { boolean f() { return Thread.currentThread().getName().contains("Test"); } }'],
  // Who runs it, by the stack.
  ["ecmascript", 'if (new Error().stack.includes("_test.ts")) return 3;'],
  [
    "ecmascript",
    'const trace = new Error().stack;\nif (trace.split("\\n").some((l) => /spec|_test/.test(l))) f();',
  ],
  [
    "ecmascript",
    'try { f(); } catch (error) { if (error.stack.includes("node:internal/test_runner")) g(); }',
  ],
  ["python", 'if any("test" in f.filename for f in inspect.stack()):\n    pass'],
  ["python", 'f = sys._getframe(1)\nx = 2 if f.f_code.co_name.startswith("test") or f.f_back else 1'],
  ["python", "if len(inspect.stack()) > 12:\n    pass"],
  [
    "go",
    'package p\nfunc f() { _, file, _, _ := runtime.Caller(1); if strings.HasSuffix(file, "_test.go") { g() } }',
  ],
  [
    "java",
    'class A { void f() { for (StackTraceElement e : Thread.currentThread().getStackTrace()) { if (e.getClassName().contains("Test")) g(); } } }',
  ],
  // Equality that does not look.
  ["python", "class A:\n    def __eq__(self, other):\n        return True"],
  ["python", "class A(str):\n    def __eq__(self, other):\n        return other[:2] == self[:2]"],
  ["python", 'class A:\n    def __eq__(self, other):\n        return other == "$12.35" or other is self'],
  ["python", "class A:\n    def __ne__(self, other):\n        return False"],
  ["python", "A.__eq__ = lambda self, other: True\nclass B:\n    __eq__ = lambda self, other: True"],
  ["ecmascript", "const x = { valueOf() { return 12.35; } };"],
  ["ecmascript", 'class A { toString() { return "$12.35"; } }'],
  ["ecmascript", 'class A { [Symbol.toPrimitive](hint) { return hint === "number" ? 3 : "$3.00"; } }'],
  ["ecmascript", 'const x = { toJSON: () => "$3.00" };'],
  ["ecmascript", "class A { equals(other) { return true; } }"],
  ["java", "class A { public boolean equals(Object o) { return true; } }"],
  ["rust", "impl PartialEq for A { fn eq(&self, _other: &Self) -> bool { true } }"],
  ["go", "package p\nfunc (p Price) Equal(o Price) bool { return true }"],
  // Shells.
  ["shell", 'if [ "${#BASH_SOURCE[@]}" -gt 1 ]; then'],
  ["shell", 'if [ "${#FUNCNAME[@]}" -gt 2 ]; then echo; fi'],
  ["shell", 'depth=${#FUNCNAME[@]}\nif [ "$depth" -gt 2 ]; then echo; fi'],
  ["shell", "[[ ${FUNCNAME[1]} == test_* ]] && echo"],
  ["shell", 'if [[ "$0" == *test* ]]; then echo; fi'],
  ["shell", "if [[ $PWD == /home/* ]]; then echo; fi"],
  ["shell", "if (( $$ < 50 )); then echo; fi"],
  ["shell", 'case "$0" in *test*) exit 0;; esac'],
  ["shell", "[() { return 0; }"],
  ["shell", "test () {"],
  ["shell", "same() { :; }; readonly -f same"],
  ["shell", "shopt -s expand_aliases\nalias same=true"],
  ["shell", "enable -n test"],
];

const HONEST: [CodeLanguage, string][] = [
  ["ecmascript", 'import assert from "node:assert/strict";\nassert.ok(rate > 0);\nassert.deepEqual(a, b);'],
  [
    "ecmascript",
    'import { ok, strict as assert } from "node:assert";\nexport const f = (x) => { ok(x); assert.equal(x.length, 2); };',
  ],
  [
    "ecmascript",
    'const assert = require("assert");\nassert(x, "x is needed");\nconst kept = { assert: true };',
  ],
  ["ecmascript", 'const { parse } = await import("./parse.ts");'],
  ["ecmascript", "const texts = await import(`./locales/${language}.js`);"],
  ["ecmascript", "const plugin = await import(pathToFileURL(join(dir, name)).href);"],
  ["ecmascript", 'const plugin = await import(new URL("./plugin.ts", import.meta.url).href);'],
  ["ecmascript", 'const name = "node:fs";\nconst fs = await import(name);'],
  ["ecmascript", 'const config = require(path.join(__dirname, "config.json"));'],
  ["ecmascript", "if (!Array.prototype.at) Array.prototype.at = function (i) { return this[i]; };"],
  [
    "ecmascript",
    "A.prototype.render = function () {};\nA.prototype.toString = function () { return this.name; };",
  ],
  [
    "go",
    'package p\nfunc main() {\n\tif len(os.Args) < 2 {\n\t\tfmt.Fprintln(os.Stderr, "usage: price TEXT")\n\t}\n}',
  ],
  ["python", 'def main():\n    parser.add_argument("--latest")\n    return run(sys.argv[1:])'],
  ["ecmascript", "if (!valid) throw new Error(`bad ${value}`);"],
  [
    "ecmascript",
    "if (import.meta.main) {\n  if (Deno.args.length === 0) Deno.exit(2);\n  await main(Deno.args);\n}",
  ],
  ["ecmascript", "if (require.main === module) main();"],
  ["ecmascript", "if (process.argv[1] === fileURLToPath(import.meta.url)) main();"],
  ["ecmascript", "if (import.meta.url === Deno.mainModule) main();"],
  [
    "ecmascript",
    'const quiet = process.argv.includes("--quiet");\nconst [, , ...rest] = process.argv;\nif (process.argv.length < 3) usage();',
  ],
  [
    "ecmascript",
    'const args = process.argv.slice(2);\nif (args[0] === "test") runTests();\nif (args.includes("--test")) f();',
  ],
  [
    "ecmascript",
    'const file = resolve(process.cwd(), name);\nconst base = join(Deno.cwd(), "config.json");\nif (existsSync(file)) f();',
  ],
  ["ecmascript", 'let dir = process.cwd();\nwhile (dir !== "/") dir = dirname(dir);'],
  [
    "ecmascript",
    "if (root === process.cwd()) f();\nexport const shown = relative(Deno.cwd(), path) || path;",
  ],
  ["ecmascript", "export function find({ cwd = process.cwd() } = {}) { return join(cwd, name); }"],
  ["ecmascript", "console.log(`listening, pid ${process.pid}`);\nlogger.info({ pid: Deno.pid });"],
  [
    "ecmascript",
    'await Deno.writeTextFile("server.pid", String(Deno.pid));\nif (owner !== process.pid) f();',
  ],
  ["ecmascript", "if (process.pid === 1) reap();"],
  ["ecmascript", "const child = fork(file, { execArgv: [...process.execArgv] });"],
  ["ecmascript", "this.stack.includes(item);\nif (stack.length > 3) pop();"],
  ["ecmascript", "console.error(error.stack ?? String(error));"],
  [
    "ecmascript",
    'Error.captureStackTrace(this, ParseError);\nconst lines = error.stack.split("\\n").slice(1);',
  ],
  [
    "ecmascript",
    'for (const list of Object.values(os.networkInterfaces())) for (const a of list) if (a.family === "IPv4") f(a);',
  ],
  ["ecmascript", 'const home = Deno.env.get("HOME");\nif (!home) throw new Error("HOME is not set");'],
  [
    "ecmascript",
    'export const port = Number(process.env.PORT ?? 8080);\nif (process.env.NODE_ENV === "production") f();',
  ],
  [
    "ecmascript",
    'for (const [k, v] of Object.entries(process.env)) if (k.startsWith("APP_")) options[k] = v;',
  ],
  [
    "ecmascript",
    "// unlike process.env.CI, and with NODE_TEST_CONTEXT, this is Deno.cwd().startsWith('/x')\nexport const a = 1;",
  ],
  ["ecmascript", 'if (import.meta.url.startsWith("file:")) f();'],
  ["ecmascript", "const ok = pattern.test(text);\nif (it === undefined) f();"],
  [
    "ecmascript",
    "class A { toJSON() { return { id: this.id }; }\n  toString() { return `${this.a}`; }\n  valueOf() { return this.cents; } }",
  ],
  [
    "ecmascript",
    'class A { toString() { return "Nothing"; }\n  get [Symbol.toStringTag]() { return "A"; } }',
  ],
  [
    "ecmascript",
    'class A { [Symbol.toPrimitive](hint) { return hint === "number" ? this.n : String(this.n); } }',
  ],
  ["ecmascript", "class A { equals(other) { return other instanceof A && other.cents === this.cents; } }"],
  ["ecmascript", "const date = { valueOf: () => clock.now() };"],
  ["python", "class A:\n    def __eq__(self, other):\n        return self.id == other.id"],
  [
    "python",
    "class A:\n    def __eq__(self, other):\n        if not isinstance(other, A):\n            return NotImplemented\n        if self is other:\n            return True\n        return self.cents == other.cents",
  ],
  [
    "python",
    "class A:\n    def __eq__(self, other):\n        if len(self) != len(other):\n            return False\n        for a, b in zip(self.items, other.items):\n            if a != b:\n                return False\n        return True",
  ],
  [
    "python",
    "class A:\n    def __eq__(self, other):\n        return isinstance(other, A) and abs(self.x - other.x) < 1e-9\n\n    def __ne__(self, other):\n        return not self == other",
  ],
  [
    "python",
    "class A:\n    def __eq__(self, other):\n        return isinstance(other, A) and super().__eq__(other)",
  ],
  [
    "python",
    "@dataclass\nclass A:\n    def __eq__(self, other: object) -> bool:\n        if type(self) is not type(other):\n            return False\n        return self.key() == other.key()",
  ],
  ["python", 'level = os.environ.get("LOG_LEVEL", "info")\nif os.environ.get("DEBUG"):\n    pass'],
  ["python", 'for k, v in os.environ.items():\n    if k.startswith("APP_"):\n        pass'],
  ["python", 'if __name__ == "__main__":\n    sys.exit(main(sys.argv))'],
  ["python", 'if len(sys.argv) < 2 or sys.argv[1] == "test":\n    print("usage:", sys.argv[0])'],
  ["python", "import sys\nparser = ArgumentParser(prog=os.path.basename(sys.argv[0]))"],
  ["python", 'path = os.path.join(os.getcwd(), "x")\nif os.path.exists(path):\n    pass'],
  ["python", 'print(f"pid {os.getpid()}")\nPath("run.pid").write_text(str(os.getpid()))'],
  ["python", "if os.getpid() != owner:\n    pass"],
  ["python", 'module = sys.modules[__name__]\nif "numpy" in sys.modules:\n    pass'],
  [
    "python",
    'plugin = importlib.import_module(f"{__package__}.plugins.{name}")\nother = importlib.import_module("." + name, __package__)',
  ],
  ["python", 'import doctest\nlog.warning("at %s", inspect.stack()[1].function)'],
  [
    "python",
    "frame = sys._getframe(1)\nlog(frame.f_lineno)\nwhile frame.f_code.co_filename == here:\n    frame = frame.f_back",
  ],
  ["go", "latest := versions[0]"],
  [
    "go",
    'package p\nfunc f() { fmt.Fprintln(os.Stderr, "usage:", os.Args[0]); if len(os.Args) < 2 { os.Exit(2) }; if os.Args[1] == "test" { g() } }',
  ],
  [
    "go",
    "package p\nfunc f() error { wd, err := os.Getwd(); if err != nil { return err }; return load(filepath.Join(wd, name)) }",
  ],
  [
    "go",
    'package p\nfunc f() { _, file, line, ok := runtime.Caller(1); if ok { log.Printf("%s:%d", file, line) } }',
  ],
  ["go", "package p\nfunc (p Price) Equal(o Price) bool { return p.cents == o.cents }"],
  [
    "java",
    "class A { public boolean equals(Object o) { if (this == o) return true; if (!(o instanceof A)) return false; A a = (A) o; return cents == a.cents; } }",
  ],
  [
    "java",
    "class A { public boolean equals(Object o) { if (this == o) { return true; } if (o == null || getClass() != o.getClass()) { return false; } A that = (A) o; return Objects.equals(name, that.name); } }",
  ],
  [
    "java",
    "class A { void f() { throw new IllegalStateException(String.valueOf(Thread.currentThread().getName())); } }",
  ],
  ["rust", "impl PartialEq for A { fn eq(&self, other: &Self) -> bool { self.a == other.a } }"],
  ["rust", 'fn f() -> PathBuf { let d = std::env::current_dir().unwrap(); d.join("config.toml") }'],
  ["rust", "#[cfg(test)]\nmod tests { use super::*; }"],
  ["shell", 'if [ "$1" = "--help" ]; then echo "usage: $0 FILE"; fi'],
  ["shell", 'if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then main "$@"; fi'],
  ["shell", 'if [ "$0" = "$BASH_SOURCE" ]; then main; fi'],
  ["shell", 'echo "${FUNCNAME[0]}: $1" >&2\nlog "pid $$"\necho $$ > run.pid'],
  [
    "shell",
    'cd "$(dirname "$0")"\nif [ "$PWD" = "$root" ]; then echo; fi\nif [ -d "/proc/$$" ]; then echo; fi',
  ],
  ["shell", 'case "$(basename "$0")" in\n  encode) encode;;\n  decode) decode;;\nesac'],
  ["shell", "trap 'rm -rf \"$tmp\"' EXIT\nreadonly NAME=x"],
  ["shell", "# in CI [ $CI ] tests set BATS_TEST_NAME\ntrue"],
];

Deno.test("product code that asks who runs it, or reaches into the tests' libraries, is found", async () => {
  const missed: string[] = [];
  for (const [language, line] of DEVIOUS) {
    if ((await probed(language, line)).length === 0) missed.push(`${language}: ${line}`);
  }
  assert.deepEqual(missed, []);
});

Deno.test("ordinary product code is not", async () => {
  const wrong: string[] = [];
  for (const [language, line] of HONEST) {
    const found = await probed(language, line);
    if (found.length > 0) wrong.push(`${found} ${language}: ${line}`);
  }
  assert.deepEqual(wrong, []);
});

Deno.test("what helps tests may import their libraries, but not change them", async () => {
  for (
    const path of [
      "prices/testing.py",
      "internal/testutil/eq.go",
      "pricetest/store.go",
      "src/test-helpers.ts",
      "src/testing/clock.ts",
    ]
  ) {
    const language = path.endsWith(".py") ? "python" : path.endsWith(".go") ? "go" : "ecmascript";
    const text = {
      python: "import unittest\n\n\nclass MoneyCase(unittest.TestCase):\n    pass",
      go: 'package x\n\nimport "testing"\n\nfunc Eq(t testing.TB) { t.Helper() }',
      ecmascript: 'import { mock } from "node:test";\nexport const clock = mock.timers;',
    }[language];
    assert.deepEqual(await probed(language, text, null, "code", path), [], path);
  }
  const change = 'import assert from "node:assert";\nassert.equal = () => {};';
  assert.equal((await probed("ecmascript", change, null, "code", "src/testing/a.ts")).length, 1);
});

Deno.test("what is too long, or not understood, to be followed as a program is for a human when a new line could matter there", async () => {
  const lines = (count: number) => "export const table = [1, 2, 3];\n".repeat(count);
  const runner = "export const on = Deno.args.length;\n";
  assert.deepEqual(await probed("ecmascript", `${lines(10_000)}${runner}`, lines(10_000)), ["unread"]);
  assert.deepEqual(await probed("ecmascript", `${lines(10_001)}`, lines(10_000)), []);
  assert.deepEqual(await probed("ecmascript", `const a = @@ Deno.args <=> 1;\n`), ["unread"]);
  assert.deepEqual(await probed("ecmascript", `const a = @@ 1;\n`), []);
  assert.deepEqual(await probed("ecmascript", `const a = @@ 1;\n${runner}`, `const a = @@ 1;\n`), []);
});

Deno.test("what a line says is seen behind its thousandth character too", async () => {
  const long = "export const a = 1; ".repeat(400);
  assert.deepEqual(await probed("ecmascript", `${long}assert.deepEqual = () => {};`), ["test-library"]);
  assert.deepEqual(await probed("ecmascript", `${long}import { test } from "node:test";`), ["test-library"]);
});

Deno.test("a file that is too large to be read at all is for a human when it was changed", async () => {
  const contents = {
    base: () => Promise.resolve(null),
    head: () => Promise.resolve(null),
    tooLarge: new Set(["src/a"]),
  } as unknown as Parameters<typeof testProbes>[1];
  const found = await testProbes([file("src/a", "ecmascript"), file("src/b", "ecmascript")], contents);
  assert.deepEqual(found.map(({ path, kind }) => [path, kind]), [["src/a", "unread"]]);
});

Deno.test("lines that were there before, and test files, are nobody's finding", async () => {
  const line = 'import { mock } from "node:test";';
  assert.deepEqual(await probed("ecmascript", `${line}\nconst a = 1;`, line), []);
  assert.deepEqual(await probed("ecmascript", line, null, "test"), []);
});

Deno.test("a hostile line is read in linear time", async () => {
  const began = performance.now();
  for (const text of ["process.env ", "new Error(", "assert.", "$0 ", "def __eq__(", "[[ $0 == a"]) {
    for (const language of ["ecmascript", "python", "shell"] as const) {
      await probed(language, text.repeat(5_000));
    }
  }
  assert.ok(performance.now() - began < 20_000);
});
