import assert from "node:assert/strict";
import fc from "fast-check";
import type { Edit } from "./edit.ts";
import { applyHunks } from "./hunks.ts";
import { replaceOnce } from "./match.ts";
import { parseEdits, renderEdit } from "./parse.ts";

const block = (path: string, search: string, replace: string) =>
  `${path}\n<<<<<<< SEARCH\n${search}\n=======\n${replace}\n>>>>>>> REPLACE`;
const only = (text: string): Edit => {
  const { edits, malformed } = parseEdits(text);
  assert.deepEqual(malformed, []);
  assert.equal(edits.length, 1);
  return edits[0]?.edit as Edit;
};
const put = (text: string, search: string, replace: string) =>
  replaceOnce(text, search === "" ? [] : search.split("\n"), replace === "" ? [] : replace.split("\n"));
const done = (text: string, search: string, replace: string) => {
  const result = put(text, search, replace);
  assert.ok(result.ok, JSON.stringify(result));
  return result;
};
const refusal = (text: string, search: string, replace: string) => {
  const result = put(text, search, replace);
  assert.ok(!result.ok, JSON.stringify(result));
  return result;
};

Deno.test("blocks are read out of prose, fences and decorations, several in an answer, the path given once", () => {
  const text =
    `I change two places.\n\n**src/a.ts**\n\`\`\`ts\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n\`\`\`\n` +
    `and then\n<<<<<<< SEARCH\nc\n=======\n>>>>>>> REPLACE\n\nNow edit \`src/my file.ts\`:\n<<<<<<< SEARCH\n=======\nnew\n>>>>>>> REPLACE\n` +
    `\`\`\`python\nb.py\n<<<<<<< FILE\nprint(1)\n>>>>>>> FILE\n\`\`\`\n`;
  const { edits, malformed } = parseEdits(text);
  assert.deepEqual(malformed, []);
  assert.deepEqual(edits.map(({ edit }) => edit), [
    { kind: "replace", path: "src/a.ts", search: ["a"], replace: ["b"] },
    { kind: "replace", path: "src/a.ts", search: ["c"], replace: [] },
    { kind: "replace", path: "src/my file.ts", search: [], replace: ["new"] },
    { kind: "write", path: "b.py", content: "print(1)\n" },
  ]);
});

Deno.test("a path is taken as people write it, and a sentence is none", () => {
  for (
    const above of [
      "src/a.ts",
      "`src/a.ts`",
      "### src/a.ts",
      "File: src/a.ts",
      "- src/a.ts:",
      "Now I edit src/a.ts",
      "// src/a.ts",
      "1. `src/a.ts`",
    ]
  ) assert.equal(only(block(above, "a", "b")).path, "src/a.ts", above);
  assert.equal(only(block("Makefile", "a", "b")).path, "Makefile");
  assert.equal(only(block("__init__.py", "a", "b")).path, "__init__.py");
  const same = parseEdits(
    `${block("a.ts", "a", "b")}\n${block("The same again, for version 1.2", "c", "d")}`,
  );
  assert.deepEqual(same.edits.map(({ edit }) => edit.path), ["a.ts", "a.ts"]);
  assert.match(parseEdits(block("And here we go", "a", "b")).malformed[0]?.why ?? "", /no file is named/);
});

Deno.test("a block that is cut, has no divider or has two is told with its line, and the ones before it stand", () => {
  const good = block("a.ts", "a", "b");
  for (
    const [broken, why] of [
      ["b.ts\n<<<<<<< SEARCH\na\n=======\nb", /not closed/],
      ["b.ts\n<<<<<<< SEARCH\na\n>>>>>>> REPLACE", /parts SEARCH from REPLACE/],
      ["b.ts\n<<<<<<< SEARCH\na\n=======\nb\n=======\nc\n>>>>>>> REPLACE", /2 lines could be/],
      ["b.ts\n<<<<<<< FILE\na", /not closed/],
      ["*** Begin Patch\n*** Update File: a\n@@\n-a", /not closed/],
      ["*** Begin Patch\n*** Update File: a\nwhat\n*** End Patch", /begins with none of/],
      ["*** Begin Patch\n*** Add File: a\nwhat\n*** End Patch", /does not begin with \+/],
      ["*** Begin Patch\n*** End Patch", /names no file/],
    ] as const
  ) {
    const { edits, malformed } = parseEdits(`${good}\n\n${broken}`);
    assert.equal(edits.length, 1, broken);
    assert.equal(malformed.length, 1, broken);
    assert.match(malformed[0]?.why ?? "", why);
    assert.ok((malformed[0]?.line ?? 0) > 6);
  }
});

