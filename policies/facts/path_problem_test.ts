import assert from "node:assert/strict";
import fc from "fast-check";
import { attributeOf, modeProblems, pathKey, pathProblems } from "./path_problem.ts";

const kinds = (path: string) => pathProblems(path).map(({ kind }) => kind);

Deno.test("ordinary paths have no problem: dots in names, spaces, other scripts, a file called git", () => {
  for (
    const path of [
      "src/a.ts",
      ".github/workflows/ci.yml",
      "..foo/bar",
      "a b/c",
      "ünï/日本.md",
      "git",
      ".gitignore",
      "a.git/x",
      "x/.gitkeep",
      "con.ts",
    ]
  ) {
    assert.deepEqual(kinds(path), [], path);
  }
});

Deno.test("paths that leave the repository are told: absolute, '..', drive letters, backslashes, empty parts", () => {
  assert.deepEqual(kinds("/etc/passwd"), ["absolute", "empty-part"]);
  assert.deepEqual(kinds("C:/x"), ["absolute"]);
  assert.deepEqual(kinds("a/../../b"), ["parent"]);
  assert.deepEqual(kinds("..\\x"), ["backslash", "parent"]);
  assert.deepEqual(kinds("a//b"), ["empty-part"]);
  assert.deepEqual(kinds("./a"), ["empty-part"]);
  assert.deepEqual(kinds("a/.. /b"), ["parent"]);
  assert.deepEqual(kinds("a/.../b"), ["parent"]);
});

Deno.test("git's own directory is told in any case, as NTFS and HFS+ would open it", () => {
  for (
    const path of [
      ".git/config",
      ".GIT/hooks/pre-commit",
      "sub/.Git/x",
      ".git./x",
      ".git /x",
      ".git::$INDEX_ALLOCATION/x",
      "git~1/x",
      "GIT~1/config",
      ".g\u200cit/config",
      ".git\u200d/config",
      "\ufeff.git/config",
      ".gi\u202et/x",
    ]
  ) assert.ok(kinds(path).includes("git-directory"), JSON.stringify(path));
});

Deno.test("submodule and large-file settings are told, under their short names too", () => {
  assert.deepEqual(kinds(".gitmodules"), ["submodule"]);
  assert.deepEqual(kinds("GITMOD~1"), ["submodule"]);
  assert.deepEqual(kinds(".lfsconfig"), ["git-attributes"]);
});

Deno.test("names that cannot be shown as they are: control and invisible characters, not UTF-8, too long", () => {
  assert.deepEqual(kinds("a\nb"), ["control-character"]);
  assert.deepEqual(kinds("a\u001b[31mb"), ["control-character"]);
  assert.deepEqual(kinds("a\u202eb"), ["hidden-character"]);
  assert.deepEqual(kinds("a\u200bb"), ["hidden-character"]);
  assert.deepEqual(kinds("a\u{e0041}"), ["hidden-character"]);
  assert.deepEqual(kinds('"na\\357ve"'), ["not-utf8"]);
  assert.deepEqual(kinds('".git/na\\357ve"'), ["not-utf8", "git-directory"]);
  assert.deepEqual(kinds('"../na\\357ve"'), ["not-utf8", "parent"]);
  assert.deepEqual(kinds('"say \\"hi\\""'), []);
  assert.deepEqual(kinds("x".repeat(256)), ["too-long"]);
  assert.ok(kinds("a/".repeat(2100) + "b").includes("too-long"));
});

Deno.test("links that are written and submodules that are touched are told; a link that goes away is none", () => {
  const of = (...args: [string, string, string]) => modeProblems("x", ...args).map(({ kind }) => kind);
  assert.deepEqual(of("A", "000000", "120000"), ["symlink"]);
  assert.deepEqual(of("T", "100644", "120000"), ["symlink"]);
  assert.deepEqual(of("D", "120000", "000000"), []);
  assert.deepEqual(of("A", "000000", "160000"), ["submodule"]);
  assert.deepEqual(of("D", "160000", "000000"), ["submodule"]);
  assert.deepEqual(of("M", "100644", "100755"), []);
  assert.deepEqual(of("M", "100644", "104755"), ["unknown-mode"]);
});

Deno.test("attributes that run a program or hide content are told, line-end settings are not", () => {
  for (
    const [line, name] of [
      ["*.bin filter=lfs diff=lfs", "filter"],
      ["* merge=ours", "merge"],
      ["secret export-ignore", "export-ignore"],
      ["a.txt -diff", "diff"],
      ["[attr]hidden filter=x", "[attr]"],
      ["*.x working-tree-encoding=UTF-16", "working-tree-encoding"],
    ] as const
  ) assert.equal(attributeOf(line), name, line);
  for (const line of ["* text=auto", "*.sh text eol=lf", "# filter=x", "", "*.png binary", "filter=x"]) {
    assert.equal(attributeOf(line), null, line);
  }
});

Deno.test("a path with a parent part is always told, wherever it stands", () => {
  const part = fc.stringMatching(/^[a-z]{1,5}$/);
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), fc.array(part, { maxLength: 4 }), (before, after) => {
      assert.ok(kinds([...before, "..", ...after].join("/")).includes("parent"));
      assert.ok(kinds([...before, ".git", ...after].join("/")).includes("git-directory"));
    }),
  );
});

Deno.test("two spellings of one name in another case or composition have one key", () => {
  assert.equal(pathKey("Src/É.ts"), pathKey("src/e\u0301.TS"));
  for (
    const other of [
      "SRC/A.TS",
      "\u017frc/a.ts",
      "src/a.ts.",
      "src/a.ts ",
      "src/a.ts:x",
      "src/a.t\u200cs",
      "src /a.ts",
    ]
  ) {
    assert.equal(pathKey("src/a.ts"), pathKey(other), other);
  }
  assert.equal(pathKey("\u212a.txt"), pathKey("k.txt"));
  assert.notEqual(pathKey("a"), pathKey("b"));
  assert.notEqual(pathKey("a/b"), pathKey("ab"));
});

Deno.test("a part of 255 characters is the longest that file systems take", () => {
  assert.deepEqual(kinds("x".repeat(255)), []);
  assert.deepEqual(kinds(`a/${"x".repeat(256)}/b`), ["too-long"]);
});
