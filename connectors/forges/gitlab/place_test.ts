import assert from "node:assert/strict";
import { gitlabAddresses, gitlabPlace, pageOf, projectPath } from "./place.ts";
import { authHeader, gitAuthorization, gitlabSettings } from "./settings.ts";

const addressesOf = (url: string) => {
  const addresses = gitlabAddresses(url, "GITLAB_URL");
  assert.ok(addresses.ok, JSON.stringify(addresses));
  return addresses.value;
};

Deno.test("a project is known by every form of its URL, with all its groups", () => {
  const at = addressesOf("https://gitlab.example.com/");
  for (
    const location of [
      "https://gitlab.example.com/acme/platform/tools",
      "https://gitlab.example.com/acme/platform/tools.git",
      "https://GitLab.example.com/acme/platform/tools/",
      "https://user:secret@gitlab.example.com/acme/platform/tools.git",
      "ssh://git@gitlab.example.com:2222/acme/platform/tools.git",
      "ssh://git@altssh.gitlab.example.com:443/acme/platform/tools.git",
      "git@gitlab.example.com:acme/platform/tools.git",
    ]
  ) {
    const place = gitlabPlace(location, at);
    assert.deepEqual(place, { path: "acme/platform/tools" }, location);
    assert.equal(place && pageOf(place, at), "https://gitlab.example.com/acme/platform/tools");
    assert.equal(place && projectPath(place), "/projects/acme%2Fplatform%2Ftools");
  }
});

Deno.test("other hosts, pages inside a project and what is no project are none", () => {
  const at = addressesOf("https://gitlab.example.com");
  for (
    const location of [
      "https://gitlab.com/acme/tools",
      "https://gitlab.example.com.evil.test/acme/tools",
      "https://gitlab.example.com:8443/acme/tools",
      "https://gitlab.example.com/acme",
      "https://gitlab.example.com/acme/tools/-/merge_requests/1",
      "https://gitlab.example.com/acme/../tools",
      "https://gitlab.example.com/acme/to%2Fols",
      "https://gitlab.example.com/acme/tools.atom",
      "file:///gitlab.example.com/acme/tools",
      "git@gitlab.com:acme/tools.git",
      "/home/ann/acme/tools",
      "acme/tools",
      "",
    ]
  ) {
    assert.equal(gitlabPlace(location, at), null, location);
  }
});

Deno.test("a GitLab below a path keeps it for pages and the API, and ssh knows nothing of it", () => {
  const at = addressesOf("https://example.com/gitlab/");
  assert.equal(at.api, "https://example.com/gitlab/api/v4");
  assert.deepEqual(gitlabPlace("https://example.com/gitlab/acme/tools.git", at), { path: "acme/tools" });
  assert.equal(gitlabPlace("https://example.com/acme/tools", at), null);
  assert.equal(gitlabPlace("https://example.com/gitlabacme/tools", at), null);
  assert.deepEqual(gitlabPlace("git@example.com:acme/tools.git", at), { path: "acme/tools" });
  assert.deepEqual(addressesOf("https://example.com/gitlab/api/v4"), at);
});

Deno.test("an address that a credential must not go to is refused without showing what it carries", () => {
  for (
    const url of [
      "http://gitlab.example.com",
      "https://ann:secret@gitlab.example.com",
      "https://gitlab.example.com?x=1",
      "gitlab.example.com",
      "ftp://gitlab.example.com",
    ]
  ) {
    const addresses = gitlabAddresses(url, "GITLAB_URL");
    assert.ok(!addresses.ok, url);
    assert.equal(addresses.error.code, "forge-address-invalid");
    assert.ok(!JSON.stringify(addresses.error).includes("secret"));
  }
  assert.ok(gitlabAddresses("http://127.0.0.1:8080/gitlab", "GITLAB_URL").ok);
});

Deno.test("the kind of a token says how it is sent", () => {
  const kinds: [Record<string, string>, string | null, Record<string, string>][] = [
    [{ GITLAB_TOKEN: "glpat-abc123" }, "access", { "private-token": "glpat-abc123" }],
    [{ GITLAB_TOKEN: "old-token-without-prefix" }, "access", { "private-token": "old-token-without-prefix" }],
    [{ GITLAB_TOKEN: "gloas-abc123" }, "oauth", { authorization: "Bearer gloas-abc123" }],
    [{ GITLAB_TOKEN: "ab".repeat(32) }, "oauth", { authorization: `Bearer ${"ab".repeat(32)}` }],
    [{ GITLAB_OAUTH_TOKEN: "anything" }, "oauth", { authorization: "Bearer anything" }],
    [{ CI_JOB_TOKEN: "glcbt-64_x" }, "job", { "job-token": "glcbt-64_x" }],
    [{ GITLAB_TOKEN: "glpat-first", CI_JOB_TOKEN: "second" }, "access", { "private-token": "glpat-first" }],
    [{ GITLAB_TOKEN: "  " }, null, {}],
  ];
  for (const [env, kind, headers] of kinds) {
    const settings = gitlabSettings((name) => env[name]);
    assert.ok(settings.ok);
    const { credential, addresses, named } = settings.value;
    assert.equal(credential?.kind ?? null, kind);
    assert.deepEqual(credential === null ? {} : authHeader(credential), headers);
    assert.deepEqual([addresses.web, named], ["https://gitlab.com", false]);
  }
  assert.equal(
    gitAuthorization({ kind: "job", token: "t", name: "CI_JOB_TOKEN" }),
    `Basic ${btoa("gitlab-ci-token:t")}`,
  );
  const bad = gitlabSettings((name) => name === "GITLAB_TOKEN" ? "two words" : undefined);
  assert.ok(!bad.ok && bad.error.code === "forge-credential-invalid" && !bad.error.message.includes("words"));
  const ci = gitlabSettings((name) => name === "CI_SERVER_URL" ? "https://git.acme.example" : undefined);
  assert.ok(ci.ok && ci.value.named && ci.value.addresses.host === "git.acme.example");
});
