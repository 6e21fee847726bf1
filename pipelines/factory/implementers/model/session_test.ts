import assert from "node:assert/strict";
import { AgentSession } from "../../../../specs/code/mod.ts";
import { sandboxed, session } from "./testing/room.ts";
import { base, fix, handover, log, refusal, replace } from "./testing/said.ts";

Deno.test("a model reads, edits, and says that it is done: the diff is the change, its words are claims", async () => {
  await using ran = await session(base, [
    { text: "I look.", calls: [{ tool: "read", args: { path: "src/sum_test.ts" } }] },
    `The operator is wrong.\n\n${fix}\n\n${
      replace(
        "src/sum_test.ts",
        'Deno.test("zero", () => assert.equal(sum(0, 0), 0));',
        'Deno.test("zero", () => assert.equal(sum(0, 0), 0));\nDeno.test("adds", () => assert.equal(sum(1, 2), 3));',
      )
    }`,
    "DONE\n- sum adds\n- a test for it",
  ]);
  const given = handover(ran);
  assert.match(ran.patch, /\+ {2}return a \+ b;/);
  assert.deepEqual(given.claims, ["sum adds", "a test for it"]);
  assert.equal(given.agent?.model, "test-model");
  // Asked once to run what it has not run since its last edit, where anything can be run.
  assert.equal(given.calls?.length, sandboxed ? 4 : 3);
  const calls = log(ran).calls;
  assert.deepEqual(calls.map(({ tool, decision, exit }) => [tool, decision, exit?.ok]), [
    ["read", "allowed", true],
    ["edit", "allowed", true],
    ["edit", "allowed", true],
  ]);
  assert.ok(await ran.blobs.get(calls[0]?.exit?.result ?? ""));
  assert.ok(given.context?.some(({ uri, trust }) => uri === "spec" && trust === "trusted"));
  assert.ok(
    given.context?.some(({ uri, trust }) => uri === "workspace:src/sum_test.ts" && trust === "untrusted"),
  );
});

Deno.test("three answers that cannot be used end the session as the agent's error, with what it said", async () => {
  await using ran = await session(base, [
    "src/sum.ts\n<<<<<<< SEARCH\n  return a - b;\n=======\n",
    replace("src/sum.ts", "nothing like it", "x"),
    { calls: [{ tool: "read", args: { file: "src/sum.ts" } }] },
  ]);
  const { failure, calls, code } = refusal(ran);
  assert.equal(code, "model-format");
  assert.equal(failure?.class, "agent-error");
  assert.equal(failure?.retryable, true);
  assert.match(failure?.message ?? "", /3 answers in a row could not be used/);
  assert.equal(calls?.length, 3);
});

Deno.test("a claim without a change is told, and then no proposal; the words are bounded and without secrets", async () => {
  const secret = `AKIA${"IOSFODNN7EXAMPLQ"}`;
  await using ran = await session(base, [`DONE\n- sum adds now, key ${secret} ${"x".repeat(5_000)}`]);
  const { failure, code, message } = refusal(ran);
  assert.equal(code, "model-empty");
  assert.equal(failure?.class, "agent-error");
  assert.match(message, /claims to be done, and nothing is changed/);
  assert.match(message, /sum adds now/);
  assert.ok(message.length < 4_001 && !message.includes(secret), message);
  assert.equal(ran.desk.asks.length, 2);
  assert.match(ran.prompt(), /git sees no change/);
});

Deno.test("a task that the model says cannot be done is a question for a human, not a failure to try again", async () => {
  await using ran = await session(base, ["CANNOT: the test wants 1 and the spec wants 2"]);
  const { failure } = refusal(ran);
  assert.deepEqual([failure?.class, failure?.retryable], ["agent-error", false]);
  assert.match(failure?.question ?? "", /spec wants 2\. What should be done differently\?$/);
  assert.match(failure?.message ?? "", /the test wants 1/);
});

Deno.test("the same call over and over, and endless reading, end as no progress; too many turns end at their limit", async () => {
  await using same = await session(base, [{ calls: [{ tool: "read", args: { path: "src/sum.ts" } }] }]);
  assert.equal(refusal(same).code, "model-no-progress");
  assert.equal(same.desk.asks.length, 4);
  const turns = Array.from(
    { length: 30 },
    (_, at) => ({ calls: [{ tool: "search", args: { pattern: `p${at}` } }] }),
  );
  await using reads = await session(base, turns);
  assert.equal(refusal(reads).code, "model-no-progress");
  assert.equal(reads.desk.asks.length, 16);
  await using limited = await session(base, [fix, ...turns], { limits: { turns: 5 } });
  assert.match(handover(limited).steps.join("\n"), /did not end by itself: it was stopped after 5 answers/);
  assert.deepEqual(handover(limited).claims, []);
  await using nothing = await session(base, turns, { limits: { turns: 3 } });
  assert.equal(refusal(nothing).code, "model-limit");
});

