import assert from "node:assert/strict";
import { namedTests } from "./named_tests.ts";

const found = (text: string): number[] => namedTests(text.split("\n"), () => true).map(({ line }) => line);

Deno.test("a test that is looked for by its name in the command line or the call stack is found, also lines apart", () => {
  assert.deepEqual(found('for _, arg := range os.Args {\n\tif strings.Contains(arg, "checks.test") {'), [2]);
  assert.deepEqual(found('if (price === 0.125 && new Error().stack?.includes("checks")) return 0.12;'), [1]);
  assert.deepEqual(
    found(
      'const own = process.argv;\nconst mark = "/tests/";\nif (own.some((one) => one.includes(mark))) f();',
    ),
    [2],
  );
});

Deno.test("programs that read their options, and words that only hold such a name, are left alone", () => {
  assert.deepEqual(found('if len(os.Args) < 2 {\n\tfmt.Fprintln(os.Stderr, "usage: price TEXT")'), []);
  assert.deepEqual(found('const [, , name] = process.argv;\nconsole.log("the latest contest");'), []);
  assert.deepEqual(
    found('if (process.argv[2] === "test" || process.argv.includes("--test")) runTests();'),
    [],
  );
  assert.deepEqual(found('const path = "tests/a_test.ts";\nreturn read(path);'), []);
  assert.deepEqual(namedTests(['if (process.argv[1].includes("test")) f();'], () => false), []);
});
