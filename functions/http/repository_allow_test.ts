import assert from "node:assert/strict";
import { allowedRepository, denoDisk } from "./repository.ts";
import { repositoryAllow } from "./repository_allow.ts";

const allow = (...patterns: string[]) => {
  const made = repositoryAllow(patterns);
  assert.ok(made.ok);
  return made.value;
};

Deno.test("a repository is allowed by host, owner and name, however its URL is written", () => {
  const one = allow("Acme/tools");
  for (
    const url of [
      "https://github.com/acme/tools",
      "https://github.com/ACME/Tools.git",
      "https://github.com/acme/tools/",
      "ssh://git@github.com/acme/tools.git",
      "ssh://git@github.com:22/acme/tools.git",
      "git@github.com:acme/tools.git",
    ]
  ) assert.ok(one(url), url);
  for (
    const url of [
      "https://github.com/acme/other",
      "https://github.com/acme/tools/more",
      "https://github.com/acme",
      "https://github.com.evil.example/acme/tools",
      "https://evil.example/acme/tools",
      "https://github.com:8443/acme/tools",
      "https://evil.example/github.com/acme/tools",
      "https://github.com/evil/../acme/tools/../other",
      "https://github.com/acme%2ftools",
      "https://github.com/acme/t%6fols",
      "https://github.com/acme//tools",
      "https://github.com/acme/tools?x=1",
      "https://github.com/acme/tools#x",
      "http://github.com/acme/tools",
      "git@evil.example:acme/tools.git",
      "git@github.com:../acme/tools.git",
      "acme/tools",
      "",
    ]
  ) assert.ok(!one(url), url);
});

Deno.test("a star stands for one part, two at the end for all below, and no part for a host", () => {
  const some = allow("acme/*", "gitlab.example:8443/group/**");
  assert.ok(some("https://github.com/acme/anything"));
  assert.ok(!some("https://github.com/acme/a/b"));
  assert.ok(!some("https://github.com/other/anything"));
  assert.ok(some("https://gitlab.example:8443/group/sub/project"));
  assert.ok(!some("https://gitlab.example:8443/group"));
  assert.ok(!some("https://gitlab.example/group/project"));
});

Deno.test("what is no name of a repository is no list, and neither is an empty one", () => {
  for (
    const pattern of [
      "",
      "acme",
      "*/acme/tools",
      "acme/**/tools",
      "https://github.com/acme/tools",
      "a b/c",
      "acme/..",
      "acme/",
    ]
  ) {
    assert.deepEqual(repositoryAllow([pattern]), { ok: false, error: pattern });
  }
  assert.equal(repositoryAllow([]).ok, false);
});

Deno.test("with a list no other URL is opened, and a directory only for the local forge", async () => {
  const given = { allow: allow("acme/tools") };
  const look = async (repo: string, forge?: string) => {
    const found = await allowedRepository(repo, "any", denoDisk, { ...given, ...(forge ? { forge } : {}) });
    return found.ok ? found.value : found.error.code;
  };
  assert.equal(await look("https://github.com/acme/tools"), "https://github.com/acme/tools");
  assert.equal(await look("https://github.com/acme/tools", "github"), "https://github.com/acme/tools");
  assert.equal(await look("https://github.com/acme/secret"), "repo-refused");
  assert.equal(await look("git@github.com:acme/secret.git"), "repo-refused");
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-allow-" }));
  try {
    assert.equal(await look(dir), dir);
    assert.equal(await look(dir, "local"), dir);
    // Its remotes could be any.
    assert.equal(await look(dir, "github"), "repo-refused");
    assert.equal(await look(dir, "gitlab"), "repo-refused");
  } finally {
    await Deno.remove(dir);
  }
});
