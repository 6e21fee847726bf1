import assert from "node:assert/strict";
import { join } from "node:path";
import type { BaseObjects } from "../port.ts";
import {
  bytes,
  gitIn,
  opened,
  snapshot,
  type TestRepository,
  text,
  withRepository,
  workspaceIn,
} from "./tests/fixture.ts";
import { gitWorkspaces } from "./workspaces.ts";

async function objectsOf(repo: TestRepository): Promise<BaseObjects> {
  const copied = await gitWorkspaces().copyBase(
    await opened(repo.dir),
    join(repo.root, `base-${crypto.randomUUID()}`),
  );
  assert.ok(copied.ok, copied.ok ? "" : copied.error.message);
  return copied.value;
}

const ADD =
  "diff --git a/new.sh b/new.sh\nnew file mode 100755\n--- /dev/null\n+++ b/new.sh\n@@ -0,0 +1 @@\n+x\n";
const CHANGE = "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+zwei\n";
const FILES = { "a.txt": "one\ntwo\n", "b/c.txt": "c", ".gitignore": "*.log\n" };

Deno.test("a workspace without files takes patches, and tells the same as one with files", async () => {
  await withRepository(FILES, async (repo) => {
    const objects = await objectsOf(repo);
    const bare = await objects.workspace(join(repo.root, "bare"));
    const full = await workspaceIn(repo);
    for (const patch of [CHANGE, ADD, "", "no patch", CHANGE]) {
      assert.deepEqual(await bare.apply(bytes(patch)), await full.apply(bytes(patch)));
      assert.deepEqual(await bare.curate(), await full.curate());
    }
    assert.equal((await bare.curate()).change.files.length, 2);
    assert.deepEqual(await bare.list("head"), await full.list("head"));
    assert.equal(text(await bare.read("a.txt", "head")), "one\nzwei\n");
    assert.equal(text(await bare.read("a.txt", "base")), "one\ntwo\n");
    assert.deepEqual(await snapshot(bare.dir), {}, "nothing was checked out for it");
  });
});

Deno.test("files that are asked for are those of the index, and from then on they count", async () => {
  await withRepository(FILES, async (repo) => {
    const workspace = await (await objectsOf(repo)).workspace(join(repo.root, "one"));
    assert.ok((await workspace.apply(bytes(ADD))).ok);
    assert.equal(await workspace.files(), workspace.dir);
    assert.equal(await workspace.files(), workspace.dir, "asking again changes nothing");
    assert.deepEqual(Object.keys(await snapshot(workspace.dir)).sort(), [
      ".gitignore",
      "a.txt",
      "b",
      "b/c.txt",
      "new.sh",
    ]);
    assert.equal((await Deno.lstat(join(workspace.dir, "new.sh"))).mode! & 0o111, 0o111);
    await Deno.writeTextFile(join(workspace.dir, "b/c.txt"), "d");
    await Deno.writeTextFile(join(workspace.dir, "x.log"), "ignored");
    const { change } = await workspace.curate();
    assert.deepEqual(change.files.map(({ status, path }) => `${status} ${path}`), ["M b/c.txt", "A new.sh"]);
    assert.ok((await workspace.apply(bytes(CHANGE))).ok);
    assert.equal(
      await Deno.readTextFile(join(workspace.dir, "a.txt")),
      "one\nzwei\n",
      "patches reach the files too",
    );
  });
});

// req: N10-02
Deno.test("workspaces over the same objects see nothing of one another, and leave the objects when they go", async () => {
  await withRepository(FILES, async (repo) => {
    const objects = await objectsOf(repo);
    const [one, two] = await Promise.all(
      ["one", "two"].map((name) => objects.workspace(join(repo.root, name))),
    );
    assert.ok(one && two);
    await Promise.all([one.apply(bytes(CHANGE)), two.apply(bytes(ADD))]);
    const [first, second] = await Promise.all([one.curate(), two.curate()]);
    assert.deepEqual(first.change.files.map(({ path }) => path), ["a.txt"]);
    assert.deepEqual(second.change.files.map(({ path }) => path), ["new.sh"]);
    await one.dispose();
    assert.equal(await objects.isThere(), true);
    assert.equal(text(await two.read("new.sh", "head")), "x\n");
    const checkout = await two.checkout(first.change.tree, join(repo.root, "out"));
    assert.equal(
      await Deno.readTextFile(join(checkout.dir, "a.txt")),
      "one\nzwei\n",
      "a tree is found by its name",
    );
    await objects.dispose();
    assert.equal(await objects.isThere(), false);
  });
});

