import assert from "node:assert/strict";
import type { CheckReport } from "../../port.ts";
import { GITLAB_TOKEN } from "../../testing/gitlab_server.ts";
import { onGitLab, PATH, refusal, type Subject } from "./subject.ts";

const first = ({ project }: Subject) => {
  const [one] = project.mergeRequests;
  assert.ok(one);
  return one;
};

onGitLab(
  "a merge request is told with its head, base, pipelines, approvals and what keeps it from being merged",
  async (subject) => {
    const { forge, gitlab, project, opened, propose } = subject;
    const pull = await opened({ draft: true });
    const fresh = await forge.state(pull.at);
    assert.deepEqual(
      [
        fresh.state,
        fresh.draft,
        fresh.title,
        fresh.head,
        fresh.base,
        fresh.baseHead,
        fresh.mergeable,
        fresh.checks,
      ],
      ["open", true, "Fix it", pull.commit, "main", pull.baseCommit, "blocked", []],
    );
    project.pipelines.push({
      id: 50,
      sha: pull.commit,
      ref: pull.branch,
      status: "failed",
      jobs: [
        { id: 500, name: "test", status: "failed", failure_reason: "script_failure", stage: "test" },
        { id: 501, name: "test", status: "success", stage: "test" },
        { id: 502, name: "lint", status: "failed", allow_failure: true },
        { id: 503, name: "deploy", status: "manual" },
        { id: 504, name: "slow", status: "failed", failure_reason: "job_execution_timeout" },
        { id: 505, name: "next", status: "created" },
        { id: 506, name: "odd", status: "a-word-of-tomorrow" },
      ],
    });
    project.settings = { only_allow_merge_if_pipeline_succeeds: true };
    await gitlab.call("POST", `/projects/${encodeURIComponent(PATH)}/statuses/${pull.commit}`, {
      state: "success",
      name: "external",
    }, "glpat-dana");
    const merge = first(subject);
    merge.approvedBy = [2];
    merge.reviewers.set(3, "requested_changes").set(2, "approved");
    merge.labels.push("one");
    const state = await forge.state(pull.at);
    const checks = state.checks.map((
      one,
    ) => [one.kind, one.name, one.status, one.conclusion, one.required, one.ours]);
    assert.deepEqual(checks, [
      ["job", "test", "completed", "success", true, false],
      ["job", "lint", "completed", "neutral", false, false],
      ["job", "deploy", "completed", "action_required", true, false],
      ["job", "slow", "completed", "timed_out", true, false],
      ["job", "next", "queued", null, true, false],
      ["job", "odd", "completed", "failure", true, false],
      ["status", "external", "completed", "success", true, false],
    ]);
    const reviews = state.reviews.map((
      { author, state },
    ) => [author.name, author.permission, author.association, state]);
    assert.deepEqual(reviews, [
      ["mallory", "none", "", "changes_requested"],
      ["dana", "maintain", "MAINTAINER", "approved"],
    ]);
    assert.deepEqual([state.labels, state.cut], [["one"], false]);

    const words: [string, string][] = [
      ["mergeable", "clean"],
      ["need_rebase", "behind"],
      ["not_approved", "blocked"],
      ["checking", "unknown"],
      ["a_word_of_tomorrow", "unknown"],
    ];
    for (const [word, mergeable] of words) {
      merge.detailed = word;
      assert.equal((await forge.state(pull.at)).mergeable, mergeable, word);
    }
    merge.detailed = null;
    // What cannot be read is not taken as empty.
    gitlab.instead = ({ path }) =>
      /approvals$|pipelines$/.test(path) ? Response.json({}, { status: 403 }) : undefined;
    assert.equal((await forge.state(pull.at)).cut, true);
    gitlab.instead = null;

    const other = await propose({ content: "conflict\n" });
    await project.repository.commit({
      ...{
        branch: "main",
        parent: pull.baseCommit,
        old: pull.baseCommit,
        message: "theirs",
        author: ["M", "m@localhost"],
      },
      actions: [{ action: "update", file_path: "a.txt", content: "theirs\n" }],
    });
    assert.ok(other);
    const late = await forge.state(pull.at);
    assert.equal(late.mergeable, "conflicting");
    assert.notEqual(late.baseHead, pull.baseCommit, "the base has moved");
  },
);

