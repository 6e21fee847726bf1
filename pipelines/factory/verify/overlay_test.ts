import assert from "node:assert/strict";
import { testers } from "../../../connectors/mod.ts";
import type { Change, FileChange } from "../../../specs/mod.ts";
import { limiter } from "./limiter.ts";
import { baseTests, headTests, touchedTests } from "./overlay.ts";
import { testPaths } from "./test_files.ts";
import { overlaidView } from "./tree_view.ts";

const sha = "0".repeat(40);
const file = (status: FileChange["status"], path: string, more: Partial<FileChange> = {}): FileChange => ({
  status,
  path,
  oldMode: status === "A" ? "000000" : "100644",
  newMode: status === "D" ? "000000" : "100644",
  binary: false,
  added: 1,
  removed: 1,
  ...more,
});
const change = (...files: FileChange[]): Change => ({
  base: sha,
  baseTree: sha,
  tree: sha,
  patch: `sha256:${"0".repeat(64)}`,
  files,
  added: 0,
  removed: 0,
});
const view = { list: () => Promise.resolve([]), read: () => Promise.resolve(null) };
const read = (path: string, at: string) => Promise.resolve(new TextEncoder().encode(`${at} ${path}`));
const paths = testPaths([], testers.filter((one) => one.id === "deno"));
const text = (overlay: { write: Map<string, Uint8Array>; remove: string[] } | null) =>
  overlay && {
    write: Object.fromEntries(
      [...overlay.write].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]),
    ),
    remove: overlay.remove,
  };
const before = async (changed: Change, more: { removes?: string[]; isolated?: boolean } = {}) =>
  text(
    await baseTests({
      change: changed,
      paths,
      renames: [],
      removes: more.removes ?? [],
      isolated: more.isolated ?? true,
      read,
      views: { base: view, head: view },
    }),
  );

Deno.test("tests that changed, went or moved come back over head, with their snapshots; source does not", async () => {
  assert.deepEqual(
    await before(change(
      file("M", "src/a.ts"),
      file("M", "src/a_test.ts"),
      file("D", "src/b_test.ts"),
      file("R", "src/d_test.ts", { from: "src/c_test.ts" }),
      file("M", "src/__snapshots__/a.snap"),
      file("A", "src/e_test.ts"),
      file("M", "tests/data.json"),
      file("A", "tests/more.json"),
    )),
    {
      write: {
        "src/a_test.ts": "base src/a_test.ts",
        "src/b_test.ts": "base src/b_test.ts",
        "src/c_test.ts": "base src/c_test.ts",
        "src/__snapshots__/a.snap": "base src/__snapshots__/a.snap",
        "tests/data.json": "base tests/data.json",
      },
      remove: ["src/d_test.ts", "src/e_test.ts"],
    },
  );
});

Deno.test("nothing is laid when no test is touched, or only new test files of a runner that keeps files apart", async () => {
  assert.equal(await before(change(file("M", "src/a.ts"))), null);
  assert.equal(await before(change(file("A", "src/a_test.ts"))), null);
  assert.deepEqual(await before(change(file("A", "src/a_test.ts")), { isolated: false }), {
    write: {},
    remove: ["src/a_test.ts"],
  });
  assert.deepEqual(await before(change(file("A", "tests/conftest.py"))), {
    write: {},
    remove: ["tests/conftest.py"],
  });
});

Deno.test("a file that the spec gives up is not laid, one of which it gives up a test is", async () => {
  const changed = change(file("M", "src/a_test.ts"), file("D", "src/b_test.ts"));
  assert.deepEqual(await before(changed, { removes: ["src/b_test.ts", "src/a_test.ts::one", "adds"] }), {
    write: { "src/a_test.ts": "base src/a_test.ts" },
    remove: [],
  });
  assert.deepEqual(await before(changed, { removes: ["src/"] }), { write: {}, remove: [] });
});

Deno.test("tests inside a source file change sides without the code around them", async () => {
  const source = (code: string, body: string) => `fn a() { ${code} }\n#[cfg(test)]\nmod tests { ${body} }\n`;
  const sides: Record<string, string> = { base: source("old", "strict"), head: source("new", "weak") };
  const readRust = (_: string, at: string) => Promise.resolve(new TextEncoder().encode(sides[at]));
  const changed = change(file("M", "src/lib.rs"));
  const shared = {
    change: changed,
    paths,
    renames: [],
    removes: [],
    isolated: true,
    views: { base: view, head: view },
  };
  assert.deepEqual(text(await baseTests({ ...shared, read: readRust })), {
    write: { "src/lib.rs": source("new", "strict") },
    remove: [],
  });
  assert.deepEqual(text(await headTests(changed, paths, readRust)), {
    write: { "src/lib.rs": source("old", "weak") },
    remove: [],
  });
  sides.head = source("new", "strict");
  assert.equal(await baseTests({ ...shared, read: readRust }), null);
  assert.equal(await headTests(changed, paths, readRust), null);
});

