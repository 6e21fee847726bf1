import assert from "node:assert/strict";
import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bytes, gitIn, snapshot, text, withRepository, workspaceIn } from "./tests/fixture.ts";
import type { Workspace } from "../port.ts";

async function changes(workspace: Workspace): Promise<string[]> {
  const { change } = await workspace.curate();
  return change.files.map(({ status, from, path }) =>
    `${status} ${from === undefined ? "" : `${from} > `}${path}`
  );
}
const put = (workspace: Workspace, path: string, content: string) =>
  Deno.mkdir(dirname(join(workspace.dir, path)), { recursive: true })
    .then(() => Deno.writeTextFile(join(workspace.dir, path), content));

// req: N2-20
Deno.test("the change is what git sees: added, modified, deleted, renamed, retyped, and their lines", async () => {
  const long = Array.from({ length: 30 }, (_, line) => `line ${line}`).join("\n") + "\n";
  await withRepository({
    "gone.txt": "1\n",
    "mod.txt": "1\n2\n",
    "old.txt": long,
    "type.txt": "x",
    "run.sh": "x\n",
  }, async (repo) => {
    const workspace = await workspaceIn(repo);
    await Deno.remove(join(workspace.dir, "gone.txt"));
    await put(workspace, "mod.txt", "1\nzwei\n3\n");
    await Deno.mkdir(join(workspace.dir, "new"));
    await Deno.rename(join(workspace.dir, "old.txt"), join(workspace.dir, "new/name.txt"));
    await Deno.remove(join(workspace.dir, "type.txt"));
    await Deno.symlink("mod.txt", join(workspace.dir, "type.txt"));
    await Deno.chmod(join(workspace.dir, "run.sh"), 0o755);
    await put(workspace, "new/added.txt", "a\nb\n");
    await Deno.writeFile(join(workspace.dir, "bin"), new Uint8Array([0, 1, 2]));
    const { change, patch } = await workspace.curate();
    assert.deepEqual(change.files.map((file) => ({ ...file })).sort((a, b) => a.path < b.path ? -1 : 1), [
      { status: "A", path: "bin", oldMode: "000000", newMode: "100644", binary: true, added: 0, removed: 0 },
      {
        status: "D",
        path: "gone.txt",
        oldMode: "100644",
        newMode: "000000",
        binary: false,
        added: 0,
        removed: 1,
      },
      {
        status: "M",
        path: "mod.txt",
        oldMode: "100644",
        newMode: "100644",
        binary: false,
        added: 2,
        removed: 1,
      },
      {
        status: "A",
        path: "new/added.txt",
        oldMode: "000000",
        newMode: "100644",
        binary: false,
        added: 2,
        removed: 0,
      },
      {
        status: "R",
        path: "new/name.txt",
        from: "old.txt",
        oldMode: "100644",
        newMode: "100644",
        binary: false,
        added: 0,
        removed: 0,
      },
      {
        status: "M",
        path: "run.sh",
        oldMode: "100644",
        newMode: "100755",
        binary: false,
        added: 0,
        removed: 0,
      },
      {
        status: "T",
        path: "type.txt",
        oldMode: "100644",
        newMode: "120000",
        binary: false,
        added: 1,
        removed: 1,
      },
    ]);
    assert.deepEqual([change.added, change.removed], [5, 3]);
    assert.equal(change.base, workspace.base);

    // The patch is complete: applied to a clone of the user's, it gives the same tree.
    await gitIn(repo.root, ["clone", "-q", repo.dir, "other"]);
    await gitIn(join(repo.root, "other"), ["apply", "--index", "-"], patch);
    assert.equal(text(await gitIn(join(repo.root, "other"), ["write-tree"]))?.trim(), change.tree);
  });
});

Deno.test("nothing changed is an empty change, and the same work gives the same patch", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const [one, two] = [await workspaceIn(repo), await workspaceIn(repo)];
    const { change, patch } = await one.curate();
    assert.deepEqual([change.files, change.tree, patch.byteLength], [[], one.baseTree, 0]);
    for (const workspace of [one, two]) await put(workspace, "b.txt", "b\n");
    assert.deepEqual(await one.curate(), await two.curate());
  });
});

