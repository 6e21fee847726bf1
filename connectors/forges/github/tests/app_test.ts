import assert from "node:assert/strict";
import { onGitHub, refusal, type Subject } from "./subject.ts";

/** The environment of an App instead of a token. */
function asApp({ env, github }: Subject, more: Record<string, string> = {}): void {
  delete env.GITHUB_TOKEN;
  Object.assign(env, {
    GITHUB_APP_ID: "12345",
    GITHUB_APP_PRIVATE_KEY: github.appKey.replaceAll("\n", "\\n"),
  }, more);
}
const WRITES = {
  contents: "write",
  pull_requests: "write",
  checks: "write",
  issues: "write",
  metadata: "read",
};

onGitHub(
  "an App opens pull requests by an installation that is looked up; neither key nor token is shown",
  async (subject) => {
    asApp(subject);
    const { forge, github, opened, propose } = subject;
    assert.equal(await forge.refuses((await propose()).request.repository), null);
    const pull = await opened();
    assert.equal(pull.number, 1);
    const made = github.asked.find((one) => one.method === "POST" && one.path.endsWith("/git/commits"));
    assert.equal(
      JSON.parse(made?.body ?? "{}").author,
      undefined,
      "GitHub signs what has no author of its own",
    );
    const token = made?.headers.get("authorization")?.split(" ")[1] ?? "";
    assert.match(token, /^ghs_/);
    const grants = github.asked.filter((one) => one.path.endsWith("/access_tokens"));
    assert.ok(grants.every((one) => one.path === "/app/installations/100/access_tokens"));
    await forge.reply(pull.at, { key: "k", body: "hello" });
    assert.ok((await forge.comments(pull.at)).comments.every((one) => one.own && one.author.bot));

    github.instead = ({ path }) =>
      path.includes("/git/ref/") ? Response.json({ message: `echo ${token}` }, { status: 422 }) : undefined;
    const error = await refusal(forge.branchHead(pull.at.repository, "main"));
    assert.ok(!error.message.includes(token), error.message);
    const access = await forge.access(`${pull.at.repository}.git`);
    assert.match(atob(access?.authorization?.split(" ")[1] ?? ""), /^x-access-token:ghs_/);
  },
  WRITES,
);

onGitHub(
  "an App without the right to write is refused before a run begins, and one that is not installed, too",
  async (subject) => {
    asApp(subject, { GITHUB_APP_INSTALLATION_ID: "100" });
    const { forge, env, propose } = subject;
    const { repository } = (await propose()).request;
    const lacking = await forge.refuses(repository);
    assert.equal(lacking?.code, "forge-forbidden");
    assert.match(lacking?.message ?? "", /pull_requests/);
    env.GITHUB_APP_INSTALLATION_ID = "999";
    const missing = await forge.refuses(repository);
    assert.ok(missing !== null && !JSON.stringify(missing).includes("PRIVATE KEY"), JSON.stringify(missing));
  },
  { contents: "write", pull_requests: "read", metadata: "read" },
);
