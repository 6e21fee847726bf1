import assert from "node:assert/strict";
import { markOf } from "../../marker.ts";
import { onGitHub, refusal } from "./subject.ts";

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

onGitHub(
  "the state tells head, base, checks of both kinds, required ones and the last word of each reviewer",
  async ({ github, forge, opened }) => {
    const pull = await opened();
    await forge.publishChecks({
      key: "k",
      repository: pull.at.repository,
      commit: pull.commit,
      name: "edgeforge",
      conclusion: "success",
      title: "Gates passed",
      summary: "all of them",
      annotations: [],
    });
    const review = (event: string, body: string) =>
      github.call("POST", `/repos/acme/tools/pulls/${pull.number}/reviews`, { event, body }, "reader");
    await review("REQUEST_CHANGES", "no");
    await review("COMMENT", "hm");
    github.instead = ({ path }) =>
      path.endsWith("/status")
        ? json({ statuses: [{ context: "ci/old", state: "failure", description: "red", target_url: null }] })
        : path.endsWith("/rules/branches/main")
        ? json([{
          type: "required_status_checks",
          parameters: { required_status_checks: [{ context: "ci/old" }] },
        }])
        : path.endsWith("/check-runs")
        ? json({
          check_runs: [
            {
              id: 7,
              name: "build",
              status: "completed",
              conclusion: "action_required",
              app: { slug: "actions" },
            },
            { id: 5, name: "build", status: "completed", conclusion: "success", app: { slug: "actions" } },
            { id: 8, name: "lint", status: "in_progress", conclusion: null },
            { id: 9, name: "odd", status: "completed", conclusion: "brand_new_word" },
          ],
        })
        : undefined;
    const state = await forge.state(pull.at);
    assert.deepEqual(
      [state.state, state.head, state.base, state.baseHead, state.branch],
      ["open", pull.commit, "main", pull.baseCommit, "forge/fix-1"],
    );
    assert.deepEqual(state.checks.map((one) => [one.name, one.status, one.conclusion, one.required]), [
      ["build", "completed", "action_required", false],
      ["lint", "running", null, false],
      ["odd", "completed", "failure", false],
      ["ci/old", "completed", "failure", true],
    ]);
    assert.deepEqual(state.reviews.map((one) => [one.author.name, one.state]), [[
      "reader",
      "changes_requested",
    ]]);
    github.instead = null;
    assert.deepEqual((await forge.state(pull.at)).checks.map((one) => [one.name, one.ours]), [[
      "edgeforge",
      true,
    ]]);
  },
);

onGitHub(
  "comments of every kind come with their author's rights, and answers are written once",
  async ({ github, forge, opened }) => {
    const pull = await opened();
    const post = (path: string, body: Record<string, unknown>, who = "reader") =>
      github.call("POST", `/repos/acme/tools/${path}`, body, who);
    await post(`issues/${pull.number}/comments`, { body: "please fix" });
    await post(`pulls/${pull.number}/comments`, {
      body: "this line",
      path: "a.txt",
      line: 1,
      commit_id: pull.commit,
    });
    await post(`pulls/${pull.number}/reviews`, { body: "in all", event: "REQUEST_CHANGES" });
    github.instead = ({ path }) =>
      path.endsWith("/collaborators/reader/permission")
        ? json({ permission: "write", role_name: "maintain" })
        : undefined;
    const page = await forge.comments(pull.at);
    assert.deepEqual(page.comments.map((one) => [one.kind, one.body, one.path, one.line]).sort(), [
      ["comment", "please fix", undefined, undefined],
      ["review", "in all", undefined, undefined],
      ["review-comment", "this line", "a.txt", 1],
    ]);
    assert.ok(page.comments.every((one) => one.author.permission === "maintain" && !one.own));
    assert.equal(
      github.asked.filter((one) => one.path.endsWith("/permission")).length,
      1,
      "each person is asked about once",
    );

    const line = page.comments.find((one) => one.kind === "review-comment");
    const answer = { key: "run_1/answer/1", to: line?.id ?? "", body: "done in the last commit" };
    const first = await forge.reply(pull.at, answer);
    assert.deepEqual(await forge.reply(pull.at, answer), first);
    const after = await forge.comments(pull.at, page.since);
    const own = after.comments.filter((one) => one.own);
    assert.deepEqual(own.map((one) => one.mark), [await markOf(answer.key)]);

    // Somebody else's copy of a marker keeps nobody from answering.
    await post(`issues/${pull.number}/comments`, {
      body: `x\n\n<!-- edgeforge:${await markOf("other")} -->`,
    });
    const other = await forge.reply(pull.at, { key: "other", body: "really ours" });
    assert.ok((await forge.comments(pull.at)).comments.some((one) => one.id === other.id && one.own));
  },
);