Deno.test("longer marks let a block hold lines that look like marks", () => {
  const edit: Edit = {
    kind: "replace",
    path: "doc.rst",
    search: ["Title", "======="],
    replace: ["<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"],
  };
  assert.deepEqual(only(renderEdit(edit)), edit);
});

const line = fc.oneof(
  fc.string({ maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, "")),
  fc.constantFrom(
    "=======",
    "<<<<<<< SEARCH",
    ">>>>>>> REPLACE",
    "<<<<<<< FILE",
    ">>>>>>> FILE",
    "```",
    "*** Begin Patch",
    "",
    "  x",
  ),
);
const lines = fc.array(line, { maxLength: 6 });

Deno.test("property: what is written as a block is read back the same", () => {
  fc.assert(
    fc.property(fc.constantFrom("a.ts", "dir/b c.py", "Makefile"), lines, lines, (path, search, replace) => {
      const edit: Edit = { kind: "replace", path, search, replace };
      assert.deepEqual(only(renderEdit(edit)), edit);
    }),
  );
  fc.assert(fc.property(lines, (content) => {
    const edit: Edit = { kind: "write", path: "a.ts", content: content.map((one) => `${one}\n`).join("") };
    assert.deepEqual(only(renderEdit(edit)), edit);
  }));
});

Deno.test("property: the parser never throws, whatever the answer is", () => {
  const piece = fc.oneof(
    line,
    fc.constantFrom(
      "*** Update File: a",
      "*** Move to: b",
      "@@ x",
      "+a",
      "-b",
      " c",
      "*** End Patch",
      "*** End of File",
      "\0",
      "\ud800",
    ),
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), fc.constantFrom("\n", "\r\n"), (pieces, end) => {
    const { edits, malformed } = parseEdits(pieces.join(end));
    assert.ok(edits.length + malformed.length <= pieces.length);
  }));
});

Deno.test("the place is found exactly, without trailing blanks, shifted, inside a line, and with look-alikes, in that order", () => {
  assert.deepEqual({ ...done("a\nb\nc\n", "b", "B") }, {
    ok: true,
    text: "a\nB\nc\n",
    level: "exact",
    line: 2,
    lines: 1,
  });
  assert.equal(done("a\nb  \nc\n", "b", "B").text, "a\nB\nc\n");
  const shifted = done("if x:\n    a = 1\n    b = 2\n", "a = 1\nb = 2", "a = 1\nif a:\n    b = 3");
  assert.equal(shifted.level, "indentation");
  assert.equal(shifted.text, "if x:\n    a = 1\n    if a:\n        b = 3\n");
  assert.equal(done("a = 1\n", "    a = 1", "    a = 2\n").text, "a = 2\n\n");
  const inside = done("const x = old(1) + 2;\n", "old(1)", "fresh(1)");
  assert.deepEqual([inside.level, inside.text], ["within-a-line", "const x = fresh(1) + 2;\n"]);
  const folded = done("say(‘hi’) — now\n", "say('hi') - now", "say('ho')");
  assert.deepEqual([folded.level, folded.text], ["characters", "say('ho')\n"]);
});

Deno.test("more than one place is refused with the lines, at every level", () => {
  for (
    const [text, search] of [["x\ny\nx\n", "x"], ["x \nx  \n", "x"], ["  x\n    x\n", "x"], [
      "f(x) f(x)\n",
      "f(x)",
    ], ["aaa\n", "aa"]] as const
  ) {
    assert.match(refusal(text, search, "z").why, /found \d times/, text);
  }
});

Deno.test("line ends, a missing last one and a byte order mark stay as they are", () => {
  assert.equal(done("a\r\nb\r\nc", "b", "B1\nB2").text, "a\r\nB1\r\nB2\r\nc");
  assert.equal(done("a\r\nb\r\nc", "c", "d\ne").text, "a\r\nb\r\nd\r\ne");
  assert.equal(done("a\nb", "b", "c").text, "a\nc");
  assert.equal(done("a\nb\nc\n", "b", "").text, "a\nc\n");
  assert.equal(
    done("a\r\nx = foo(1,\r\n  2);\r\n", "foo(1,\n  2)", "bar(\n1)").text,
    "a\r\nx = bar(\r\n1);\r\n",
  );
  assert.equal(done("", "", "new").text, "new\n");
});

