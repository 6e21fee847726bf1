/** Patches by hand against one small repository: what must not come in, and what must. */
/** One byte a character, for names and content that are not UTF-8. */
export const raw = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

export const FILES: Record<string, string> = {
  "a.txt": "one\ntwo\nthree\nfour\nfive\nsix\n",
  "README.md": "# Sample\n\nText.\n",
  "src/a.ts": "export function a(): number {\n  return 1;\n}\n",
  "src/b.ts": "export const b = 2;\n",
  "crlf.txt": "one\r\ntwo\r\nthree\r\n",
  "end.txt": "no newline at the end",
  "run.sh": "#!/bin/sh\necho run\n",
  "caf\u00e9.txt": "latte\n",
  "locales/en.json": '{\n  "hello": "Hello"\n}\n',
  "package.json": '{\n  "name": "x"\n}\n',
  "package-lock.json": '{\n  "lockfileVersion": 3\n}\n',
  "img.png": "\x89PNG\r\n\x1a\n\x00\x00\x00\x00IEND\x01\x02\x03\x04",
};

const header = (path: string, extended: string[] = []) => [`diff --git a/${path} b/${path}`, ...extended];
const added = (path: string, mode = "100644", line = "hello") =>
  [
    ...header(path, [`new file mode ${mode}`, "index 0000000..ce01362"]),
    "--- /dev/null",
    `+++ b/${path}`,
    "@@ -0,0 +1 @@",
    `+${line}`,
    "",
  ]
    .join("\n");
const quoted = (path: string) =>
  [
    `diff --git "a/${path}" "b/${path}"`,
    "new file mode 100644",
    "index 0000000..ce01362",
    "--- /dev/null",
    `+++ "b/${path}"`,
    "@@ -0,0 +1 @@",
    "+hello",
    "",
  ]
    .join("\n");
const edit = (path: string, hunk: string, extended: string[] = []) =>
  [...header(path, extended), `--- a/${path}`, `+++ b/${path}`, hunk, ""].join("\n");
const EDIT = edit("a.txt", "@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three");

