import assert from "node:assert/strict";
import { join } from "node:path";
import { gitIn, opened, snapshot, withRepository } from "./tests/fixture.ts";
import { gitWorkspaces } from "./workspaces.ts";

async function problemOf(location: string, base?: string) {
  const result = await gitWorkspaces().open(location, base);
  assert.equal(result.ok, false);
  return result.ok ? { code: "", message: "" } : result.error;
}

Deno.test("HEAD is the base when none is given, and is named after its branch", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const found = await opened(repo.dir);
    assert.deepEqual(found, {
      location: join(repo.dir, ".git"),
      gitDir: join(repo.dir, ".git"),
      baseRef: "main",
      baseCommit: await repo.git("rev-parse", "HEAD"),
      baseTree: await repo.git("rev-parse", "HEAD^{tree}"),
      dirty: false,
    });
  });
});

Deno.test("a subdirectory, the .git directory and a path through a link name the same repository", async () => {
  await withRepository({ "a/b/c.txt": "a" }, async (repo) => {
    await Deno.symlink(repo.dir, join(repo.root, "link"));
    const expected = await opened(repo.dir);
    for (const path of [join(repo.dir, "a/b"), join(repo.dir, ".git"), join(repo.root, "link/a")]) {
      assert.deepEqual(await opened(path), expected, path);
    }
  });
});

Deno.test("a base is a branch, a tag, a full or short commit name, or an expression", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const first = await repo.git("rev-parse", "HEAD");
    await repo.git("branch", "old");
    await repo.git("tag", "-a", "-m", "v1", "v1");
    await repo.write("a.txt", "b");
    await repo.commit();
    for (const base of ["old", "refs/heads/old", "v1", first, first.slice(0, 10), "HEAD~1", "main^"]) {
      assert.equal((await opened(repo.dir, base)).baseCommit, first, base);
    }
    assert.equal((await opened(repo.dir, "refs/heads/old")).baseRef, "old");
    assert.equal((await opened(repo.dir, "v1")).baseRef, "v1");
  });
});

Deno.test("a branch goes before a tag of the same name", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    await repo.git("tag", "both");
    await repo.git("checkout", "-q", "-b", "both");
    const onBranch = await repo.commit();
    assert.equal((await opened(repo.dir, "both")).baseCommit, onBranch);
  });
});

// req: N5-13
Deno.test("a detached HEAD is a base by its commit's name", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    await repo.git("checkout", "-q", "--detach");
    const found = await opened(repo.dir);
    assert.equal(found.baseRef, found.baseCommit);
    assert.equal((await opened(repo.dir, "main")).baseRef, "main");
  });
});

// req: N5-13
Deno.test("a bare repository works, and one whose HEAD has no commit needs a base", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const bare = join(repo.root, "bare.git");
    await gitIn(repo.root, ["clone", "-q", "--bare", repo.dir, bare]);
    assert.equal((await opened(bare)).dirty, false);
    await gitIn(bare, ["symbolic-ref", "HEAD", "refs/heads/unborn"]);
    const problem = await problemOf(bare);
    assert.equal(problem.code, "base-not-found");
    assert.match(problem.message, /HEAD .* has no commit yet/);
    assert.match(problem.remedy ?? "", /--base main/);
    assert.equal((await opened(bare, "main")).baseRef, "main");
  });
});

Deno.test("a missing base names the ones that exist", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    await repo.git("branch", "release");
    for (const base of ["mian", "0".repeat(40), "HEAD~5", "HEAD:a.txt", "refs/heads/none"]) {
      const problem = await problemOf(repo.dir, base);
      assert.equal(problem.code, "base-not-found", base);
      assert.equal(problem.value, base);
      assert.match(problem.remedy ?? "", /main \| release/);
    }
  });
});

// req: N5-22
Deno.test("a base that could be an option, or that hides a line break, is refused", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    for (const base of ["", "-", "--upload-pack=touch /tmp/x", "main\nHEAD", "main\0", "x".repeat(2000)]) {
      assert.equal((await problemOf(repo.dir, base)).code, "base-not-found", JSON.stringify(base));
    }
  });
});

Deno.test("what is no repository is said so, with the reason", async () => {
  await withRepository({}, async (repo) => {
    assert.match((await problemOf(join(repo.root, "none"))).message, /no such directory/);
    assert.match(
      (await problemOf(repo.root)).message,
      /neither it nor a directory above it is a git repository/,
    );
    await Deno.writeTextFile(join(repo.root, "file"), "");
    assert.match((await problemOf(join(repo.root, "file"))).message, /not a directory/);
    await Deno.mkdir(join(repo.root, "odd"));
    await Deno.writeTextFile(join(repo.root, "odd/.git"), "gitdir: ../gone\n");
    assert.match((await problemOf(join(repo.root, "odd"))).message, /points to \.\.\/gone/);
    for (const path of ["none", "odd", "file"]) {
      assert.equal((await problemOf(join(repo.root, path))).code, "repo-not-found");
    }
  });
});

