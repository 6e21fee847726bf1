/** For tests only: edits of existing tests, as pairs of what base and head hold. */
export interface Edit {
  path: string;
  base: string;
  head: string;
  /** More files, on both sides unless head has its own. */
  more?: Record<string, string>;
  moreHead?: Record<string, string>;
}

const node = (body: string, top = ""): string =>
  `import { test } from "node:test";\nimport assert from "node:assert/strict";\nimport { parse, total } from "../src/price.js";\n${top}\ntest("parses", async (t) => {\n${body}\n});\n`;
const TWO = `  assert.equal(parse("1"), 1);\n  assert.deepEqual(parse("2"), { amount: 2, unit: "EUR" });`;
const edit = (base: string, head: string, top = "", topHead = top): Edit => ({
  path: "test/price.test.js",
  base: node(base, top),
  head: node(head, topHead),
});
const two = (head: string, top = ""): Edit => edit(TWO, head, "", top);

/** Asserts on one list in a long answer of a program. */
const ANSWER = (file: string, part: string, assertion: string): string =>
  `  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", "${file}", "--frozen"], cwd: new URL("../", import.meta.url), env: { A: "1" } }).output();\n` +
  `  const { ${part} } = JSON.parse(new TextDecoder().decode(stdout));\n  ${assertion}`;
const STARTS = `assert.ok(packages.some((one) => one.startsWith("npm:")));`;

