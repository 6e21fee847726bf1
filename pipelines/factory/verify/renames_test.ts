import assert from "node:assert/strict";
import fc from "fast-check";
import { rewriteSource } from "./code_words.ts";
import { renamedPath, renameIn } from "./renames.ts";

const rename = (path: string, text: string, ...renames: { from: string; to: string }[]) =>
  new TextDecoder().decode(
    renameIn(new TextEncoder().encode(text), path, renamedPath(path, renames), renames),
  );

Deno.test("a symbol is renamed in code by whole word, and its last name counts", () => {
  const text = "import { add, adder } from './calc.ts';\nconst x = add(1) + calc.add + $add + addition;\n";
  const expected = text.replace("{ add,", "{ sum,").replace("= add(", "= sum(").replace(
    "calc.add",
    "calc.sum",
  );
  assert.equal(rename("a_test.ts", text, { from: "add", to: "sum" }), expected);
  assert.equal(rename("a_test.ts", text, { from: "src/calc.ts#add", to: "src/calc.ts#sum" }), expected);
  assert.equal(rename("a_test.ts", text, { from: "Calc.add", to: "Calc.sum" }), expected);
});

Deno.test("names of tests, sentences in quotes and data stay; what a mock names is renamed", () => {
  const js = `test("add", () => {});\nit('add', f); describe(\`add\`, f); t.step("add", f);\n` +
    `expect(msg).toBe("cannot add that"); spyOn(calc, "add"); // add\n/* add */ const t = \`\${add(1)} add \${\`\${add}\`}\`;\n`;
  assert.equal(
    rename("a.test.ts", js, { from: "add", to: "sum" }),
    js.replace(`spyOn(calc, "add")`, `spyOn(calc, "sum")`).replace("${add(1)}", "${sum(1)}").replace(
      "`${add}`",
      "`${sum}`",
    ),
  );
  const py =
    `def test_add():\n    """Does add."""\n    # add\n    with mock.patch("calc.add"):\n        assert add(1) == 'add it'\n`;
  assert.equal(
    rename("test_a.py", py, { from: "add", to: "sum" }),
    py.replace("calc.add", "calc.sum").replace("assert add(1)", "assert sum(1)"),
  );
  assert.equal(rename("tests/data.json", `{"add": "add"}`, { from: "add", to: "sum" }), `{"add": "add"}`);
});

Deno.test("a moved module is found by relative import, by path from the root, by dotted name and by Go's import path", () => {
  const move = { from: "src/old.ts", to: "src/lib/fresh.ts" };
  assert.equal(
    rename(
      "src/old_test.ts",
      `import { a } from "./old.ts";\nimport b from "./old";\nimport c from "./older.ts";`,
      move,
    ),
    `import { a } from "./lib/fresh.ts";\nimport b from "./lib/fresh";\nimport c from "./older.ts";`,
  );
  // What was put in is not renamed again: the folder is called as the module was.
  const inward = { from: "src/money.ts", to: "src/money/amount.ts" };
  const both = `import { a } from "./money.ts";\nimport b from "./money";`;
  assert.equal(
    rename("src/money_test.ts", both, inward, { from: "src/money.ts::a", to: "src/money/amount.ts::a" }),
    `import { a } from "./money/amount.ts";\nimport b from "./money/amount";`,
  );
  assert.equal(
    rename("a_test.ts", "first(second);", { from: "first", to: "second" }, { from: "second", to: "first" }),
    "second(first);",
  );
  assert.equal(rename("test/a.test.ts", `from "../src/old.ts"`, move), `from "../src/lib/fresh.ts"`);
  assert.equal(rename("a.test.ts", `read("src/old.ts")`, move), `read("src/lib/fresh.ts")`);
  assert.equal(
    rename("tests/test_a.py", "from pkg.old import a\nimport pkg.old.b\n", {
      from: "pkg/old.py",
      to: "pkg/fresh.py",
    }),
    "from pkg.fresh import a\nimport pkg.fresh.b\n",
  );
  assert.equal(
    rename("a_test.go", `import "example.com/m/internal/old"`, {
      from: "internal/old",
      to: "internal/fresh",
    }),
    `import "example.com/m/internal/fresh"`,
  );
});

Deno.test("a test file that moved itself imports from its new place", () => {
  const renames = [{ from: "src/a.test.js", to: "test/a.test.js" }, { from: "src/a.js", to: "lib/a.js" }];
  assert.equal(renamedPath("src/a.test.js", renames), "test/a.test.js");
  assert.equal(
    rename("src/a.test.js", `import { x } from "./a.js";`, ...renames),
    `import { x } from "../lib/a.js";`,
  );
  assert.equal(renamedPath("src/deep/b.js", [{ from: "src/deep", to: "lib" }]), "lib/b.js");
  assert.equal(renamedPath("src/deeper/b.js", [{ from: "src/deep", to: "lib" }]), "src/deeper/b.js");
});

Deno.test("bytes that are no text stay, and without renames nothing is read at all", () => {
  const bytes = new Uint8Array([0x61, 0xff, 0x62]);
  assert.equal(renameIn(bytes, "a.ts", "a.ts", [{ from: "a", to: "b" }]), bytes);
  assert.equal(renameIn(bytes, "a.ts", "a.ts", []), bytes);
  const bom = new Uint8Array([0xef, 0xbb, 0xbf, 0x61]);
  assert.deepEqual([...renameIn(bom, "a.ts", "a.ts", [{ from: "x", to: "y" }])], [...bom]);
});

Deno.test("taking a source apart and leaving it alone gives the source, whatever it holds", () => {
  const same = { code: (text: string) => text, text: (text: string) => text };
  const piece = fc.constantFrom(
    "'",
    '"',
    "`",
    "${",
    "}",
    "//",
    "/*",
    "*/",
    "#",
    "\\",
    "\n",
    '"""',
    "a",
    " ",
    "{",
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.constantFrom("a.ts", "a.py", "a.rs", "a.sh"),
      (parts, path) => {
        assert.equal(rewriteSource(path, parts.join(""), same), parts.join(""));
      },
    ),
    { numRuns: 2_000 },
  );
});
