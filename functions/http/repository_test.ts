import assert from "node:assert/strict";
import { allowedRepository, denoDisk, type RepositoryRoot } from "./repository.ts";

/** A root with a repository, a bare one and ways out of it. */
async function withTree(fn: (root: string, outside: string) => Promise<void>): Promise<void> {
  const base = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-root-" }));
  const [root, outside] = [`${base}/root`, `${base}/outside`];
  try {
    for (const git of [`${root}/app/.git`, `${root}/bare.git`, `${outside}/secret/.git`]) {
      await Deno.mkdir(`${git}/objects/info`, { recursive: true });
      await Deno.writeTextFile(`${git}/HEAD`, "ref: refs/heads/main\n");
    }
    await Deno.mkdir(`${root}/app/src`);
    await Deno.mkdir(`${root}/plain`);
    await fn(root, outside);
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}
const look = async (repo: string, root: RepositoryRoot) => {
  const found = await allowedRepository(repo, root, denoDisk);
  return found.ok ? found.value : found.error.code;
};

Deno.test("repositories below the root are opened by path, relative path and sub-directory", async () => {
  await withTree(async (root) => {
    const below = { below: root };
    assert.equal(await look(`${root}/app`, below), `${root}/app`);
    assert.equal(await look("app", below), `${root}/app`);
    assert.equal(await look(`${root}/app/src`, below), `${root}/app/src`);
    assert.equal(await look(`${root}/bare.git`, below), `${root}/bare.git`);
    assert.equal(await look(`${root}/plain`, below), "repo-not-found");
    assert.equal(await look(`${root}/absent`, below), "repo-not-found");
  });
});

// req: N5-19
// req: N5-19
Deno.test("no path leads out of the root: dots, links, .git files, worktrees, alternates", async () => {
  await withTree(async (root, outside) => {
    const below = { below: root };
    await Deno.symlink(`${outside}/secret`, `${root}/link`);
    await Deno.mkdir(`${root}/filed`);
    await Deno.writeTextFile(`${root}/filed/.git`, `gitdir: ${outside}/secret/.git\n`);
    await Deno.mkdir(`${root}/linked`);
    await Deno.symlink(`${outside}/secret/.git`, `${root}/linked/.git`);
    await Deno.mkdir(`${root}/tree/.git/objects`, { recursive: true });
    await Deno.writeTextFile(`${root}/tree/.git/commondir`, `${outside}/secret/.git`);
    await Deno.mkdir(`${root}/borrowed/.git/objects/info`, { recursive: true });
    await Deno.writeTextFile(
      `${root}/borrowed/.git/objects/info/alternates`,
      `${outside}/secret/.git/objects\n`,
    );
    for (
      const repo of [
        `${outside}/secret`,
        `${root}/../outside/secret`,
        "../outside/secret",
        `${root}/link`,
        `${root}/filed`,
        `${root}/linked`,
        `${root}/tree`,
        `${root}/borrowed`,
        `${root}-other`,
        "/",
        "/etc",
      ]
    ) assert.equal(await look(repo, below), "repo-refused", repo);
  });
});

Deno.test("a worktree whose repository lies below the root is opened", async () => {
  await withTree(async (root) => {
    await Deno.mkdir(`${root}/app/.git/worktrees/side`, { recursive: true });
    await Deno.writeTextFile(`${root}/app/.git/worktrees/side/commondir`, "../..\n");
    await Deno.mkdir(`${root}/side`);
    await Deno.writeTextFile(`${root}/side/.git`, `gitdir: ${root}/app/.git/worktrees/side\n`);
    assert.equal(await look(`${root}/side`, { below: root }), `${root}/side`);
  });
});

Deno.test("a repository that encloses the root is not offered by it", async () => {
  await withTree(async (_, outside) => {
    await Deno.mkdir(`${outside}/secret/inner/empty`, { recursive: true });
    assert.equal(
      await look(`${outside}/secret/inner/empty`, { below: `${outside}/secret/inner` }),
      "repo-not-found",
    );
  });
});

Deno.test("outside of the root nothing tells whether a path exists", async () => {
  await withTree(async (root, outside) => {
    const there = await allowedRepository(`${outside}/secret`, { below: root }, denoDisk);
    const absent = await allowedRepository(`${outside}/absent`, { below: root }, denoDisk);
    assert.deepEqual(there, absent);
  });
});

Deno.test("without a root any directory is opened on loopback, and none elsewhere or without a disk", async () => {
  await withTree(async (root) => {
    assert.equal(await look(`${root}/app`, "any"), `${root}/app`);
    assert.equal(await look("app", "any"), "invalid-request");
    assert.equal(await look(`${root}/app`, "none"), "repo-refused");
    const edge = await allowedRepository(`${root}/app`, "any", null);
    assert.equal(!edge.ok && edge.error.code, "repo-refused");
  });
});

Deno.test("URLs pass by https and ssh only, without credentials", async () => {
  for (const url of ["https://git.example/a/b.git", "ssh://git@git.example/a/b", "git@git.example:a/b.git"]) {
    assert.equal(await look(url, "none"), url);
  }
  for (
    const url of [
      "http://git.example/a",
      "file:///etc",
      "FILE:///etc",
      "git://git.example/a",
      "ext::sh -c id",
      "fd::17/foo",
      "https://user:pass@git.example/a",
      "https://token@git.example/a",
      "--upload-pack=id",
      "-oProxyCommand=id",
    ]
  ) assert.equal(await look(url, "any"), "repo-refused", url);
});
