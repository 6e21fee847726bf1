import assert from "node:assert/strict";
import { githubAddresses, githubPlace } from "./place.ts";
import { githubSettings } from "./settings.ts";

const addresses = (api = "https://api.github.com", server?: string) => {
  const found = githubAddresses(api, server);
  assert.ok(found.ok, found.ok ? "" : found.error.message);
  return found.value;
};

Deno.test("a repository is found by every form of its URL, and a stranger's host is none", () => {
  const ours = addresses();
  for (
    const url of [
      "https://github.com/acme/tools",
      "https://github.com/acme/tools.git",
      "https://github.com/acme/tools/",
      "https://GitHub.com/acme/tools.git",
      "https://token:x@github.com/acme/tools.git",
      "ssh://git@github.com/acme/tools.git",
      "ssh://git@ssh.github.com:443/acme/tools.git",
      "git@github.com:acme/tools.git",
      "git@github.com:/acme/tools",
    ]
  ) assert.deepEqual(githubPlace(url, ours), { owner: "acme", repo: "tools" }, url);
  for (
    const url of [
      "https://github.com.evil.example/acme/tools",
      "https://evil.example/github.com/acme/tools",
      "https://github.com/acme",
      "https://github.com/acme/tools/tree/main",
      "https://github.com:8443/acme/tools",
      "https://gist.github.com/acme/tools",
      "file:///github.com/acme/tools",
      "git://github.com/acme/tools",
      "git@gitlab.com:acme/tools.git",
      "/home/me/github.com/acme/tools",
      "https://github.com/-acme/tools",
      "https://github.com/acme/..",
      "https://github.com/acme/to%2fols",
    ]
  ) assert.equal(githubPlace(url, ours), null, url);
});

Deno.test("the addresses of a GitHub follow from its API's URL", () => {
  assert.deepEqual(addresses(), {
    api: "https://api.github.com",
    graphql: "https://api.github.com/graphql",
    host: "github.com",
    web: "https://github.com",
  });
  assert.deepEqual(addresses("https://ghe.example.com/api/v3/"), {
    api: "https://ghe.example.com/api/v3",
    graphql: "https://ghe.example.com/api/graphql",
    host: "ghe.example.com",
    web: "https://ghe.example.com",
  });
  assert.equal(addresses("https://api.acme.ghe.com").web, "https://acme.ghe.com");
  assert.equal(
    addresses("https://proxy.example.com/v3", "https://github.example.com").web,
    "https://github.example.com",
  );
  assert.deepEqual(githubPlace("git@ghe.example.com:a/b.git", addresses("https://ghe.example.com/api/v3")), {
    owner: "a",
    repo: "b",
  });
});

Deno.test("an API address that would show the credential is refused, without repeating what it holds", () => {
  for (
    const api of [
      "http://ghe.example.com/api/v3",
      "https://me:canary@ghe.example.com/api/v3",
      "ftp://x",
      "nothing",
      "https://x/?a=canary",
    ]
  ) {
    const found = githubAddresses(api);
    assert.ok(!found.ok, api);
    assert.ok(!JSON.stringify(found).includes("me:canary"), api);
  }
  assert.ok(githubAddresses("http://127.0.0.1:8080/api/v3").ok, "to this machine itself it may be plain");
});

Deno.test("the credential is an App's before a token's, and a broken one is a problem that does not repeat it", () => {
  const read = (env: Record<string, string>) =>
    githubSettings(
      (name) => env[name],
      () => "-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----",
    );
  const kindOf = (env: Record<string, string>) => {
    const found = read(env);
    return found.ok ? found.value.credential?.name ?? null : found.error.code;
  };
  assert.equal(kindOf({}), null);
  assert.equal(kindOf({ GH_TOKEN: "ghp_abcd" }), "GH_TOKEN");
  assert.equal(kindOf({ GH_TOKEN: "ghp_abcd", GITHUB_TOKEN: "ghp_efgh" }), "GITHUB_TOKEN");
  assert.equal(
    kindOf({ GITHUB_TOKEN: "x", GITHUB_APP_ID: "12", GITHUB_APP_PRIVATE_KEY_FILE: "key.pem" }),
    "GITHUB_APP_ID",
  );
  for (
    const env of [
      { GITHUB_TOKEN: "ghp_canary with spaces" },
      { GITHUB_APP_ID: "12" },
      { GITHUB_APP_ID: "12", GITHUB_APP_PRIVATE_KEY: "canary" },
      { GITHUB_APP_ID: "twelve!", GITHUB_APP_PRIVATE_KEY: "-----BEGIN PRIVATE KEY-----" },
      { GITHUB_APP_ID: "12", GITHUB_APP_PRIVATE_KEY_FILE: "k", GITHUB_APP_INSTALLATION_ID: "canary" },
    ] as Record<string, string>[]
  ) {
    const found = read(env);
    assert.equal(found.ok ? null : found.error.code, "forge-credential-invalid");
    assert.ok(!JSON.stringify(found).includes("canary"), JSON.stringify(found));
  }
});
