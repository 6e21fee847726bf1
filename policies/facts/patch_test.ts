import assert from "node:assert/strict";
import fc from "fast-check";
import { parsePatch } from "./patch.ts";
import type { ParsedPatch, PatchFile, PatchLine } from "./patch_file.ts";
import { decodePath } from "./patch_path.ts";
import { renderPatch } from "./patch_render.ts";

const encoder = new TextEncoder();
const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => typeof part === "string" ? [...encoder.encode(part)] : part));
const lines = (...all: string[]): Uint8Array => encoder.encode(`${all.join("\n")}\n`);

function good(patch: Uint8Array): PatchFile[] {
  const parsed = parsePatch(patch);
  assert.ok(parsed.ok, parsed.ok ? "" : `line ${parsed.line}: ${parsed.problem}`);
  return parsed.files;
}
function bad(patch: Uint8Array): Extract<ParsedPatch, { ok: false }> {
  const parsed = parsePatch(patch);
  assert.equal(parsed.ok, false, "the patch was accepted");
  return parsed as Extract<ParsedPatch, { ok: false }>;
}

const PLAIN = lines(
  "diff --git a/src/a.ts b/src/a.ts",
  "index 1111111..2222222 100644",
  "--- a/src/a.ts",
  "+++ b/src/a.ts",
  "@@ -1,3 +1,3 @@ function a()",
  " one",
  "-two",
  "+zwei",
  " three",
);

Deno.test("a plain edit gives its path, its mode and its lines with their kinds", () => {
  const [file] = good(PLAIN);
  assert.equal(file?.newPath?.text, "src/a.ts");
  assert.equal(file?.status, "M");
  assert.equal(file?.newMode, "100644");
  assert.deepEqual(file?.hunks[0]?.lines.map((line) => line.kind), [
    "context",
    "removed",
    "added",
    "context",
  ]);
  assert.equal(new TextDecoder().decode(file?.hunks[0]?.section), " function a()");
});

Deno.test("new, deleted, renamed, copied, mode-only and empty files are told by git's extended headers", () => {
  const files = good(lines(
    "diff --git a/new.txt b/new.txt",
    "new file mode 100755",
    "index 0000000..e69de29",
    "diff --git a/gone.txt b/gone.txt",
    "deleted file mode 100644",
    "index 2222222..0000000",
    "--- a/gone.txt",
    "+++ /dev/null",
    "@@ -1 +0,0 @@",
    "-bye",
    "diff --git a/old name.ts b/new name.ts",
    "similarity index 100%",
    "rename from old name.ts",
    "rename to new name.ts",
    "diff --git a/x b/y",
    "similarity index 80%",
    "copy from x",
    "copy to y",
    "diff --git a/run.sh b/run.sh",
    "old mode 100644",
    "new mode 100755",
  ));
  assert.deepEqual(
    files.map((
      file,
    ) => [file.status, file.oldPath?.text ?? null, file.newPath?.text ?? null, file.oldMode, file.newMode]),
    [
      ["A", null, "new.txt", null, "100755"],
      ["D", "gone.txt", null, "100644", null],
      ["R", "old name.ts", "new name.ts", null, null],
      ["C", "x", "y", null, null],
      ["M", "run.sh", "run.sh", "100644", "100755"],
    ],
  );
});

Deno.test("quoted paths are read with their C escapes and octal bytes, unquoted ones with spaces", () => {
  const files = good(lines(
    'diff --git "a/caf\\303\\251\\t\\"q\\".txt" "b/caf\\303\\251\\t\\"q\\".txt"',
    "new file mode 100644",
    "index 0000000..e69de29",
    "diff --git a/with space b/with space",
    "new file mode 100644",
    "index 0000000..e69de29",
    'diff --git a/plain "b/plain\\n"',
    "similarity index 90%",
    "rename from plain",
    'rename to "plain\\n"',
  ));
  assert.deepEqual(files.map((file) => file.newPath?.text), ['café\t"q".txt', "with space", "plain\n"]);
});

Deno.test("a path that is not UTF-8 is read and marked as such, quoted or raw", () => {
  const [quoted] = good(
    lines('diff --git "a/\\377x" "b/\\377x"', "new file mode 100644", "index 0000000..e69de29"),
  );
  assert.deepEqual(quoted?.newPath, { text: '"\\377x"', utf8: false });
  const [raw] = good(
    bytes("diff --git a/", [0xff], " b/", [0xff], "\nnew file mode 100644\nindex 0000000..e69de29\n"),
  );
  assert.equal(raw?.newPath?.utf8, false);
});