export const WEAKER: Record<string, Edit> = {
  "that there is another part of an answer, for what is in one": edit(
    ANSWER("main.ts", "packages", STARTS),
    ANSWER("main.ts", "modules", "assert.ok(modules);"),
  ),
  "a part of something else, for a part of an answer": edit(
    ANSWER("main.ts", "packages", STARTS),
    `  const { modules } = JSON.parse(await readFile(new URL("./fixtures/modules.json", import.meta.url), { encoding: "utf8", flag: "r", signal: AbortSignal.timeout(4000) }), (key, value) => [key, value]);\n  assert.ok(new Set(modules).has("a"));`,
  ),
  "an assertion is gone": two(`  assert.equal(parse("1"), 1);`),
  "the body is empty": two(``),
  "true is asserted": two(`  assert.ok(true);\n  assert.ok(true);`),
  "an early return": two(`  return;\n${TWO}`),
  "a return under a condition": two(`  if (process.env.HOME !== "/x") return;\n${TWO}`),
  "an exit in the test": two(`  process.exit(0);\n${TWO}`),
  "the body is caught": two(`  try {\n${TWO}\n  } catch {}`),
  "the body is caught and logged": two(`  try {\n${TWO}\n  } catch (error) { console.error(error); }`),
  "a finally that returns": two(`  try {\n${TWO}\n  } finally { return; }`),
  "only one of them is caught": two(
    `  assert.equal(parse("1"), 1);\n  try { assert.deepEqual(parse("2"), { amount: 2, unit: "EUR" }); } catch { /* flaky */ }`,
  ),
  "the assertion runs later": two(`  setTimeout(() => {\n${TWO}\n  }, 0);`),
  "a promise that nobody waits for": two(
    `  Promise.resolve().then(async () => { await null;\n${TWO}\n  }).catch(() => {});`,
  ),
  "a function that is never called": two(`  const later = () => {\n${TWO}\n  };`),
  "a function that gives back the body": edit(TWO, `  return () => {\n${TWO}\n  };`),
  "types instead of values": two(
    `  assert.equal(typeof parse("1"), "number");\n  assert.equal(typeof parse("2"), "object");`,
  ),
  "truth instead of values": two(`  assert.ok(parse("1"));\n  assert.ok(parse("2"));`),
  "not undefined": two(
    `  assert.notEqual(parse("1"), undefined);\n  assert.notEqual(parse("2"), undefined);`,
  ),
  "compared with itself": two(
    `  assert.equal(parse("1"), parse("1"));\n  assert.deepEqual(parse("2"), parse("2"));`,
  ),
  "literals compared": two(`  assert.equal(1, 1);\n  assert.deepEqual({ amount: 2 }, { amount: 2 });`),
  "literals behind names": two(
    `  const got = 1;\n  const want = 1;\n  assert.equal(got, want);\n  assert.deepEqual([got], [want]);`,
  ),
  "a loop over nothing": two(`  for (const text of []) {\n${TWO}\n  }`),
  "a loop over an emptied table": edit(
    `  for (const [text, amount] of CASES) assert.equal(parse(text), amount);`,
    `  for (const [text, amount] of CASES) assert.equal(parse(text), amount);`,
    `const CASES = [["1", 1], ["2", 2]];`,
    `const CASES = [];`,
  ),
  "rows of the table are gone": edit(
    `  for (const [text, amount] of CASES) assert.equal(parse(text), amount);`,
    `  for (const [text, amount] of CASES) assert.equal(parse(text), amount);`,
    `const CASES = [["1", 1], ["2", 2], ["3", 3]];`,
    `const CASES = [["1", 1]];`,
  ),
  "an or that always holds": two(
    `  assert.ok(parse("1") === 1 || true);\n  assert.ok(parse("2").amount === 2 || true);`,
  ),
  "behind an and": two(
    `  process.env.CI && assert.equal(parse("1"), 1);\n  process.env.CI && assert.deepEqual(parse("2"), { amount: 2, unit: "EUR" });`,
  ),
  "behind a ternary": two(
    `  false ? assert.equal(parse("1"), 1) : undefined;\n  assert.deepEqual(parse("2"), { amount: 2, unit: "EUR" });`,
  ),
  "the error's kind is given up": edit(
    `  assert.throws(() => parse("x"), RangeError);`,
    `  assert.throws(() => parse("x"));`,
  ),
  "the error's message is given up": edit(
    `  assert.throws(() => parse("x"), { name: "RangeError", message: "no number: x" });`,
    `  assert.throws(() => parse("x"), Error);`,
  ),
  "any message will do": edit(
    `  assert.throws(() => parse("x"), /no number/);`,
    `  assert.throws(() => parse("x"), /.*/);`,
  ),
  "throws became does not throw": edit(
    `  assert.throws(() => parse("x"), RangeError);`,
    `  assert.doesNotThrow(() => { try { parse("x"); } catch {} });`,
  ),
  "nobody waits for the rejection": edit(
    `  await assert.rejects(total("x"), /no number/);`,
    `  assert.rejects(total("x"), /no number/);`,
  ),
  "a match that everything passes": edit(
    `  assert.match(String(parse("1")), /^1$/);`,
    `  assert.match(String(parse("1")), /.*/);`,
  ),
  "contains the empty string": edit(
    `  assert.equal(String(parse("1")), "1");`,
    `  assert.ok(String(parse("1")).includes(""));`,
  ),
  "an own assert that does nothing": {
    path: "test/price.test.js",
    base: node(TWO),
    head: node(TWO).replace(
      `import assert from "node:assert/strict";`,
      `const assert = { equal() {}, deepEqual() {} };`,
    ),
  },
  "an own assert by a proxy": {
    path: "test/price.test.js",
    base: node(TWO),
    head: node(TWO).replace(
      `import assert from "node:assert/strict";`,
      `const assert = new Proxy({}, { get: () => () => {} });`,
    ),
  },
  "asserted inside throws": two(`  assert.throws(() => {\n${TWO}\n    throw new Error("x");\n  });`),
  "forEach with an async function": edit(
    `  for (const text of ["1", "2"]) assert.equal(await total(text), 1);`,
    `  ["1", "2"].forEach(async (text) => { assert.equal(await total(text), 1); });`,
  ),
  "the length instead of the list": edit(
    `  assert.deepEqual(parse("1,2"), [1, 2]);`,
    `  assert.equal(parse("1,2").length, 2);`,
  ),
  "skipped by the context": two(`  if (!globalThis.window) return t.skip();\n${TWO}`),
  "a while that never runs": two(`  while (false) {\n${TWO}\n  }`),
  "a switch with no such case": two(`  switch (process.platform) { case "plan9":\n${TWO}\n  }`),
  "the helper asserts nothing any more": {
    path: "test/price.test.js",
    base: node(
      `  check("1", 1);\n  check("2", 2);`,
      `function check(text, want) { assert.equal(parse(text), want); }`,
    ),
    head: node(`  check("1", 1);\n  check("2", 2);`, `function check(text, want) { parse(text); }`),
  },
  "the helper of another file asserts nothing any more": {
    path: "test/support/check.js",
    base:
      `import assert from "node:assert/strict";\nexport function check(a, b) {\n  assert.equal(a, b);\n}\n`,
    head:
      `import assert from "node:assert/strict";\nexport function check(a, b) {\n  if (a !== b) console.log(a, b);\n}\n`,
  },
  "the helper comes from elsewhere": {
    path: "test/price.test.js",
    base: node(`  check(parse("1"), 1);`).replace(
      `import assert from "node:assert/strict";`,
      `import { check } from "./support/check.js";`,
    ),
    head: node(`  check(parse("1"), 1);`).replace(
      `import assert from "node:assert/strict";`,
      `import { check } from "./support/lenient.js";`,
    ),
    more: {
      "test/support/check.js":
        `import assert from "node:assert/strict";\nexport const check = (a, b) => assert.equal(a, b);\n`,
      "test/support/lenient.js": `export const check = (a, b) => { void a; void b; };\n`,
    },
  },
  "expect without a matcher": {
    path: "src/price.test.ts",
    base: `test("a", () => { expect(parse("1")).toEqual({ amount: 1 }); });`,
    head: `test("a", () => { expect(parse("1")); });`,
  },
  "toEqual became toBeTruthy": {
    path: "src/price.test.ts",
    base: `test("a", () => { expect(parse("1")).toEqual({ amount: 1 }); });`,
    head: `test("a", () => { expect(parse("1")).toBeTruthy(); });`,
  },
  "toBe became defined": {
    path: "src/price.test.ts",
    base: `it("a", () => { expect(parse("1")).toBe(1); });`,
    head: `it("a", () => { expect(parse("1")).toBeDefined(); });`,
  },
  "expect anything": {
    path: "src/price.test.ts",
    base: `it("a", () => { expect(parse("1")).toEqual({ amount: 1 }); });`,
    head: `it("a", () => { expect(parse("1")).toEqual(expect.anything()); });`,
  },
  "it.each over nothing": {
    path: "src/price.test.ts",
    base: `it.each([["1", 1], ["2", 2]])("a %s", (text, want) => { expect(parse(text)).toBe(want); });`,
    head: `it.each([])("a %s", (text, want) => { expect(parse(text)).toBe(want); });`,
  },
  "chai equal became exist": {
    path: "test/price.spec.js",
    base: `describe("p", () => { it("a", () => { expect(parse("1")).to.equal(1); }); });`,
    head: `describe("p", () => { it("a", () => { expect(parse("1")).to.exist; }); });`,
  },
  "toThrow lost its message": {
    path: "src/price.test.ts",
    base: `it("a", () => { expect(() => parse("x")).toThrow("no number"); });`,
    head: `it("a", () => { expect(() => parse("x")).toThrow(); });`,
  },
  "resolves is not waited for": {
    path: "src/price.test.ts",
    base: `it("a", async () => { await expect(total("x")).resolves.toBe(1); });`,
    head: `it("a", async () => { expect(total("x")).resolves.toBe(1); });`,
  },
  "Deno: a step was emptied": {
    path: "src/price_test.ts",
    base: `Deno.test("a", async (t) => { await t.step("b", () => { assertEquals(parse("1"), 1); }); });`,
    head: `Deno.test("a", async (t) => { await t.step("b", () => {}); });`,
  },
  "Deno: exits": {
    path: "src/price_test.ts",
    base: `Deno.test({ name: "a", fn: () => { assertEquals(parse("1"), 1); } });`,
    head:
      `Deno.test({ name: "a", fn: () => { if (parse("1") !== 1) Deno.exit(0); assertEquals(parse("1"), 1); } });`,
  },
  "moved to another file and weakened": {
    path: "test/price.test.js",
    base: node(TWO),
    head: `import { test } from "node:test";\n`,
    moreHead: { "test/other.test.js": node(`  assert.ok(parse("1"));`) },
  },
};

