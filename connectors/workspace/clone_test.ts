import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { bytes, gitIn, opened, snapshot, text, withRepository, workspaceIn } from "./tests/fixture.ts";
import { gitWorkspaces } from "./workspaces.ts";

const workspaces = gitWorkspaces();

// req: N10-02
Deno.test("a clone holds the base commit alone: no other history, ref, reflog, remote or shared object", async () => {
  await withRepository({ "a.txt": "past" }, async (repo) => {
    const past = await repo.git("rev-parse", "HEAD:a.txt");
    await repo.write("a.txt", "base");
    const base = await repo.commit();
    await repo.git("tag", "v1");
    await repo.write("a.txt", "the answer, fixed later");
    await repo.commit();
    const future = await repo.git("rev-parse", "HEAD:a.txt");
    const workspace = await workspaceIn(repo, base);
    const engine = join(dirname(workspace.dir), "engine");

    const objects = text(
      await gitIn(engine, ["cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"]),
    );
    assert.deepEqual(objects?.trim().split("\n").map((line) => line.split(" ")[0]).sort(), [
      "blob",
      "commit",
      "tree",
    ]);
    assert.match(objects ?? "", new RegExp(base));
    assert.doesNotMatch(objects ?? "", new RegExp(`${past}|${future}`));
    assert.equal(text(await gitIn(engine, ["for-each-ref"])), "");
    assert.equal(text(await gitIn(engine, ["remote"])), "");
    assert.equal(text(await gitIn(engine, ["rev-list", "--count", base]))?.trim(), "1");
    for (const path of ["logs", "objects/info/alternates", "packed-refs", "FETCH_HEAD", "ORIG_HEAD"]) {
      await assert.rejects(Deno.lstat(join(engine, path)), Deno.errors.NotFound, path);
    }
    for await (const pack of Deno.readDir(join(engine, "objects/pack"))) {
      assert.equal((await Deno.stat(join(engine, "objects/pack", pack.name))).nlink, 1, "no hard links");
    }
    assert.deepEqual(
      Object.keys(await snapshot(workspace.dir)),
      ["a.txt"],
      "the work tree has no git directory",
    );
    assert.equal(await Deno.readTextFile(join(workspace.dir, "a.txt")), "base");
  });
});

// req: N5-13 N5-12
Deno.test("the same base gives the same tree, whatever is checked out, staged or dirty", async () => {
  await withRepository({ "a.txt": "a", "b/c.txt": "c" }, async (repo) => {
    const base = await repo.git("rev-parse", "HEAD");
    const first = await workspaceIn(repo, base);
    await repo.git("checkout", "-q", "-b", "other");
    await repo.write("a.txt", "other");
    await repo.commit();
    await repo.write("b/c.txt", "staged");
    await repo.git("add", "-A");
    await repo.write("b/c.txt", "dirty");
    const before = await snapshot(repo.dir);
    const second = await workspaceIn(repo, base);
    assert.equal(second.baseTree, first.baseTree);
    assert.deepEqual(await second.list("head"), ["a.txt", "b/c.txt"]);
    assert.equal(text(await second.read("b/c.txt", "base")), "c");
    assert.equal((await second.curate()).change.tree, first.baseTree);
    assert.deepEqual(await snapshot(repo.dir), before, "the user's repository is as it was");
  });
});

