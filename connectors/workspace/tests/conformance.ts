/** What every workspace does alike, whether git works in a clone or nobody clones anything: one suite for both. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Workspace } from "../../port.ts";
import { memoryObjects } from "../objects/memory_objects.ts";
import { memoryBase } from "../objects/memory_workspace.ts";
import { gitWorkspaces } from "../workspaces.ts";
import { bytes, gitIn, opened, type TestRepository, text, withRepository } from "./fixture.ts";

export interface Adapter {
  readonly name: string;
  workspace(repository: TestRepository): Promise<Workspace>;
}

export const adapters: readonly Adapter[] = [
  {
    name: "git in a clone",
    async workspace(repository) {
      const into = join(repository.root, `base-${crypto.randomUUID()}`);
      const copied = await gitWorkspaces().copyBase(await opened(repository.dir), into);
      assert.ok(copied.ok);
      return await copied.value.workspace(join(repository.root, `workspace-${crypto.randomUUID()}`));
    },
  },
  { name: "objects in memory", workspace: memoryOf },
];

/** A workspace in memory over the objects of a repository here, as a forge would list them. */
async function memoryOf(repository: TestRepository): Promise<Workspace> {
  const { baseCommit: base, baseTree } = await opened(repository.dir);
  const listed = new TextDecoder().decode(await gitIn(repository.dir, ["ls-tree", "-r", "-z", base]));
  const entries = listed.split("\0").filter(Boolean).map((line) => {
    const [head = "", path = ""] = line.split("\t");
    const [mode = "", , sha = ""] = head.split(" ");
    return [path, { mode, sha }] as const;
  });
  const objects = memoryObjects({
    sha256: false,
    fetchBlob: (sha) => gitIn(repository.dir, ["cat-file", "blob", sha]),
  });
  assert.equal(await objects.addTree(new Map(entries)), baseTree, "the tree's name follows from its files");
  return await memoryBase(objects, { base, baseTree }).workspace("");
}

const FILES = {
  "a.txt": "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n",
  "b/c.txt": "no end",
  "b/d.txt": "x\ny\nz\n",
  "bin.dat": new Uint8Array([0, 1, 2, 3, 250, 251, 0, 9]),
  "crlf.txt": "one\r\ntwo\r\n",
  "latin.txt": new Uint8Array([0xe9, 10, 0xe8, 10]),
  "name with space é.txt": "s\n",
  "empty": "",
};

/** Edits by whoever works with git in a clone of the repository: what `git diff` says of them is the patch. */
type Edit = (dir: string) => Promise<void>;
const put = (path: string, content: string | Uint8Array): Edit => async (dir) => {
  await Deno.mkdir(join(dir, path, ".."), { recursive: true });
  await Deno.writeFile(join(dir, path), typeof content === "string" ? bytes(content) : content);
};
const EDITS: Readonly<Record<string, Edit>> = {
  "lines in the middle and at both ends": put(
    "a.txt",
    "zero\none\ntwo\nDREI\nfour\nfive\nsix\neight\nnine\nten\n",
  ),
  "a line end that comes": put("b/c.txt", "no end\n"),
  "a line end that goes": put("b/d.txt", "x\ny\nz"),
  "a new file without a line end": put("new/deep/file.ts", "export {};"),
  "an empty file": put("void", ""),
  "a file that goes": (dir) => Deno.remove(join(dir, "b/d.txt")),
  "an empty file that goes": (dir) => Deno.remove(join(dir, "empty")),
  "all of a file": put("a.txt", "other\n"),
  "a mode": (dir) => Deno.chmod(join(dir, "a.txt"), 0o755),
  "a mode and lines": async (dir) => {
    await Deno.chmod(join(dir, "b/d.txt"), 0o755);
    await put("b/d.txt", "x\nY\nz\n")(dir);
  },
  "a rename": (dir) => Deno.rename(join(dir, "a.txt"), join(dir, "renamed.txt")),
  "a rename with a line changed": async (dir) => {
    await Deno.remove(join(dir, "a.txt"));
    await put("moved/a.txt", "one\ntwo\nthree\nfour\nFIVE\nsix\nseven\neight\nnine\n")(dir);
  },
  "two files that change places": async (dir) => {
    await put("a.txt", FILES["b/d.txt"])(dir);
    await put("b/d.txt", FILES["a.txt"])(dir);
  },
  "binary data": put("bin.dat", new Uint8Array([0, 1, 2, 3, 250, 251, 0, 9, 77])),
  "a new binary file": put("more.bin", Uint8Array.from({ length: 700 }, (_, at) => (at * 7919) % 256)),
  "CRLF line ends": put("crlf.txt", "one\r\nzwei\r\n"),
  "bytes that are no UTF-8": put("latin.txt", new Uint8Array([0xe9, 10, 0xe0, 10, 0xff])),
  "a name with spaces and accents": put("name with space é.txt", "t\n"),
  "a new name with a quote": put('new "quoted"\tname', "q\n"),
  "a link": (dir) => Deno.symlink("../a.txt", join(dir, "b/link")),
  "a file that becomes a link": async (dir) => {
    await Deno.remove(join(dir, "b/d.txt"));
    await Deno.symlink("c.txt", join(dir, "b/d.txt"));
  },
  "a file that becomes a directory": async (dir) => {
    await Deno.remove(join(dir, "a.txt"));
    await put("a.txt/inner", "i\n")(dir);
  },
  "nothing": () => Promise.resolve(),
};

