import assert from "node:assert/strict";
import fc from "fast-check";
import { PatchFacts, Spec } from "../../specs/code/mod.ts";
import { extractPatchFacts } from "./extract.ts";
import { sampleFacts, sampleInput, type Tree } from "../testing/trees.ts";

const encoder = new TextEncoder();
const BASE: Tree = {
  "package.json": '{"name":"a","scripts":{"test":"node --test"}}',
  "src/a.js": "exports.a = 1;\nexports.old = (x) => x;\n",
  "src/a.test.js": "test('one', () => {});\ntest('two', () => {});\n",
  "README.md": "# A\n",
};

Deno.test("facts of a plain edit: files by kind, tests and exports that come and go, nothing else", async () => {
  const facts = await sampleFacts(BASE, {
    ...BASE,
    "src/a.js": "exports.a = 1;\nexports.fresh = (x) => x;\n",
    "src/a.test.js": "test('one', () => {});\ntest.skip('three', () => {});\n",
  });
  assert.deepEqual(facts.files.map(({ path, kind, status }) => [path, kind, status]), [[
    "src/a.js",
    "code",
    "M",
  ], ["src/a.test.js", "test", "M"]]);
  assert.deepEqual(facts.parses.ok && facts.agrees.ok, true);
  assert.equal(facts.patch, facts.change?.patch);
  assert.deepEqual(facts.exports.removed.map(({ name }) => name), ["old"]);
  assert.deepEqual(facts.exports.added.map(({ name, public: open }) => [name, open]), [["fresh", true]]);
  assert.deepEqual(facts.tests.removed.map(({ title, path }) => [title, path]), [["two", "src/a.test.js"]]);
  assert.deepEqual(facts.tests.markers.map(({ kind, test, line }) => [kind, test, line]), [[
    "skip",
    "three",
    2,
  ]]);
  assert.deepEqual([facts.pathProblems, facts.protectedEdits, facts.secrets], [[], [], []]);
});

Deno.test("a test that moves to another changed file is neither lost nor new, and its mark is not new", async () => {
  const base: Tree = { "a_test.py": "@pytest.mark.skip\ndef test_a(): pass\ndef test_b(): pass\n" };
  const facts = await sampleFacts(base, {
    "a_test.py": "def test_b(): pass\n",
    "c_test.py": "@pytest.mark.skip\ndef test_a(): pass\n",
  });
  assert.deepEqual([facts.tests.removed, facts.tests.added, facts.tests.markers], [[], [], []]);
});

Deno.test("a renamed file is compared with what it was; its modes, links, submodules and attributes are told", async () => {
  const facts = await sampleFacts(
    {
      "src/a.ts": "export const a = 1;\nexport const b = 2;\n",
      "run.sh": "x\n",
      ".gitattributes": "* text=auto\n",
    },
    {
      "src/b.ts": "export const a = 1;\n",
      "run.sh": { mode: "100755", content: "x\n" },
      "link": { mode: "120000", content: "/etc/passwd" },
      "sub": { mode: "160000", content: "Subproject commit 1\n" },
      ".gitattributes": "* text=auto\n*.x filter=evil\n",
    },
    { "src/a.ts": "src/b.ts" },
  );
  assert.deepEqual(facts.exports.removed.map(({ path, name }) => `${path}::${name}`), ["src/a.ts::b"]);
  assert.equal(facts.files.find(({ path }) => path === "run.sh")?.executableBit, "set");
  assert.deepEqual(facts.pathProblems.map(({ kind, path }) => [kind, path]).sort(), [
    ["git-attributes", ".gitattributes"],
    ["submodule", "sub"],
    ["symlink", "link"],
  ]);
});

Deno.test("a new name that differs from an existing one by case only is told; one that collided before is not", async () => {
  const facts = await sampleFacts({ "src/A.ts": "1\n" }, { "src/A.ts": "1\n", "src/a.ts": "2\n" });
  assert.deepEqual(facts.pathProblems.map(({ kind, path }) => [kind, path]), [[
    "case-collision",
    "src/a.ts",
  ]]);
  const old = await sampleFacts({ "A": "1\n", "a": "1\n" }, { "A": "2\n", "a": "1\n" });
  assert.deepEqual(old.pathProblems, []);
});

