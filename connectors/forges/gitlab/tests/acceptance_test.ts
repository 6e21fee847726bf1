import assert from "node:assert/strict";
import { GITLAB_TOKEN } from "../../testing/gitlab_server.ts";
import { onGitLab, PATH, refusal, type Subject } from "./subject.ts";

const codeOf = async ({ forge }: Subject, given: Parameters<Subject["forge"]["refuses"]>[0]) => {
  const problem = await forge.refuses(given);
  assert.ok(!JSON.stringify(problem).includes(GITLAB_TOKEN));
  return problem?.code ?? null;
};

onGitLab("what stands in the way of merge requests is said before a run begins", async (subject) => {
  const { repo, gitlab, project, env, propose, page } = subject;
  const { repository } = (await propose()).request;
  assert.equal(await codeOf(subject, repository), null);
  assert.equal(await codeOf(subject, { ...repository, baseRef: "nowhere" }), "base-not-found");
  assert.equal(await codeOf(subject, { ...repository, baseCommit: "1".repeat(40) }), "base-moved");
  assert.equal(await codeOf(subject, { ...repository, remote: `${page}-missing` }), "repo-not-found");

  const settings: [Record<string, unknown>, string][] = [
    [{ archived: true }, "repo-archived"],
    [{ marked_for_deletion_on: "2026-02-01" }, "repo-disabled"],
    [{ merge_requests_access_level: "disabled" }, "repo-disabled"],
    [{ repository_access_level: "disabled" }, "repo-disabled"],
    [{ path_with_namespace: "acme/renamed" }, "repo-moved"],
    [{ path_with_namespace: PATH.toUpperCase() }, ""],
  ];
  for (const [more, code] of settings) {
    project.settings = more;
    assert.equal(await codeOf(subject, repository) ?? "", code, JSON.stringify(more));
  }
  project.settings = {};
  await project.repository.git("branch", "forge", "main");
  assert.equal(await codeOf(subject, repository), "branch-exists");
  await project.repository.git("branch", "-D", "forge");

  gitlab.instead = () => new Response("<html>login</html>", { headers: { "content-type": "text/html" } });
  assert.equal(await codeOf(subject, repository), "forge-answer-unreadable");
  gitlab.instead = null;
  env.GITLAB_TOKEN = "glpat-nobody";
  assert.equal(await codeOf(subject, repository), "forge-unauthorized");
  delete env.GITLAB_TOKEN;
  assert.equal(await codeOf(subject, repository), "forge-credential-missing");
  env.CI_JOB_TOKEN = "glcbt-64_job";
  assert.equal(await codeOf(subject, repository), "forge-forbidden");
  await repo.git("remote", "set-url", "origin", "https://github.com/acme/tools.git");
  assert.equal(await codeOf(subject, repository), "forge-elsewhere");
});

onGitLab(
  "roles, scopes and protected branches are those of the account, as GitLab tells them",
  async (subject) => {
    const { gitlab, project, env, forge, propose } = subject;
    const { repository } = (await propose()).request;
    const why = async () => (await forge.refuses(repository))?.message ?? null;
    project.members.set(1, 20);
    assert.match(await why() ?? "", /edgeforge may read it, and not push/);
    project.members.set(1, 30);
    gitlab.instead = ({ path }) =>
      path.includes("/members/all/")
        ? Response.json({ message: "404 Not found" }, { status: 404 })
        : undefined;
    assert.match(await why() ?? "", /is no member of it/);
    gitlab.instead = ({ path }) =>
      path === "/user" ? Response.json({ id: 1, username: "root", is_admin: true }) : undefined;
    assert.equal(await why(), null);
    gitlab.instead = null;
    env.GITLAB_TOKEN = "glpat-reader";
    assert.match(await why() ?? "", /scopes read_api, and not api/);
    const [own] = gitlab.world.users;
    assert.ok(own);
    env.GITLAB_TOKEN = GITLAB_TOKEN;
    own.scopes = ["read_user", "write_repository"];
    assert.match(await why() ?? "", /scopes read_user, write_repository, and not api/);
    for (const scopes of [["api", "read_user"], ["granular"]]) {
      own.scopes = scopes;
      assert.equal(await why(), null, String(scopes));
    }

    const levels = (...push_access_levels: { access_level?: number; user_id?: number }[]) =>
      push_access_levels;
    const rules: [string, ReturnType<typeof levels>, boolean][] = [
      ["forge/*", levels({ access_level: 40 }), false],
      ["forge/*", levels({ access_level: 0 }), false],
      ["*", levels({ access_level: 40 }), false],
      ["f*e/*", levels({ access_level: 40 }), false],
      ["forge/*", levels({ access_level: 40 }, { user_id: 1 }), true],
      ["forge/*", levels({ access_level: 30 }), true],
      ["forge.*", levels({ access_level: 40 }), true],
      ["release/*", levels({ access_level: 0 }), true],
    ];
    for (const [name, push_access_levels, passes] of rules) {
      project.protectedBranches = [{ name, push_access_levels }];
      const problem = await forge.refuses(repository);
      assert.equal(
        problem?.code ?? null,
        passes ? null : "branch-protected",
        JSON.stringify([name, push_access_levels]),
      );
    }
  },
);

