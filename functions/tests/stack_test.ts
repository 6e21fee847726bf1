import assert from "node:assert/strict";
import { room } from "./samples.ts";
import { ACTOR, type Tiny, tiny } from "./scripted.ts";
import { LARGE, moduleWriter, plan, planning } from "./plan_room.ts";

/** Submits with a pull request for each task, and waits until nothing moves any more. */
async function stacked({ service, repo }: Tiny, spec: string) {
  const taken = await service.submit({ spec, specName: "spec.md", repo, pr: "per-task" }, ACTOR);
  if (!taken.ok) throw new Error(JSON.stringify(taken.error));
  return await service.settled(taken.value.run);
}

const spec = (more = "") => LARGE.replace("MORE", more);

Deno.test("a pull request for each task: on top of what it needs, judged on that base, and the run tells all of them", async () => {
  await using at = await room();
  const implementer = moduleWriter();
  const models = planning(plan([{ id: "a" }, { id: "b" }, { id: "c", dependsOn: ["a"] }]));
  const it = await tiny(at, { implementers: { model: implementer }, models });
  try {
    const document = await stacked(it, spec());
    assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
    assert.deepEqual(implementer.done.toSorted(), ["a", "b", "c"]);
    const pulls = document.pullRequests ?? [];
    assert.deepEqual(pulls.map(({ task }) => task), ["a", "b", "c"]);
    const [a, b, c] = pulls;
    assert.deepEqual([a?.base, b?.base, c?.base], ["main", "main", a?.branch]);
    assert.equal(document.pullRequest?.number, c?.number);
    for (const one of pulls) {
      const files = await at.git(it.repo, "diff", "--name-only", one.base, one.branch);
      assert.deepEqual(files.trim().split("\n"), [`src/${one.task}.ts`, `src/${one.task}_test.ts`]);
      const own = await it.service.document(one.run);
      assert.equal(own?.status, "completed");
      assert.ok(own?.evidence, "judged in a run of its own");
    }
    const shown = await it.service.pullRequest(c?.number ?? 0);
    assert.match(shown?.body ?? "", new RegExp(`Depends on #${a?.number} `));
    assert.match(shown?.body ?? "", /<!-- edgeforge:stack \{"v":1.*"task":"c"/);
    assert.deepEqual(document.plan?.tasks.map(({ state }) => state), ["done", "done", "done"]);
    const own = await it.service.document(c?.run ?? "");
    for (const evidence of [document.evidence, own?.evidence]) {
      const { exit, document: found } = await at.forge("evidence", "verify", evidence?.path ?? "");
      assert.equal(exit, 0, JSON.stringify(found));
    }
  } finally {
    await it.service.close();
  }
});