Deno.test("the objects are those of the base alone, and of a base whose tree is another there are none", async () => {
  await withRepository({ "a.txt": "past" }, async (repo) => {
    const past = await repo.git("rev-parse", "HEAD^{tree}");
    await repo.write("a.txt", "base");
    await repo.commit();
    const objects = await objectsOf(repo);
    const all = text(
      await gitIn(join(objects.dir, "engine"), ["cat-file", "--batch-all-objects", "--batch-check"]),
    );
    assert.equal(all?.trim().split("\n").length, 3);
    const into = join(repo.root, "other");
    const other = await gitWorkspaces().copyBase({ ...await opened(repo.dir), baseTree: past }, into);
    assert.equal(other.ok ? "" : other.error.code, "base-changed");
    await assert.rejects(Deno.lstat(into), Deno.errors.NotFound);
  });
});

Deno.test("every kind of repository gives its base: linked work trees, bare, shallow, borrowing, packed and SHA-256 ones", async () => {
  const checked = async (dir: string, name: string, root: string) => {
    const copied = await gitWorkspaces().copyBase(await opened(dir), join(root, `of-${name}`));
    assert.ok(copied.ok, copied.ok ? "" : `${name}: ${copied.error.message}`);
    const workspace = await copied.value.workspace(join(root, `ws-${name}`));
    assert.ok((await workspace.apply(bytes(CHANGE))).ok, name);
    const { change } = await workspace.curate();
    assert.deepEqual(change.files.map(({ path }) => path), ["a.txt"], name);
    const checkouts = workspace.checkouts(join(root, `runs-${name}`), { reuse: true });
    const checkout = await checkouts.take(change.tree);
    assert.equal(await Deno.readTextFile(join(checkout.dir, "a.txt")), "one\nzwei\n", name);
    assert.equal(await workspace.files(), workspace.dir);
    assert.equal(
      (await workspace.curate()).change.tree,
      change.tree,
      `${name}: the files are those of the index`,
    );
  };
  await withRepository(FILES, async (repo) => {
    await repo.write("more.txt", "more");
    await repo.commit();
    await repo.git("worktree", "add", "-q", "-b", "side", join(repo.root, "side"));
    await gitIn(repo.root, ["clone", "-q", "--bare", repo.dir, "bare.git"]);
    await gitIn(repo.root, ["clone", "-q", "--depth=1", `file://${repo.dir}`, "shallow"]);
    await gitIn(repo.root, ["clone", "-q", "--shared", repo.dir, "borrowing"]);
    await gitIn(repo.root, ["clone", "-q", `file://${repo.dir}`, "packed"]);
    const packed = join(repo.root, "packed");
    await gitIn(packed, ["repack", "-adq", "--write-bitmap-index"]);
    await gitIn(packed, ["multi-pack-index", "write"]);
    await gitIn(packed, ["commit-graph", "write", "--reachable"]);
    await gitIn(packed, ["pack-refs", "--all"]);
    for (const name of ["side", "bare.git", "shallow", "borrowing", "packed"]) {
      await checked(join(repo.root, name), name, repo.root);
    }
  });
  await withRepository(FILES, (repo) => checked(repo.dir, "sha256", repo.root), ["--object-format=sha256"]);
});

Deno.test("a base with missing objects, or with paths that no work tree may have, is a problem that leaves nothing behind", async () => {
  await withRepository(FILES, async (repo) => {
    const repository = await opened(repo.dir);
    const blob = await repo.git("rev-parse", "HEAD:b/c.txt");
    await Deno.remove(join(repo.dir, ".git/objects", blob.slice(0, 2), blob.slice(2)));
    const copied = await gitWorkspaces().copyBase(repository, join(repo.root, "base"));
    assert.equal(copied.ok ? "" : copied.error.code, "repo-incomplete");
    await assert.rejects(Deno.lstat(join(repo.root, "base")), Deno.errors.NotFound);
  });
  await withRepository(FILES, async (repo) => {
    const blob = await repo.git("rev-parse", "HEAD:a.txt");
    const inner = text(await gitIn(repo.dir, ["mktree"], bytes(`100644 blob ${blob}\tconfig\n`)))?.trim();
    const tree = text(await gitIn(repo.dir, ["mktree"], bytes(`040000 tree ${inner}\t.git\n`)))?.trim() ?? "";
    const commit = await repo.git("commit-tree", tree, "-m", "evil");
    const copied = await gitWorkspaces().copyBase(await opened(repo.dir, commit), join(repo.root, "base"));
    assert.equal(copied.ok ? "" : copied.error.code, "repo-unsafe");
    await assert.rejects(Deno.lstat(join(repo.root, "base")), Deno.errors.NotFound);
  });
});