const REFUSED: Readonly<Record<string, { patch: string; code: string }>> = {
  "a hunk that does not match": {
    patch: "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-zwei\n+2\n",
    code: "patch-conflict",
  },
  "a file that is not there": {
    patch: "--- a/gone.txt\n+++ b/gone.txt\n@@ -1 +1 @@\n-a\n+b\n",
    code: "patch-conflict",
  },
  "a new file that is there": {
    patch:
      "diff --git a/a.txt b/a.txt\nnew file mode 100644\n--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+x\n",
    code: "patch-conflict",
  },
  "a file below a file": {
    patch: "--- /dev/null\n+++ b/a.txt/below\n@@ -0,0 +1 @@\n+x\n",
    code: "patch-conflict",
  },
  "a path that leads out": {
    patch: "--- /dev/null\n+++ b/../out\n@@ -0,0 +1 @@\n+x\n",
    code: "patch-path",
  },
  "git's own directory": {
    patch: "--- /dev/null\n+++ b/.GIT/config\n@@ -0,0 +1 @@\n+x\n",
    code: "patch-path",
  },
  "a link that leads out": {
    patch:
      "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+../../etc\n\\ No newline at end of file\n",
    code: "patch-path",
  },
  "a hunk that is cut": {
    patch: "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n",
    code: "patch-malformed",
  },
  "what is no diff": { patch: "hello\n", code: "patch-malformed" },
  "a binary file without its data": {
    patch: "diff --git a/bin.dat b/bin.dat\nBinary files a/bin.dat and b/bin.dat differ\n",
    code: "patch-malformed",
  },
};

/** The suite. Whatever an adapter makes of a patch, git makes the same of it: tree, list of files, and a diff that gives that tree. */
export function workspaceConformance({ name, workspace }: Adapter): void {
  Deno.test(`${name}: every edit comes out as git says, and its diff gives the same tree`, async () => {
    await withRepository(FILES, async (repository) => {
      for (const [edit, work] of Object.entries(EDITS)) {
        await repository.git("reset", "-q", "--hard", "HEAD");
        await repository.git("clean", "-q", "-fd");
        await work(repository.dir);
        await repository.git("add", "-A");
        const tree = await repository.git("write-tree");
        const patch = await gitIn(repository.dir, ["diff", "--cached", "--binary", "--full-index", "-M50%"]);
        const at = await workspace(repository);
        const applied = await at.apply(patch);
        assert.ok(applied.ok, `${edit}: ${applied.ok ? "" : applied.error.message}`);
        assert.equal(await at.curateTree(), tree, edit);
        const { change, patch: own } = await at.curate();
        assert.deepEqual(
          change.files.map((file) => [file.status, file.path, file.from, file.oldMode, file.newMode]),
          await rawDiff(repository, tree),
          edit,
        );
        await repository.git("read-tree", "HEAD");
        if (own.byteLength > 0) await gitIn(repository.dir, ["apply", "--cached", "-"], own);
        assert.equal(await repository.git("write-tree"), tree, `${edit}: what git makes of the diff`);
        await at.dispose();
      }
    });
  });

  Deno.test(`${name}: a patch that does not fit is refused with its kind, and changes nothing`, async () => {
    await withRepository(FILES, async (repository) => {
      const at = await workspace(repository);
      for (const [what, { patch, code }] of Object.entries(REFUSED)) {
        const applied = await at.apply(bytes(patch));
        assert.equal(applied.ok ? "applied" : applied.error.code, code, what);
        assert.equal(await at.curateTree(), at.baseTree, what);
      }
    });
  });

  Deno.test(`${name}: lines that moved are found, and a second patch goes on top of the first`, async () => {
    await withRepository(FILES, async (repository) => {
      const at = await workspace(repository);
      const off = "--- a/a.txt\n+++ b/a.txt\n@@ -2,3 +2,3 @@\n six\n-seven\n+SEVEN\n eight\n";
      assert.ok((await at.apply(bytes(off))).ok);
      assert.ok((await at.apply(bytes("--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+n\n"))).ok);
      assert.match(text(await at.read("a.txt", "head")) ?? "", /six\nSEVEN\neight/);
      assert.equal(text(await at.read("a.txt", "base")), FILES["a.txt"]);
      assert.equal(await at.read("nothing", "head"), null);
      assert.deepEqual((await at.list("head")).filter((path) => path === "n"), ["n"]);
      assert.ok(!(await at.list("base")).includes("n"));
      const facts = await at.history();
      assert.deepEqual([facts.base, facts.foreign, facts.traces, facts.parents], [at.base, [], [], "cut"]);
    });
  });
}

/** Status, paths and modes of each changed file, by git. */
async function rawDiff(repository: TestRepository, tree: string): Promise<unknown[]> {
  const out = await repository.git("diff-tree", "-r", "-z", "--raw", "-M50%", "HEAD", tree);
  const tokens = out.split("\0").filter((one) => one !== "");
  const found: unknown[] = [];
  for (let at = 0; at < tokens.length;) {
    const [, oldMode = "", newMode = "", status = ""] =
      /^:(\d+) (\d+) \w+ \w+ ([A-Z])\d*$/.exec(tokens[at++] ?? "") ?? [];
    const from = status === "R" ? tokens[at++] : undefined;
    const path = tokens[at++] ?? "";
    found.push([status, path, from, oldMode, newMode]);
  }
  return found;
}