onGitHub(
  "a thread is answered in the thread where the server has threads",
  async ({ github, forge, opened }) => {
    const pull = await opened();
    await github.call("POST", `/repos/acme/tools/pulls/${pull.number}/comments`, {
      body: "this line",
      path: "a.txt",
      line: 1,
      commit_id: pull.commit,
    }, "reader");
    const [comment] = (await forge.comments(pull.at)).comments;
    github.instead = ({ method, path }) =>
      method === "POST" && path.endsWith("/replies")
        ? json({ id: 99, html_url: "https://x/99" }, 201)
        : undefined;
    const answer = await forge.reply(pull.at, { key: "k", to: comment?.id ?? "", body: "yes" });
    assert.equal(answer.id, "review-comment:99");
  },
);

onGitHub(
  "120 annotations go out in batches, once, and the check is complete with its last",
  async ({ github, forge, opened }) => {
    const pull = await opened();
    const report = {
      key: "run_1/check",
      repository: pull.at.repository,
      commit: pull.commit,
      name: "edgeforge",
      conclusion: "failure" as const,
      title: "T",
      summary: "S",
      annotations: Array.from({ length: 120 }, (_, at) => ({
        path: "a.txt",
        line: at + 1,
        level: "failure" as const,
        title: `no. ${at}`,
        message: "m",
      })),
    };
    const sent = () =>
      github.asked.filter((one) => one.path.includes("/check-runs") && one.method !== "GET")
        .map((one) => JSON.parse(one.body)).map((one) => [one.status, one.output.annotations?.length ?? 0]);
    const first = await forge.publishChecks(report);
    assert.deepEqual(sent(), [["in_progress", 50], ["in_progress", 50], ["completed", 20]]);
    // The emulator forgets the annotations of before with each request; GitHub keeps and counts them.
    github.instead = async ({ method, path }) => {
      if (method !== "GET" || !path.endsWith("/check-runs")) return undefined;
      const { json: list } = await github.call("GET", path);
      const { check_runs: runs } = list as { check_runs: { output: Record<string, unknown> }[] };
      return json({
        check_runs: runs.map((one) => ({ ...one, output: { ...one.output, annotations_count: 120 } })),
      });
    };
    const second = await forge.publishChecks(report);
    assert.equal(second.id, first.id);
    assert.deepEqual(sent().at(-1), ["completed", 0]);

    github.instead = ({ method, path }) =>
      method !== "GET" && path.includes("/check-runs")
        ? json({ message: "You must authenticate via a GitHub App." }, 403)
        : path.includes("/statuses/")
        ? json({ context: "edgeforge", state: "failure" }, 201)
        : undefined;
    assert.deepEqual(await forge.publishChecks({ ...report, key: "another" }), {
      id: "status:edgeforge",
      url: null,
      kind: "status",
      annotations: 0,
    });
  },
);

onGitHub(
  "the end of a job's log is given within the bound, fetched from another host without the credential",
  async ({ github, forge }) => {
    const lines = Array.from({ length: 2000 }, (_, at) => `line ${at}`).join("\n");
    let credential: string | null = "unasked";
    const store = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      credential = request.headers.get("authorization");
      return new Response(lines);
    });
    try {
      github.instead = ({ path }) =>
        path === "/repos/acme/tools/actions/jobs/7/logs"
          ? new Response(null, {
            status: 302,
            headers: { location: `http://127.0.0.1:${store.addr.port}/log?sig=x` },
          })
          : path.includes("/jobs/")
          ? json({ message: "Not Found" }, 404)
          : undefined;
      const log = await forge.logs(github.page("tools"), { id: "check-run:7", kind: "check-run" }, 100);
      assert.ok(
        log?.cut && log.text.endsWith("line 1999") && log.text.length <= 100 && log.text.startsWith("line "),
      );
      assert.equal(credential, null);
      assert.equal(
        await forge.logs(github.page("tools"), { id: "check-run:404", kind: "check-run" }, 100),
        null,
      );
      assert.equal(await forge.logs(github.page("tools"), { id: "status:x", kind: "status" }, 100), null);
    } finally {
      await store.shutdown();
    }
  },
);

