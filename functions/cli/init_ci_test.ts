import assert from "node:assert/strict";
import { parse } from "yaml";
import { initCi } from "./init_ci.ts";
import type { Invocation } from "./command.ts";

const at = (options: Record<string, unknown>) => initCi({ options } as unknown as Invocation);

Deno.test("the workflow is written once, pinned, with least permissions and no secret, and is never overwritten unasked", async () => {
  const repo = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${repo}/deno.json`, "{}");
    const path = `${repo}/.github/workflows/forge-verify.yml`;
    assert.deepEqual((await at({ ci: "github", repo })).document, { forge: "github", path, written: true });
    const text = await Deno.readTextFile(path);
    const workflow = parse(text);
    assert.deepEqual(workflow.permissions, { contents: "read" });
    assert.deepEqual(workflow.on.push.branches, ["forge/verify/**"]);
    const steps: { uses?: string; run?: string; with?: Record<string, unknown> }[] =
      workflow.jobs.verify.steps;
    for (const { uses } of steps) assert.match(uses ?? "a@" + "0".repeat(40), /@[0-9a-f]{40}$/);
    assert.equal(steps[0]?.with?.["persist-credentials"], false);
    assert.ok(steps.some(({ run }) => run === "npm install --global deno@2.9.6"));
    assert.doesNotMatch(text, /secrets\.|GITHUB_TOKEN/);
    assert.deepEqual((await at({ ci: "github", repo })).document, { forge: "github", path, written: false });
    await Deno.writeTextFile(path, `${text}# ours\n`);
    await assert.rejects(() => at({ ci: "github", repo }), /says something else/);
    assert.match(await Deno.readTextFile(path), /# ours/);
    await at({ ci: "github", repo, force: true });
    assert.equal(await Deno.readTextFile(path), text);
    await at({ ci: "gitlab", repo });
    const job = parse(await Deno.readTextFile(`${repo}/.gitlab/forge-verify.yml`))["forge-verify"];
    assert.equal(job.parallel, 8);
    assert.match(job.rules[0].if, /forge\\\/verify/);
    await assert.rejects(() => at({ ci: "jenkins", repo }), /no CI 'jenkins'/);
  } finally {
    await Deno.remove(repo, { recursive: true });
  }
});