onGitLab("a pipeline of the merged result counts, one of another commit does not", async (subject) => {
  const { forge, gitlab, project, opened } = subject;
  const pull = await opened();
  const jobs = (id: number, name: string) => [{ id, name, status: "success" }];
  project.pipelines.push(
    {
      id: 60,
      sha: "a".repeat(40),
      ref: "refs/merge-requests/1/merge",
      status: "success",
      jobs: jobs(600, "merged"),
    },
    { id: 61, sha: "b".repeat(40), ref: pull.branch, status: "success", jobs: jobs(601, "old") },
  );
  const show = async (id: number) => {
    const { json } = await gitlab.call("GET", `/projects/${encodeURIComponent(PATH)}/merge_requests/1`);
    const head_pipeline = project.pipelines.find((one) => one.id === id);
    gitlab.instead = ({ method, path }) =>
      method === "GET" && path.endsWith("/merge_requests/1")
        ? Response.json({ ...json as object, head_pipeline })
        : undefined;
    return (await forge.state(pull.at)).checks.map((one) => one.name);
  };
  assert.deepEqual(await show(60), ["merged"]);
  assert.deepEqual(await show(61), []);
});

onGitLab(
  "a check is a status with our mark, once; findings in lines are a note that is brought up to date",
  async (subject) => {
    const { forge, project, opened } = subject;
    const pull = await opened();
    const report: CheckReport = {
      key: "run_1/check",
      repository: pull.at.repository,
      commit: pull.commit,
      name: "edgeforge",
      conclusion: null,
      title: "Judging",
      summary: "",
      annotations: [],
    };
    await forge.publishChecks(report);
    await forge.publishChecks(report);
    const done: CheckReport = {
      ...report,
      conclusion: "success",
      title: `Gates passed ${"x".repeat(400)}`,
      url: "https://forge.example/run_1",
      annotations: [{
        path: "a.txt",
        line: 1,
        level: "warning",
        title: "Finding",
        message: "one\n/merge\ntwo",
      }],
    };
    const made = await forge.publishChecks(done);
    assert.deepEqual(await forge.publishChecks(done), made, "again it is the same");
    assert.equal(made.kind, "status");
    assert.equal(made.annotations, 1);
    assert.deepEqual(project.statuses.map((one) => [one.status, one.target_url]), [[
      "success",
      "https://forge.example/run_1",
    ]]);
    assert.ok((project.statuses[0]?.description ?? "").length <= 255);
    const { checks } = await forge.state(pull.at);
    assert.deepEqual(checks.map((one) => [one.name, one.ours, one.by]), [["edgeforge", true, "edgeforge"]]);
    const { comments } = await forge.comments(pull.at);
    assert.equal(comments.length, 1);
    assert.match(comments[0]?.body ?? "", /`a\.txt:1` Finding: one \/merge two/);
    await forge.publishChecks({
      ...done,
      conclusion: "failure",
      annotations: [{ ...done.annotations[0]!, line: 2 }],
    });
    assert.deepEqual(project.statuses.map((one) => one.status), ["success", "failed"]);
    const after = await forge.comments(pull.at);
    assert.equal(after.comments.length, 1);
    assert.match(after.comments[0]?.body ?? "", /`a\.txt:2`/);
  },
);

