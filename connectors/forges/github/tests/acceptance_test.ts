import assert from "node:assert/strict";
import { TOKEN } from "../../testing/github_server.ts";
import { onGitHub, refusal } from "./subject.ts";

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

onGitHub(
  "what stands in the way of pull requests is said before a run begins",
  async ({ repo, github, forge, env, propose }) => {
    const { repository } = (await propose()).request;
    const codeOf = async (given: Parameters<typeof forge.refuses>[0] = repository) => {
      const problem = await forge.refuses(given);
      assert.ok(!JSON.stringify(problem).includes(TOKEN));
      return problem?.code ?? null;
    };
    assert.equal(await codeOf(), null);
    assert.equal(await codeOf({ ...repository, baseRef: "nowhere" }), "base-not-found");
    assert.equal(await codeOf({ ...repository, baseCommit: "1".repeat(40) }), "base-moved");
    const page = github.page("tools");
    assert.equal(await codeOf({ ...repository, remote: `${page}-missing` }), "repo-not-found");

    const answers: [Record<string, unknown>, string][] = [
      [{ archived: true }, "repo-archived"],
      [{ disabled: true }, "repo-disabled"],
      [{ permissions: { pull: true, push: false } }, "forge-forbidden"],
      [{ full_name: "acme/renamed" }, "repo-moved"],
    ];
    for (const [more, code] of answers) {
      github.instead = ({ method, path }) =>
        method === "GET" && path === "/repos/acme/tools"
          ? json({ full_name: "acme/tools", default_branch: "main", permissions: { push: true }, ...more })
          : undefined;
      assert.equal(await codeOf(), code);
    }
    github.instead = () => json({ message: "Bad credentials" }, 401);
    assert.equal(await codeOf(), "forge-unauthorized");
    github.instead = () => new Response("<html>login</html>", { headers: { "content-type": "text/html" } });
    assert.equal(await codeOf(), "forge-answer-unreadable");
    github.instead = null;

    await github.call("POST", "/repos/acme/tools/git/refs", {
      ref: "refs/heads/forge",
      sha: repository.baseCommit,
    });
    assert.equal(await codeOf(), "branch-exists");
    delete env.GITHUB_TOKEN;
    assert.equal(await codeOf(), "forge-credential-missing");
    env.GITHUB_TOKEN = TOKEN;
    await repo.git("remote", "set-url", "origin", "https://gitlab.example/acme/tools.git");
    assert.equal(await codeOf(), "forge-elsewhere");
  },
);

onGitHub(
  "a secondary limit is waited for while the wait is short, and then says until when",
  async ({ github, forge, clock, propose }) => {
    const { repository } = (await propose()).request;
    const limit = (after?: number) =>
      json(
        { message: "You have exceeded a secondary rate limit." },
        403,
        after === undefined ? {} : {
          "retry-after": String(after),
        },
      );
    let times = 1;
    github.instead = () => times-- > 0 ? limit(5) : undefined;
    assert.equal(await forge.refuses(repository), null);
    assert.ok(clock.slept.some((ms) => ms >= 4000), String(clock.slept));

    times = Number.POSITIVE_INFINITY;
    const before = github.asked.length;
    github.instead = () => limit(3600);
    const remote = github.page("tools");
    const error = await refusal(forge.branchHead(remote, "main"));
    assert.equal(error.problem.code, "forge-rate-limited");
    assert.deepEqual([error.failure?.class, error.failure?.retryable], ["external", true]);
    assert.ok(Math.abs((error.untilMs ?? 0) - clock.now() - 3_600_000) < 60_000);
    assert.equal(github.asked.length, before + 1, "it is not asked again");
  },
);

onGitHub(
  "a primary limit is known by its headers, and the next request does not ask before its end",
  async ({ github, forge, clock }) => {
    const reset = Math.ceil(clock.now() / 1000) + 1800;
    github.instead = () =>
      json({ message: "API rate limit exceeded" }, 403, {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(reset),
      });
    const first = await refusal(forge.branchHead(github.page("tools"), "main"));
    assert.ok(Math.abs((first.untilMs ?? 0) - reset * 1000) < 60_000);
    const asked = github.asked.length;
    const second = await refusal(forge.branchHead(github.page("tools"), "main"));
    assert.equal(second.problem.code, "forge-rate-limited");
    assert.equal(github.asked.length, asked);
  },
);

onGitHub(
  "a server that fails for a moment is asked again; one that refuses is not",
  async ({ github, forge }) => {
    let failures = 2;
    github.instead = () => failures-- > 0 ? json({ message: "oops" }, 502) : undefined;
    assert.match(await forge.branchHead(github.page("tools"), "main") ?? "", /^[0-9a-f]{40}$/);
    github.instead = () => json({ message: `no\u001b[31m ${TOKEN}` }, 403);
    const asked = github.asked.length;
    const error = await refusal(forge.branchHead(github.page("tools"), "main"));
    assert.deepEqual([error.problem.code, error.failure?.retryable], ["forge-forbidden", false]);
    assert.ok(!error.message.includes("\u001b"));
    assert.equal(github.asked.length, asked + 1);
  },
);

onGitHub(
  "an answer with a tag is asked for with it, and one that is as it was is not sent again",
  async ({ github, forge, env }) => {
    const answered: (string | null)[] = [];
    github.instead = ({ path, headers }) => {
      if (!path.includes("/git/ref/")) return undefined;
      const tag = headers.get("if-none-match");
      answered.push(tag);
      return tag === '"v1"'
        ? new Response(null, { status: 304, headers: { etag: '"v1"' } })
        : json({ ref: "refs/heads/main", object: { type: "commit", sha: "a".repeat(40) } }, 200, {
          etag: '"v1"',
        });
    };
    const page = github.page("tools");
    assert.equal(await forge.branchHead(page, "main"), "a".repeat(40));
    assert.equal(await forge.branchHead(page, "main"), "a".repeat(40));
    env.GITHUB_TOKEN = "ghp_another_reader";
    await forge.branchHead(page, "main");
    assert.deepEqual(answered, [null, '"v1"', null], "what one credential saw is not shown to another");
  },
);