Deno.test("links and submodules are never laid", async () => {
  const link = file("M", "src/a_test.ts", { oldMode: "120000", newMode: "120000" });
  assert.equal(await before(change(link)), null);
  assert.equal(await headTests(change(link), paths, read), null);
});

Deno.test("head's new and changed tests go over base with what they lean on; without a test nothing goes", async () => {
  assert.deepEqual(
    text(
      await headTests(
        change(
          file("A", "src/a_test.ts"),
          file("M", "tests/data.json"),
          file("D", "src/b_test.ts"),
          file("M", "src/a.ts"),
        ),
        paths,
        read,
      ),
    ),
    {
      write: { "src/a_test.ts": "head src/a_test.ts", "tests/data.json": "head tests/data.json" },
      remove: [],
    },
  );
  assert.equal(await headTests(change(file("M", "tests/data.json")), paths, read), null);
  assert.deepEqual(
    touchedTests(change(file("M", "b_test.ts"), file("A", "a_test.ts"), file("D", "c_test.ts")), paths),
    [
      "a_test.ts",
      "b_test.ts",
    ],
  );
});

Deno.test("which files hold tests is said by the spec when it says something, else by the runners in use", () => {
  const named = testPaths(["src/**/*.check.ts"], testers);
  assert.equal(named.isTest("src/a/b.check.ts"), true);
  assert.equal(named.isTest("src/a_test.ts"), false);
  assert.equal(named.isTestware("src/a_test.ts"), true);
  const scripted = testPaths([], testers, ["check.sh"]);
  assert.equal(scripted.isTest("check.sh"), true);
  assert.equal(scripted.isTestware("check.sh"), true);
  assert.equal(scripted.isTest("lib/check.sh"), false);
  assert.equal(testPaths(["src/**"], testers, ["check.sh"]).isTest("check.sh"), false);
  const all = testPaths([], testers);
  for (
    const path of [
      "a_test.ts",
      "src/__tests__/x.js",
      "test/a.mjs",
      "a.spec.tsx",
      "tests/test_a.py",
      "pkg/a_test.go",
      "tests/it.rs",
      "src/test/java/A.java",
      "a.bats",
      "test.sh",
    ]
  ) assert.equal(all.isTest(path), true, path);
  for (const path of ["src/a.ts", "latest.ts", "contest.py", "README.md", "src/testing.go"]) {
    assert.equal(all.isTest(path), false, path);
  }
  for (
    const path of [
      "conftest.py",
      "tests/helpers.py",
      "a/testdata/x",
      "test_helper.rb",
      "x.snap",
      "jest.config.js",
    ]
  ) {
    assert.equal(all.isTestware(path), true, path);
  }
  for (const path of ["src/index.ts", "package.json", "deno.json"]) {
    assert.equal(all.isTestware(path), false, path);
  }
});

Deno.test("a view shows a tree as it is with the overlay on it", async () => {
  const files = {
    list: () => Promise.resolve(["a", "b"]),
    read: (path: string) => Promise.resolve(`old ${path}`),
  };
  const laid = overlaidView(files, {
    write: new Map([["c", new TextEncoder().encode("new c")]]),
    remove: ["a"],
  });
  assert.deepEqual(await laid.list(), ["b", "c"]);
  assert.deepEqual([await laid.read("a"), await laid.read("b"), await laid.read("c")], [
    null,
    "old b",
    "new c",
  ]);
});

Deno.test("a limiter keeps order, goes on after a failure, and starts nothing once it is closed", async () => {
  const slots = limiter(1);
  const log: number[] = [];
  const work = (n: number) =>
    slots.run(async () => {
      await Promise.resolve();
      log.push(n);
      if (n === 2) throw new Error("two");
      return n;
    });
  const results = await Promise.allSettled([work(1), work(2), work(3)]);
  assert.deepEqual(log, [1, 2, 3]);
  assert.deepEqual(results.map((one) => one.status), ["fulfilled", "rejected", "fulfilled"]);
  let done = false;
  const last = slots.run(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    done = true;
  });
  const never = slots.run(() => Promise.resolve(log.push(9)));
  never.catch(() => {});
  await slots.close();
  assert.equal(done, true);
  await last;
  await assert.rejects(never, /over/);
});