onGitHub(
  "a draft becomes ready by GraphQL, and where there is none a person is told",
  async ({ github, forge, opened }) => {
    const pull = await opened({ draft: true });
    const none = await forge.ready(pull.at);
    assert.equal(none.ok ? null : none.error.code, "ready-unsupported");
    assert.match(none.ok ? "" : none.error.remedy ?? "", /Ready for review/);
    const draft = await forge.merge(pull.at, { key: "m", head: pull.commit, method: "merge" });
    assert.equal(draft.ok ? null : draft.error.code, "pull-request-draft");
    github.instead = async ({ path, body }) => {
      if (path !== "/graphql" || !body.includes("markPullRequestReadyForReview")) return undefined;
      await github.call("PATCH", `/repos/acme/tools/pulls/${pull.number}`, { draft: false });
      return json({ data: { markPullRequestReadyForReview: { pullRequest: { isDraft: false } } } });
    };
    assert.deepEqual(await forge.ready(pull.at), { ok: true, value: undefined });
    assert.equal((await forge.state(pull.at)).draft, false);
  },
);

onGitHub(
  "exactly the expected head is merged, once, and its tree comes back",
  async ({ github, forge, opened }) => {
    const pull = await opened();
    const request = { key: "m", head: pull.commit, method: "squash" as const, title: "Fix it (#1)" };
    const other = await forge.merge(pull.at, { ...request, head: "1".repeat(40) });
    assert.equal(other.ok ? null : other.error.code, "head-moved");
    github.instead = ({ method, path }) =>
      method === "PUT" && path.endsWith("/merge")
        ? json({ message: "Required review is missing" }, 405)
        : undefined;
    const refused = await forge.merge(pull.at, request);
    assert.equal(refused.ok ? null : refused.error.code, "merge-refused");
    github.instead = null;
    let lost = 0;
    github.after = ({ method }) => {
      if (method === "PUT" && lost++ === 0) throw new Error("the line is cut");
    };
    await forge.merge(pull.at, request).catch(() => {});
    const merged = await forge.merge(pull.at, request);
    assert.ok(merged.ok);
    assert.equal((await forge.state(pull.at)).state, "merged");
    assert.equal((await forge.state(pull.at)).mergeCommit, merged.value.commit);
    assert.match(merged.value.tree, /^[0-9a-f]{40}$/);
    const again = await forge.close(pull.at);
    assert.equal(again, undefined);
  },
);

onGitHub(
  "labels, requests for review and closing can be asked for again; who cannot review is told",
  async ({ github, forge, opened }) => {
    const pull = await opened();
    for (let times = 0; times < 2; times++) {
      await forge.labels(pull.at, { add: ["edgeforge", "x"], remove: ["never there"] });
      assert.deepEqual(await forge.requestReviews(pull.at, ["reader", "nobody"]), { refused: ["nobody"] });
      await forge.close(pull.at, { key: "bye", body: "Superseded" });
    }
    await forge.labels(pull.at, { remove: ["x"] });
    const state = await forge.state(pull.at);
    assert.deepEqual([state.state, state.labels], ["closed", ["edgeforge"]]);
    assert.equal((await forge.comments(pull.at)).comments.length, 1);
    assert.equal((await refusal(forge.state({ ...pull.at, number: 77 }))).problem.code, "forge-not-found");
    assert.ok(github.asked.length > 0);
  },
);

onGitHub(
  "a comment that is kept is written once and brought up to date in place; somebody else's copy of its mark is left alone",
  async ({ github, forge, opened }) => {
    const pull = await opened();
    const key = "review/x";
    await github.call("POST", `/repos/acme/tools/issues/${pull.number}/comments`, {
      body: `mine\n\n<!-- edgeforge:${await markOf(key)} -->`,
    }, "reader");
    const first = await forge.comment(pull.at, { key, body: "one" });
    const again = await forge.comment(pull.at, { key, body: "two" });
    assert.equal(again.id, first.id);
    const writes = () => github.asked.filter(({ method }) => method !== "GET").length;
    const before = writes();
    assert.equal((await forge.comment(pull.at, { key, body: "two" })).id, first.id);
    assert.equal(writes(), before, "what says the same is not written again");
    const { comments } = await forge.comments(pull.at);
    assert.deepEqual(comments.map(({ body }) => body.split("\n")[0]).sort(), ["mine", "two"]);
  },
);
