/** The implementer `model` through the whole factory: the official SDKs against an emulator of a provider on loopback. */
import assert from "node:assert/strict";
import { openKvStore } from "../../kernel/mod.ts";
import { modelRecords } from "../../pipelines/models/mod.ts";
import { AgentSession } from "../../specs/code/mod.ts";
import { KEY, provider } from "./emulated.ts";
import { room } from "./samples.ts";
import { ACTOR, tiny } from "./scripted.ts";

const usage = { input_tokens: 900, output_tokens: 60 };
const edit = (from: string, to: string) =>
  `src/double.ts\n<<<<<<< SEARCH\nexport const double = (n: number): number => ${from};\n=======\nexport const double = (n: number): number => ${to};\n>>>>>>> REPLACE\n`;
const three =
  `src/three_test.ts\n<<<<<<< FILE\nimport { double } from "./double.ts";\n\nDeno.test("doubles three", () => {\n  const got = double(3);\n  if (got !== 6) throw new Error(\`double(3) is \${got}\`);\n});\n>>>>>>> FILE\n`;
/** The edits were made, or nothing was run after them and the model is asked once to do so. */
const isMade = (last: string) => last.includes(": made") || last.includes("since you last ran");
const isImplementer = (said: string) => said.includes("You change files of a repository");
const review: [(said: string) => boolean, object] = [(said) => !isImplementer(said), {
  content: JSON.stringify({ findings: [], criteria: [] }),
  usage,
}];

// req: N2-19
Deno.test("a model that is wrong and then right opens a pull request: gates over its session pass, its tokens are counted, its key is nowhere", async () => {
  await using at = await room();
  await using models = await provider(at, [
    review,
    [(said, last) => said.includes("REPAIR, round") && !isMade(last), {
      content: edit("n * 3", "n * 2"),
      usage,
    }],
    [(_said, last) => isMade(last), {
      content: "DONE\n- double doubles\n- a test of three",
      usage,
    }],
    [(said) => !said.includes("Lines 1 to"), {
      toolCalls: [{ name: "read", arguments: `{"path":"src/double_test.ts"}`, id: "call_a" }],
      usage,
    }],
    [() => true, { content: `${edit("n + 1", "n * 3")}\n${three}`, usage }],
  ]);
  const it = await tiny(at, { models: models.desk });
  try {
    const document = await it.run(it.spec());
    assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
    assert.equal(document.usage.repairs, 1);
    assert.ok(
      document.usage.tokensIn >= 4_500 && document.usage.tokensOut >= 300,
      JSON.stringify(document.usage),
    );
    assert.ok(document.usage.costUsd > 0 && document.usage.costUsd < 2);
    assert.match(await at.git(it.repo, "show", `${document.pullRequest?.branch}:src/double.ts`), /n \* 2/);

    const bundle = document.evidence?.path ?? "";
    const sessions = [];
    for await (const entry of Deno.readDir(`${bundle}/artifacts`)) {
      if (/^agent-session/.test(entry.name)) {
        sessions.push(
          AgentSession.parse(JSON.parse(await Deno.readTextFile(`${bundle}/artifacts/${entry.name}`))),
        );
      }
    }
    assert.equal(sessions.length, 2);
    assert.deepEqual(sessions.flatMap(({ calls }) => calls.map(({ tool }) => tool)).sort(), [
      "edit",
      "edit",
      "read",
      "write",
    ]);
    const decided = (await it.events(document.run)).flatMap((event) =>
      event.type === "transition.decided" ? [event.payload.decision] : []
    );
    const drift = decided.flatMap(({ rules }) => rules).filter(({ gate }) => gate === "tool-drift");
    assert.ok(
      drift.length > 0 && drift.every(({ verdict }) => verdict === "pass" || verdict === "not_applicable"),
    );
    assert.ok(drift.some(({ verdict }) => verdict === "pass"));

    for await (const text of everything(at.dir)) {
      assert.ok(!text.includes(KEY), "the key of the provider was written down");
    }
    assert.ok(models.asked.every((said) => !said.includes(KEY)));

    // The first change was denied, the repaired one passed: the router knows for the next run.
    const state = await openKvStore(`${at.data}/state.db`);
    try {
      const outcomes = Object.values(await modelRecords(state).outcomes());
      const sum = (name: "passed" | "failed") => outcomes.reduce((all, one) => all + one[name], 0);
      assert.deepEqual([sum("passed"), sum("failed")], [1, 1]);
    } finally {
      await state.close();
    }
  } finally {
    await it.service.close();
  }
});

Deno.test("a model that only claims opens no pull request; one that says why it cannot is answered by a human and goes on", async () => {
  await using at = await room();
  await using models = await provider(at, [
    review,
    [(said, last) => said.includes("HUMAN: ") && isMade(last), { content: "DONE\n- double doubles", usage }],
    [(said) => said.includes("HUMAN: "), { content: `${edit("n + 1", "n * 2")}\n${three}`, usage }],
    [(said) => said.includes("IMPOSSIBLE"), { content: "CANNOT: the test wants n + 1", usage }],
    [() => true, { content: "DONE\n- double doubles now, all tests pass", usage }],
  ]);
  const it = await tiny(at, { models: models.desk });
  try {
    const document = await it.run(it.spec());
    assert.notEqual(document.status, "completed");
    assert.equal(document.pullRequest, null);
    assert.match(JSON.stringify(document), /claims to be done, and nothing is changed/);
    assert.ok(document.usage.tokensOut > 0);

    const asked = await it.run(it.spec().replace("Double it\n", "Double it, and IMPOSSIBLE\n"));
    assert.equal(asked.status, "escalated", JSON.stringify(asked, null, 2));
    const view = await it.service.view(asked.run);
    assert.match(
      view?.escalation?.question ?? "",
      /the test wants n \+ 1\. What should be done differently\?/,
    );
    assert.equal(asked.pullRequest, null);
    const told = await it.service.act(asked.run, {
      action: "answer",
      choice: "retry",
      comment: "HUMAN: change the test",
    }, ACTOR);
    assert.ok(told.ok);
    const after = await it.service.settled(asked.run);
    assert.equal(after.status, "completed", JSON.stringify(after, null, 2));
  } finally {
    await it.service.close();
  }
});

async function* everything(dir: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(dir)) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory) yield* everything(path);
    else if (entry.isFile) yield new TextDecoder("latin1").decode(await Deno.readFile(path));
  }
}
