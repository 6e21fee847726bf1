import assert from "node:assert/strict";
import { withRepository } from "./fixture.ts";
import { gitWorkspaces } from "../workspaces.ts";

// Here, where tests run one after the other: the search path is the whole process's.
Deno.test("a machine without git is told what to install", async () => {
  await withRepository({ "a.txt": "a" }, async (repo) => {
    const path = Deno.env.get("PATH") ?? "";
    Deno.env.set("PATH", "/nonexistent");
    try {
      const problem = await gitWorkspaces().open(repo.dir);
      assert.ok(!problem.ok);
      assert.equal(problem.error.code, "git-missing");
      assert.match(problem.error.remedy ?? "", /apt-get install git/);
    } finally {
      Deno.env.set("PATH", path);
    }
  });
});
