import assert from "node:assert/strict";
import { readMarker } from "../../marker.ts";
import { TOKEN } from "../../testing/github_server.ts";
import { onGitHub, refusal, type Subject } from "./subject.ts";

const pulls = async ({ github }: Subject) =>
  (await github.call("GET", "/repos/acme/tools/pulls?state=all")).json as { number: number; body: string }[];
const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

onGitHub(
  "a judged tree with every kind of change arrives as it is, by objects and without a push",
  async (subject) => {
    const { repo, forge, github, propose } = subject;
    const { workspace, request } = await propose();
    const file = (path: string) => `${workspace.dir}/${path}`;
    await Deno.mkdir(file("new/deep"), { recursive: true });
    await Deno.writeTextFile(file("new/deep/ünï.txt"), "\ufeffwith a mark of byte order\r\n");
    await Deno.writeFile(file("new/binary"), new Uint8Array([0, 1, 2, 255, 254]));
    await Deno.writeFile(file("new/large"), new Uint8Array(90_000).fill(65));
    await Deno.writeTextFile(file("new/empty"), "");
    await Deno.writeTextFile(file("run.sh"), "#!/bin/sh\n", { mode: 0o755 });
    await Deno.symlink("a.txt", file("link"));
    await Deno.rename(file("b/c.txt"), file("moved.txt"));
    await Deno.remove(file("b/d/e.txt"));
    const { change } = await workspace.curate();
    const pull = await forge.open({ ...request, tree: change.tree });
    const commit = (await github.call("GET", `/repos/acme/tools/git/commits/${pull.commit}`)).json as {
      tree: { sha: string };
      parents: { sha: string }[];
      author: { name: string };
    };
    assert.equal(commit.tree.sha, change.tree);
    assert.deepEqual(commit.parents.map((one) => one.sha), [request.repository.baseCommit]);
    assert.equal(commit.author.name, "Edgeforge");
    assert.equal(pull.url, `${github.page("tools")}/pull/${pull.number}`);
    assert.equal(await repo.git("branch", "--list", "forge/*"), "", "nothing is written to the clone");
    assert.ok(github.asked.every((one) => one.headers.get("authorization") === `token ${TOKEN}`));
  },
);

onGitHub(
  "the same request opens one pull request, also when every record was lost in between",
  async (subject) => {
    const { forge, propose, another } = subject;
    const { request } = await propose({ draft: true });
    assert.equal(await forge.find(request), null);
    const made = await forge.open(request);
    assert.equal(made.draft, true);
    assert.deepEqual(await forge.open(request), made);
    const after = await another();
    assert.deepEqual(await after.find(request), made);
    assert.deepEqual(await (await another()).open(request), made);
    assert.equal((await pulls(subject)).length, 1);
    assert.deepEqual(await forge.show(made.number, made.repository), made);
    assert.deepEqual((await forge.list()).map((one) => one.number), [made.number]);
    const [there] = await pulls(subject);
    assert.equal(readMarker(there?.body)?.tree, request.tree);
    assert.ok(!there?.body.includes(request.run));
  },
);

onGitHub(
  "an answer that is lost on the way leaves one pull request when it is asked for again",
  async (subject) => {
    const { github, propose, another } = subject;
    const cuts = ["POST /git/trees", "POST /git/commits", "POST /git/refs", "POST /pulls"];
    for (const [at, cut] of cuts.entries()) {
      const { request } = await propose({ key: cut, branch: `forge/cut-${at}`, content: cut });
      const [method = "", path = ""] = cut.split(" ");
      let lost = 0;
      github.after = (asked) => {
        if (asked.method === method && asked.path.endsWith(path) && lost++ === 0) throw new Error("lost");
      };
      // What is safe to repeat is repeated at once; the rest is looked for by whoever asks again.
      const first = await (await another()).open(request).catch((error) => error);
      const made = await (await another()).open(request);
      assert.ok(lost > 0, cut);
      assert.equal((await pulls(subject)).length, at + 1, cut);
      assert.equal(first instanceof Error, cut !== "POST /git/trees", cut);
      if (!(first instanceof Error)) assert.equal(first.number, made.number);
    }
  },
);

onGitHub(
  "nothing new, an old base, a taken branch and a twin are refused before anything is made",
  async (subject) => {
    const { forge, github, propose } = subject;
    const made = () =>
      github.asked.filter((one) => one.method === "POST" && /git\/|pulls/.test(one.path)).length;
    const { request, workspace } = await propose();
    const empty = await refusal(forge.open({ ...request, tree: workspace.baseTree }));
    assert.equal(empty.problem.code, "pull-request-empty");

    await github.call("POST", "/repos/acme/tools/git/refs", {
      ref: "refs/heads/forge/fix-1",
      sha: request.repository.baseCommit,
    });
    assert.equal((await refusal(forge.open(request))).problem.code, "branch-exists");
    assert.equal(made(), 0);

    const open = await forge.open({ ...request, branch: "forge/other", key: "other" });
    const before = made();
    const twin = await refusal(forge.open({ ...request, branch: "forge/twin", key: "twin" }));
    assert.deepEqual([twin.problem.code, twin.problem.value], ["pull-request-duplicate", open.url]);

    await github.call("PATCH", "/repos/acme/tools/git/refs/heads/main", { sha: open.commit });
    const moved = await refusal(forge.open({ ...request, branch: "forge/late", key: "late" }));
    assert.equal(moved.problem.code, "base-moved");
    assert.deepEqual([moved.failure?.class, moved.failure?.retryable], ["concurrency", false]);
    assert.equal(made(), before);
  },
);

