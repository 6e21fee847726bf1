import assert from "node:assert/strict";
import { join } from "node:path";
import { gitWorkspaces, removeTree, type Repository } from "../../connectors/mod.ts";
import { baseObjects, dropObjects, freshWorkspace } from "./base_objects.ts";
import type { FactoryPorts } from "./ports.ts";
import { rebuild } from "./proposal.ts";

const PATCH = "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+two\n";

/** The ports that a run's objects need, over a repository of one file; counts how often a base is copied. */
async function withPorts(
  test: (
    given: { ports: FactoryPorts; repository: Repository; repo: string; copies(): number; root: string },
  ) => Promise<void>,
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-base-" }));
  try {
    const repo = join(root, "repo");
    await Deno.mkdir(repo);
    await Deno.writeTextFile(join(repo, "a.txt"), "one\n");
    for (
      const args of [["init", "-q"], ["add", "-A"], [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "commit",
        "-qm",
        "base",
      ]]
    ) {
      assert.ok((await new Deno.Command("git", { args, cwd: repo }).output()).success);
    }
    const workspaces = gitWorkspaces();
    const opened = await workspaces.open(repo);
    assert.ok(opened.ok);
    let copies = 0;
    const ports = {
      workspaces: {
        ...workspaces,
        copyBase: (...given: Parameters<typeof workspaces.copyBase>) => {
          copies++;
          return workspaces.copyBase(...given);
        },
      },
      blobs: { get: () => Promise.resolve(new TextEncoder().encode(PATCH)) },
      scratch: (run: string, name: string) => join(root, "work", run, name),
      discard: removeTree,
    } as unknown as FactoryPorts;
    await test({ ports, repository: opened.value, repo, copies: () => copies, root });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("all phases of a run work on one copy of its base, each in a workspace of its own", async () => {
  await withPorts(async ({ ports, repository, copies }) => {
    const made = await Promise.all(
      ["explore", "verify", "release"].map((name) => freshWorkspace(ports, "run_1", repository, name)),
    );
    const dirs = made.map((one) => one.ok ? one.value.dir : one.error.message);
    assert.equal(new Set(dirs).size, 3);
    assert.equal(copies(), 1);
    await freshWorkspace(ports, "run_2", repository, "explore");
    assert.equal(copies(), 2, "another run has another copy");
  });
});

Deno.test("a copy that is gone, dropped or of another process is made again, and no two have one place", async () => {
  await withPorts(async ({ ports, repository, copies, root }) => {
    const first = await baseObjects(ports, "run_1", repository);
    assert.ok(first.ok);
    await removeTree(join(root, "work/run_1"));
    const second = await baseObjects(ports, "run_1", repository);
    assert.ok(second.ok);
    await dropObjects(ports, "run_1");
    assert.equal(await second.value.isThere(), false);
    const third = await baseObjects(ports, "run_1", repository);
    const elsewhere = await baseObjects({ ...ports }, "run_1", repository);
    assert.ok(third.ok && elsewhere.ok);
    assert.equal(copies(), 4);
    assert.equal(new Set([first, second, third, elsewhere].map((one) => one.value.dir)).size, 4);
    assert.equal(await third.value.isThere(), true);
  });
});

Deno.test("a workspace of the same name begins at base again", async () => {
  await withPorts(async ({ ports, repository }) => {
    const first = await freshWorkspace(ports, "run_1", repository, "implement-1");
    assert.ok(first.ok && (await first.value.apply(new TextEncoder().encode(PATCH))).ok);
    await Deno.writeTextFile(join(await first.value.files(), "left.txt"), "over");
    const again = await freshWorkspace(ports, "run_1", repository, "implement-1");
    assert.ok(again.ok);
    await again.value.files();
    assert.equal((await again.value.curate()).change.files.length, 0);
  });
});

Deno.test("a change is rebuilt from damaged objects too: from the repository, by its patch", async () => {
  await withPorts(async ({ ports, repository, copies }) => {
    const probe = await freshWorkspace(ports, "run_1", repository, "probe");
    assert.ok(probe.ok && (await probe.value.apply(new TextEncoder().encode(PATCH))).ok);
    const { tree } = (await probe.value.curate()).change;
    const rebuilt = () => rebuild(ports, "run_1", { repository, stored: "sha256:0", tree }, "verify-1");
    assert.ok((await rebuilt()).ok);
    assert.equal(copies(), 1);

    const objects = await baseObjects(ports, "run_1", repository);
    assert.ok(objects.ok);
    const packs = join(objects.value.dir, "engine/objects/pack");
    for await (const { name } of Deno.readDir(packs)) await Deno.remove(join(packs, name));
    const again = await rebuilt();
    assert.ok(again.ok, again.ok ? "" : again.error.message);
    assert.equal((await again.value.curate()).change.tree, tree);
    assert.equal(copies(), 2);
  });
});

Deno.test("a tree that the patch does not give, and a repository that is gone, are problems", async () => {
  await withPorts(async ({ ports, repository, repo }) => {
    const other = await rebuild(
      ports,
      "run_1",
      { repository, stored: "sha256:0", tree: repository.baseTree },
      "verify-1",
    );
    assert.equal(other.ok ? "" : other.error.code, "tree-differs");
    await dropObjects(ports, "run_1");
    await Deno.rename(repo, `${repo}-gone`);
    const gone = await freshWorkspace(ports, "run_1", repository, "verify-1");
    assert.equal(gone.ok ? "" : gone.error.code, "repo-not-found");
  });
});