Deno.test("a cut answer keeps its whole blocks; a full context is cut and asked again; other troubles end with their record", async () => {
  await using cut = await session(base, [{
    trouble: "truncated",
    text: `${fix}\n\nsrc/b.ts\n<<<<<<< FILE\nhalf`,
  }, "DONE"]);
  handover(cut);
  assert.match(cut.patch, /return a \+ b/);
  assert.match(cut.prompt(), /Your answer was cut off/);
  await using full = await session(base, [{ trouble: "context-window" }, fix, "DONE"]);
  handover(full);
  for (const trouble of ["budget", "refusal"] as const) {
    await using ran = await session(base, [fix, { trouble }]);
    const error = refusal(ran);
    assert.deepEqual([error.code, error.failure?.class, error.calls?.length], [
      `model-${trouble}`,
      "external",
      2,
    ]);
  }
});

Deno.test("a long session is cut: what is out of date goes first, every answer still has its results, the task is said again", async () => {
  const files: Record<string, string> = { "src/sum.ts": base["src/sum.ts"] };
  for (let at = 0; at < 12; at++) {
    files[`src/f${at}.ts`] = `export const value${at} = ${at};\n${
      "// filler text of this file\n".repeat(300)
    }`;
  }
  const reads = Array.from(
    { length: 12 },
    (_, at) => ({ calls: [{ tool: "read", args: { path: `src/f${at}.ts` } }] }),
  );
  await using ran = await session(files, [fix, ...reads, "DONE"], { limits: { contextTokens: 16_000 } });
  handover(ran);
  const { messages } = ran.desk.asks.at(-1) ?? { messages: [] };
  assert.match(messages[0]?.text ?? "", /THE TASK/);
  assert.match(messages.at(-1)?.text ?? "", /THE TASK[\s\S]*earlier texts were left out/);
  assert.match(ran.prompt(), /\[left out: the text of src\/sum\.ts, out of date/);
  const asked = messages.flatMap((message) => message.role === "assistant" ? message.calls ?? [] : []).map((
    { id },
  ) => id);
  const answered = messages.flatMap((message) => message.role === "tool" ? [message.call] : []);
  assert.deepEqual(answered, asked);
  assert.ok(JSON.stringify(messages).length < 80_000);
});

Deno.test("a repair begins with the earlier change and shows the findings as data, to models that were not asked before", async () => {
  await using ran = await session(base, [
    (ask) => {
      assert.equal(ask.purpose, "repair");
      assert.deepEqual(ask.need.except, ["bad-model"]);
      const text = ask.messages.map(({ text }) => text).join("\n");
      assert.match(
        text,
        /REPAIR, round 2[\s\S]*The workspace holds it[\s\S]*test-inventory at src\/sum_test\.ts:3: 1 test is gone/,
      );
      assert.match(text, /\+ {2}return a \* b;/);
      assert.match(text, /\n {2}return a \* b;\n/);
      return replace("src/sum.ts", "  return a * b;", "  return a + b;");
    },
    "DONE\n- adds",
  ], {
    before: { "src/sum.ts": base["src/sum.ts"].replace("-", "*") },
    repair: {
      strategy: "fix",
      round: 2,
      findings: [{ gate: "test-inventory", message: "1 test is gone", path: "src/sum_test.ts", line: 3 }],
      output: "1 failed",
      advice: "",
      except: ["bad-model"],
      record: {},
    },
  });
  handover(ran);
  assert.match(await ran.head("src/sum.ts") ?? "", /a \+ b/);
});

Deno.test("an answer of nothing at all is no turn that a wire refuses; of a small budget only a part is asked for", async () => {
  await using ran = await session(base, ["", fix, "DONE"], { tokensLeft: 20_000 });
  handover(ran);
  assert.ok(ran.desk.asks.every(({ messages }) => messages.every(({ text }) => text.trim() !== "")));
  assert.ok(ran.desk.asks.every(({ need }) => need.maxOutputTokens === 5_000));
});

Deno.test("a session without a proposal is kept all the same, under the digest that its failure names", async () => {
  await using ran = await session(base, [
    { calls: [{ tool: "read", args: { path: "src/sum.ts" } }] },
    "CANNOT: no",
  ]);
  const bytes = await ran.blobs.get(refusal(ran).failure?.evidence ?? "");
  const kept = AgentSession.parse(JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array())));
  assert.deepEqual(kept.calls.map(({ tool }) => tool), ["read"]);
});