Deno.test("protected edits: whole files by name, parts by comparison at base and head", async () => {
  const head = {
    ...BASE,
    "package.json": '{"name":"b","version":"2","scripts":{"test":"true"}}',
    ".github/workflows/ci.yml": "x\n",
  };
  const facts = await sampleFacts(BASE, head);
  assert.deepEqual(facts.protectedEdits.map(({ path, part }) => [path, part]), [[
    ".github/workflows/ci.yml",
    undefined,
  ], ["package.json", "scripts.test"]]);
  const bump = await sampleFacts(BASE, {
    ...BASE,
    "package.json": '{"name":"a","version":"2","scripts":{"test":"node --test"}}',
  });
  assert.deepEqual(bump.protectedEdits, []);
});

Deno.test("moving a protected file away is an edit of it", async () => {
  const facts = await sampleFacts({ "CODEOWNERS": "* @a\n" }, { "old.txt": "* @a\n" }, {
    "CODEOWNERS": "old.txt",
  });
  assert.deepEqual(facts.protectedEdits.map(({ path }) => path), ["CODEOWNERS"]);
});

Deno.test("of a patch that does not apply the paths and secrets are still told, from its text", async () => {
  const token = "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3gH5";
  const patch = encoder.encode(`--- /dev/null\n+++ b/../../etc/cron.d/x\n@@ -0,0 +1 @@\n+${token}\n`);
  const facts = await extractPatchFacts({
    change: null,
    patch,
    applies: { ok: false, problem: "invalid path" },
    read: () => Promise.reject(new Error("not to be read")),
    list: () => Promise.reject(new Error("not to be listed")),
  });
  assert.deepEqual(facts.pathProblems.map(({ kind }) => kind), ["parent"]);
  assert.deepEqual(facts.secrets.map(({ rule }) => rule), ["github-token"]);
  assert.equal(facts.agrees.ok, false);
});

Deno.test("a diff and a list of files that are not about the same files are told apart", async () => {
  const input = await sampleInput(BASE, { ...BASE, "README.md": "# B\n" });
  const other = await sampleInput(BASE, { ...BASE, "src/a.js": "x\n" });
  const facts = await extractPatchFacts({ ...input, patch: other.patch });
  assert.equal(facts.agrees.ok, false);
  assert.match(facts.agrees.problem ?? "", /git lists README\.md.*the diff holds src\/a\.js/);
});

Deno.test("of a patch with a secret the facts keep no text in which it could stand", async () => {
  const token = "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3gH5";
  const facts = await sampleFacts(BASE, {
    ...BASE,
    [`src/${token}.test.js`]: `test('uses ${token}', () => {});\n// ${token}\n`,
  });
  assert.ok(facts.secrets.length >= 2);
  assert.ok(!JSON.stringify(facts).includes(token.slice(4, 20)));
});

Deno.test("secrets that were found before the patch was redacted stay in the facts", async () => {
  const input = await sampleInput(BASE, { ...BASE, "README.md": "# B\n" });
  const facts = await extractPatchFacts({
    ...input,
    withheld: [{ rule: "github-token", path: "README.md", line: 1 }],
  });
  assert.deepEqual(facts.secrets, [{ rule: "github-token", path: "README.md", line: 1 }]);
});

Deno.test("a spec's own test globs make a file a test", async () => {
  const input = await sampleInput({}, { "checks/one.js": "assert(true);\n" });
  const spec = Spec.parse({
    title: "t",
    intent: { type: "UPDATE", scope: ["**"] },
    verify: { run: [["x"]], tests: ["checks/**"] },
  });
  assert.equal((await extractPatchFacts({ ...input, spec })).files[0]?.kind, "test");
  assert.equal((await extractPatchFacts(input)).files[0]?.kind, "code");
});

