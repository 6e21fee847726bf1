import assert from "node:assert/strict";
import { join } from "node:path";
import { applied, type Files, refused } from "./testing.ts";

const SOURCE: Files = {
  "deno.json": "{}",
  "src/math.ts":
    "export function add(a: number, b: number) { return a + b; }\nexport class Box {}\nexport const twice = (x: number) => x * 2;\nexport const LIMIT = 3;\nexport type T = 1;\nexport default add;\n",
};

async function available(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** Writes files into a directory of their own and runs a command there. */
async function inDirectory(
  files: Files,
  command: string,
  args: string[],
): Promise<{ code: number; text: string }> {
  const dir = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(join(dir, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(dir, path), text);
    }
    const { code, stdout, stderr } = await new Deno.Command(command, {
      args,
      cwd: dir,
      env: { NO_COLOR: "1", GOFLAGS: "-mod=mod", GOPROXY: "off", PYTHONDONTWRITEBYTECODE: "1" },
    }).output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("Deno: each function and class is imported and asserted, and the tests run", async () => {
  const { files, steps } = await applied(SOURCE, { op: "add-test-skeleton", for: "src/math.ts" });
  const text = files["src/math_test.ts"] ?? "";
  assert.match(text, /import byDefault, \{ add, Box, twice \} from "\.\/math\.ts";/);
  assert.doesNotMatch(text, /LIMIT/);
  assert.equal(steps[0]?.matches, 4);
  const ran = await inDirectory(files, Deno.execPath(), ["test", "--no-lock", "src/"]);
  assert.equal(ran.code, 0, ran.text);
  assert.match(ran.text, /4 passed/);
});

Deno.test("Deno: the tests fail when a symbol is no function any more", async () => {
  const { files } = await applied(SOURCE, { op: "add-test-skeleton", for: "src/math.ts", symbols: ["add"] });
  const broken = { ...files, "src/math.ts": "export const add = 1;\n" };
  const ran = await inDirectory(broken, Deno.execPath(), ["test", "--no-check", "--no-lock", "src/"]);
  assert.notEqual(ran.code, 0);
});

Deno.test({
  name: "node:test: ES modules and CommonJS, when node is installed",
  ignore: !await available("node", "--version"),
  async fn() {
    const module = { "package.json": '{"type":"module"}', "a.js": "export function run() {}\n" };
    const es = await applied(module, { op: "add-test-skeleton", for: "a.js" });
    assert.match(es.files["a.test.js"] ?? "", /import \{ run \} from "\.\/a\.js";/);
    const common = {
      "package.json": "{}",
      "a.js": "function run() {}\nclass B {}\nmodule.exports = { run, B, x: 1 };\n",
    };
    const cjs = await applied(common, { op: "add-test-skeleton", for: "a.js" });
    for (const files of [es.files, cjs.files]) {
      const ran = await inDirectory(files, "node", ["--test"]);
      assert.equal(ran.code, 0, ran.text);
    }
  },
});

Deno.test({
  name: "unittest: a class of tests that runs, when python3 is installed",
  ignore: !await available("python3", "--version"),
  async fn() {
    const source = {
      "pkg/__init__.py": "",
      "pkg/mod.py": "def foo(): pass\nclass Bar: pass\ndef _hidden(): pass\n",
    };
    const { files } = await applied(source, { op: "add-test-skeleton", for: "pkg/mod.py" });
    assert.match(files["pkg/test_mod.py"] ?? "", /from pkg\.mod import foo, Bar/);
    const ran = await inDirectory(files, "python3", ["-m", "unittest", "discover", "-s", "pkg", "-t", "."]);
    assert.equal(ran.code, 0, ran.text);
    assert.match(ran.text, /Ran 2 tests/);
  },
});

Deno.test("pytest is chosen when the repository uses it, and tests go where tests are", async () => {
  const source = {
    "pyproject.toml": "[tool.pytest.ini_options]\n",
    "src/pkg/__init__.py": "",
    "src/pkg/mod.py": "def foo(): pass\n",
    "tests/test_x.py": "",
  };
  const { files } = await applied(source, { op: "add-test-skeleton", for: "src/pkg/mod.py" });
  assert.equal(
    files["tests/test_mod.py"],
    "from pkg.mod import foo\n\n\ndef test_foo_can_be_called():\n    assert callable(foo)\n",
  );
});

Deno.test({
  name: "go: a test in the package that runs, when go is installed",
  ignore: !await available("go", "version"),
  async fn() {
    const source = {
      "go.mod": "module m\n\ngo 1.20\n",
      "a.go": "package a\n\nfunc Open() {}\n\nfunc hidden() {}\n\nfunc G[T any](t T) {}\n",
    };
    const { files } = await applied(source, { op: "add-test-skeleton", for: "a.go" });
    assert.match(files["a_test.go"] ?? "", /func TestOpenCanBeCalled/);
    const ran = await inDirectory(files, "go", ["test", "./..."]);
    assert.equal(ran.code, 0, ran.text);
  },
});

Deno.test("nothing to test, an unknown symbol, an existing file and a wrong framework are refused", async () => {
  assert.equal(
    (await refused({ "deno.json": "{}", "a.ts": "export const x = 1;\n" }, {
      op: "add-test-skeleton",
      for: "a.ts",
    })).code,
    "no-match",
  );
  const unknown = await refused(SOURCE, { op: "add-test-skeleton", for: "src/math.ts", symbols: ["ad"] });
  assert.equal(unknown.code, "no-match");
  assert.match(unknown.remedy ?? "", /nearest: add/);
  assert.equal(
    (await refused({ ...SOURCE, "src/math_test.ts": "" }, { op: "add-test-skeleton", for: "src/math.ts" }))
      .code,
    "exists",
  );
  assert.equal(
    (await refused(SOURCE, { op: "add-test-skeleton", for: "src/math.ts", framework: "pytest" })).code,
    "invalid",
  );
  assert.equal(
    (await refused({ "a.ts": "export function f() {}\n" }, { op: "add-test-skeleton", for: "a.ts" })).code,
    "ambiguous",
  );
  const jest = { "package.json": '{"devDependencies":{"jest":"1"}}', "a.js": "export function f() {}\n" };
  assert.equal((await refused(jest, { op: "add-test-skeleton", for: "a.js" })).code, "unsupported");
  assert.equal(
    (await refused({ "a.rs": "fn f() {}\n" }, { op: "add-test-skeleton", for: "a.rs" })).code,
    "unsupported-language",
  );
  assert.equal((await refused({}, { op: "add-test-skeleton", for: "a.ts" })).code, "missing-file");
});
