import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { gitIn, opened, withRepository, workspaceIn } from "./tests/fixture.ts";
import { gitWorkspaces } from "./workspaces.ts";

const CLEAN = { foreign: [], unreachable: 0, traces: [], parents: "cut", exposed: false };

/** A repository whose next commit holds the answer, and a workspace of the commit before. */
async function withFuture(
  fn: (given: {
    repo: Parameters<Parameters<typeof withRepository>[1]>[0];
    base: string;
    future: string;
    answer: string;
  }) => Promise<void>,
): Promise<void> {
  await withRepository({ "a.txt": "question" }, async (repo) => {
    const base = await repo.git("rev-parse", "HEAD");
    await repo.git("tag", "-a", "v1", "-m", "before");
    await repo.write("a.txt", "the answer");
    const future = await repo.commit("answered");
    const answer = await repo.git("rev-parse", "HEAD:a.txt");
    await repo.git("pack-refs", "--all");
    await fn({ repo, base, future, answer });
  });
}

Deno.test("a clone of a commit holds nothing of what was committed after it, and says so", async () => {
  await withFuture(async ({ repo, base, future, answer }) => {
    const workspace = await workspaceIn(repo, base);
    assert.deepEqual(await workspace.history(), { base, ...CLEAN });
    const engine = join(dirname(workspace.dir), "engine");
    const text = async (...args: string[]) => new TextDecoder().decode(await gitIn(engine, args)).trim();
    assert.equal(await text("log", "--all", "--reflog", "--format=%H"), base);
    assert.equal(await text("fsck", "--unreachable", "--no-reflogs", base), "");
    for (const object of [future, answer]) await assert.rejects(text("cat-file", "-e", object));
  });
});

Deno.test("work that is read into the store is no other history", async () => {
  await withFuture(async ({ repo, base }) => {
    const made = await gitWorkspaces().copyBase(await opened(repo.dir, base), join(repo.root, "objects"));
    assert.ok(made.ok);
    const first = await made.value.workspace(join(repo.root, "one"));
    await Deno.writeTextFile(join(await first.files(), "b.txt"), "work");
    await first.curate();
    const second = await made.value.workspace(join(repo.root, "two"));
    assert.deepEqual(await second.history(), { base, ...CLEAN });
    await Promise.all([first.dispose(), second.dispose(), made.value.dispose()]);
  });
});

Deno.test("objects, refs, reflogs, remotes and alternates that somebody puts into a clone are seen", async () => {
  await withFuture(async ({ repo, base, future }) => {
    const workspace = await workspaceIn(repo, base);
    const engine = join(dirname(workspace.dir), "engine");
    const objects = join(repo.dir, ".git/objects");

    await Deno.writeTextFile(join(engine, "objects/info/alternates"), `${objects}\n`);
    const borrowed = await workspace.history();
    assert.deepEqual(borrowed.traces, ["objects/info/alternates"]);
    assert.ok(borrowed.foreign.includes(`commit ${future}`), "what an alternate brings is in the store");
    await Deno.remove(join(engine, "objects/info/alternates"));

    await Deno.mkdir(join(engine, `objects/${future.slice(0, 2)}`), { recursive: true });
    await Deno.copyFile(
      join(objects, future.slice(0, 2), future.slice(2)),
      join(engine, "objects", future.slice(0, 2), future.slice(2)),
    );
    assert.deepEqual((await workspace.history()).foreign, [`commit ${future}`], "no ref leads to it");

    await Deno.writeTextFile(join(engine, "refs/heads/next"), `${future}\n`);
    await Deno.writeTextFile(join(engine, "packed-refs"), `${future} refs/tags/v2\n`);
    await Deno.mkdir(join(engine, "logs"));
    await Deno.writeTextFile(join(engine, "config"), `[remote "origin"]\n\turl = ${repo.dir}\n`, {
      append: true,
    });
    await Deno.writeTextFile(join(engine, "HEAD"), "ref: refs/heads/next\n");
    await Deno.writeTextFile(join(engine, "shallow"), "");
    await Deno.mkdir(join(workspace.dir, ".git"));
    const spoilt = await workspace.history();
    assert.deepEqual(spoilt.traces, [
      "HEAD",
      "refs/heads/next",
      "packed-refs",
      "logs",
      'config [remote "origin"]',
    ]);
    assert.equal(spoilt.parents, "open");
    assert.equal(spoilt.exposed, true);
  });
});

Deno.test("a store that held more than the base when it was made says so for as long as it is used", async () => {
  await withFuture(async ({ repo, base }) => {
    const workspace = await workspaceIn(repo, base);
    const root = dirname(workspace.dir);
    const marker = join(root, "engine/edgeforge.json");
    const told = JSON.parse(await Deno.readTextFile(marker));
    assert.equal(told.unreachable, 0);
    await Deno.writeTextFile(marker, JSON.stringify({ ...told, unreachable: 3 }));
    const again = await gitWorkspaces().reopen(root);
    assert.ok(again.ok);
    assert.equal((await again.value.history()).unreachable, 3);
  });
});
