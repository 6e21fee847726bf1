/** `forge pr review` on ranges of a repository on this disk, and on merge requests of a GitLab with real git behind it. */
import assert from "node:assert/strict";
import { GITHUB_TOKEN, githubServer, GITLAB_TOKEN, gitlabServer } from "../../connectors/testing/mod.ts";
import { PullReview } from "../../specs/code/mod.ts";
import { room } from "./samples.ts";

async function sample(
  at: Awaited<ReturnType<typeof room>>,
  patch: string,
  more: Record<string, string> = {},
) {
  const repo = await at.repository("deno-signup");
  await at.git(repo, "checkout", "-q", "-b", "feature");
  await at.git(repo, "apply", at.beside("deno-signup", patch));
  for (const [path, text] of Object.entries(more)) await Deno.writeTextFile(`${repo}/${path}`, text);
  await at.git(repo, "add", "-A");
  await at.git(repo, "commit", "-qm", "a change");
  await at.git(repo, "checkout", "-q", "main");
  return repo;
}

/** Every score is the sum of its points, and each point names what is in the document. */
function explained(review: PullReview): void {
  for (const { score, from, points } of [review.readiness, review.risk]) {
    const sum = points.reduce((all, one) => all + one.points, from);
    assert.equal(score, Math.max(0, Math.min(100, sum)));
    for (const { record, reason } of points) {
      assert.notEqual(reason, "");
      let at: unknown = review;
      for (const part of record.split(/[.[\]]+/).filter((one) => one !== "")) {
        at = (at as Record<string, unknown> | null)?.[part];
      }
      assert.notEqual(at, undefined, record);
    }
  }
}

Deno.test("an honest range is clean, with gates, scores that add up and what was not judged; nothing is written anywhere", async () => {
  await using at = await room();
  const repo = await sample(at, "honest.patch");
  const { exit, document } = await at.forge("pr", "review", "main...feature", "--repo", repo);
  const review = PullReview.parse(document);
  assert.deepEqual([exit, review.status, review.pull, review.published], [0, "completed", null, []]);
  assert.ok(review.gates.some(({ gate, verdict }) => gate === "declared-tests" && verdict === "pass"));
  assert.equal(review.readiness.score, 100, JSON.stringify(review.readiness));
  assert.ok(review.risk.score < 20, JSON.stringify(review.risk));
  assert.ok(review.scan.notJudged.length > 0);
  explained(review);
  assert.equal(await Deno.stat(at.data).then(() => true, () => false), false, "no installation was made");
});

Deno.test("a range that takes a test away is for a human, one with a secret is denied, with what to do; the same in SARIF", async () => {
  await using at = await room();
  const repo = await sample(at, "cheat-deletes-test.patch");
  const human = await at.forge("pr", "review", "main...feature", "--repo", repo);
  assert.deepEqual([human.exit, PullReview.parse(human.document).status], [3, "escalated"]);
  explained(PullReview.parse(human.document));

  await at.git(repo, "checkout", "-q", "feature");
  // Made up at run time.
  const token = ["ghp", "_", "a8Zk3Qw9Lr5Ty2Vb7Nm4Xc1Hd6Jf0PsUeGoWi".slice(0, 36)].join("");
  await Deno.writeTextFile(`${repo}/src/key.ts`, `export const key = "${token}";\n`);
  await at.git(repo, "add", "-A");
  await at.git(repo, "commit", "-qm", "a key");
  const { exit, document } = await at.forge("pr", "review", "main...feature", "--repo", repo);
  assert.ok(!JSON.stringify(document).includes(token));
  const review = PullReview.parse(document);
  assert.deepEqual([exit, review.status], [1, "denied"]);
  const denied = review.scan.findings.filter(({ action }) => action === "deny");
  assert.ok(denied.length > 0 && denied.every(({ remediation }) => remediation !== ""));
  assert.ok(review.readiness.score < 100 && review.risk.score > 0);
  assert.ok(review.gates.some((gate) => gate.denied > 0 && gate.verdict === "fail"));
  explained(review);
  const sarif = await at.forge("pr", "review", "main...feature", "--repo", repo, "--out", "review.sarif");
  assert.equal(sarif.exit, 1);
  assert.equal(JSON.parse(await Deno.readTextFile(`${at.dir}/review.sarif`)).version, "2.1.0");
});

