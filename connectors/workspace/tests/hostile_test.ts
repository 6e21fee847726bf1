/**
 * Repositories that try to run something or to reach out when they are read. Every program they name leaves a marker; what
 * must hold is that no marker ever appears, and that the work goes through as with any other repository.
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { localForge } from "../../forges/local.ts";
import { memoryRecords } from "../../forges/records.ts";
import { gitWorkspaces } from "../workspaces.ts";
import {
  bytes,
  gitIn,
  opened,
  snapshot,
  type TestRepository,
  withRepository,
  workspaceIn,
} from "./fixture.ts";

/** A program that says that it ran. */
async function trap(repo: TestRepository): Promise<{ program: string; fired: () => Promise<string[]> }> {
  const marks = join(repo.root, "marks");
  await Deno.mkdir(marks);
  const program = join(repo.root, "trap.sh");
  await Deno.writeTextFile(program, `#!/bin/sh\necho "$0 $*" > "${marks}/$$"\ncat\nexit 0\n`);
  await Deno.chmod(program, 0o755);
  const fired = async () => {
    const names = await Array.fromAsync(Deno.readDir(marks));
    return await Promise.all(names.map(({ name }) => Deno.readTextFile(join(marks, name))));
  };
  return { program, fired };
}

const SETTINGS = (program: string): Record<string, string> => ({
  "core.fsmonitor": program,
  "core.sshCommand": program,
  "core.pager": program,
  "core.editor": program,
  "core.askPass": program,
  "core.gitProxy": program,
  "core.alternateRefsCommand": program,
  "core.hooksPath": dirname(program) + "/hooks",
  "core.logAllRefUpdates": "always",
  "diff.external": program,
  "diff.evil.command": program,
  "diff.evil.textconv": program,
  "filter.evil.clean": program,
  "filter.evil.smudge": program,
  "filter.evil.process": program,
  "filter.evil.required": "true",
  "filter.lfs.clean": program,
  "filter.lfs.smudge": program,
  "filter.lfs.process": program,
  "merge.evil.driver": program,
  "credential.helper": program,
  "uploadpack.packObjectsHook": program,
  "gpg.program": program,
  "gpg.ssh.program": program,
  "commit.gpgSign": "true",
  "tag.gpgSign": "true",
  "log.showSignature": "true",
  "interactive.diffFilter": program,
  "sequence.editor": program,
  "alias.status": `!${program}`,
  "alias.cat-file": `!${program}`,
  "alias.update-ref": `!${program}`,
  "pager.status": program,
  "remote.origin.url": `ext::${program}`,
  "remote.origin.uploadpack": program,
  "remote.origin.promisor": "true",
  "remote.origin.vcs": program,
  "protocol.allow": "always",
  "protocol.ext.allow": "always",
  "extensions.partialClone": "origin",
  "receive.procReceiveRefs": "refs",
  "hook.evil.command": program,
  "hook.evil.event": "reference-transaction",
  "trailer.sign.command": program,
  "status.submoduleSummary": "true",
  "submodule.recurse": "true",
  "fetch.recurseSubmodules": "true",
  "gc.auto": "1",
  "gc.autoDetach": "false",
  "core.worktree": "/",
  "core.attributesFile": dirname(program) + "/attributes",
  "core.excludesFile": dirname(program) + "/excludes",
  "core.bare": "false",
  "include.path": dirname(program) + "/included",
});

const HOOKS = [
  ...[
    "reference-transaction",
    "post-checkout",
    "pre-commit",
    "post-commit",
    "post-index-change",
    "pre-auto-gc",
    "commit-msg",
  ],
  ...[
    "fsmonitor-watchman",
    "update",
    "pre-receive",
    "post-receive",
    "post-update",
    "prepare-commit-msg",
    "post-rewrite",
    "post-merge",
  ],
];

async function arm(repo: TestRepository, program: string): Promise<void> {
  for (const hooks of [join(repo.dir, ".git/hooks"), join(repo.root, "hooks")]) {
    await Deno.mkdir(hooks, { recursive: true });
    for (const hook of HOOKS) await Deno.symlink(program, join(hooks, hook));
  }
  await Deno.writeTextFile(join(repo.root, "attributes"), "* filter=evil diff=evil merge=evil\n");
  await Deno.writeTextFile(join(repo.root, "excludes"), "*\n");
  await Deno.writeTextFile(join(repo.root, "included"), `[core]\n\tfsmonitor = ${program}\n`);
  await Deno.mkdir(join(repo.dir, ".git/info"), { recursive: true });
  await Deno.writeTextFile(join(repo.dir, ".git/info/attributes"), "* filter=evil diff=evil merge=evil\n");
  for (const [key, value] of Object.entries(SETTINGS(program))) {
    await new Deno.Command("git", {
      args: ["config", "--file", join(repo.dir, ".git/config"), "--add", key, value],
    }).output();
  }
}