export const HOSTILE: Record<string, string | Uint8Array> = {
  // Git's own directory, by every name that some file system takes for it.
  ".git": added(".git/config"),
  ".GIT": added(".GIT/hooks/pre-commit", "100755"),
  "a space behind .git": added(".git /config"),
  "a dot behind .git": added(".git./config"),
  "dots and spaces behind .git": added(".git . ./config"),
  "the short name of .git": added("git~1/config"),
  "the short name of .git in capitals": added("GIT~1/config"),
  "a character that HFS+ ignores": added(".g\u200cit/config"),
  "a stream of NTFS": added(".git::$INDEX_ALLOCATION/config"),
  ".git below": added("src/.git/config"),
  ".git by an escape": quoted("\\056git/config"),
  ".git with a backslash": quoted(".git\\\\config"),
  ".gitmodules": added(".gitmodules", "100644", '[submodule "x"]'),
  ".GitModules": added(".GitModules"),
  "the short name of .gitmodules": added("gitmod~1"),
  // Out of the repository.
  "upwards": added("../outside.txt"),
  "upwards in the middle": added("src/../../outside.txt"),
  "upwards by an escape": quoted("\\056\\056/outside.txt"),
  "absolute": added("/tmp/outside.txt"),
  "a drive": added("C:/outside.txt"),
  "backslashes": quoted("..\\\\outside.txt"),
  "an empty part": added("src//x.ts"),
  "a lone dot": added("./x.txt"),
  "a part of dots and spaces": added("... /x.txt"),
  // Names that do not read as what they are.
  "a line end in a name": quoted("x\\ny.txt"),
  "an escape sequence in a name": quoted("x\\033[31m.txt"),
  "a name that turns around": added("x\u202etxt.exe"),
  "a name with nothing in it": added("x\u200by.txt"),
  "another case": added("readme.md"),
  "another case of a directory": added("SRC/c.ts"),
  "a directory with the name of a file": added("A.TXT/x"),
  "another composition": added("cafe\u0301.txt"),
  "a long s": added("\u017frc/c.ts"),
  "a dot behind a name": added("a.txt."),
  "a stream behind a name": added("a.txt:x"),
  "a name of 300 characters": added("x".repeat(300)),
  // Links, submodules, modes.
  "a link": added("shared", "120000", "/etc/passwd"),
  "a link inside": added("other", "120000", "README.md"),
  "a file that becomes a link": `${
    [
      ...header("src/b.ts", ["deleted file mode 100644", "index 0000000..0000000"]),
      "--- a/src/b.ts",
      "+++ /dev/null",
      "@@ -1 +0,0 @@",
      "-export const b = 2;",
      "",
    ].join("\n")
  }${added("src/b.ts", "120000", "../a.txt")}`,
  "a mode that makes a link": edit(
    "a.txt",
    "@@ -1,6 +1 @@\n-one\n-two\n-three\n-four\n-five\n-six\n+/etc/passwd",
    ["old mode 100644", "new mode 120000"],
  ),
  "another target for a link": edit(
    "link",
    "@@ -1 +1 @@\n-a.txt\n\\ No newline at end of file\n+../secret\n\\ No newline at end of file",
    ["index 1..2 120000"],
  ),
  "writing through a link": added("link/x.txt"),
  "a submodule": [
    ...header("lib", ["new file mode 160000"]),
    "--- /dev/null",
    "+++ b/lib",
    "@@ -0,0 +1 @@",
    `+Subproject commit ${"2".repeat(40)}`,
    "",
  ].join("\n"),
  "another commit of a submodule": edit(
    "vendor",
    `@@ -1 +1 @@\n-Subproject commit ${"1".repeat(40)}\n+Subproject commit ${"2".repeat(40)}`,
    [`index ${"1".repeat(7)}..${"2".repeat(7)} 160000`],
  ),
  "a set-uid mode": added("x.sh", "104755"),
  "a directory's mode": added("x", "040000"),
  "a filter attribute": added(".gitattributes", "100644", "*.ts filter=run"),
  // Lies.
  "more lines than the hunk says": edit("a.txt", "@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n+drei\n three"),
  "fewer lines than the hunk says": edit("a.txt", "@@ -1,3 +1,5 @@\n one\n-two\n+zwei\n three"),
  "no context, another line": edit("a.txt", "@@ -2 +2 @@\n-one\n+zwei"),
  "a new file that is there": added("a.txt"),
  "a file that is not there": edit("b.txt", "@@ -1 +1 @@\n-one\n+zwei"),
  "context that is not there": edit("a.txt", "@@ -1,3 +1,3 @@\n uno\n-two\n+zwei\n three"),
  "names that differ": [
    ...header("a.txt"),
    "--- a/a.txt",
    "+++ b/src/a.ts",
    "@@ -1,3 +1,3 @@",
    " one",
    "-two",
    "+zwei",
    " three",
    "",
  ].join("\n"),
  "a rename that names another file than the header": [
    "diff --git a/a.txt b/c.txt",
    "similarity index 100%",
    "rename from README.md",
    "rename to c.txt",
    "",
  ].join("\n"),
  "a combined diff": [
    "diff --cc a.txt",
    "index 1,2..3",
    "--- a/a.txt",
    "+++ b/a.txt",
    "@@@ -1,3 -1,3 +1,3 @@@",
    "  one",
    "- two",
    " -two",
    "++zwei",
    "  three",
    "",
  ].join("\n"),
  "a header with CR": EDIT.replaceAll("\n", "\r\n"),
  "a quoted name that does not end": EDIT.replace("b/a.txt", '"b/a.txt'),
  "a binary file without content": [
    ...header("img.png", ["index 1111111..2222222 100644"]),
    "Binary files a/img.png and b/img.png differ",
    "",
  ].join("\n"),
  "a binary literal that is longer than it says": [
    ...header("x.bin", ["new file mode 100644", "index 0000000..1111111"]),
    "GIT binary patch",
    "literal 2",
    "KcmZQzWMT#Y01f~L",
    "",
    "literal 0",
    "HcmV?d00001",
    "",
    "",
  ].join("\n"),
  "a delta of another file": [
    ...header("img.png", [`index ${"3".repeat(40)}..${"4".repeat(40)} 100644`]),
    "GIT binary patch",
    "delta 5",
    "McmZQzU|?i`U;qFB",
    "",
    "delta 5",
    "McmZQzU|?i`U;qFB",
    "",
    "",
  ].join("\n"),
  "text that is no patch": "please apply: rm -rf /\n",
  "nothing": "",
  "a hunk and nothing more": "@@ -1 +1 @@\n-one\n+two\n",
};