onGitLab(
  "a branch that turns out to be protected leaves nothing half done",
  async ({ forge, project, propose }) => {
    const { request } = await propose();
    project.protectedBranches.push({ name: "forge/*", push_access_levels: [{ access_level: 40 }] });
    const error = await refusal(forge.open(request));
    assert.deepEqual([error.problem.code, error.status, error.failure?.retryable], [
      "forge-forbidden",
      403,
      false,
    ]);
    assert.deepEqual(project.mergeRequests, []);
  },
);

onGitLab("a limit is waited for while the wait is short, and then says until when", async (subject) => {
  const { gitlab, forge, clock, page, propose } = subject;
  const { repository } = (await propose()).request;
  const limit = (headers: Record<string, string>) => new Response("Retry later\n", { status: 429, headers });
  let times = 1;
  gitlab.instead = () => times-- > 0 ? limit({ "retry-after": "5" }) : undefined;
  assert.equal(await forge.refuses(repository), null);
  assert.ok(clock.slept.some((ms) => ms >= 4000), String(clock.slept));

  const reset = Math.ceil(clock.now() / 1000) + 1800;
  gitlab.instead = () => limit({ "ratelimit-remaining": "0", "ratelimit-reset": String(reset) });
  const before = gitlab.asked.length;
  const error = await refusal(forge.branchHead(page, "main"));
  assert.equal(error.problem.code, "forge-rate-limited");
  assert.deepEqual([error.failure?.class, error.failure?.retryable], ["external", true]);
  assert.ok(Math.abs((error.untilMs ?? 0) - reset * 1000) < 60_000);
  assert.equal(gitlab.asked.length, before + 1, "it is not asked again");
  await refusal(forge.branchHead(page, "main"));
  assert.equal(gitlab.asked.length, before + 1, "nor by the next who asks");
});

onGitLab(
  "a server that fails for a moment is asked again; one that refuses is not, and its words are bounded",
  async (subject) => {
    const { gitlab, forge, page, propose, project } = subject;
    let failures = 2;
    gitlab.instead = () =>
      failures-- > 0 ? new Response("GitLab is not responding", { status: 502 }) : undefined;
    assert.match(await forge.branchHead(page, "main") ?? "", /^[0-9a-f]{40}$/);
    const answers: [number, unknown, string, boolean][] = [
      [
        401,
        { error: "invalid_token", error_description: `Token ${GITLAB_TOKEN} was revoked` },
        "forge-unauthorized",
        false,
      ],
      [403, { message: `no\u001b[31m ${GITLAB_TOKEN} ${"x".repeat(5000)}` }, "forge-forbidden", false],
      [409, { message: ["it moved"] }, "forge-conflict", true],
      [422, { message: { base: ["bad"] } }, "forge-invalid", false],
    ];
    for (const [status, body, code, retryable] of answers) {
      gitlab.instead = () => Response.json(body, { status });
      const asked = gitlab.asked.length;
      const error = await refusal(forge.branchHead(page, "main"));
      assert.deepEqual([error.problem.code, error.status, error.failure?.retryable], [
        code,
        status,
        retryable,
      ]);
      assert.ok(!error.message.includes("\u001b") && error.message.length < 2000);
      assert.equal(gitlab.asked.length, asked + 1);
    }
    // What is made is never sent twice by the client itself.
    const { request } = await propose();
    gitlab.instead = ({ method }) => method === "POST" ? new Response("", { status: 503 }) : undefined;
    const asked = gitlab.asked.filter((one) => one.method === "POST").length;
    await refusal(forge.open(request));
    assert.equal(gitlab.asked.filter((one) => one.method === "POST").length, asked + 1);
    assert.deepEqual(project.mergeRequests, []);
  },
);
