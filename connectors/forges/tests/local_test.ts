import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { openKvStore } from "../../../kernel/mod.ts";
import type { PullRequestRequest } from "../../port.ts";
import { ForgeError } from "../failure.ts";
import {
  bytes,
  gitIn,
  opened,
  snapshot,
  type TestRepository,
  text,
  withRepository,
} from "../../workspace/tests/fixture.ts";
import { gitWorkspaces } from "../../workspace/workspaces.ts";
import { localForge } from "../local.ts";
import { memoryRecords, type PullRequestRecords, storeRecords } from "../records.ts";
import { forgeConformance, proposal } from "./conformance.ts";

const branch = (repo: TestRepository, name: string) =>
  repo.git("rev-parse", `refs/heads/${name}`).catch(() => null);

// req: N9-01 N9-03
forgeConformance("local forge, records in memory", {
  session: async (test) => {
    const records = memoryRecords();
    await test(() => localForge({ records }));
  },
  branch,
});

forgeConformance("local forge, records on the store", {
  session: async (test) => {
    const store = await openKvStore(":memory:");
    try {
      await test(() => localForge({ records: storeRecords(store) }));
    } finally {
      await store.close();
    }
  },
  branch,
});

const open = (request: PullRequestRequest, records = memoryRecords()) =>
  localForge({ records }).open(request);

// req: N9-02
Deno.test("the commit has the base as its only parent, a fixed identity, the given instant and the message", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    await repo.commit("more history");
    const { request } = await proposal(repo);
    const made = await open(request);
    const raw = await repo.git("cat-file", "commit", made.commit);
    const seconds = Date.parse(request.at) / 1000;
    assert.equal(
      raw,
      `tree ${request.tree}\nparent ${request.repository.baseCommit}\n` +
        `author Edgeforge <edgeforge@localhost> ${seconds} +0000\n` +
        `committer Edgeforge <edgeforge@localhost> ${seconds} +0000\n\nFix it\n\nWhy and how.`,
    );
    assert.equal(await repo.git("diff", "--name-only", "main", "forge/fix-1"), "a.txt");
    await repo.git("fsck", "--strict", "--no-dangling");
  });
});

// req: N9-03
Deno.test("a crash between the branch and the record ends in one branch and one pull request", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    const { request } = await proposal(repo);
    const records = memoryRecords();
    const dying: PullRequestRecords = { ...records, create: () => Promise.reject(new Error("killed")) };
    await assert.rejects(open(request, dying), /killed/);
    const left = await branch(repo, request.branch);
    assert.notEqual(left, null);
    assert.equal(await localForge({ records }).find(request), null);
    const made = await open(request, records);
    assert.equal(made.commit, left);
    assert.equal(made.number, 1);
    assert.equal((await repo.git("branch", "--list", "forge/*")).split("\n").length, 1);
  });
});

// req: N9-03
Deno.test("a crash after the objects and before the branch leaves no ref, and is made good", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    const { request } = await proposal(repo);
    // A lock that another writer holds stops the ref from being written.
    await Deno.mkdir(join(repo.dir, ".git/refs/heads/forge"));
    await Deno.writeTextFile(join(repo.dir, ".git/refs/heads/forge/fix-1.lock"), "");
    await assert.rejects(
      open(request),
      (error) => error instanceof ForgeError && error.problem.code === "forge-unwritable",
    );
    assert.equal(await branch(repo, request.branch), null);
    await Deno.remove(join(repo.dir, ".git/refs/heads/forge/fix-1.lock"));
    const made = await open(request);
    assert.equal(await branch(repo, request.branch), made.commit);
  });
});

Deno.test("a branch that somebody deleted is not made again for a pull request that was opened", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    const { request } = await proposal(repo);
    const records = memoryRecords();
    const made = await open(request, records);
    await repo.git("branch", "-q", "-D", request.branch);
    assert.deepEqual(await open(request, records), made);
    assert.equal(await branch(repo, request.branch), null);
  });
});

// req: N9-05
Deno.test("a branch name that is no name, or whose place is taken, is refused with nothing written", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    const { request } = await proposal(repo);
    await repo.git("branch", "taken");
    const before = await snapshot(join(repo.dir, ".git/refs"));
    for (const name of ["", "-x", "a..b", "a b", "x.lock", "../../x", "@{", "a/", "refs\n"]) {
      const broken = open({ ...request, branch: name });
      await assert.rejects(
        broken,
        (error) => error instanceof ForgeError && error.problem.code === "branch-invalid",
        JSON.stringify(name),
      );
    }
    await assert.rejects(open({ ...request, branch: "taken" }), /taken is already there/);
    await assert.rejects(open({ ...request, branch: "taken/below" }), ForgeError);
    assert.deepEqual(await snapshot(join(repo.dir, ".git/refs")), before);
  });
});

Deno.test("the branch that an unborn HEAD stands on is not created under the user", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    const { request } = await proposal(repo);
    await repo.git("symbolic-ref", "HEAD", "refs/heads/forge/fix-1");
    await assert.rejects(open(request), /the checked-out branch/);
    assert.equal(await branch(repo, "forge/fix-1"), null);
  });
});