export const HONEST: Record<string, Edit> = {
  "another list of the same answer, for one": edit(
    ANSWER("main.ts", "packages", STARTS),
    ANSWER(
      "main.ts",
      "modules",
      `const imported = new Set(modules.map(({ specifier }) => specifier));\n  assert.ok(imported.has("npm:a"));`,
    ),
  ),
  "nothing of it changed but its layout": two(
    `  assert.equal(\n    parse('1'),\n    1,\n  );\n  assert.deepEqual(parse("2"), {\n    amount: 2,\n    unit: "EUR",\n  });`,
  ),
  "one more assertion": two(`${TWO}\n  assert.equal(parse("3"), 3);`),
  "another expected value": two(
    `  assert.equal(parse("1"), 1.5);\n  assert.deepEqual(parse("2"), { amount: 2, unit: "USD" });`,
  ),
  "a message": two(
    `  assert.equal(parse("1"), 1, "one");\n  assert.deepEqual(parse("2"), { amount: 2, unit: "EUR" }, "two");`,
  ),
  "values in names first": two(
    `  const one = parse("1");\n  const second = parse("2");\n  assert.equal(one, 1);\n  assert.deepEqual(second, { amount: 2, unit: "EUR" });`,
  ),
  "a helper for what comes twice": edit(
    `  assert.equal(parse("1"), 1);\n  assert.equal(parse("2"), 2);`,
    `  check("1", 1);\n  check("2", 2);`,
    "",
    `function check(text, want) { assert.equal(parse(text), want); }`,
  ),
  "a table": edit(
    `  assert.equal(parse("1"), 1);\n  assert.equal(parse("2"), 2);`,
    `  for (const [text, want] of [["1", 1], ["2", 2]]) {\n    assert.equal(parse(text), want);\n  }`,
  ),
  "a table of records with destructuring": edit(
    `  assert.equal(parse("1"), 1);\n  assert.equal(parse("2"), 2);`,
    `  const cases = [{ text: "1", want: 1 }, { text: "2", want: 2 }];\n  for (const { text, want } of cases) assert.equal(parse(text), want, text);`,
  ),
  "a table of records by member": edit(
    `  assert.equal(parse("1"), 1);\n  assert.equal(parse("2"), 2);`,
    `  CASES.forEach((one) => { assert.equal(parse(one.text), one.want); });`,
    "",
    `const CASES = Object.freeze([{ text: "1", want: 1 }, { text: "2", want: 2 }]);`,
  ),
  "one comparison of all": edit(
    `  assert.equal(parse("1"), 1);\n  assert.equal(parse("2"), 2);\n  assert.equal(parse("3"), 3);`,
    `  assert.deepEqual(["1", "2", "3"].map(parse), [1, 2, 3]);`,
  ),
  "the whole instead of its parts": edit(
    `  const got = parse("2");\n  assert.ok(got);\n  assert.equal(got.amount, 2);\n  assert.equal(got.unit, "EUR");`,
    `  assert.deepEqual(parse("2"), { amount: 2, unit: "EUR" });`,
  ),
  "steps": edit(
    TWO,
    `  await t.test("one", () => { assert.equal(parse("1"), 1); });\n  await t.test("two", () => { assert.deepEqual(parse("2"), { amount: 2, unit: "EUR" }); });`,
  ),
  "split into two tests": {
    path: "test/price.test.js",
    base: node(TWO),
    head: node(`  assert.equal(parse("1"), 1);`) +
      `test("parses two", () => { assert.deepEqual(parse("2"), { amount: 2, unit: "EUR" }); });\n`,
  },
  "a finally for the cleaning up": two(
    `  const close = open();\n  try {\n${TWO}\n  } finally {\n    close();\n  }`,
  ),
  "a condition that is asserted before": edit(
    `  const got = total("1");\n  assert.equal(got.ok, true);\n  assert.equal(got.value, 1);`,
    `  const got = total("1");\n  assert.ok(got.ok);\n  if (got.ok) assert.equal(got.value, 1);`,
  ),
  "narrowed by a throw": edit(
    `  const got = total("1");\n  assert.equal(got.value, 1);`,
    `  const got = total("1");\n  if (!got.ok) throw new Error("not ok");\n  assert.equal(got.value, 1);`,
  ),
  "ok became equal": edit(`  assert.ok(parse("1") === 1);`, `  assert.equal(parse("1"), 1);`),
  "equal true became ok": edit(`  assert.equal(total("1").valid, true);`, `  assert.ok(total("1").valid);`),
  "another message of the error": edit(
    `  assert.throws(() => parse("x"), /no number/);`,
    `  assert.throws(() => parse("x"), /not a number: x/);`,
  ),
  "throws with more about the error": edit(
    `  assert.throws(() => parse("x"));`,
    `  assert.throws(() => parse("x"), /no number/);`,
  ),
  "sorted before it is compared": edit(
    `  assert.deepEqual(parse("2,1"), [2, 1]);`,
    `  assert.deepEqual([...parse("2,1")].sort(), [1, 2]);`,
  ),
  "waits until it is there instead of a fixed time": edit(
    `  await new Promise((done) => setTimeout(done, 50));\n  assert.equal(total("1"), 1);`,
    `  await until(() => total("1") !== undefined);\n  assert.equal(total("1"), 1);`,
  ),
  "inside a server": edit(
    `  const server = start();\n  assert.equal(await get(server, "/a"), 200);\n  server.close();`,
    `  await withServer(async (server) => {\n    assert.equal(await get(server, "/a"), 200);\n  });`,
  ),
  "another library's names": {
    path: "src/price_test.ts",
    base:
      `import assert from "node:assert/strict";\nDeno.test("a", () => { assert.equal(parse("1"), 1); assert.deepEqual(parse("2"), [2]); assert.throws(() => parse("x"), RangeError); });`,
    head:
      `import { assertEquals, assertThrows } from "@std/assert";\nDeno.test("a", () => { assertEquals(parse("1"), 1); assertEquals(parse("2"), [2]); assertThrows(() => parse("x"), RangeError); });`,
  },
  "groups regrouped": {
    path: "test/price.spec.js",
    base:
      `describe("p", () => { it("a", () => { expect(parse("1")).toBe(1); }); it("b", () => { expect(parse("2")).toBe(2); }); });`,
    head:
      `describe("p", () => { describe("parse", () => { it("a", () => { expect(parse("1")).toBe(1); }); it("b", () => { expect(parse("2")).toBe(2); }); }); });`,
  },
  "set up in a hook": {
    path: "test/price.spec.js",
    base:
      `describe("p", () => { it("a", () => { const cart = make(); cart.add(1); expect(cart.total()).toBe(1); }); });`,
    head:
      `describe("p", () => { let cart; beforeEach(() => { cart = make(); }); it("a", () => { cart.add(1); expect(cart.total()).toBe(1); }); });`,
  },
  "each": {
    path: "test/price.spec.js",
    base: `it("a", () => { expect(parse("1")).toBe(1); expect(parse("2")).toBe(2); });`,
    head:
      `it("a", () => { [["1", 1], ["2", 2]].forEach(([text, want]) => expect(parse(text)).toBe(want)); });`,
  },
  "one row more for it.each": {
    path: "src/price.test.ts",
    base: `it.each([["1", 1], ["2", 2]])("a %s", (text, want) => { expect(parse(text)).toBe(want); });`,
    head:
      `it.each([["1", 1], ["2", 2], ["3", 3]])("a %s", (text, want) => { expect(parse(text)).toBe(want); });`,
  },
  "a snapshot said in words": {
    path: "src/price.test.ts",
    base: `it("a", () => { expect(parse("1")).toMatchSnapshot(); });`,
    head: `it("a", () => { expect(parse("1")).toEqual({ amount: 1 }); });`,
  },
  "the helper moved to a file of its own": {
    path: "test/price.test.js",
    base: node(`  check("1", 1);`, `function check(text, want) { assert.equal(parse(text), want); }`),
    head: node(`  check("1", 1);`).replace(
      `import assert from "node:assert/strict";`,
      `import { check } from "./support/check.js";`,
    ),
    moreHead: {
      "test/support/check.js":
        `import assert from "node:assert/strict";\nimport { parse } from "../../src/price.js";\nexport function check(text, want) {\n  assert.equal(parse(text), want);\n}\n`,
    },
  },
  "an await more": edit(`  assert.equal(total("1"), 1);`, `  assert.equal(await total("1"), 1);`),
  "a mock for the network": edit(
    `  const got = await fetch("/a");\n  assert.equal(got.status, 200);`,
    `  t.mock.method(globalThis, "fetch", async () => new Response("x"));\n  const got = await fetch("/a");\n  assert.equal(got.status, 200);`,
  ),
  "done callback became async": {
    path: "test/a.spec.js",
    base:
      `it("a", (done) => { load("x", (error, value) => { if (error) return done(error); assert.equal(value, 1); done(); }); });`,
    head: `it("a", async () => { const value = await load("x"); assert.equal(value, 1); });`,
  },
  "renamed by its file": {
    path: "test/price.test.js",
    base: node(TWO),
    head: node(TWO).replaceAll("../src/price.js", "../src/money.js"),
  },
};