Deno.test("an empty repository asks for a first commit", async () => {
  await withRepository({}, async (repo) => {
    const problem = await problemOf(repo.dir);
    assert.equal(problem.code, "base-not-found");
    assert.match(problem.remedy ?? "", /commit something first/);
  });
});

Deno.test("modified, staged, deleted and untracked files each make it dirty; ignored ones do not", async () => {
  const changes: Record<
    string,
    (repo: Parameters<Parameters<typeof withRepository>[1]>[0]) => Promise<unknown>
  > = {
    modified: (repo) => repo.write("a.txt", "changed"),
    staged: async (repo) => {
      await repo.write("a.txt", "changed");
      await repo.git("add", "a.txt");
      await repo.write("a.txt", "a");
    },
    deleted: (repo) => Deno.remove(join(repo.dir, "a.txt")),
    untracked: (repo) => repo.write("b.txt", "b"),
    mode: (repo) => Deno.chmod(join(repo.dir, "a.txt"), 0o755),
  };
  for (const [name, change] of Object.entries(changes)) {
    await withRepository({ "a.txt": "a", ".gitignore": "*.log\n" }, async (repo) => {
      await repo.write("x.log", "ignored");
      await Deno.mkdir(join(repo.dir, ".git/info"), { recursive: true });
      await Deno.writeTextFile(join(repo.dir, ".git/info/exclude"), "*.tmp\n");
      await repo.write("x.tmp", "excluded");
      assert.equal((await opened(repo.dir)).dirty, false, `${name}: before`);
      await change(repo);
      assert.equal((await opened(repo.dir)).dirty, true, name);
    });
  }
});

Deno.test("line endings that the repository converts do not make it dirty", async () => {
  await withRepository(
    { ".gitattributes": "*.txt text eol=crlf\n", "a.txt": "one\r\ntwo\r\n" },
    async (repo) => {
      await Deno.utime(join(repo.dir, "a.txt"), 1, 1);
      assert.equal((await opened(repo.dir)).dirty, false);
    },
  );
});

Deno.test("a split index is read as a whole", async () => {
  await withRepository({ "a.txt": "a", "b.txt": "b" }, async (repo) => {
    await repo.git("update-index", "--split-index");
    assert.equal((await opened(repo.dir)).dirty, false);
    await repo.write("a.txt", "changed");
    assert.equal((await opened(repo.dir)).dirty, true);
  });
});

Deno.test("a linked work tree has its own HEAD and dirt, and the repository's location", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    await repo.git("worktree", "add", "-q", "-b", "side", join(repo.root, "side"));
    const found = await opened(join(repo.root, "side"));
    assert.equal(found.location, join(repo.dir, ".git"));
    assert.equal(found.gitDir, join(repo.dir, ".git/worktrees/side"));
    assert.equal(found.baseRef, "side");
    await Deno.writeTextFile(join(repo.root, "side/a.txt"), "changed");
    assert.equal((await opened(join(repo.root, "side"))).dirty, true);
    assert.equal((await opened(repo.dir)).dirty, false);
  });
});

Deno.test("refs are found packed, and in a shallow clone", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    await repo.write("a.txt", "b");
    await repo.commit();
    await repo.git("branch", "old", "HEAD~1");
    await repo.git("pack-refs", "--all");
    assert.equal((await opened(repo.dir, "old")).baseCommit, await repo.git("rev-parse", "old"));
    const shallow = join(repo.root, "shallow");
    await gitIn(repo.root, ["clone", "-q", "--depth=1", `file://${repo.dir}`, shallow]);
    assert.equal((await opened(shallow)).baseCommit, await repo.git("rev-parse", "HEAD"));
  });
});

Deno.test("a repository with SHA-256 names opens", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const found = await opened(repo.dir);
    assert.match(found.baseCommit, /^[0-9a-f]{64}$/);
    assert.equal(found.dirty, false);
  }, ["--object-format=sha256"]);
});

Deno.test("a format extension that nobody knows is an error, not a guess", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    await repo.git("config", "core.repositoryFormatVersion", "1");
    await repo.git("config", "extensions.shiny", "true");
    const problem = await problemOf(repo.dir);
    assert.equal(problem.code, "repo-unreadable");
    assert.match(problem.message, /unknown extension shiny/);
  });
});

Deno.test("a broken config file is an error with git's words", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    await Deno.writeTextFile(join(repo.dir, ".git/config"), "[core\nbroken");
    const problem = await problemOf(repo.dir);
    assert.equal(problem.code, "repo-unreadable");
    assert.match(problem.message, /bad config line/);
  });
});

// req: N5-12
Deno.test("opening changes nothing in the repository, not even the index", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    await repo.write("b.txt", "untracked");
    await Deno.utime(join(repo.dir, "a.txt"), 5, 5); // would make git refresh the index
    const before = await snapshot(repo.dir);
    await opened(repo.dir);
    await problemOf(repo.dir, "nothing");
    assert.deepEqual(await snapshot(repo.dir), before);
  });
});
