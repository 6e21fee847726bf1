import assert from "node:assert/strict";
import { Diff, filesOf, visible } from "./diff.tsx";

const PATCH = `diff --git a/src/a.ts b/src/a.ts
index 1..2 100644
--- a/src/a.ts
+++ b/src/a.ts
@@ -1,2 +1,2 @@
 same
--- a line that was removed
+++ a line that was added
diff --git a/old name b/new name
rename from old name
rename to new name
diff --git a/x.png b/x.png
new file mode 100644
Binary files /dev/null and b/x.png differ
`;

Deno.test("a patch is shown by file, and lines that look like headers inside a hunk count as lines", () => {
  const files = filesOf(PATCH);
  assert.deepEqual(files.map(({ path, added, removed, note }) => [path, added, removed, note]), [
    ["src/a.ts", 1, 1, ""],
    ["a/old name b/new name", 0, 0, "rename from old name"],
    ["x.png", 0, 0, "new file"],
  ]);
});

Deno.test("what is no patch at all shows nothing, and does not throw", () => {
  for (const text of ["", "@@", "+a\n-b", "diff --git ", "diff --git a b c d\n@@\n+x"]) {
    assert.ok(Array.isArray(filesOf(text)), text);
  }
});

// req: N5-06 N5-21
Deno.test("characters that hide or reorder text are named where they stand", () => {
  assert.equal(visible("if (admin\u202e // \u2066)"), "if (admin⟨U+202E⟩ // ⟨U+2066⟩)");
  assert.equal(visible("a\u200bb\u0007\ttab\r"), "a⟨U+200B⟩b⟨U+0007⟩\ttab");
});

// req: N5-21
Deno.test("markup in a patch is text on the page", () => {
  const hostile = PATCH.replace(" same", " <script>alert(1)</script>").replaceAll("src/a.ts", "src/<b>.ts");
  const html = String(<Diff patch={hostile} whole={null} redacted={false} />);
  assert.doesNotMatch(html, /<script>|<b>/);
  assert.match(html, /&lt;script&gt;/);
});

Deno.test("a huge patch is cut, and says so", () => {
  const huge = `diff --git a/a b/a\n@@ -0,0 +1 @@\n${"+x\n".repeat(5000)}`;
  const html = String(<Diff patch={huge} whole="/whole" redacted />);
  assert.ok(html.length < 200_000);
  assert.match(html, /3501 more lines/);
  assert.match(html, /redacted/);
});