Deno.test("what the base ignores is left out, and what only the change ignores is not", async () => {
  await withRepository({
    ".gitignore": "node_modules/\n*.log\n!keep.log\n",
    "sub/.gitignore": "/out\n",
    "sub/a.txt": "a",
  }, async (repo) => {
    const workspace = await workspaceIn(repo);
    for (
      const path of [
        "node_modules/x/index.js",
        "a.log",
        "keep.log",
        "sub/out/b.js",
        "out/c.js",
        "sub/node_modules/d.js",
      ]
    ) {
      await put(workspace, path, "x");
    }
    assert.deepEqual(await changes(workspace), ["A keep.log", "A out/c.js"]);
    await put(workspace, ".gitignore", "*\n");
    await put(workspace, "evil.ts", "hidden?");
    await put(workspace, "deep/er/.gitignore", "*\n");
    await put(workspace, "deep/er/evil.ts", "hidden?");
    assert.deepEqual(await changes(workspace), [
      "M .gitignore",
      "A deep/er/.gitignore",
      "A deep/er/evil.ts",
      "A evil.ts",
      "A keep.log",
      "A out/c.js",
    ]);
  });
});

Deno.test("a file that a patch adds counts, also where the base ignores its name", async () => {
  await withRepository({ ".gitignore": "*.log\n" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    const patch =
      "diff --git a/x.log b/x.log\nnew file mode 100644\n--- /dev/null\n+++ b/x.log\n@@ -0,0 +1 @@\n+x\n";
    assert.ok((await workspace.apply(bytes(patch))).ok);
    assert.deepEqual(await changes(workspace), ["A x.log"]);
  });
});

Deno.test("a tracked file counts although an ignore rule names it", async () => {
  await withRepository({ "a.log": "1" }, async (repo) => {
    await repo.write(".gitignore", "*.log\n");
    await repo.commit();
    const workspace = await workspaceIn(repo);
    await put(workspace, "a.log", "2");
    assert.deepEqual(await changes(workspace), ["M a.log"]);
  });
});

Deno.test("an embedded repository hides nothing", async () => {
  await withRepository({ "src/a.ts": "a", "b.ts": "b" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    for (const dir of ["src", "lib"]) {
      await Deno.mkdir(join(workspace.dir, dir), { recursive: true });
      await gitIn(join(workspace.dir, dir), ["init", "-q"]);
      await put(workspace, `${dir}/new.ts`, "new");
      await gitIn(join(workspace.dir, dir), ["add", "-A"]);
      await gitIn(join(workspace.dir, dir), ["commit", "-q", "-m", "hidden"]);
    }
    await put(workspace, "src/a.ts", "changed");
    await gitIn(workspace.dir, ["init", "-q"]);
    assert.deepEqual(await changes(workspace), ["A lib/new.ts", "A src/new.ts", "M src/a.ts"].sort(byPath));
  });
});

