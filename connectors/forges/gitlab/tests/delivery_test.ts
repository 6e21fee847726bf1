import assert from "node:assert/strict";
import { readMarker } from "../../marker.ts";
import { GITLAB_TOKEN } from "../../testing/gitlab_server.ts";
import { onGitLab, PATH, refusal, type Subject } from "./subject.ts";

const writes = ({ gitlab }: Subject) => gitlab.asked.filter((one) => one.method !== "GET");
const branches = ({ project }: Subject) => project.repository.git("branch", "--list", "forge/*");

// req: N9-02 N9-09
onGitLab(
  "a judged tree with every kind of change arrives as it is, by one commit of the API and without a push",
  async (subject) => {
    const { repo, forge, gitlab, project, propose, page } = subject;
    await repo.write("was", "a file\n");
    await repo.write("dir/inside", "a directory\n");
    await repo.write("tool.sh", "#!/bin/sh\n");
    await repo.write("same.sh", "#!/bin/sh\necho\n");
    await Deno.chmod(`${repo.dir}/same.sh`, 0o755);
    await Deno.symlink("a.txt", `${repo.dir}/link`);
    await Deno.symlink("a.txt", `${repo.dir}/other-link`);
    await repo.commit("more");
    await project.repository.git("fetch", "-q", repo.dir, "+main:main");

    const { workspace, request } = await propose();
    const file = (path: string) => `${workspace.dir}/${path}`;
    await Deno.mkdir(file("new/deep"), { recursive: true });
    await Deno.writeTextFile(file("new/deep/ünï.txt"), "\ufeffwith a mark of byte order\n");
    await Deno.writeFile(file("new/binary"), new Uint8Array([0, 13, 10, 255, 254]));
    await Deno.writeFile(file("new/large"), new Uint8Array(90_000).fill(65));
    await Deno.writeTextFile(file("new/empty"), "");
    await Deno.writeTextFile(file("new/run.sh"), "#!/bin/sh\n", { mode: 0o755 });
    await Deno.chmod(file("tool.sh"), 0o755);
    await Deno.chmod(file("same.sh"), 0o644);
    await Deno.writeTextFile(file("same.sh"), "#!/bin/sh\necho again\n");
    await Deno.rename(file("b/c.txt"), file("moved.txt"));
    await Deno.remove(file("b/d/e.txt"));
    await Deno.remove(file("was"));
    await Deno.mkdir(file("was"));
    await Deno.writeTextFile(file("was/now"), "a directory\n");
    await Deno.remove(file("dir"), { recursive: true });
    await Deno.writeTextFile(file("dir"), "a file\n");
    await Deno.remove(file("link"));
    await Deno.remove(file("other-link"));
    await Deno.writeTextFile(file("other-link"), "a file\n");
    const { change } = await workspace.curate();

    const pull = await forge.open({ ...request, tree: change.tree });
    const git = project.repository.git;
    assert.equal(await git("rev-parse", `${pull.commit}^{tree}`), change.tree);
    assert.equal(await git("rev-parse", `${pull.commit}^`), request.repository.baseCommit);
    assert.equal(
      await git("show", "-s", "--format=%an <%ae>", pull.commit),
      "Edgeforge <edgeforge@localhost>",
    );
    assert.equal(pull.url, `${page}/-/merge_requests/1`);
    assert.equal(pull.repository, page);
    assert.deepEqual(writes(subject).map((one) => one.path.split("/").at(-1)), ["commits", "merge_requests"]);
    assert.equal(await repo.git("branch", "--list", "forge/*"), "", "nothing is written to the clone");
    assert.ok(gitlab.asked.every((one) => one.headers.get("private-token") === GITLAB_TOKEN));
    assert.ok(
      gitlab.asked.every((one) =>
        !one.path.startsWith("/projects/") || one.path.includes(encodeURIComponent(PATH))
      ),
    );
  },
);

onGitLab(
  "the same request opens one merge request, also when every record was lost in between",
  async (subject) => {
    const { forge, project, propose, another } = subject;
    const { request } = await propose({ draft: true });
    assert.equal(await forge.find(request), null);
    const made = await forge.open(request);
    assert.equal(made.draft, true);
    assert.deepEqual(await forge.open(request), made);
    assert.deepEqual(await (await another()).find(request), made);
    assert.deepEqual(await (await another()).open(request), made);
    assert.equal(project.mergeRequests.length, 1);
    assert.deepEqual(await forge.show(made.number, made.repository), made);
    assert.deepEqual((await forge.list()).map((one) => one.number), [made.number]);
    const [there] = project.mergeRequests;
    assert.equal(there?.title, "Draft: Fix it");
    assert.equal(readMarker(there?.description)?.tree, request.tree);
    assert.ok(!there?.description.includes(request.run));
  },
);