onGitLab(
  "the end of a job's trace is given without colours, folds and secrets",
  async ({ forge, project, page }) => {
    project.traces.set(
      500,
      `section_start:1700000000:step_script[collapsed=true]\r\u001b[0K\u001b[32;1m$ deno test\u001b[0;m\nline 1\r\ntoken ${GITLAB_TOKEN}\nlast\n`,
    );
    const log = await forge.logs(page, { id: "job:500", kind: "job" }, 10_000);
    assert.match(log?.text ?? "", /^\$ deno test\nline 1\ntoken /);
    assert.ok(!log?.text.includes(GITLAB_TOKEN));
    assert.equal(log?.cut, false);
    const end = await forge.logs(page, { id: "job:500", kind: "job" }, 8);
    assert.deepEqual(end, { text: "last\n", cut: true });
    assert.equal(await forge.logs(page, { id: "job:1", kind: "job" }, 10), null);
    assert.equal(await forge.logs(page, { id: "status:5", kind: "status" }, 10), null);
  },
);

onGitLab(
  "comments carry who wrote them and what they may do, and are answered once, in their thread",
  async (subject) => {
    const { forge, gitlab, project, opened } = subject;
    const pull = await opened();
    const merge = first(subject);
    const path = `/projects/${encodeURIComponent(PATH)}/merge_requests/1/notes`;
    await gitlab.call("POST", path, { body: "Please rename it" }, "glpat-dana");
    project.members.set(4, 30);
    await gitlab.call("POST", path, { body: "I am a bot" }, "glpat-bot");
    const at = "2026-01-01T00:10:00.000+01:00";
    merge.discussions.push({
      id: "thread",
      individual_note: false,
      notes: [{
        id: 900,
        type: "DiffNote",
        body: "Why this line?",
        author: { id: 3, username: "mallory" },
        created_at: at,
        updated_at: at,
        system: false,
        position: { new_path: "a.txt", new_line: 1, head_sha: pull.commit },
      }],
    }, {
      id: "system",
      individual_note: true,
      notes: [{
        ...{ id: 901, type: null, body: "added 1 commit", author: { id: 2, username: "dana" } },
        ...{ created_at: at, updated_at: at, system: true },
      }],
    });
    const { comments, since } = await forge.comments(pull.at);
    assert.deepEqual(
      comments.map(({ kind, author, own }) => [kind, author.name, author.permission, author.bot, own]),
      [
        ["review-comment", "mallory", "none", false, false],
        ["comment", "dana", "maintain", false, false],
        ["comment", "project_9_bot_0a1b", "write", true, false],
      ],
    );
    assert.deepEqual([comments[0]?.path, comments[0]?.line, comments[0]?.commit], ["a.txt", 1, pull.commit]);
    assert.equal(comments[0]?.at, "2025-12-31T23:10:00.000Z");
    assert.deepEqual((await forge.comments(pull.at, since)).comments.map((one) => one.author.name), [
      "project_9_bot_0a1b",
    ]);

    const answer = { key: "run_1/answer/900", to: "review-comment:900", body: "Because." };
    const said = await forge.reply(pull.at, answer);
    assert.deepEqual(await forge.reply(pull.at, answer), said);
    await forge.reply(pull.at, { key: "run_1/answer/2", to: comments[1]?.id ?? "", body: "Done." });
    assert.equal(merge.discussions.find((one) => one.id === "thread")?.notes.length, 2);
    const all = (await forge.comments(pull.at)).comments;
    const mine = all.filter((one) => one.own);
    assert.deepEqual(mine.map((one) => one.inReplyTo), ["review-comment:900", undefined]);
    assert.ok(mine.every((one) => /^[0-9a-f]{32}$/.test(one.mark ?? "")));
    assert.equal(said.url, `${gitlab.page(PATH)}/-/merge_requests/1#note_${mine[0]?.id.split(":")[1]}`);
  },
);