// req: N10-12
Deno.test("bytes are kept: CRLF, attributes that convert, keywords, odd encodings, LFS pointers", async () => {
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
  await withRepository({
    "crlf.txt": "one\r\ntwo\r\n",
    "mixed.txt": "one\r\ntwo\n",
    "id.txt": "$Id$\n",
    "big.bin": pointer,
    "latin.txt": new Uint8Array([0xe9, 0x0a]),
  }, async (repo) => {
    // Committed after the files, so that git takes them as they are.
    await repo.write(
      ".gitattributes",
      "*.txt text eol=lf\nid.txt ident\n*.bin filter=lfs diff=lfs merge=lfs -text\nlatin.txt working-tree-encoding=UTF-16\n",
    );
    await repo.git("add", ".gitattributes");
    await repo.git("commit", "-q", "-m", "attributes");
    const workspace = await workspaceIn(repo);
    assert.equal(await Deno.readTextFile(join(workspace.dir, "crlf.txt")), "one\r\ntwo\r\n");
    assert.equal(await Deno.readTextFile(join(workspace.dir, "mixed.txt")), "one\r\ntwo\n");
    assert.equal(await Deno.readTextFile(join(workspace.dir, "id.txt")), "$Id$\n");
    assert.equal(await Deno.readTextFile(join(workspace.dir, "big.bin")), pointer);
    assert.deepEqual(await Deno.readFile(join(workspace.dir, "latin.txt")), new Uint8Array([0xe9, 0x0a]));
    await Deno.writeTextFile(join(workspace.dir, "crlf.txt"), "one\r\nzwei\r\n");
    const { change, patch } = await workspace.curate();
    assert.deepEqual(change.files.map((file) => file.path), ["crlf.txt"]);
    assert.match(text(patch) ?? "", /^\+zwei\r$/m);
    assert.equal(text(await workspace.read("crlf.txt", "head")), "one\r\nzwei\r\n");
  });
});

// req: N10-12
Deno.test("names that are not UTF-8 go through, and can be read and changed by a patch", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    await new Deno.Command("sh", { args: ["-c", "printf old > \"$(printf 'caf\\351.txt')\""], cwd: repo.dir })
      .output();
    await repo.commit();
    const workspace = await workspaceIn(repo);
    const name = '"caf\\351.txt"';
    assert.deepEqual(await workspace.list("base"), [name, "a.txt"]);
    assert.equal(text(await workspace.read(name, "base")), "old");
    const patch =
      `diff --git "a/caf\\351.txt" "b/caf\\351.txt"\n--- "a/caf\\351.txt"\n+++ "b/caf\\351.txt"\n@@ -1 +1 @@\n-old\n\\ No newline at end of file\n+new\n`;
    assert.deepEqual(await workspace.apply(bytes(patch)), { ok: true, value: undefined });
    const { change } = await workspace.curate();
    assert.deepEqual(change.files.map(({ status, path }) => [status, path]), [["M", name]]);
    assert.equal(text(await workspace.read(name, "head")), "new\n");
  });
});

// req: N10-12
Deno.test("submodules stay what they are", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const commit = "1".repeat(40);
    await repo.git("update-index", "--add", "--cacheinfo", `160000,${commit},lib/sub`);
    await repo.write(".gitmodules", '[submodule "sub"]\n\tpath = lib/sub\n\turl = https://example.com/x\n');
    await repo.git("add", ".gitmodules");
    await repo.git("commit", "-q", "-m", "sub");
    const workspace = await workspaceIn(repo);
    assert.equal((await workspace.curate()).change.files.length, 0);
    assert.equal(await workspace.read("lib/sub", "head"), null);
    await Deno.writeTextFile(join(workspace.dir, "a.txt"), "b");
    assert.deepEqual((await workspace.curate()).change.files.map((file) => file.path), ["a.txt"]);

    const bump =
      `diff --git a/lib/sub b/lib/sub\n--- a/lib/sub\n+++ b/lib/sub\n@@ -1 +1 @@\n-Subproject commit ${commit}\n+Subproject commit ${
        "2".repeat(40)
      }\n`;
    assert.ok((await workspace.apply(bytes(bump))).ok);
    assert.deepEqual((await workspace.curate()).change.files.map((file) => [file.path, file.newMode]), [
      ["a.txt", "100644"],
      ["lib/sub", "160000"],
    ]);
  });
});