Deno.test("what contradicts itself is refused before anything is done", async () => {
  await using at = await room();
  const repo = await sample(at, "honest.patch");
  const code = async (...args: string[]) => {
    const { exit, document } = await at.forge("pr", "review", ...args);
    assert.equal(exit, 2, JSON.stringify(document));
    return document.error?.message;
  };
  assert.match(await code("main...feature", "--repo", repo, "--tier", "rule") ?? "", /not known/);
  assert.match(
    await code("main...feature", "--repo", repo, "--publish", "--tier", "govern") ?? "",
    /needs a pull/,
  );
  assert.match(await code("https://example.com/x/pull/1", "--publish") ?? "", /contradict/);
  assert.match(await code("https://example.com/x") ?? "", /not that of a pull request/);
  assert.match(await code(repo) ?? "", /of a change/);
});

// req: N9-12
Deno.test("a merge request is fetched and judged; it is published by tier alone, the comment once and in place", async () => {
  await using at = await room();
  await using gitlab = await gitlabServer();
  const hostile = "# <!-- --> @everyone [x](javascript:1)\n";
  const repo = await sample(at, "cheat-deletes-test.patch", { "README.md": hostile });
  const project = await gitlab.seed("acme/signup", repo);
  Object.assign(at.env, { GITLAB_URL: gitlab.url, GITLAB_TOKEN });
  const made = await gitlab.call("POST", "/projects/acme%2Fsignup/merge_requests", {
    source_branch: "feature",
    target_branch: "main",
    title: "Draft: a change @everyone",
  });
  assert.equal(made.status, 201, JSON.stringify(made.json));
  const { iid, sha } = made.json as { iid: number; sha: string };
  // GitLab keeps a reference of each merge request.
  await project.repository.git("update-ref", `refs/merge-requests/${iid}/head`, sha);
  const url = `${gitlab.page("acme/signup")}/-/merge_requests/${iid}`;
  const review = async (...args: string[]) => {
    const { exit, document } = await at.forge("pr", "review", url, ...args);
    assert.equal(exit, 3, JSON.stringify(document));
    return PullReview.parse(document);
  };
  const writes = () =>
    gitlab.asked.filter(({ method, path }) => method !== "GET" && !path.endsWith("git-upload-pack"));
  const observed = await review();
  assert.deepEqual([observed.pull?.head, observed.pull?.draft, observed.published], [sha, true, []]);
  assert.ok(observed.readiness.points.some(({ reason }) => reason === "it is a draft"));
  explained(observed);
  await review("--tier", "govern");
  assert.deepEqual(writes(), [], "without --publish nothing leaves");

  const told = await review("--tier", "converse", "--publish");
  assert.deepEqual(told.published.map(({ what }) => what).sort(), ["comment", "status"]);
  await review("--tier", "converse", "--publish");
  const threads = await gitlab.call("GET", `/projects/acme%2Fsignup/merge_requests/${iid}/discussions`);
  const ours = (threads.json as { notes: { body: string }[] }[]).flatMap(({ notes }) => notes)
    .filter(({ body }) => body.includes("Readiness"));
  assert.equal(ours.length, 1, JSON.stringify(threads.json));
  assert.doesNotMatch(ours[0]?.body ?? "", /@everyone|<!-- -->/);

  const governed = await review("--tier", "govern", "--publish");
  assert.deepEqual(governed.published.map(({ what }) => what), ["status"]);
  const states = gitlab.asked.filter(({ method, path }) => method === "POST" && path.includes("/statuses/"))
    .map(({ body }) => JSON.parse(body).state);
  assert.equal(states.at(-1), "failed", JSON.stringify(states));
  assert.equal(await Deno.stat(at.data).then(() => true, () => false), false, "no installation was made");
});

