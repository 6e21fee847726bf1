import assert from "node:assert/strict";
import { room } from "./samples.ts";
import { ACTOR, doubling, RIGHT, scripted, silentDesk, tiny } from "./scripted.ts";

// req: N7-11 N2-16
Deno.test("a change that is wrong and then right becomes a pull request; the round is counted and kept in evidence", async () => {
  await using at = await room();
  const { implementer, seen } = scripted([doubling("n * 3"), RIGHT]);
  const it = await tiny(at, { implementers: { model: implementer }, models: silentDesk });
  try {
    const document = await it.run(it.spec());
    assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
    assert.equal(document.usage.repairs, 1);
    const [first, second] = seen;
    assert.equal(first?.repair, null);
    assert.equal(second?.repair?.strategy, "fix");
    assert.deepEqual(second?.repair?.start, { from: "previous-patch" });
    assert.match(second?.repair?.output ?? "", /FAIL .*doubles three[\s\S]*double\(3\) is 9/);
    assert.ok(second?.repair?.findings.some(({ gate }) => gate?.startsWith("core/")));
    const repairs = await Deno.readTextFile(`${document.evidence?.path}/artifacts/repairs.json`);
    assert.match(repairs, /"strategy":"fix"/);
  } finally {
    await it.service.close();
  }
});

// req: N7-10 N7-12
Deno.test("a change that stays wrong ends at a human with what was tried; the answer reaches the next round by name", async () => {
  await using at = await room();
  const { implementer, seen } = scripted([
    doubling("n * 3"),
    doubling("n * 4"),
    (given) => given.guidance === undefined ? doubling("n * 5")(given) : RIGHT(given),
  ]);
  const it = await tiny(at, { implementers: { model: implementer }, models: silentDesk });
  try {
    const document = await it.run(it.spec());
    assert.equal(document.status, "escalated", JSON.stringify(document, null, 2));
    const view = await it.service.view(document.run);
    assert.match(
      view?.escalation?.question ?? "",
      /^2 rounds failed alike: .*What should be done differently\?$/,
    );
    assert.match(view?.escalation?.reason ?? "", /came back after fix, and nothing else is left/);
    assert.equal(document.pullRequest, null);
    const [request] = await it.service.approvals?.ofRun(document.run) ?? [];
    const packet = request?.packet;
    assert.deepEqual(packet?.attempts.map(({ strategy, verdict }) => [strategy, verdict]), [
      ["first", "deny"],
      ["fix", "deny"],
      ["first", "failed"],
    ]);
    assert.ok(packet?.violations.length);
    assert.match(packet?.attempts[1]?.tests.join() ?? "", /doubles three/);
    assert.ok(packet?.options.some(({ command }) => /--retry --comment/.test(command)));
    const kept = await Deno.readTextFile(`${document.evidence?.path}/artifacts/escalation.json`);
    assert.match(kept, /What should be done differently/);

    const told = await it.service.act(document.run, {
      action: "answer",
      choice: "retry",
      comment: "multiply by two, nothing else",
    }, ACTOR);
    assert.ok(told.ok);
    const after = await it.service.settled(document.run);
    assert.equal(after.status, "completed", JSON.stringify(after, null, 2));
    const [advice] = seen.at(-1)?.guidance ?? [];
    assert.deepEqual([advice?.by, advice?.text], ["ada", "multiply by two, nothing else"]);
    assert.ok((after.usage.repairs ?? 0) <= 4);
  } finally {
    await it.service.close();
  }
});