Deno.test("a file replaced by an embedded repository, and one put over a submodule, show as files", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    await repo.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},sub`);
    await repo.git("commit", "-q", "-m", "sub");
    const workspace = await workspaceIn(repo);
    await Deno.remove(join(workspace.dir, "a.txt"));
    await Deno.mkdir(join(workspace.dir, "a.txt"));
    await gitIn(join(workspace.dir, "a.txt"), ["init", "-q"]);
    await gitIn(join(workspace.dir, "a.txt"), ["commit", "-q", "--allow-empty", "-m", "x"]);
    await put(workspace, "a.txt/inner.ts", "x");
    await put(workspace, "sub/payload.ts", "x");
    assert.deepEqual(await changes(workspace), ["D a.txt", "A a.txt/inner.ts", "D sub", "A sub/payload.ts"]);
  });
});

// req: N10-12
Deno.test("links are read as links, and a directory turned into a link takes its files away", async () => {
  await withRepository({ "dir/a.txt": "a", "dir/b.txt": "b" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    await Deno.mkdir(join(repo.root, "outside"));
    await Deno.writeTextFile(join(repo.root, "outside/a.txt"), "secret of the host");
    await Deno.remove(join(workspace.dir, "dir"), { recursive: true });
    await Deno.symlink(join(repo.root, "outside"), join(workspace.dir, "dir"));
    await Deno.symlink("/etc/passwd", join(workspace.dir, "passwd"));
    const { patch } = await workspace.curate();
    assert.deepEqual(await changes(workspace), ["A dir", "D dir/a.txt", "D dir/b.txt", "A passwd"]);
    assert.doesNotMatch(text(patch) ?? "", /secret of the host/);
    assert.equal(text(await workspace.read("passwd", "head")), "/etc/passwd");
    assert.equal(await workspace.read("dir/a.txt", "head"), null);
  });
});

Deno.test("pipes, sockets and what git calls invalid are no part of a change", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    await Deno.remove(join(workspace.dir, "a.txt"));
    await new Deno.Command("mkfifo", { args: [join(workspace.dir, "a.txt"), join(workspace.dir, "pipe")] })
      .output();
    await put(workspace, ".GIT/hooks/pre-commit", "evil");
    await put(workspace, "x/.git/config", "evil");
    assert.deepEqual(await changes(workspace), ["D a.txt"]);
  });
});

Deno.test("names with spaces, line breaks, quotes, colons and leading dashes come through", async () => {
  await withRepository({ ".gitignore": "*.o\n", "-rf": "x" }, async (repo) => {
    const names = [" a b ", "line\nbreak", "tab\there", ":(glob)*", "--cached", "ü.ts", "back\\slash", "a:b"];
    const workspace = await workspaceIn(repo);
    for (const name of names) await put(workspace, name, name);
    await put(workspace, "-rf", "changed");
    assert.deepEqual((await changes(workspace)).map((one) => one.slice(2)).sort(), [...names, "-rf"].sort());
    for (const name of names) assert.equal(text(await workspace.read(name, "head")), name);
  });
});

Deno.test("a change with the same size and a reset modification time is seen", async () => {
  await withRepository({ "a.txt": "aaaa" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    const file = join(workspace.dir, "a.txt");
    const { mtime } = await Deno.stat(file);
    await Deno.writeTextFile(file, "bbbb");
    await Deno.utime(file, mtime ?? 0, mtime ?? 0);
    assert.deepEqual(await changes(workspace), ["M a.txt"]);
  });
});

/** Writes into the index, of one file, that it was last seen as it is on the disk now. */
async function makeBelieve(workspace: Workspace, path: string): Promise<void> {
  const index = join(dirname(workspace.dir), "engine/index");
  const content = await Deno.readFile(index);
  const stat = await lstat(join(workspace.dir, path), { bigint: true });
  const seconds = (ns: bigint) => Number(ns / 1_000_000_000n);
  const entry = new DataView(content.buffer, 12);
  [seconds(stat.ctimeNs), 0, seconds(stat.mtimeNs), 0, Number(stat.dev), Number(stat.ino)].forEach((
    value,
    at,
  ) => entry.setUint32(at * 4, value % 2 ** 32));
  await Deno.writeFile(index, content);
  // Git looks closer at what is as new as the index itself.
  const later = new Date(Date.now() + 3_600_000);
  await Deno.utime(index, later, later);
}

// req: N2-20
Deno.test("a change is seen when size, inode and all times are those of before", async () => {
  await withRepository({ "a.txt": "1" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    const file = await Deno.open(join(workspace.dir, "a.txt"), { write: true });
    await file.write(bytes("2"));
    file.close();
    await makeBelieve(workspace, "a.txt");
    assert.deepEqual(await changes(workspace), ["M a.txt"]);
    assert.equal(text(await workspace.read("a.txt", "head")), "2");

    await Deno.writeTextFile(join(workspace.dir, "a.txt"), "3");
    await makeBelieve(workspace, "a.txt");
    await workspace.apply(
      bytes(
        "diff --git a/b.txt b/b.txt\nnew file mode 100644\n--- /dev/null\n+++ b/b.txt\n@@ -0,0 +1 @@\n+b\n",
      ),
    );
    assert.deepEqual(await changes(workspace), ["M a.txt", "A b.txt"]);
    assert.equal(text(await workspace.read("a.txt", "head")), "3", "after a patch over it too");
  });
});

Deno.test("attributes of the workspace change neither what is read nor how it is shown", async () => {
  await withRepository({ "a.txt": "a\n", "b.bin": "text\n" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    await put(
      workspace,
      ".gitattributes",
      "* -diff -text binary filter=evil diff=evil\n*.txt eol=crlf ident\n",
    );
    await put(workspace, "a.txt", "$Id: x$\r\n");
    await put(workspace, "b.bin", "changed\n");
    const { change, patch } = await workspace.curate();
    assert.deepEqual(change.files.map((file) => [file.path, file.binary]), [[".gitattributes", false], [
      "a.txt",
      false,
    ], ["b.bin", false]]);
    assert.match(text(patch) ?? "", /^\+changed$/m);
    assert.equal(text(await workspace.read("a.txt", "head")), "$Id: x$\r\n");
  });
});

Deno.test("reading follows no link, leaves no tree, and tells what is absent", async () => {
  await withRepository({ "dir/a.txt": "a" }, async (repo) => {
    await Deno.symlink("dir", join(repo.dir, "link"));
    await repo.commit();
    const workspace = await workspaceIn(repo);
    assert.equal(text(await workspace.read("dir/a.txt", "base")), "a");
    for (
      const path of [
        "link/a.txt",
        "dir",
        "none",
        "/etc/passwd",
        "../repo/dir/a.txt",
        "",
        "dir/../dir/a.txt",
        "./dir/a.txt",
      ]
    ) {
      assert.equal(await workspace.read(path, "base"), null, path);
    }
    const many = await Promise.all(
      Array.from({ length: 50 }, (_, at) => workspace.read(at % 2 ? "dir/a.txt" : "none", "head")),
    );
    assert.equal(many.filter((one) => text(one) === "a").length, 25);
  });
});

Deno.test("head is the tree that was curated last, and stays it until the next time", async () => {
  await withRepository({ "a.txt": "1" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    await put(workspace, "a.txt", "2");
    assert.equal(
      text(await workspace.read("a.txt", "head")),
      "2",
      "before the first curation it is the work tree",
    );
    await workspace.curate();
    await put(workspace, "a.txt", "3");
    assert.equal(text(await workspace.read("a.txt", "head")), "2");
    await workspace.curate();
    assert.equal(text(await workspace.read("a.txt", "head")), "3");
  });
});

Deno.test("a checkout has the files of a tree and nothing of the workspace's leftovers", async () => {
  await withRepository({ ".gitignore": "junk/\n", "a.txt": "1" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    await put(workspace, "junk/x.js", "left over");
    await put(workspace, "a.txt", "2");
    await Deno.chmod(join(workspace.dir, "a.txt"), 0o755);
    await Deno.symlink("/etc", join(workspace.dir, "etc"));
    const { change } = await workspace.curate();
    const checkout = await workspace.checkout(change.tree, join(repo.root, "out/head"));
    assert.deepEqual(Object.keys(await snapshot(checkout.dir)).sort(), [".gitignore", "a.txt", "etc"]);
    assert.equal((await Deno.lstat(join(checkout.dir, "a.txt"))).mode! & 0o111, 0o111);
    assert.equal(await Deno.readLink(join(checkout.dir, "etc")), "/etc");
    await checkout.dispose();
    await assert.rejects(Deno.lstat(checkout.dir), Deno.errors.NotFound);
    assert.ok((await Deno.stat("/etc")).isDirectory);
    const base = await workspace.checkout(change.baseTree, join(repo.root, "out/base"));
    assert.equal(await Deno.readTextFile(join(base.dir, "a.txt")), "1");
    await assert.rejects(workspace.checkout(change.tree, base.dir), Deno.errors.AlreadyExists);
    await assert.rejects(workspace.checkout("--help", join(repo.root, "out/x")), /not a tree's name/);
  });
});

function byPath(a: string, b: string): number {
  return a.slice(2) < b.slice(2) ? -1 : 1;
}
