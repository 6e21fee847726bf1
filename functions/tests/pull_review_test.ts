/** `forge pr review` on ranges of a repository on this disk, and on merge requests of a GitLab with real git behind it. */
import assert from "node:assert/strict";
import { GITLAB_TOKEN, gitlabServer } from "../../connectors/testing/mod.ts";
import { PullReview } from "../../specs/mod.ts";
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