Deno.test("content keeps every byte: CRLF, bytes that are no UTF-8, and the missing newline at the end", () => {
  const [file] = good(bytes(
    "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-old\r\n\\ No newline at end of file\n+",
    [0xff, 0x00, 0x80],
    "\r\n+last\n\\ No newline at end of file\n",
  ));
  const [old, first, last] = file?.hunks[0]?.lines ?? [];
  assert.deepEqual([...(old?.bytes ?? [])], [...encoder.encode("old\r")]);
  assert.equal(old?.noNewline, true);
  assert.deepEqual([...(first?.bytes ?? [])], [0xff, 0x00, 0x80, 13]);
  assert.equal(first?.noNewline, false);
  assert.equal(last?.noNewline, true);
});

Deno.test("a binary patch is read over, and one without its data is told apart", () => {
  const files = good(lines(
    "diff --git a/i.png b/i.png",
    "index 1111111..2222222 100644",
    "GIT binary patch",
    "literal 12",
    "TcmZQzV31;fG+}5@U|;|M0000~",
    "",
    "literal 0",
    "HcmV?d00001",
    "",
    "diff --git a/j.png b/j.png",
    "new file mode 100644",
    "index 0000000..2222222",
    "Binary files /dev/null and b/j.png differ",
  ));
  assert.deepEqual(files.map((file) => [file.newPath?.text, file.binary]), [["i.png", "carried"], [
    "j.png",
    "withheld",
  ]]);
});

Deno.test("the mail around a patch of git format-patch is preamble, its signature no hunk", () => {
  const parsed = parsePatch(
    bytes("From 1234\nSubject: x\n\n---\n a.ts | 2 +-\n\n", [...PLAIN], "-- \n2.43.0\n\n"),
  );
  assert.ok(parsed.ok);
  assert.equal(parsed.files.length, 1);
  assert.ok(parsed.preamble.length > 3);
});

Deno.test("an empty patch has no files; text that is no diff is a problem", () => {
  assert.deepEqual(good(new Uint8Array()), []);
  assert.equal(bad(lines("please merge this")).line, 1);
});

const HOSTILE: Record<string, string[]> = {
  "a hunk that is shorter than its header says": ["--- a/x", "+++ b/x", "@@ -1,5 +1,5 @@", " a", "-b"],
  "a hunk that is longer than its header says": ["--- a/x", "+++ b/x", "@@ -1 +1 @@", "-a", "+b", "+c"],
  "a hunk that is empty": ["--- a/x", "+++ b/x", "@@ -0,0 +0,0 @@"],
  "a hunk header that is none": ["--- a/x", "+++ b/x", "@@ -1,1 +x @@", " a"],
  "names that differ between the header and the lines below it": [
    "diff --git a/x b/x",
    "--- a/y",
    "+++ b/y",
    "@@ -1 +1 @@",
    "-a",
    "+b",
  ],
  "a header that names two files without a rename": [
    "diff --git a/x b/y",
    "index 1111111..2222222 100644",
    "--- a/x",
    "+++ b/y",
    "@@ -1 +1 @@",
    "-a",
    "+b",
  ],
  "a rename that names only one side": ["diff --git a/x b/y", "rename from x"],
  "a rename that names only where to": ["diff --git a/x b/y", "rename to y"],
  "a file that is new and deleted at once": [
    "diff --git a/x b/x",
    "new file mode 100644",
    "deleted file mode 100644",
  ],
  "a new file with an old side": [
    "diff --git a/x b/x",
    "new file mode 100644",
    "--- a/x",
    "+++ b/x",
    "@@ -1 +1 @@",
    "-a",
    "+b",
  ],
  "an old side that is /dev/null without a new file": [
    "diff --git a/x b/x",
    "--- /dev/null",
    "+++ b/x",
    "@@ -0,0 +1 @@",
    "+b",
  ],
  "both sides /dev/null": ["--- /dev/null", "+++ /dev/null", "@@ -1 +1 @@", "-a", "+b"],
  "a quoted name that does not end": ['diff --git "a/x b/x', "new file mode 100644"],
  "a quoted name with an escape that git does not write": [
    'diff --git "a/\\x41" "b/\\x41"',
    "new file mode 100644",
  ],
  "an octal escape beyond a byte": ['diff --git "a/\\777" "b/\\777"', "new file mode 100644"],
  "text behind a quoted name": ['--- "a/x"evil', '+++ "b/x"', "@@ -1 +1 @@", "-a", "+b"],
  "a mode that git does not know": ["diff --git a/x b/x", "new file mode 104755", "index 0000000..e69de29"],
  "an index line that is none": [
    "diff --git a/x b/x",
    "index zzz..yyy",
    "--- a/x",
    "+++ b/x",
    "@@ -1 +1 @@",
    "-a",
    "+b",
  ],
  "a header of which nothing follows": ["diff --git a/x b/x"],
  "a name without its prefix": ["diff --git x x", "new file mode 100644"],
  "a combined diff": ["diff --cc x", "index 1,2..3", "@@@ -1 -1 +1 @@@"],
  "a stray line between files": [
    "diff --git a/x b/x",
    "new file mode 100644",
    "evil",
    "diff --git a/y b/y",
    "new file mode 100644",
  ],
  "a backslash line at the start of a hunk": [
    "--- a/x",
    "+++ b/x",
    "@@ -1 +1 @@",
    "\\ No newline at end of file",
    "-a",
    "+b",
  ],
  "a binary patch that is not base 85": [
    "diff --git a/x b/x",
    "index 1111111..2222222 100644",
    "GIT binary patch",
    "literal 3",
    "no spaces here",
  ],
  "a rename and a copy at once": [
    "diff --git a/x b/y",
    "rename from x",
    "rename to y",
    "copy from x",
    "copy to y",
  ],
};
for (const [what, text] of Object.entries(HOSTILE)) {
  Deno.test(`refused with its line: ${what}`, () => {
    const problem = bad(lines(...text));
    assert.ok(problem.line >= 1 && problem.line <= text.length + 1);
    assert.ok(problem.problem.length > 10);
  });
}