Deno.test("what is not there comes back with the nearest lines, and what is made already says so", () => {
  const text = "import a\n\nfunction sum(a, b) {\n  return a + b;\n}\n";
  const result = refusal(text, "function sum(a, b, c) {\n  return a + b;", "x");
  assert.match(result.nearest, /function sum\(a, b\) \{/);
  assert.match(refusal("new\n", "old", "new").why, /made already/);
  assert.match(refusal("a\n", "a", "a").why, /the same/);
  assert.match(refusal("a\n", "", "b").why, /SEARCH is empty/);
  assert.match(refusal("key = x\n", "key = [redacted:aws]", "b").why, /left out/);
  assert.equal(refusal("zzz\n", "completely different", "b").nearest, "");
});

Deno.test("a line that cannot lose the indentation of its block refuses the edit", () => {
  const result = put("a\nb\n", "    a\n    b", "    a\n  c");
  assert.ok(!result.ok, JSON.stringify(result));
});

Deno.test("property: an applied edit changes exactly the place, and nothing when it is refused", () => {
  const word = fc.constantFrom("a", "b", "  a", "a ", "ab", "", "“q”", "x y");
  const end = fc.constantFrom("\n", "\r\n");
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 8 }),
      end,
      fc.boolean(),
      fc.array(word, { minLength: 1, maxLength: 3 }),
      fc.array(fc.constantFrom("N1", "N2", "  N"), { maxLength: 3 }),
      (file, eol, closed, search, replace) => {
        const text = file.join(eol) + (closed && file.length > 0 ? eol : "");
        const result = replaceOnce(text, search, replace);
        if (!result.ok) return;
        const own = text.split(/\r?\n/);
        const now = result.text.split(/\r?\n/);
        const at = result.line - 1;
        assert.deepEqual(now.slice(0, at), own.slice(0, at));
        const tail = own.length - at - result.lines;
        if (tail > 0) assert.deepEqual(now.slice(-tail), own.slice(-tail));
        assert.ok(
          !/[^\r]\n|^\n/.test(result.text) || eol === "\n" || !text.includes("\n"),
          JSON.stringify(result.text),
        );
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("a V4A patch adds, changes, moves and deletes; @@ lines tell where", () => {
  const text =
    "*** Begin Patch\n*** Add File: new.py\n+a = 1\n+\n*** Update File: src/a.py\n*** Move to: src/b.py\n@@ class B\n     def f(self):\n-        return 1\n+        return 2\n*** Delete File: old.py\n*** End Patch\n";
  const { edits, malformed } = parseEdits(text);
  assert.deepEqual(malformed, []);
  assert.deepEqual(edits.map(({ edit }) => edit.kind), ["write", "hunks", "delete"]);
  const [, update] = edits;
  assert.ok(update?.edit.kind === "hunks");
  assert.equal(update.edit.to, "src/b.py");
  const file = "class A\n    def f(self):\n        return 1\nclass B\n    def f(self):\n        return 1\n";
  const result = applyHunks(file, update.edit.hunks);
  assert.ok(result.ok, JSON.stringify(result));
  assert.equal(
    result.text,
    "class A\n    def f(self):\n        return 1\nclass B\n    def f(self):\n        return 2\n",
  );
});

Deno.test("hunks apply all or none; without a line that tells where they must match once", () => {
  const hunk = (search: string[], replace: string[], anchors: string[] = [], atEnd = false) => ({
    anchors,
    search,
    replace,
    atEnd,
  });
  const twice = "x\nx\n";
  assert.match(told(applyHunks(twice, [hunk(["x"], ["y"])])), /hunk 1: SEARCH is found 2 times/);
  assert.match(told(applyHunks("a\nb\n", [hunk(["a"], ["A"]), hunk(["zz"], ["y"])])), /hunk 2/);
  assert.match(told(applyHunks("a\n", [hunk(["a"], ["b"], ["none"])])), /stands nowhere/);
  assert.match(told(applyHunks("a\n", [hunk([], ["b"])])), /only adds lines/);
  assert.equal(text(applyHunks("a", [hunk([], ["b"], [], true)])), "a\nb\n");
  assert.equal(text(applyHunks(twice, [hunk(["x"], ["y"], [], true)])), "x\ny\n");
});

const told = (result: ReturnType<typeof applyHunks>): string => result.ok ? "" : result.why;
const text = (result: ReturnType<typeof applyHunks>): string | null => result.ok ? result.text : null;
