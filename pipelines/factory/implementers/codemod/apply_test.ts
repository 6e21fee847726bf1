import assert from "node:assert/strict";
import { dirname } from "node:path";
import { applyOperations, dryRun } from "./apply.ts";
import { applied, lines, refused } from "./testing.ts";
import { memoryTree, type SourceTree } from "./tree.ts";

const FILES = {
  "a.ts": "export const a = 1;\n",
  "b.ts": 'import { a } from "./a.ts";\nexport const b = a;\n',
};

// req: N10-14
Deno.test("a list of operations is applied as a whole: each sees what the one before it did", async () => {
  const { files, changed, steps, renames } = await applied(
    FILES,
    { op: "rename-symbol", from: "a", to: "one" },
    { op: "rename-symbol", from: "one", to: "uno" },
    { op: "create-file", path: "c.ts", content: 'export { uno } from "./a.ts";\n' },
    { op: "rename-symbol", from: "uno", to: "first" },
  );
  assert.equal(files["a.ts"], "export const first = 1;\n");
  assert.equal(files["b.ts"], 'import { first } from "./a.ts";\nexport const b = first;\n');
  assert.equal(files["c.ts"], 'export { first } from "./a.ts";\n');
  assert.deepEqual(changed, ["a.ts", "b.ts", "c.ts"]);
  assert.deepEqual(steps.map((it) => [it.op, it.matches]), [
    ["rename-symbol", 3],
    ["rename-symbol", 3],
    ["create-file", 1],
    ["rename-symbol", 4],
  ]);
  assert.deepEqual(renames, [{ from: "a", to: "one" }, { from: "one", to: "uno" }, {
    from: "uno",
    to: "first",
  }]);
});

// req: N10-13
Deno.test("one operation that fails leaves everything as it was, and says which one it is", async () => {
  const problem = await refused(
    FILES,
    { op: "rename-symbol", from: "a", to: "one" },
    { op: "rename-symbol", from: "nothing", to: "x" },
  );
  assert.equal(problem.code, "no-match");
  assert.match(problem.message, /^operation 1 \(rename-symbol\): /);
});

Deno.test("an operation that is not well formed is named with its field", async () => {
  const problem = await refused(FILES, { op: "create-file", path: "../x", content: "" });
  assert.equal(problem.code, "invalid");
  assert.match(problem.message, /^operations\.0\.path: /);
  const unknown = await refused(FILES, { op: "format-disk" } as never);
  assert.equal(unknown.code, "invalid");
  assert.match(unknown.message, /^operations\.0\.op: /);
});

Deno.test("no operations change nothing", async () => {
  const { changed, steps } = await applied(FILES);
  assert.deepEqual([changed, steps], [[], []]);
});

// req: N4-09
Deno.test("the same operations give the same bytes a second time", async () => {
  const operations = [
    { op: "rename-symbol", from: "a", to: "one" },
    { op: "change-signature", function: "f", add: { name: "y", type: "number", default: "2" } },
  ] as const;
  const files = { ...FILES, "f.ts": "export function f(x: number) {\n  return x;\n}\nf(1);\n" };
  assert.deepEqual((await applied(files, ...operations)).files, (await applied(files, ...operations)).files);
});

Deno.test("when a write fails half way, what was written is taken back", async () => {
  const tree = memoryTree(FILES);
  let writes = 0;
  const failing: SourceTree = {
    ...tree,
    async write(path, bytes) {
      writes++;
      if (writes === 2) throw new Error("disk full");
      await tree.write(path, bytes);
    },
  };
  await assert.rejects(
    () => applyOperations(failing, [{ op: "rename-symbol", from: "a", to: "one" }]),
    /disk full/,
  );
  assert.deepEqual(await tree.snapshot(), FILES);
});

Deno.test("an abort and a deadline end the work with nothing changed", async () => {
  const aborted = await applyOperations(memoryTree(FILES), [{ op: "rename-symbol", from: "a", to: "x" }], {
    signal: AbortSignal.abort(),
  });
  assert.ok(!aborted.ok && aborted.error.code === "cancelled");
  let clock = 0;
  const tree = memoryTree(FILES);
  const late = await applyOperations(tree, [{ op: "rename-symbol", from: "a", to: "x" }], {
    now: () => clock += 1000,
    limits: { maxMs: 1500 },
  });
  assert.ok(!late.ok && late.error.code === "limit");
  assert.deepEqual(await tree.snapshot(), FILES);
});

