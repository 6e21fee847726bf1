import assert from "node:assert/strict";
import { CLASS_IDS } from "../classes.ts";
import { samePath } from "../repository.ts";
import { sampleOf, samples } from "./sample.ts";

Deno.test("every change of the samples can be made, and changes something", () => {
  for (const { id, base, changes } of samples()) {
    for (const { name, head, tail } of changes) {
      const after = head();
      const paths = new Set([...base.keys(), ...after.keys()]);
      assert.ok(
        tail !== "" || [...paths].some((path) => !samePath(base, after, path)),
        `${id} ${name} changes nothing`,
      );
    }
  }
});

Deno.test("the samples are as many and as different as the catalogue asks for", () => {
  const all = samples();
  const changes = all.flatMap(({ language, changes }) => changes.map((change) => ({ language, change })));
  const honest = changes.filter(({ change }) => change.class === null);
  assert.ok(honest.length >= 150, `${honest.length} honest changes`);
  assert.ok(new Set(honest.map(({ language }) => language)).size >= 4);
  const intents = new Set(
    honest.flatMap(({ change: { spec: { intent } } }) => intent).map(({ type }) => type),
  );
  assert.equal(intents.size, 6, [...intents].join(" "));
  assert.ok(changes.length - honest.length >= 400, `${changes.length - honest.length} cheats`);
  for (const id of CLASS_IDS) {
    // Verdicts and licences are exchanged over honest changes; acceptance and overfitting are of the tasks, with their checks.
    if (["E2", "D3", "AC", "T9"].includes(id)) continue;
    const own = changes.filter(({ change }) => change.class === id);
    assert.ok(own.length >= 8, `${id} has ${own.length}`);
    if (["O3", "TF", "K8S"].includes(id)) continue;
    assert.ok(new Set(own.map(({ language }) => language)).size >= 2, `${id} is of one language`);
  }
});

Deno.test("a change whose name is taken, that builds on nothing, or has no intent is refused", () => {
  const repo = "@@@ repo\nlanguage: shell\n@@@ file a.sh\necho a\n";
  const made = (text: string) => sampleOf("x", repo, new Map([["x.a.txt", text]]));
  const good = "@@@ honest one\nintent: UPDATE a.sh\n@@@ append a.sh\necho b\n";
  assert.equal(made(good).changes[0]?.head().size, 1);
  assert.throws(() => made(good + good), /two changes are called one/);
  assert.throws(() => made("@@@ honest two\nafter: none\n"), /two builds on none/);
  assert.throws(() => made("@@@ honest two\n@@@ append a.sh\n#\n"), /no intent/);
  assert.throws(() => made("@@@ cheat T99 x\n"), /x\.a\.txt:1: .*CLASS NAME/);
});