Deno.test("a source file that is too large to scan, or that nobody can read, is told as unread", async () => {
  const facts = await sampleFacts({ "a.rb": "x\n" }, {
    "a.rb": "y\n",
    "big.ts": `export const a = "${"x ".repeat(1_100_000)}";\n`,
    "t_spec.rb": "z\n",
  });
  assert.deepEqual(facts.exports.unread.sort(), ["a.rb", "big.ts", "t_spec.rb"]);
});

Deno.test("only modules that users can reach make new exports public", async () => {
  const base: Tree = {
    "package.json": '{"exports":{".":"./src/index.js"}}',
    "src/index.js": 'export * from "./api.js";\n',
    "src/api.js": "export const a = 1;\n",
    "src/inner.js": "export const b = 1;\n",
  };
  const facts = await sampleFacts(base, {
    ...base,
    "src/api.js": "export const a = 1;\nexport const c = 1;\n",
    "src/inner.js": "export const b = 1;\nexport const d = 1;\n",
    "src/new.js": "export const e = 1;\n",
  });
  assert.deepEqual(facts.exports.added.map(({ name, public: open }) => [name, open]), [["c", true], [
    "d",
    false,
  ], ["e", false]]);
  const go = await sampleFacts({ "a.go": "package a\n", "internal/b.go": "package b\n" }, {
    "a.go": "package a\n",
    "c.go": "package a\nfunc C() {}\n",
    "internal/d.go": "package b\nfunc D() {}\n",
    "internal/b.go": "package b\n",
  });
  assert.deepEqual(go.exports.added.map(({ name, public: open }) => [name, open]), [["C", true], [
    "D",
    false,
  ]]);
});

Deno.test("the facts have their contract's form for any two trees, and the same input gives the same facts", async () => {
  const path = fc.constantFrom(
    "src/a.ts",
    "src/a_test.ts",
    "b.py",
    "c.go",
    "README.md",
    "package.json",
    "x/y.rs",
    ".github/a.yml",
    "é.txt",
    "A.java",
  );
  const text = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom("export const a = 1;\n", "test('a', f)\n", "def test_a(): pass\n", "{}", ""),
  );
  const tree = fc.dictionary(path, text, { maxKeys: 6 });
  await fc.assert(
    fc.asyncProperty(tree, tree, async (base, head) => {
      const facts = await sampleFacts(base, head);
      assert.deepEqual(PatchFacts.parse(facts), facts);
      assert.ok(facts.parses.ok, facts.parses.problem);
      assert.ok(facts.agrees.ok, facts.agrees.problem);
      assert.deepEqual(await sampleFacts(base, head), facts);
    }),
    { numRuns: 60 },
  );
});

Deno.test("facts of a patch of 2,000 lines take well below a second", async () => {
  const lines = (mark: string) =>
    Array.from(
      { length: 200 },
      (_, at) => `export function f${at}(a: number) {\n  return a + ${at}; // ${mark}\n}\n`,
    ).join("");
  const base: Tree = Object.fromEntries(
    Array.from({ length: 5 }, (_, at) => [`src/f${at}.ts`, lines("old")]),
  );
  const head: Tree = Object.fromEntries(
    Array.from({ length: 5 }, (_, at) => [`src/f${at}.ts`, lines("new")]),
  );
  const input = await sampleInput(base, head);
  assert.ok(input.change.added >= 1900);
  await extractPatchFacts(input);
  const start = performance.now();
  await extractPatchFacts(input);
  const ms = performance.now() - start;
  // Below 100 ms on an idle machine; the bound leaves room for a busy one.
  assert.ok(ms < 1000, `${ms.toFixed(0)} ms`);
});

Deno.test("an executable bit is told as set or cleared, a deleted program as neither", async () => {
  const program = { mode: "100755", content: "x\n" };
  const facts = await sampleFacts({ "a.sh": program, "b.sh": program, "c.sh": "x\n" }, {
    "a.sh": "x\n",
    "c.sh": program,
  });
  assert.deepEqual(facts.files.map(({ path, executableBit }) => [path, executableBit]), [
    ["a.sh", "cleared"],
    ["b.sh", "unchanged"],
    ["c.sh", "set"],
  ]);
});