const name = fc.array(fc.stringMatching(/^[a-zA-Z0-9._ "\\\té-]{1,8}$/), { minLength: 1, maxLength: 3 }).map((
  parts,
) => parts.join("/"))
  .filter((path) => path.trim() !== "");
const content = fc.uint8Array({ maxLength: 20 }).map((raw) => raw.map((byte) => byte === 10 ? 11 : byte));
const hunk = fc.array(fc.tuple(fc.constantFrom("context", "added", "removed"), content), {
  minLength: 1,
  maxLength: 8,
}).map((all) => {
  const made: PatchLine[] = all.map(([kind, raw]) => ({
    kind: kind as PatchLine["kind"],
    bytes: raw,
    noNewline: false,
  }));
  const count = (other: string) => made.filter((line) => line.kind !== other).length;
  return {
    oldStart: 1,
    oldLines: count("added"),
    newStart: 1,
    newLines: count("removed"),
    section: new Uint8Array(),
    lines: made,
  };
});
const file: fc.Arbitrary<PatchFile> = fc.record({
  path: name,
  to: name,
  status: fc.constantFrom("A", "D", "M", "R"),
  hunks: fc.array(hunk, { minLength: 1, maxLength: 3 }),
  last: fc.boolean(),
})
  .map(({ path, to, status, hunks, last }) => {
    const kept = status === "A" || status === "D"
      ? hunks.map((one) => {
        const lines = one.lines.map((line) => ({
          ...line,
          kind: (status === "A" ? "added" : "removed") as PatchLine["kind"],
        }));
        return {
          ...one,
          lines,
          oldLines: status === "A" ? 0 : lines.length,
          newLines: status === "A" ? lines.length : 0,
        };
      })
      : hunks;
    const end = kept.at(-1)?.lines.at(-1);
    if (end && last) end.noNewline = true;
    const target = status === "R" && to !== path ? to : path;
    const real = status === "R" && target === path ? "M" : status;
    return {
      oldPath: real === "A" ? null : decodePath(encoder.encode(path)),
      newPath: real === "D" ? null : decodePath(encoder.encode(target)),
      status: real as PatchFile["status"],
      oldMode: real === "A" ? null : real === "D" ? "100644" : null,
      newMode: real === "D" ? null : real === "A" ? "100644" : null,
      binary: "none",
      hunks: kept,
    };
  });

Deno.test("what is rendered parses to the same files, whatever their names and bytes", () => {
  fc.assert(
    fc.property(fc.array(file, { maxLength: 4 }), (files) => {
      const rendered = renderPatch(files);
      const parsed = parsePatch(rendered);
      assert.ok(
        parsed.ok,
        parsed.ok ? "" : `${parsed.line}: ${parsed.problem}\n${new TextDecoder().decode(rendered)}`,
      );
      assert.deepEqual(renderPatch(parsed.files), rendered);
      assert.deepEqual(
        parsed.files.map((one) => [
          one.status,
          one.oldPath?.text,
          one.newPath?.text,
          one.hunks.flatMap((h) => h.lines.map((l) => [l.kind, ...l.bytes])),
        ]),
        files.map((one) => [
          one.status,
          one.oldPath?.text,
          one.newPath?.text,
          one.hunks.flatMap((h) => h.lines.map((l) => [l.kind, ...l.bytes])),
        ]),
      );
    }),
    { numRuns: 300 },
  );
});

Deno.test("no bytes make the parser throw, and damage to a patch is either seen or changes what it says", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => {
    parsePatch(raw);
  }));
  fc.assert(fc.property(fc.nat(PLAIN.length - 1), fc.nat(255), (at, byte) => {
    const damaged = PLAIN.slice();
    damaged[at] = byte;
    const parsed = parsePatch(damaged);
    if (parsed.ok) assert.ok(parsed.files.length <= 1);
  }));
  for (let cut = 0; cut < PLAIN.length; cut++) parsePatch(PLAIN.subarray(0, cut));
});