Deno.test("a workspace of another base, or one that is gone, is refused", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    const { request, workspace } = await proposal(repo);
    const other = await repo.commit("later");
    const moved = { ...request, repository: { ...request.repository, baseCommit: other } };
    await assert.rejects(open(moved), /the workspace is of/);
    await workspace.dispose();
    await assert.rejects(open(request), /Cannot reopen the workspace/);
  });
});

Deno.test("bare repositories, linked work trees, packed refs and SHA-256 take a branch", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    await gitIn(repo.root, ["clone", "-q", "--bare", repo.dir, "bare.git"]);
    await repo.git("worktree", "add", "-q", "-b", "side", join(repo.root, "side"));
    await repo.git("pack-refs", "--all");
    for (const name of ["bare.git", "side", "repo"]) {
      const dir = join(repo.root, name);
      const repository = await opened(dir);
      const made = await gitWorkspaces().create(repository, join(repo.root, `ws-${name}`));
      assert.ok(made.ok);
      await Deno.writeTextFile(join(made.value.dir, "a.txt"), `${name}\n`);
      const { change } = await made.value.curate();
      const { request } = await proposal(repo);
      const pull = await open({
        ...request,
        repository,
        workspace: made.value.dir,
        tree: change.tree,
        branch: `forge/${name}`,
      });
      assert.equal(text(await gitIn(dir, ["rev-parse", `forge/${name}`]))?.trim(), pull.commit);
      assert.equal(text(await gitIn(dir, ["show", `forge/${name}:a.txt`])), `${name}\n`);
    }
    assert.equal(await repo.git("status", "--porcelain"), "");
  });
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    const { request } = await proposal(repo);
    assert.match((await open(request)).commit, /^[0-9a-f]{64}$/);
    await repo.git("fsck", "--strict");
  }, ["--object-format=sha256"]);
});

// req: N10-03
Deno.test("no hook runs and no reflog is written, whatever the repository asks for", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    await repo.git("config", "core.logAllRefUpdates", "always");
    for (const hook of ["reference-transaction", "post-commit", "pre-commit", "post-update", "update"]) {
      const file = join(repo.dir, ".git/hooks", hook);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, `#!/bin/sh\ntouch ${repo.root}/marker\nexit 1\n`);
      await Deno.chmod(file, 0o755);
    }
    const { request } = await proposal(repo);
    await open(request);
    await assert.rejects(Deno.lstat(join(repo.root, "marker")), Deno.errors.NotFound);
    await assert.rejects(Deno.lstat(join(repo.dir, ".git/logs/refs/heads/forge")), Deno.errors.NotFound);
    // The hooks are real: plain git is stopped by them.
    await assert.rejects(repo.git("branch", "other"));
  });
});

Deno.test("a big change arrives whole: many files, binary data, deletions and modes", async () => {
  await withRepository(
    Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`d${at % 7}/f${at}.txt`, `${at}\n`])),
    async (repo) => {
      const repository = await opened(repo.dir);
      const made = await gitWorkspaces().create(repository, join(repo.root, "ws"));
      assert.ok(made.ok);
      const workspace = made.value;
      for (let at = 0; at < 200; at += 2) await Deno.remove(join(workspace.dir, `d${at % 7}/f${at}.txt`));
      await Deno.writeFile(join(workspace.dir, "bin"), crypto.getRandomValues(new Uint8Array(50_000)));
      for (let at = 0; at < 300; at++) await Deno.writeTextFile(join(workspace.dir, `new${at}`), `${at}`);
      const { change } = await workspace.curate();
      const { request } = await proposal(repo);
      const pull = await open({ ...request, repository, workspace: workspace.dir, tree: change.tree });
      assert.equal(await repo.git("rev-parse", `${pull.commit}^{tree}`), change.tree);
      await repo.git("fsck", "--strict", "--connectivity-only");
    },
  );
});

Deno.test("a repository that cannot be written is an error that says what to do", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    const { request } = await proposal(repo);
    await Deno.remove(join(repo.dir, ".git"), { recursive: true });
    await assert.rejects(open(request), (error) => {
      assert.ok(error instanceof ForgeError);
      assert.equal(error.problem.code, "forge-unwritable");
      assert.match(error.message, /Check that the repository is there/);
      return true;
    });
  });
});

Deno.test("the pull request's link can be the server's", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    const { request } = await proposal(repo);
    const forge = localForge({
      records: memoryRecords(),
      url: (number) => `http://127.0.0.1/pulls/${number}`,
    });
    assert.equal((await forge.open(request)).url, "http://127.0.0.1/pulls/1");
    const bare = await open({ ...request, branch: "forge/b" });
    assert.match(bare.url, /^file:\/\/\/.*#pull-request-1$/);
  });
});

// req: N9-05
Deno.test("a message cannot add parents or headers to the commit", async () => {
  await withRepository({ "a.txt": "base\n" }, async (repo) => {
    const { request } = await proposal(repo, {
      message: "x\nparent 0000\nauthor Eve <eve@example.com> 1 +0000",
    });
    const made = await open(request);
    assert.equal(
      await repo.git("log", "-1", "--format=%P|%an", made.commit),
      `${request.repository.baseCommit}|Edgeforge`,
    );
    await assert.rejects(open({ ...request, key: "nul", branch: "forge/nul", message: "a\0b" }));
    assert.equal(bytes("a\0b").length, 3);
  });
});
