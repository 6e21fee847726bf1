import assert from "node:assert/strict";
import fc from "fast-check";
import { type NamedTest, namesTest } from "./test_name.ts";

const test = (path: string, suite: string, title: string, name?: string): NamedTest => ({
  path,
  suite,
  title,
  name: name ?? `${path === "" ? "" : `${path}::`}${suite === "" ? "" : `${suite} > `}${title}`,
});

const adds = test("src/calc_test.ts", "calc", "adds two numbers");

Deno.test("a test is named by its title, by suite and title, by path and title, and by its whole name", () => {
  for (
    const entry of [
      "adds two numbers",
      "calc > adds two numbers",
      "src/calc_test.ts::adds two numbers",
      "./src/calc_test.ts::adds two numbers",
      "src/calc_test.ts::calc > adds two numbers",
    ]
  ) assert.equal(namesTest(entry, adds), true, entry);
});

Deno.test("a path, a directory with a slash, and a glob name all tests of the files that they cover", () => {
  for (
    const entry of ["src/calc_test.ts", "./src/calc_test.ts", "src/", "src/*_test.ts", "**/*_test.ts", "**"]
  ) {
    assert.equal(namesTest(entry, adds), true, entry);
  }
  assert.equal(namesTest("a/b", test("a/b/c_test.ts", "", "t")), true);
});

Deno.test("near misses name nothing: a part of a title, another path, a prefix of a file name, an empty entry", () => {
  for (
    const entry of [
      "",
      "  ",
      "adds",
      "two numbers",
      "calc",
      "calc > adds",
      "other_test.ts::adds two numbers",
      "src/calc_test.ts::adds",
      "src/calc_test",
      "calc_test.ts",
      "src/calc",
      "*_test.ts",
      "!src/other.ts",
      "::adds two numbers",
      "src/calc_test.ts::",
    ]
  ) assert.equal(namesTest(entry, adds), false, entry);
});

Deno.test("a bare word in the list of removed symbols never opens a directory or a suite of tests", () => {
  assert.equal(namesTest("auth", test("auth/login_test.ts", "auth", "logs in")), false);
});

Deno.test("naming a test with its path names its steps, and a Go test names its subtests, but not its namesakes", () => {
  const step = test("a_test.ts", "outer > middle", "inner");
  assert.equal(namesTest("a_test.ts::outer", step), true);
  assert.equal(namesTest("a_test.ts::outer > middle", step), true);
  assert.equal(namesTest("a_test.ts::out", step), false);
  assert.equal(namesTest("outer", step), false);
  const sub = test("calc/add_test.go", "", "TestAdd/one", "example.com/m/calc::TestAdd/one");
  assert.equal(namesTest("TestAdd", sub), true);
  assert.equal(namesTest("TestAdd/one", sub), true);
  assert.equal(namesTest("calc/add_test.go::TestAdd", sub), true);
  assert.equal(namesTest("example.com/m/calc::TestAdd", sub), true);
  assert.equal(namesTest("TestAd", sub), false);
  assert.equal(namesTest("TestAdd", test("", "", "TestAddAll")), false);
});

Deno.test("a test without a known file is named by no path and no glob", () => {
  const nowhere = test("", "", "adds");
  assert.equal(namesTest("**", nowhere), false);
  assert.equal(namesTest("src/", nowhere), false);
  assert.equal(namesTest("adds", nowhere), true);
});

Deno.test("for any test, its own four names match and a longer or shorter title does not", () => {
  const word = fc.stringMatching(/^[A-Za-z0-9 ()\[\]*.<>é-]{1,20}$/).filter((text) =>
    text.trim() === text && text !== "" && !text.includes("::")
  );
  const file = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,2}_test\.ts$/);
  fc.assert(fc.property(file, fc.option(word, { nil: "" }), word, (path, suite, title) => {
    const one = test(path, suite, title);
    assert.equal(namesTest(title, one), true);
    assert.equal(namesTest(one.name, one), true);
    assert.equal(namesTest(`${path}::${title}`, one), true);
    assert.equal(namesTest(path, one), true);
    assert.equal(namesTest(`${path}::${title}x`, one), false);
    assert.equal(namesTest(`x${path}`, one), false);
  }));
});

Deno.test("matching never throws, whatever the entry holds", () => {
  fc.assert(fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 30 }), (entry, path) => {
    assert.equal(typeof namesTest(entry, test(path, "s", "t")), "boolean");
  }));
});