export const HONEST: Record<string, { patch: string | Uint8Array; over?: Record<string, unknown> }> = {
  "an edit": { patch: EDIT },
  "an edit some lines off": { patch: edit("a.txt", "@@ -3,3 +3,3 @@\n one\n-two\n+zwei\n three") },
  "an edit with a date behind the name": { patch: EDIT.replace("a/a.txt\n+", "a/a.txt\t2026-01-01\n+") },
  "a diff of diff(1)": { patch: EDIT.slice(EDIT.indexOf("--- ")) },
  "with prefixes of its own": {
    patch: EDIT.replaceAll("a/a.txt", "i/a.txt").replaceAll("b/a.txt", "w/a.txt"),
  },
  "a mail of git format-patch": {
    patch: `From ${
      "1".repeat(40)
    } Mon Sep 17 00:00:00 2001\nFrom: Ann <ann@example.com>\nSubject: [PATCH] Say it in German\n\n---\n a.txt | 2 +-\n 1 file changed\n\n${EDIT}-- \n2.39.5\n\n`,
  },
  "two hunks": {
    patch: edit("a.txt", "@@ -1,2 +1,2 @@\n-one\n+eins\n two\n@@ -5,2 +5,2 @@\n five\n-six\n+sechs"),
  },
  "two files": { patch: EDIT + edit("README.md", "@@ -1,3 +1,4 @@\n # Sample\n \n Text.\n+More.") },
  "a new file": { patch: added("docs/new.md") },
  "a new empty file": {
    patch: [...header("empty.txt", ["new file mode 100644", "index 0000000..e69de29"]), ""].join("\n"),
  },
  "a new script": { patch: added("tool.sh", "100755", "#!/bin/sh") },
  "a script that can be run": {
    patch: [...header("README.md", ["old mode 100644", "new mode 100755"]), ""].join("\n"),
  },
  "a script that cannot be run any more": {
    patch: [...header("run.sh", ["old mode 100755", "new mode 100644"]), ""].join("\n"),
  },
  "a mode and an edit": {
    patch: edit("run.sh", "@@ -1,2 +1,2 @@\n #!/bin/sh\n-echo run\n+echo go", [
      "old mode 100755",
      "new mode 100644",
      "index 1111111..2222222",
    ]),
  },
  "a file that goes": {
    patch: [
      ...header("README.md", ["deleted file mode 100644", "index 1111111..0000000"]),
      "--- a/README.md",
      "+++ /dev/null",
      "@@ -1,3 +0,0 @@",
      "-# Sample",
      "-",
      "-Text.",
      "",
    ].join("\n"),
    over: { removes: ["README.md"] },
  },
  "a rename": {
    patch: [
      "diff --git a/README.md b/docs/README.md",
      "similarity index 100%",
      "rename from README.md",
      "rename to docs/README.md",
      "",
    ].join("\n"),
    over: { renames: [{ from: "README.md", to: "docs/README.md" }] },
  },
  "a rename with an edit": {
    patch: [
      "diff --git a/src/a.ts b/src/one.ts",
      "similarity index 80%",
      "rename from src/a.ts",
      "rename to src/one.ts",
      "index 1111111..2222222 100644",
      "--- a/src/a.ts",
      "+++ b/src/one.ts",
      "@@ -1,3 +1,3 @@",
      " export function a(): number {",
      "-  return 1;",
      "+  return 2;",
      " }",
      "",
    ].join("\n"),
    over: { renames: [{ from: "src/a.ts", to: "src/one.ts" }] },
  },
  "a rename to another case": {
    patch: [
      "diff --git a/README.md b/Readme.md",
      "similarity index 100%",
      "rename from README.md",
      "rename to Readme.md",
      "",
    ].join("\n"),
    over: { renames: [{ from: "README.md", to: "Readme.md" }] },
  },
  "a copy": {
    patch: ["diff --git a/a.txt b/b.txt", "similarity index 100%", "copy from a.txt", "copy to b.txt", ""]
      .join("\n"),
  },
  "lines that end with CR": { patch: edit("crlf.txt", "@@ -1,3 +1,3 @@\n one\r\n-two\r\n+zwei\r\n three\r") },
  "a new file of CR LF": {
    patch: [
      ...header("new.txt", ["new file mode 100644"]),
      "--- /dev/null",
      "+++ b/new.txt",
      "@@ -0,0 +1,2 @@",
      "+one\r",
      "+two\r",
      "",
    ].join("\n"),
  },
  "from LF to CR LF": {
    patch: edit("README.md", "@@ -1,3 +1,3 @@\n-# Sample\n-\n-Text.\n+# Sample\r\n+\r\n+Text.\r"),
  },
  "no newline at the end, still": {
    patch: edit(
      "end.txt",
      "@@ -1 +1 @@\n-no newline at the end\n\\ No newline at end of file\n+none\n\\ No newline at end of file",
    ),
  },
  "a newline at the end": {
    patch: edit(
      "end.txt",
      "@@ -1 +1 @@\n-no newline at the end\n\\ No newline at end of file\n+no newline at the end",
    ),
  },
  "the newline at the end goes": {
    patch: edit("README.md", "@@ -1,3 +1,3 @@\n # Sample\n \n-Text.\n+Text.\n\\ No newline at end of file"),
  },
  "a name with spaces": {
    patch: added("my notes.txt").replace("+++ b/my notes.txt", "+++ b/my notes.txt\t"),
  },
  "a name with quotes": { patch: quoted('say \\"hi\\".txt') },
  "a name in octal": { patch: quoted("\\303\\251t\\303\\251.txt") },
  "a name in other letters": {
    patch: added("docs/\u65e5\u672c\u8a9e \u0440\u0443\u0441\u0441\u043a\u0438\u0439.md"),
  },
  "an emoji in a name": { patch: added("docs/\u{1f680}.md") },
  "an edit of a file with such a name": { patch: edit("caf\u00e9.txt", "@@ -1 +1 @@\n-latte\n+espresso") },
  "a file whose name is not UTF-8": {
    patch: raw(
      'diff --git "a/na\\357ve.txt" "b/na\\357ve.txt"\n--- "a/na\\357ve.txt"\n+++ "b/na\\357ve.txt"\n@@ -1 +1 @@\n-old\n+new\n',
    ),
  },
  "content that is not UTF-8": {
    patch: raw(
      "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+zw\xf6lf\n three\n",
    ),
  },
  "an Arabic translation": {
    patch: added(
      "locales/ar.json",
      "100644",
      '{ "hello": "\u0645\u0631\u062d\u0628\u0627 {name}\u200f!", "bye": "\u2067\u0645\u0639 \u0627\u0644\u0633\u0644\u0627\u0645\u0629\u2069" }',
    ),
  },
  "a Hebrew translation": {
    patch: added("locales/he.json", "100644", '{ "hello": "\u05e9\u05dc\u05d5\u05dd \u200e(v2)\u200f" }'),
  },
  "a Persian translation": {
    patch: added(
      "locales/fa.json",
      "100644",
      '{ "want": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645" }',
    ),
  },
  "a family of emoji": {
    patch: added(
      "docs/emoji.md",
      "100644",
      "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} \u2764\ufe0f \u{1f3f3}\ufe0f\u200d\u{1f308}",
    ),
  },
  "a byte order mark": { patch: added("docs/bom.md", "100644", "\ufeff# Title") },
  "a lockfile with hashes": {
    // A spec that opens the manifest by its name asks for what it declares.
    over: { scope: ["package.json", "package-lock.json"] },
    patch: edit(
      "package.json",
      '@@ -1,3 +1,4 @@\n {\n-  "name": "x"\n+  "name": "x",\n+  "dependencies": { "y": "1.0.0" }\n }',
    ) +
      edit(
        "package-lock.json",
        `@@ -1,3 +1,6 @@\n {\n-  "lockfileVersion": 3\n+  "lockfileVersion": 3,\n+  "packages": { "node_modules/y": { "version": "1.0.0", "resolved": "https://registry.npmjs.org/y/-/y-1.0.0.tgz",\n+    "integrity": "sha512-${
          btoa("0123456789abcdef".repeat(4))
        }" } }\n+\n }`.replace("+1,6", "+1,6"),
      ),
  },
  "a long line": {
    patch: added("data/rows.json", "100644", `[${Array.from({ length: 20_000 }, (_, at) => at).join(",")}]`),
  },
  "a certificate and checksums": {
    patch: added(
      "docs/trust.txt",
      "100644",
      `sha256 ${"0123456789abcdef".repeat(4)} commit ${
        "0123456789abcdef0123".repeat(2)
      } 550e8400-e29b-41d4-a716-446655440000`,
    ),
  },
  "white space alone": {
    patch: edit(
      "src/a.ts",
      "@@ -1,3 +1,3 @@\n export function a(): number {\n-  return 1;\n+    return 1;\n }",
    ),
  },
};