/** A branch on the emulated GitHub with these files, and the pull request that offers it. */
async function offered(
  github: Awaited<ReturnType<typeof githubServer>>,
  on: { base: string; tree: string; into?: string },
  name: string,
  files: Record<string, string | Uint8Array | null>,
): Promise<{ number: number; head: string; url: string }> {
  const call = async (method: string, path: string, body: unknown) => {
    const { status, json } = await github.call(method, `/repos/acme/lib${path}`, body);
    assert.ok(status < 300, `${path} ${status} ${JSON.stringify(json)}`);
    return json as { sha: string; number: number };
  };
  const entries = await Promise.all(
    Object.entries(files).map(async ([path, content]) => {
      const entry = { path, mode: "100644", type: "blob" };
      if (content === null) return { ...entry, sha: null };
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
      return { ...entry, sha: (await call("POST", "/git/blobs", { content: text, encoding: "base64" })).sha };
    }),
  );
  const tree = await call("POST", "/git/trees", { base_tree: on.tree, tree: entries });
  const commit = await call("POST", "/git/commits", { message: name, tree: tree.sha, parents: [on.base] });
  await call("POST", "/git/refs", { ref: `refs/heads/${name}`, sha: commit.sha });
  const { number } = await call("POST", "/pulls", {
    title: `${name} <img> @everyone`,
    head: name,
    base: on.into ?? "main",
  });
  return { number, head: commit.sha, url: `${github.page("lib")}/pull/${number}` };
}

// req: N9-12
Deno.test("pull requests on GitHub, also hostile ones, are fetched and judged read only; published once for what is said; what is not there is told", async () => {
  await using at = await room();
  await using github = await githubServer();
  const repo = await at.repository("shell-backup");
  await github.seed("lib", repo);
  Object.assign(at.env, { GITHUB_API_URL: github.api, GITHUB_TOKEN });
  const on = {
    base: (await at.git(repo, "rev-parse", "HEAD")).trim(),
    tree: (await at.git(repo, "rev-parse", "HEAD^{tree}")).trim(),
  };
  const review = async (url: string, ...args: string[]) => {
    const { exit, document } = await at.forge("pr", "review", url, ...args);
    return { exit, review: PullReview.safeParse(document).data, error: document.error };
  };
  const plain = await offered(github, on, "plain", { "docs/x.md": "hello\n" });
  const clean = await review(plain.url);
  assert.deepEqual([clean.exit, clean.review?.status, clean.review?.pull?.head], [
    0,
    "completed",
    plain.head,
  ]);
  explained(clean.review as PullReview);
  const before = github.asked.length;
  await review(plain.url, "--tier", "govern");
  const isFetch = ({ path }: { path: string }) => path.endsWith("git-upload-pack");
  assert.ok(
    github.asked.slice(before).every((one) => one.method === "GET" || isFetch(one)),
    "nothing is written",
  );
  const once = await review(plain.url, "--tier", "govern", "--publish");
  const twice = await review(plain.url, "--tier", "govern", "--publish");
  assert.deepEqual(once.review?.published.map(({ what }) => what), ["check-run"]);
  assert.deepEqual(twice.review?.published, once.review?.published, "the same said again is the same check");

  const huge = await offered(github, on, "huge", {
    "big.txt": "a line\n".repeat(20_000),
    "bin.dat": new Uint8Array([0, 1, 2, 255]),
    "README.md": null,
    "docs/README.md": "moved\n",
  });
  const large = await review(huge.url, "--tier", "govern", "--publish");
  assert.equal(large.exit, 3);
  assert.ok((large.review?.risk.score ?? 0) > (clean.review?.risk.score ?? 0));
  const checks = await github.call("GET", `/repos/acme/lib/commits/${huge.head}/check-runs`);
  assert.equal(
    (checks.json as { check_runs: { conclusion: string }[] }).check_runs[0]?.conclusion,
    "failure",
  );

  await github.call("PATCH", `/repos/acme/lib/pulls/${huge.number}`, { state: "closed" });
  const closed = await review(huge.url);
  assert.deepEqual([closed.review?.pull?.state, closed.review?.readiness.score], ["closed", 0]);

  await offered(github, on, "other", { "a.md": "a\n" });
  const lost = await offered(github, { ...on, into: "other" }, "lost", { "b.md": "b\n" });
  await github.call("DELETE", "/repos/acme/lib/git/refs/heads/other");
  const based = await review(lost.url);
  assert.deepEqual([based.exit, based.error?.code], [1, "base-not-found"]);
  assert.match(based.error?.remedy ?? "", /--base main/);
  assert.equal((await review(lost.url, "--base", "main")).exit, 0);

  const missing = await review(`${github.page("lib")}/pull/999`);
  assert.deepEqual([missing.exit, missing.error?.code], [1, "not-found"], JSON.stringify(missing.error));
  const hidden = await review(`${github.page("hidden")}/pull/1`);
  assert.deepEqual([hidden.exit, hidden.error?.code], [1, "repo-not-found"]);
});