// req: N9-13
onGitLab("only the head that is named is merged, by the project's own method, once", async (subject) => {
  const { forge, project, opened } = subject;
  const pull = await opened({ draft: true });
  const request = { key: "k", head: pull.commit, method: "merge" as const, title: "Merge it" };
  const code = async (more: Partial<Parameters<typeof forge.merge>[1]> = {}) => {
    const merged = await forge.merge(pull.at, { ...request, ...more });
    return merged.ok ? "merged" : merged.error.code;
  };
  assert.equal(await code(), "pull-request-draft");
  assert.ok((await forge.ready(pull.at)).ok);
  assert.ok((await forge.ready(pull.at)).ok, "again it is the same");
  assert.equal((await forge.state(pull.at)).draft, false);
  assert.equal(await code({ head: "1".repeat(40) }), "head-moved");
  for (
    const settings of [
      { merge_trains_enabled: true },
      { merge_method: "ff" },
      { squash_option: "always" },
    ]
  ) {
    project.settings = settings;
    assert.equal(await code(), "merge-refused", JSON.stringify(settings));
  }
  project.settings = {};
  assert.equal(await code({ method: "rebase" }), "merge-refused");
  first(subject).detailed = "not_approved";
  assert.equal(await code(), "merge-refused");
  first(subject).detailed = null;
  const merged = await forge.merge(pull.at, request);
  assert.ok(merged.ok);
  const git = project.repository.git;
  assert.equal(await git("rev-parse", "main"), merged.value.commit);
  assert.equal(await git("rev-parse", "main^{tree}"), merged.value.tree);
  assert.deepEqual(await forge.merge(pull.at, request), merged, "again it is the same");
  const state = await forge.state(pull.at);
  assert.deepEqual([state.state, state.mergeCommit], ["merged", merged.value.commit]);
});

onGitLab(
  "a fast-forward becomes the head itself, a squash a commit of its own; a lost answer is found again",
  async (subject) => {
    const { forge, gitlab, project, opened, propose } = subject;
    project.settings = { merge_method: "ff" };
    const one = await opened();
    const ff = await forge.merge(one.at, { key: "k", head: one.commit, method: "rebase" });
    assert.ok(ff.ok);
    assert.equal(ff.value.commit, one.commit);
    project.settings = {};
    await subject.repo.git("fetch", "-q", project.repository.dir, "main");
    await subject.repo.git("reset", "-q", "--hard", "FETCH_HEAD");
    const { request } = await propose({ key: "two", branch: "forge/two", content: "two\n" });
    const two = await forge.open(request);
    gitlab.after = ({ path }) => {
      if (!path.endsWith("/merge")) return;
      gitlab.after = null;
      throw new Error("lost");
    };
    const at = { repository: two.repository ?? "", number: two.number };
    await refusal(forge.merge(at, { key: "k2", head: two.commit, method: "squash" }));
    const squashed = await forge.merge(at, { key: "k2", head: two.commit, method: "squash" });
    assert.ok(squashed.ok);
    assert.notEqual(squashed.value.commit, two.commit);
    assert.equal(squashed.value.tree, request.tree);
  },
);

onGitLab("labels, reviewers and closing are asked for once and tell what could not be", async (subject) => {
  const { forge, opened } = subject;
  const pull = await opened();
  await forge.labels(pull.at, { add: ["edgeforge", "two"] });
  await forge.labels(pull.at, { add: ["edgeforge"], remove: ["two", "absent"] });
  assert.deepEqual(first(subject).labels, ["edgeforge"]);
  assert.equal((await refusal(forge.labels(pull.at, { add: ["a,b"] }))).problem.code, "label-invalid");
  const asked = await forge.requestReviews(pull.at, ["dana", "nobody", "acme/team"]);
  assert.deepEqual(asked.refused, ["nobody", "acme/team"]);
  assert.deepEqual([...first(subject).reviewers.keys()], [2]);
  await forge.close(pull.at, { key: "bye", body: "Not needed." });
  await forge.close(pull.at, { key: "bye", body: "Not needed." });
  assert.equal(first(subject).discussions.length, 1);
  const state = await forge.state(pull.at);
  assert.deepEqual([state.state, state.mergeable], ["closed", "blocked"]);
}, "/below/a/path");
