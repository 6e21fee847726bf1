import assert from "node:assert/strict";
import { join } from "node:path";
import { originIn, repositoryPlaces } from "./origin.ts";

Deno.test("the origin is the URL of the remote of this name, whatever else is configured", () => {
  const config = '[core]\n\tbare = false\n[remote "fork"]\n\turl = https://example.com/fork.git\n' +
    '[remote "origin"]\n\tfetch = +refs/heads/*\n\turl = https://github.com/acme/shop.git\n[branch "main"]\n\turl = no\n';
  assert.equal(originIn(config), "https://github.com/acme/shop.git");
  assert.equal(originIn('[remote "fork"]\n\turl = a\n'), null);
  assert.equal(originIn('[remote "origin"]\n\turl =\n'), null);
  assert.equal(originIn(""), null);
});

Deno.test("a place that is no repository is known by itself", async () => {
  const dir = await Deno.makeTempDir();
  try {
    assert.deepEqual(await repositoryPlaces(join(dir, "absent")), [join(dir, "absent")]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