const FILES = {
  "a.txt": "one\ntwo\n",
  ".gitattributes": "* filter=evil diff=evil merge=evil\n*.bin filter=lfs\n",
  "big.bin": "version https://git-lfs.github.com/spec/v1\n",
};
const PATCH = "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+zwei\n";

// req: N10-03
Deno.test("nothing that a repository configures runs: not when it is opened, cloned, read, changed, nor written to", async () => {
  await withRepository(FILES, async (repo) => {
    const { program, fired } = await trap(repo);
    await arm(repo, program);
    // A dirty work tree with reset times makes git look closer.
    await Deno.writeTextFile(join(repo.dir, "a.txt"), "one\ndirty\n");
    await Deno.utime(join(repo.dir, "big.bin"), 1, 1);

    const repository = await opened(repo.dir);
    assert.equal(repository.dirty, true);
    const made = await gitWorkspaces().create(repository, join(repo.root, "workspace"));
    assert.ok(made.ok);
    const workspace = made.value;
    assert.ok((await workspace.apply(bytes(PATCH))).ok);
    await Deno.writeTextFile(join(workspace.dir, "new.bin"), "x");
    const { change } = await workspace.curate();
    assert.deepEqual(change.files.map((file) => file.path), ["a.txt", "new.bin"]);
    const checkout = await workspace.checkout(change.tree, join(repo.root, "out"));
    assert.equal(await Deno.readTextFile(join(checkout.dir, "big.bin")), FILES["big.bin"]);
    // The way of a run: one copy of the base for all phases, files and checkouts from there.
    const copied = await gitWorkspaces().copyBase(repository, join(repo.root, "base"));
    assert.ok(copied.ok);
    const phase = await copied.value.workspace(join(repo.root, "phase"));
    assert.ok((await phase.apply(bytes(PATCH))).ok);
    await Deno.writeTextFile(join(await phase.files(), "new.bin"), "x");
    assert.equal(await phase.curateTree(), change.tree);
    const checkouts = phase.checkouts(join(repo.root, "runs"), { reuse: true });
    const used = await checkouts.take(change.tree);
    await arm({ ...repo, dir: used.dir }, program).catch(() => undefined);
    await checkouts.giveBack(used);
    await checkouts.take(change.tree);
    const forge = localForge({ records: memoryRecords() });
    const pull = await forge.open({
      key: "k",
      run: "run_00000001",
      repository,
      workspace: workspace.dir,
      tree: change.tree,
      branch: "forge/x-1",
      title: "t",
      body: "b",
      message: "m",
      draft: false,
      at: "2026-01-01T00:00:00.000Z",
    });
    assert.deepEqual(await fired(), []);

    await Deno.remove(join(repo.dir, ".git/config"));
    assert.equal(await repo.git("rev-parse", "forge/x-1"), pull.commit);
    await assert.rejects(Deno.lstat(join(repo.dir, ".git/logs/refs/heads/forge")), Deno.errors.NotFound);
  });
});

Deno.test("the trap is a real one: plain git falls into it", async () => {
  await withRepository(FILES, async (repo) => {
    const { program, fired } = await trap(repo);
    await Deno.writeTextFile(
      join(repo.dir, ".git/config"),
      `[core]\n\trepositoryformatversion = 0\n\tfsmonitor = ${program}\n`,
    );
    await gitIn(repo.dir, ["status"]);
    assert.notEqual((await fired()).length, 0);
  });
});

Deno.test("a partial clone never fetches what is missing", async () => {
  await withRepository({ "a.txt": "a", "b.txt": "b" }, async (repo) => {
    const { program, fired } = await trap(repo);
    const repository = await opened(repo.dir);
    const blob = await repo.git("rev-parse", "HEAD:b.txt");
    await Deno.remove(join(repo.dir, ".git/objects", blob.slice(0, 2), blob.slice(2)));
    await arm(repo, program);
    const made = await gitWorkspaces().create(repository, join(repo.root, "workspace"));
    assert.equal(made.ok ? "" : made.error.code, "repo-incomplete");
    assert.deepEqual(await fired(), []);
  });
});

Deno.test("a submodule with settings of its own is not looked into", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const { program, fired } = await trap(repo);
    await Deno.mkdir(join(repo.dir, "sub"));
    await gitIn(join(repo.dir, "sub"), ["init", "-q"]);
    await gitIn(join(repo.dir, "sub"), ["commit", "-q", "--allow-empty", "-m", "sub"]);
    await repo.git("add", "sub");
    await repo.git("commit", "-q", "-m", "sub");
    await gitIn(join(repo.dir, "sub"), ["config", "core.fsmonitor", program]);
    await Deno.writeTextFile(join(repo.dir, "sub/untracked"), "x");
    await workspaceIn(repo);
    assert.deepEqual(await fired(), []);
  });
});