// req: N9-03
onGitLab(
  "an answer that is lost on the way leaves one merge request when it is asked for again",
  async (subject) => {
    const { gitlab, project, propose, another } = subject;
    for (const [at, cut] of ["/repository/commits", "/merge_requests"].entries()) {
      const { request } = await propose({ key: cut, branch: `forge/cut-${at}`, content: cut });
      let lost = 0;
      gitlab.after = ({ method, path }) => {
        if (method === "POST" && path.endsWith(cut) && lost++ === 0) throw new Error("lost");
      };
      const first = await refusal((await another()).open(request));
      assert.deepEqual([first.failure?.class, first.failure?.retryable], ["external", true], cut);
      const made = await (await another()).open(request);
      assert.ok(lost > 0, cut);
      assert.equal(project.mergeRequests.length, at + 1, cut);
      assert.equal(project.mergeRequests[at]?.source_branch, made.branch);
    }
  },
);

// req: N9-04 N9-06
onGitLab(
  "nothing new, an old base, a taken branch and a twin are refused before anything is made",
  async (subject) => {
    const { forge, project, propose } = subject;
    const { request, workspace } = await propose();
    const empty = await refusal(forge.open({ ...request, tree: workspace.baseTree }));
    assert.equal(empty.problem.code, "pull-request-empty");
    await project.repository.git("branch", "forge/fix-1", "main");
    assert.equal((await refusal(forge.open(request))).problem.code, "branch-exists");
    assert.deepEqual(writes(subject), []);

    const open = await forge.open({ ...request, branch: "forge/other", key: "other" });
    const before = writes(subject).length;
    const [first] = project.mergeRequests;
    assert.ok(first);
    // Of a fork, with a head that is gone from here, and the first that is looked at.
    project.mergeRequests.push({
      ...first,
      iid: 2,
      source_branch: "theirs",
      sha: "b".repeat(40),
      sourceProject: 77,
    });
    const twin = await refusal(forge.open({ ...request, branch: "forge/twin", key: "twin" }));
    assert.deepEqual([twin.problem.code, twin.problem.value], ["pull-request-duplicate", open.url]);

    await project.repository.git("update-ref", "refs/heads/main", open.commit);
    const moved = await refusal(forge.open({ ...request, branch: "forge/late", key: "late" }));
    assert.equal(moved.problem.code, "base-moved");
    assert.deepEqual([moved.failure?.class, moved.failure?.retryable], ["concurrency", false]);
    assert.equal(writes(subject).length, before);
  },
);

onGitLab("what the commits API has no action for is refused before anything is sent", async (subject) => {
  const { forge, propose } = subject;
  const { request, workspace } = await propose();
  await Deno.symlink("a.txt", `${workspace.dir}/new-link`);
  const { change } = await workspace.curate();
  const error = await refusal(forge.open({ ...request, tree: change.tree }));
  assert.equal(error.problem.code, "change-unsendable");
  assert.match(error.message, /"new-link" is a symbolic link/);
  assert.deepEqual(writes(subject), []);
});

onGitLab(
  "line ends that GitLab would rewrite open nothing, and the branch is taken away",
  async (subject) => {
    const { forge, project, propose } = subject;
    const { request } = await propose({ content: "one\r\ntwo\r\n" });
    const error = await refusal(forge.open(request));
    assert.equal(error.problem.code, "tree-mismatch");
    assert.equal(error.failure?.class, "data-integrity");
    assert.match(error.message, /CRLF .*"a\.txt"/);
    assert.deepEqual(project.mergeRequests, []);
    assert.equal(await branches(subject), "");
  },
);