Deno.test("an operation with more matches than allowed is refused", async () => {
  const tree = memoryTree({ "a.py": "print(1)\n".repeat(20) });
  const result = await applyOperations(tree, [{
    op: "replace-call",
    pattern: "print($A)",
    replacement: "log($A)",
  }], { limits: { maxMatches: 10 } });
  assert.ok(!result.ok && result.error.code === "limit");
});

Deno.test("a file that is too large or not UTF-8 is refused where it would be edited, and named where it is passed over", async () => {
  const large = "x = 1\n".repeat(1000);
  const limits = { maxFileBytes: 1000 };
  const set = await applyOperations(memoryTree({ "a.json": `{"a": "${large.replaceAll("\n", " ")}"}` }), [
    { op: "set-config-value", file: "a.json", path: "b", value: 1 },
  ], { limits });
  assert.ok(!set.ok && set.error.code === "too-large");
  const binary = await applyOperations(memoryTree({ "a.json": Uint8Array.of(0x7b, 0xff, 0x7d) }), [
    { op: "set-config-value", file: "a.json", path: "b", value: 1 },
  ]);
  assert.ok(!binary.ok && binary.error.code === "not-utf8");
  const searched = await applyOperations(
    memoryTree({ "a.py": "print(1)\n", "b.py": `print(2)\n${large}`, "c.py": Uint8Array.of(0xff) }),
    [{ op: "replace-call", pattern: "print($A)", replacement: "log($A)" }],
    { limits },
  );
  if (!searched.ok) assert.fail(searched.error.message);
  assert.match(
    searched.value.steps[0]?.notes.join() ?? "",
    /b\.py \(larger than 1000 bytes\), c\.py \(not UTF-8 text\)/,
  );
});

Deno.test("an operation whose result would not parse is refused", async () => {
  const problem = await refused({ "a.py": "print(1)\n" }, {
    op: "replace-call",
    pattern: "print($A)",
    replacement: "log(($A)",
  });
  assert.equal(problem.code, "breaks-syntax");
  assert.equal(problem.path, "a.py");
});

Deno.test("a file that nests absurdly deep is an error, not a crash", async () => {
  const deep = `export const foo = ${"(".repeat(60_000)}1${")".repeat(60_000)};\n`;
  const result = await applyOperations(memoryTree({ "a.ts": deep }), [
    { op: "rename-symbol", from: "foo", to: "bar" },
  ]);
  assert.equal(result.ok, false);
});

// req: N10-14
Deno.test("a dry run shows a diff that git applies, and writes nothing", async () => {
  const files = {
    "a.ts": lines("export const a = 1;", ...Array.from({ length: 20 }, (_, i) => `// ${i}`), "a;"),
    "crlf.ts": 'import { a } from "./a.ts";\r\nexport const c = a;',
    "with space.ts": 'import { a } from "./a.ts";\nexport const s = a;\n',
    "Old.java": "class Old {}\n",
  };
  const operations = [
    { op: "rename-symbol", from: "a", to: "one" },
    { op: "create-file", path: "empty.txt", content: "" },
    { op: "create-file", path: "new/é.txt", content: "x" },
    { op: "rename-symbol", from: "Old", to: "New" },
  ] as const;
  const tree = memoryTree(files);
  const dry = await dryRun(tree, operations);
  if (!dry.ok) assert.fail(dry.error.message);
  assert.deepEqual(await tree.snapshot(), Object.fromEntries(Object.entries(files).sort()));
  const dir = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(files)) await Deno.writeTextFile(`${dir}/${path}`, text);
    const git = new Deno.Command("git", {
      args: ["apply", "--whitespace=nowarn"],
      cwd: dir,
      env: { GIT_CEILING_DIRECTORIES: dirname(dir) },
      stdin: "piped",
      stderr: "piped",
    }).spawn();
    const input = git.stdin.getWriter();
    await input.write(new TextEncoder().encode(dry.value.diff));
    await input.close();
    const ended = await git.output();
    assert.equal(ended.code, 0, new TextDecoder().decode(ended.stderr));
    const { files: after } = await applied(files, ...operations);
    for (const [path, text] of Object.entries(after)) {
      assert.equal(await Deno.readTextFile(`${dir}/${path}`), text, path);
    }
    await assert.rejects(() => Deno.stat(`${dir}/Old.java`), Deno.errors.NotFound);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