Deno.test("linked work trees, shallow clones, bare and SHA-256 repositories can be cloned", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    await repo.write("a.txt", "b");
    await repo.commit();
    await repo.git("worktree", "add", "-q", "-b", "side", join(repo.root, "side"));
    await gitIn(repo.root, ["clone", "-q", "--bare", repo.dir, "bare.git"]);
    await gitIn(repo.root, ["clone", "-q", "--depth=1", `file://${repo.dir}`, "shallow"]);
    await gitIn(repo.root, ["clone", "-q", "--shared", repo.dir, "borrowing"]);
    for (const name of ["side", "bare.git", "shallow", "borrowing"]) {
      const made = await workspaces.create(
        await opened(join(repo.root, name)),
        join(repo.root, `of-${name}`),
      );
      assert.ok(made.ok, name);
      assert.equal(text(await made.value.read("a.txt", "base")), "b", name);
    }
  });
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    await Deno.writeTextFile(join(workspace.dir, "a.txt"), "b");
    assert.match((await workspace.curate()).change.tree, /^[0-9a-f]{64}$/);
  }, ["--object-format=sha256"]);
});

Deno.test("a workspace is opened again after a restart, by its directory or the one that it was made in", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    await Deno.writeTextFile(join(workspace.dir, "a.txt"), "b");
    const { change } = await workspace.curate();
    for (const dir of [workspace.dir, dirname(workspace.dir)]) {
      const again = await workspaces.reopen(dir);
      assert.ok(again.ok);
      assert.equal(again.value.base, workspace.base);
      assert.equal(text(await again.value.read("a.txt", "head")), "b");
      assert.equal((await again.value.curate()).change.tree, change.tree);
    }
  });
});

Deno.test("what is no complete workspace is not reopened", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    for (const dir of [repo.root, repo.dir, join(repo.root, "none")]) {
      const result = await workspaces.reopen(dir);
      assert.equal(result.ok ? "" : result.error.code, "workspace-not-found");
    }
    const workspace = await workspaceIn(repo);
    await Deno.remove(join(dirname(workspace.dir), "engine/objects/pack"), { recursive: true });
    assert.equal((await workspaces.reopen(workspace.dir)).ok, false);
  });
});

Deno.test("a place that is taken, and a repository with missing objects, are problems that leave nothing behind", async () => {
  await withRepository({ "a.txt": "a", "b.txt": "b" }, async (repo) => {
    const found = await opened(repo.dir);
    const taken = await workspaces.create(found, repo.dir);
    assert.equal(taken.ok ? "" : taken.error.code, "workspace-exists");

    const blob = await repo.git("rev-parse", "HEAD:b.txt");
    await Deno.remove(join(repo.dir, ".git/objects", blob.slice(0, 2), blob.slice(2)));
    const into = join(repo.root, "workspace");
    const broken = await workspaces.create(found, into);
    assert.equal(broken.ok ? "" : broken.error.code, "repo-incomplete");
    await assert.rejects(Deno.lstat(into), Deno.errors.NotFound);
  });
});

Deno.test("a base tree with a .git in it is never checked out", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const blob = await repo.git("rev-parse", "HEAD:a.txt");
    const inner = text(await gitIn(repo.dir, ["mktree"], bytes(`100755 blob ${blob}\tpre-commit\n`)))?.trim();
    const hooks = text(await gitIn(repo.dir, ["mktree"], bytes(`040000 tree ${inner}\thooks\n`)))?.trim();
    for (const name of [".git", ".GIT", ".gi\u200ct", "git~1"]) {
      const tree =
        text(await gitIn(repo.dir, ["mktree"], bytes(`040000 tree ${hooks}\t${name}\n`)))?.trim() ?? "";
      const commit = text(await gitIn(repo.dir, ["commit-tree", tree, "-m", "evil"]))?.trim();
      const made = await workspaces.create(await opened(repo.dir, commit), join(repo.root, "workspace"));
      assert.equal(made.ok ? "" : made.error.code, "repo-unsafe", name);
    }
  });
});

Deno.test("disposing removes everything", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const workspace = await workspaceIn(repo);
    await workspace.dispose();
    await assert.rejects(Deno.lstat(dirname(workspace.dir)), Deno.errors.NotFound);
  });
});