onGitLab("a server that commits on top of something else opens nothing", async (subject) => {
  const { forge, gitlab, project, propose } = subject;
  const { request } = await propose();
  const old = request.repository.baseCommit;
  gitlab.after = async ({ method, path }) => {
    if (method !== "POST" || !path.endsWith("/commits")) return;
    gitlab.after = null;
    // Somebody pushes in between.
    const tree = await project.repository.git("rev-parse", "main^{tree}");
    const pushed = await project.repository.git(
      ...["-c", "user.name=M", "-c", "user.email=m@localhost", "commit-tree", tree, "-p", old, "-m", "mine"],
    );
    await project.repository.git("update-ref", "refs/heads/forge/fix-1", pushed);
  };
  gitlab.instead = ({ method, path }) =>
    method === "GET" && /\/repository\/tree$/.test(path) && gitlab.after === null
      ? Response.json([])
      : undefined;
  const error = await refusal(forge.open(request));
  assert.equal(error.problem.code, "tree-mismatch");
  assert.match(error.message, /somebody else's now, and stays/);
  assert.deepEqual(project.mergeRequests, []);
});

// req: N9-05
onGitLab("words that GitLab would obey are shown, not obeyed", async (subject) => {
  const { forge, gitlab, project, opened } = subject;
  const pull = await opened({
    title: "Draft: [Draft] Fix it",
    body: "Why.\n/merge\n\r/approve\n  /close\n```\n/label ~x\n```\n",
  });
  assert.equal(pull.draft, false);
  const [there] = project.mergeRequests;
  assert.equal(there?.title, "Fix it");
  assert.match(there?.description ?? "", /^\\\/merge$/m);
  await forge.reply(pull.at, { key: "k", body: "/merge\nDone." });
  assert.deepEqual(gitlab.world.commands, []);
  assert.equal(there?.state, "opened");
});

onGitLab(
  "an update goes on top of the head that is known, once; a moved head and a closed one are refused",
  async (subject) => {
    const { repo, forge, project, propose, opened, another } = subject;
    const pull = await opened({ draft: true });
    const next = await propose({ content: "better\n" });
    await Deno.remove(`${next.workspace.dir}/b/d/e.txt`);
    const { change } = await next.workspace.curate();
    const update = {
      key: "run_00000001/fix/1",
      pull: pull.at,
      head: pull.commit,
      baseCommit: pull.baseCommit,
      workspace: next.workspace.dir,
      tree: change.tree,
      message: "Better",
      at: "2026-03-04T06:00:00.000Z",
      title: "Fix it well",
      body: "New words",
    };
    const { commit } = await forge.update(update);
    assert.deepEqual(await (await another()).update(update), { commit }, "again it is the same");
    assert.equal((await forge.state(pull.at)).head, commit);
    const git = project.repository.git;
    assert.deepEqual([await git("rev-parse", `${commit}^`), await git("rev-parse", `${commit}^{tree}`)], [
      pull.commit,
      change.tree,
    ]);
    const [shown] = project.mergeRequests;
    assert.match(shown?.description ?? "", /^New words/);
    assert.equal(readMarker(shown?.description)?.tree, change.tree);
    assert.equal(shown?.title, "Draft: Fix it well", "a draft stays one");

    const third = await propose({ content: "third\n" });
    const late = { ...update, key: "k3", workspace: third.workspace.dir, tree: third.request.tree };
    const moved = await refusal(forge.update(late));
    assert.deepEqual([moved.problem.code, moved.problem.value], ["head-moved", commit]);
    const merging = await refusal(forge.update({ ...late, head: commit, mergesBase: true }));
    assert.equal(merging.problem.code, "update-unsupported");
    await forge.close(pull.at);
    assert.equal(
      (await refusal(forge.update({ ...late, head: commit }))).problem.code,
      "pull-request-closed",
    );
    assert.equal(await repo.git("status", "--porcelain"), "");
  },
);

// req: N9-04
onGitLab("a push that comes in between is never built upon: the update is taken back", async (subject) => {
  const { forge, gitlab, project, propose, opened } = subject;
  const pull = await opened();
  const next = await propose({ content: "better\n" });
  const git = project.repository.git;
  let pushed = "";
  gitlab.instead = async ({ method, path }) => {
    if (method !== "POST" || !path.endsWith("/repository/commits")) return undefined;
    gitlab.instead = null;
    const tree = await git("rev-parse", "main^{tree}");
    pushed = await git(
      ...[
        "-c",
        "user.name=M",
        "-c",
        "user.email=m@localhost",
        "commit-tree",
        tree,
        "-p",
        pull.commit,
        "-m",
        "mine",
      ],
    );
    await git("update-ref", "refs/heads/forge/fix-1", pushed);
    return undefined;
  };
  const error = await refusal(forge.update({
    key: "k",
    pull: pull.at,
    head: pull.commit,
    baseCommit: pull.baseCommit,
    workspace: next.workspace.dir,
    tree: next.request.tree,
    message: "Better",
    at: "2026-03-04T06:00:00.000Z",
  }));
  assert.deepEqual([error.problem.code, error.problem.value], ["head-moved", pushed]);
  assert.match(error.message, /new commit is reverted/);
  assert.equal(
    await git("rev-parse", "forge/fix-1^{tree}"),
    await git("rev-parse", `${pushed}^{tree}`),
    "what they pushed is what is there",
  );
});

onGitLab(
  "what is recorded is the judged commit, whoever pushed onto its branch; where it was pushed away, nothing is found by a mark",
  async ({ project, propose, another }) => {
    const { request } = await propose();
    const made = await (await another()).open(request);
    const git = (...args: string[]) => project.repository.git(...args);
    const push = async (parent: string) => {
      const commit = await git(
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.invalid",
        "commit-tree",
        `${request.repository.baseCommit}^{tree}`,
        "-p",
        parent,
        "-m",
        "theirs",
      );
      await git("update-ref", `refs/heads/${request.branch}`, commit.trim());
    };
    await push(made.commit);
    assert.equal((await (await another()).find(request))?.commit, made.commit);
    await push(request.repository.baseCommit);
    assert.equal(await (await another()).find(request), null);
    assert.equal((await refusal((await another()).open(request))).problem.code, "branch-exists");
  },
);