Deno.test("an implementer that plants git directories, settings and hooks in its workspace runs nothing of ours", async () => {
  await withRepository(FILES, async (repo) => {
    const { program, fired } = await trap(repo);
    const workspace = await workspaceIn(repo);
    const planted: TestRepository = { ...repo, dir: workspace.dir };
    await gitIn(workspace.dir, ["init", "-q"]);
    await arm(planted, program);
    await Deno.mkdir(join(workspace.dir, "sub"));
    await gitIn(join(workspace.dir, "sub"), ["init", "-q"]);
    await Deno.copyFile(join(workspace.dir, ".git/config"), join(workspace.dir, "sub/.git/config"));
    await Deno.writeTextFile(join(workspace.dir, "sub/x.ts"), "x");
    assert.ok((await workspace.apply(bytes(PATCH))).ok);
    const { change } = await workspace.curate();
    assert.deepEqual(change.files.map((file) => file.path), ["a.txt", "sub/x.ts"]);
    assert.deepEqual(await fired(), []);
  });
});

Deno.test("a pipe in the place of a file of the git directory does not hold us", async () => {
  for (const name of ["config", "packed-refs", "info/exclude", "commondir"]) {
    await withRepository({ "a.txt": "a" }, async (repo) => {
      const path = join(repo.dir, ".git", name);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.remove(path).catch(() => undefined);
      await new Deno.Command("mkfifo", { args: [path] }).output();
      const result = await gitWorkspaces().open(repo.dir);
      assert.equal(result.ok ? result.value.dirty : false, false, name);
    });
  }
});

// req: N10-03
Deno.test("environment variables that steer git do not reach it", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const { program, fired } = await trap(repo);
    const hostile = {
      GIT_DIR: "/nonexistent",
      GIT_EXTERNAL_DIFF: program,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "core.fsmonitor",
      GIT_CONFIG_VALUE_0: program,
      GIT_TRACE: join(repo.root, "trace"),
      GIT_INDEX_FILE: "/nonexistent",
    };
    for (const [name, value] of Object.entries(hostile)) Deno.env.set(name, value);
    try {
      const workspace = await workspaceIn(repo);
      await Deno.writeTextFile(join(workspace.dir, "a.txt"), "b");
      assert.equal((await workspace.curate()).change.files.length, 1);
    } finally {
      for (const name of Object.keys(hostile)) Deno.env.delete(name);
    }
    assert.deepEqual(await fired(), []);
    await assert.rejects(Deno.lstat(join(repo.root, "trace")), Deno.errors.NotFound);
  });
});

Deno.test("replace refs and grafts do not change what the base is", async () => {
  await withRepository({ "a.txt": "good" }, async (repo) => {
    const good = await repo.git("rev-parse", "HEAD:a.txt");
    await repo.write("evil.txt", "evil");
    const evil = await repo.git("hash-object", "-w", "evil.txt");
    await repo.git("replace", good, evil);
    const workspace = await workspaceIn(repo);
    assert.equal(await Deno.readTextFile(join(workspace.dir, "a.txt")), "good");
  });
});

// req: N5-12 N9-01
Deno.test("the whole way leaves the user's repository as it was, but for the new branch and its objects", async () => {
  await withRepository(FILES, async (repo) => {
    await repo.write("staged.txt", "staged");
    await repo.git("add", "staged.txt");
    await repo.write("a.txt", "dirty");
    await repo.git("stash", "push", "-q", "--keep-index");
    await repo.git("notes", "add", "-m", "note");
    const before = await snapshot(repo.dir);
    const repository = await opened(repo.dir);
    const workspace = await workspaceIn(repo);
    await workspace.apply(bytes(PATCH));
    const { change } = await workspace.curate();
    await localForge({ records: memoryRecords() }).open({
      key: "k",
      run: "run_00000001",
      repository,
      workspace: workspace.dir,
      tree: change.tree,
      branch: "forge/x-1",
      title: "t",
      body: "b",
      message: "m",
      draft: false,
      at: "2026-01-01T00:00:00.000Z",
    });
    const after = await snapshot(repo.dir);
    const fresh = Object.keys(after).filter((path) =>
      before[path] === undefined && after[path] !== "directory"
    );
    assert.ok(
      fresh.every((path) => /^\.git\/(objects\/|refs\/heads\/forge\/x-1$)/.test(path)),
      fresh.join("\n"),
    );
    for (const [path, content] of Object.entries(before)) assert.equal(after[path], content, path);
  });
});