// req: N4-20
Deno.test("a megabyte of one line, of slashes, of header words parses in linear time", () => {
  for (
    const text of [
      "+".repeat(1_000_000),
      "@@ -1 +1 @@\n".repeat(80_000),
      "diff --git a/ b/\n".repeat(60_000),
      `--- "a/${"\\".repeat(1_000_000)}\n+++ b/x\n`,
    ]
  ) {
    const start = performance.now();
    parsePatch(encoder.encode(text));
    assert.ok(performance.now() - start < 3000, text.slice(0, 20));
  }
});

const git = await (async () => {
  try {
    return (await new Deno.Command("git", { args: ["--version"], stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
})();

Deno.test({
  name: "real diffs of git parse, and give the paths that git lists (needs git)",
  ignore: !git,
  async fn() {
    const dir = await Deno.makeTempDir();
    const run = async (...args: string[]): Promise<Uint8Array> => {
      const output = await new Deno.Command("git", {
        args: ["-C", dir, "-c", "user.name=t", "-c", "user.email=t@t", "-c", "core.autocrlf=false", ...args],
        env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
      }).output();
      assert.ok(output.success, new TextDecoder().decode(output.stderr));
      return output.stdout;
    };
    try {
      await run("init", "-q");
      const write = (path: string, content: string | Uint8Array) =>
        Deno.writeFile(`${dir}/${path}`, typeof content === "string" ? encoder.encode(content) : content);
      await write("plain.txt", "one\ntwo\nthree\n");
      await write("with space.txt", "a\nb\nc\nd\ne\nf\n");
      await write("crlf.txt", "a\r\nb\r\n");
      await write("gone.txt", "x");
      await write("bin.dat", Uint8Array.from({ length: 300 }, (_, at) => at % 256));
      await write("run.sh", "#!/bin/sh\n");
      await run("add", "-A");
      await run("commit", "-qm", "base");
      await write("plain.txt", "one\nzwei\nthree");
      await Deno.rename(`${dir}/with space.txt`, `${dir}/más "quoted".txt`);
      await write("crlf.txt", "a\r\nc\r\n");
      await Deno.remove(`${dir}/gone.txt`);
      await write("bin.dat", Uint8Array.from({ length: 300 }, (_, at) => (at * 7) % 256));
      await Deno.chmod(`${dir}/run.sh`, 0o755);
      await write("empty.txt", "");
      await Deno.symlink("plain.txt", `${dir}/link`);
      await run("add", "-A");
      for (
        const options of [[], ["--binary"], ["-M"], ["--binary", "-M", "--full-index"], ["-U0"], [
          "-c",
          "core.quotePath=false",
        ]]
      ) {
        const flags = options[0] === "-c" ? [] : options;
        const patch = await run(...(options[0] === "-c" ? options : []), "diff", "--cached", ...flags);
        const listed = await run("diff", "--cached", "--name-only", "-z", "-M");
        const names = new TextDecoder().decode(listed).split("\0").filter(Boolean);
        const parsed = good(patch);
        assert.deepEqual(
          parsed.map((one) => (one.newPath ?? one.oldPath)?.text).sort(),
          names.sort(),
          options.join(" "),
        );
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
