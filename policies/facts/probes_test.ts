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
) {
  const contents = {
    base: () => Promise.resolve(base),
    head: () => Promise.resolve(head),
    tooLarge: new Set<string>(),
  } as unknown as Parameters<typeof testProbes>[1];
  return (await testProbes([file("src/a", language, kind)], contents)).map((probe) => probe.kind);
}

const DEVIOUS: [CodeLanguage, string][] = [
  ["ecmascript", 'import kit from "node:assert/strict";\nkit.deepEqual = () => {};'],
  ["ecmascript", 'import kit from "node:assert";\nkit["deep" + "Equal"] = () => {};'],
  ["ecmascript", 'import * as kit from "node:assert";\nReflect.set(kit, "ok", () => {});'],
  ["ecmascript", "const kit = await import(name);"],
  ["ecmascript", 'process.getBuiltinModule("x");'],
  ["ecmascript", "if (Deno.mainModule) return 3;"],
  ["ecmascript", 'value.toFixed(Deno.cwd().startsWith("/home/") ? 1 : 2);'],
  ["python", 'if os.getcwd() == "/tmp/x":'],
  ["python", "for thing in gc.get_objects():"],
  ["python", 'if sys.argv[0].endswith("main.py"):'],
  ["shell", 'if [ "${#BASH_SOURCE[@]}" -gt 1 ]; then'],
  ["ecmascript", 'const { mock } = require("node:test");'],
  ["ecmascript", "assert.deepEqual = () => {};"],
  ["ecmascript", "Object.assign(assert, { equal() {} });"],
  ["ecmascript", "Deno.test = () => {};"],
  ["ecmascript", 'if (Deno.env.get("CI")) return 3;'],
  ["ecmascript", "if (process.env.NODE_TEST_CONTEXT) return 3;"],
  ["ecmascript", 'if (process.env.NODE_ENV === "test") return 3;'],
  ["ecmascript", 'if (process.argv[1].includes("test")) return 3;'],
  ["ecmascript", 'if (new Error().stack.includes("_test.ts")) return 3;'],
  ["python", "import unittest"],
  ["python", "unittest.TestCase.assertEqual = lambda *a: None"],
  ["python", 'if "unittest" in sys.modules:'],
  ["python", 'return (a if "unittest" in __import__("sys").modules else b) % value'],
  ["python", 'if "pytest" not in getattr(sys, "x", sys).modules.keys():'],
  ["python", 'if os.environ.get("PYTEST_CURRENT_TEST"):'],
  ["python", "frame = inspect.stack()[1]"],
  ["python", "    def __eq__(self, other):\n        return True"],
  ["go", '\t"testing"'],
  ["go", "if testing.Testing() {"],
  ["go", 'if strings.HasSuffix(os.Args[0], ".test") {'],
  ["java", "import org.junit.Assert;"],
  ["shell", "[() { return 0; }"],
  ["shell", "test () {"],
  ["shell", 'case "$0" in *test*) exit 0;; esac'],
];

const HONEST: [CodeLanguage, string][] = [
  ["ecmascript", 'import assert from "node:assert/strict";\nassert.ok(rate > 0);'],
  ["ecmascript", 'const { parse } = await import("./parse.ts");'],
  ["ecmascript", "if (!valid) throw new Error(`bad ${value}`);"],
  ["ecmascript", "this.stack.includes(item);"],
  ["ecmascript", "console.error(error.stack);"],
  ["ecmascript", 'const home = Deno.env.get("HOME");'],
  ["ecmascript", "const ok = pattern.test(text);"],
  ["ecmascript", "toJSON() { return { id: this.id }; }"],
  ["python", "    def __eq__(self, other):\n        return self.id == other.id"],
  ["python", 'level = os.environ.get("LOG_LEVEL")'],
  ["go", "latest := versions[0]"],
  ["go", 'fmt.Fprintln(os.Stderr, "usage:", os.Args[0])'],
  ["shell", 'if [ "$1" = "--help" ]; then echo "usage: $0 FILE"; fi'],
  ["shell", 'if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then main "$@"; fi'],
];

Deno.test("product code that asks who runs it, or reaches into the tests' libraries, is found", async () => {
  for (const [language, line] of DEVIOUS) {
    assert.notDeepEqual(await probed(language, line), [], `${language}: ${line}`);
  }
});

Deno.test("ordinary product code is not", async () => {
  for (const [language, line] of HONEST) {
    assert.deepEqual(await probed(language, line), [], `${language}: ${line}`);
  }
});

Deno.test("lines that were there before, and test files, are nobody's finding", async () => {
  const line = 'import { mock } from "node:test";';
  assert.deepEqual(await probed("ecmascript", `${line}\nconst a = 1;`, line), []);
  assert.deepEqual(await probed("ecmascript", line, null, "test"), []);
});

Deno.test("a hostile line is read in linear time", async () => {
  const began = performance.now();
  for (const text of ["process.env ", "new Error(", "assert.", "$0 ", "def __eq__("]) {
    for (const language of ["ecmascript", "python", "shell"] as const) {
      await probed(language, text.repeat(200_000));
    }
  }
  assert.ok(performance.now() - began < 2000);
});