onGitHub("a twin is found by one question where there is GraphQL, whoever opened it", async (subject) => {
  const { forge, github, propose } = subject;
  const { request } = await propose();
  github.instead = ({ path, body }) =>
    path !== "/graphql" ? undefined : json({
      data: {
        repository: {
          pullRequests: {
            nodes: [{
              number: 41,
              url: "https://github.com/acme/tools/pull/41",
              headRefName: body.includes("pullRequests") ? "somebody/else" : "",
              commits: { nodes: [{ commit: { tree: { oid: request.tree } } }] },
            }],
          },
        },
      },
    });
  const { problem } = await refusal(forge.open(request));
  assert.deepEqual([problem.code, problem.value], [
    "pull-request-duplicate",
    "https://github.com/acme/tools/pull/41",
  ]);
});

onGitHub(
  "a server that makes another tree, or another commit, of what it is given opens nothing",
  async (subject) => {
    const { forge, github, propose } = subject;
    for (const at of ["/git/trees", "/git/commits"]) {
      const { request } = await propose();
      const other = "1".repeat(40);
      github.instead = ({ method, path }) =>
        method === "POST" && path.endsWith(at)
          ? json({ sha: other, tree: { sha: other }, parents: [{ sha: request.repository.baseCommit }] }, 201)
          : undefined;
      const error = await refusal(forge.open(request));
      assert.equal(error.problem.code, "tree-mismatch", at);
      assert.equal(error.failure?.class, "data-integrity");
      assert.deepEqual(await pulls(subject), []);
      assert.equal((await github.call("GET", "/repos/acme/tools/git/ref/heads/forge/fix-1")).status, 404);
    }
  },
);

onGitHub(
  "a repository without drafts is refused a draft, and nothing is opened ready instead",
  async (subject) => {
    const { forge, github, propose } = subject;
    const { request } = await propose({ draft: true });
    github.instead = ({ method, path }) =>
      method === "POST" && path.endsWith("/pulls")
        ? json({ message: "Draft pull requests are not supported in this repository." }, 422)
        : undefined;
    assert.equal((await refusal(forge.open(request))).problem.code, "drafts-unsupported");
  },
);

onGitHub(
  "an update goes on top of the head that is known, once; a moved head and a closed one are refused",
  async (subject) => {
    const { repo, forge, github, propose, opened } = subject;
    const pull = await opened();
    const next = await propose({ content: "better\n" });
    const update = {
      key: "run_00000001/fix/1",
      pull: pull.at,
      head: pull.commit,
      baseCommit: pull.baseCommit,
      workspace: next.workspace.dir,
      tree: next.request.tree,
      message: "Better",
      at: "2026-03-04T06:00:00.000Z",
      body: "New words",
    };
    const { commit } = await forge.update(update);
    assert.deepEqual(await forge.update(update), { commit }, "again it is the same");
    const state = await forge.state(pull.at);
    assert.equal(state.head, commit);
    const there = (await github.call("GET", `/repos/acme/tools/git/commits/${commit}`)).json as {
      parents: { sha: string }[];
      tree: { sha: string };
    };
    assert.deepEqual([there.parents[0]?.sha, there.tree.sha], [pull.commit, next.request.tree]);
    const [shown] = await pulls(subject);
    assert.match(shown?.body ?? "", /^New words/);

    const third = await propose({ content: "third\n" });
    const late = { ...update, key: "k3", workspace: third.workspace.dir, tree: third.request.tree };
    const moved = await refusal(forge.update(late));
    assert.deepEqual([moved.problem.code, moved.problem.value], ["head-moved", commit]);
    await forge.close(pull.at);
    assert.equal(
      (await refusal(forge.update({ ...late, head: commit }))).problem.code,
      "pull-request-closed",
    );
    assert.equal(await repo.git("status", "--porcelain"), "");
  },
);

onGitHub(
  "what is recorded is the judged commit, whoever pushed onto its branch; where it was pushed away, nothing is found by a mark",
  async (subject) => {
    const { github, propose, another } = subject;
    const { request } = await propose();
    const made = await (await another()).open(request);
    const base = (await github.call("GET", `/repos/acme/tools/git/commits/${request.repository.baseCommit}`))
      .json as { tree: { sha: string } };
    const push = async (parent: string, force: boolean) => {
      const commit = await github.call("POST", "/repos/acme/tools/git/commits", {
        message: "by somebody else",
        tree: base.tree.sha,
        parents: [parent],
      });
      const { sha } = commit.json as { sha: string };
      const moved = await github.call("PATCH", `/repos/acme/tools/git/refs/heads/${request.branch}`, {
        sha,
        force,
      });
      assert.ok(moved.status < 300, JSON.stringify(moved.json));
      return sha;
    };
    const theirs = await push(made.commit, false);
    assert.notEqual(theirs, made.commit);
    const found = await (await another()).find(request);
    assert.deepEqual(found, made);

    await push(request.repository.baseCommit, true);
    assert.equal(await (await another()).find(request), null);
    assert.equal((await refusal((await another()).open(request))).problem.code, "branch-exists");
    assert.equal((await pulls(subject)).length, 1);
  },
);
