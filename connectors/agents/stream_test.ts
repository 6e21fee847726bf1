import assert from "node:assert/strict";
import fc from "fast-check";
import { ADAPTERS } from "./mod.ts";
import { AGENT_ENDS, AGENTS, type AgentTold, GATE_PORT } from "./port.ts";

const recorded = (name: string): Promise<string> =>
  Deno.readTextFile(new URL(`testdata/${name}.jsonl`, import.meta.url));

for (const id of AGENTS) {
  const agent = ADAPTERS[id];
  Deno.test(`${agent.name}: a recorded session of ${agent.tested} is read whole: calls with results, tokens, its end`, async () => {
    const told = agent.read(await recorded(`${id}_ok`));
    assert.equal(told.end, "success");
    assert.equal(told.unread, 0);
    assert.equal(told.last, "DONE\n- it is done");
    assert.equal(told.calls.length, 2);
    assert.equal(told.calls.filter(({ ok }) => ok).length, id === "opencode" ? 2 : 1);
    assert.ok(told.calls.every(({ result }) => result !== null));
    assert.ok(
      told.calls.every(({ tool }) => Object.hasOwn(agent.tools, tool)),
      "a tool of the recording is not approved",
    );
    assert.deepEqual(told.usage, { input: 1800, output: 120 });
  });

  Deno.test(`${agent.name}: a refused key is no success, whatever the exit code`, async () => {
    const told = agent.read(await recorded(`${id}_401`));
    // Claude Code is still trying again when it is ended.
    assert.equal(told.end, id === "claude" ? "cut" : "error");
    if (id !== "claude") assert.match(told.error ?? "", /bad key/);
    assert.equal(told.calls.length, 0);
  });

  Deno.test(`${agent.name}: no stream makes the reader throw, and nothing that it gives is without bounds`, async () => {
    const lines = (await Promise.all([recorded(`${id}_ok`), recorded(`${id}_401`)])).join("").split("\n")
      .filter((line) => line !== "");
    const broken = fc.oneof(
      fc.constantFrom(...lines),
      fc.json(),
      fc.string(),
      // Recorded events in which some value is something else.
      fc.tuple(fc.constantFrom(...lines), fc.nat(400), fc.json()).map(([line, at, other]) => {
        let seen = 0;
        const put = JSON.parse(other);
        return JSON.stringify(JSON.parse(line, (_, value) => ++seen === at % 40 ? put : value)) ?? "";
      }),
      fc.tuple(fc.constantFrom(...lines), fc.nat(300)).map(([line, at]) => line.slice(0, at)),
    );
    fc.assert(
      fc.property(fc.array(broken, { maxLength: 12 }), (given) => {
        const told = agent.read(given.join("\n"));
        bounded(told);
        assert.ok(told.calls.length + told.unread <= 4_000 + given.join("\n").split("\n").length);
      }),
      { numRuns: 150 },
    );
  });
}

function bounded(told: AgentTold): void {
  assert.ok(AGENT_ENDS.includes(told.end));
  assert.ok(told.last.length <= 20_000 && (told.error?.length ?? 0) <= 20_000);
  for (const call of told.calls) {
    assert.ok(call.tool.length > 0 && call.tool.length <= 150);
    assert.ok(!(call.ok && call.denied));
    JSON.stringify(call);
  }
  assert.ok(
    told.denials >= 0 && Number.isFinite(told.usage?.input ?? 0) && Number.isFinite(told.usage?.output ?? 0),
  );
}

Deno.test("a success with a denied tool keeps the denial, named in the result or in the list", () => {
  const said = (events: object[]) =>
    ADAPTERS.claude.read(events.map((event) => JSON.stringify(event)).join("\n"));
  const use = {
    type: "assistant",
    message: { content: [{ type: "tool_use", id: "1", name: "Bash", input: {} }] },
  };
  const result = {
    type: "result",
    subtype: "success",
    is_error: false,
    result: "done",
    permission_denials: [{ tool_name: "Bash" }],
  };
  const refused = {
    type: "user",
    message: {
      content: [{
        type: "tool_result",
        tool_use_id: "1",
        is_error: true,
        content: "This command requires approval",
      }],
    },
  };
  for (const events of [[use, result], [use, refused, result]]) {
    const told = said(events);
    assert.deepEqual([told.end, told.denials, told.calls[0]?.denied, told.calls[0]?.ok], [
      "success",
      1,
      true,
      false,
    ]);
  }
  assert.equal(said([result]).denials, 1);
  for (
    const [subtype, end] of [["error_max_turns", "turn-limit"], ["error_max_budget_usd", "budget"], [
      "error_during_execution",
      "error",
    ]]
  ) {
    assert.equal(said([{ type: "result", subtype, is_error: true }]).end, end);
  }
});

Deno.test("pieces of one message are put together, and a call between them begins another", () => {
  const told = ADAPTERS.gemini.read(
    [
      { type: "message", role: "assistant", content: "Let me", delta: true },
      { type: "message", role: "assistant", content: " look", delta: true },
      { type: "tool_use", tool_id: "1", tool_name: "glob", parameters: {} },
      { type: "tool_result", tool_id: "1", status: "success", output: "a" },
      { type: "message", role: "assistant", content: "DONE\n- it", delta: true },
      { type: "message", role: "assistant", content: " is done", delta: true },
    ].map((event) => JSON.stringify(event)).join("\n"),
  );
  assert.deepEqual([told.messages, told.last], [2, "DONE\n- it is done"]);
});

Deno.test("a flood of events, a line without end and a value without bottom are cut, and counted", () => {
  const deep = `{"type":"assistant","message":{"content":[{"type":"tool_use","id":"1","name":"Bash","input":${
    "[".repeat(3_000)
  }${"]".repeat(3_000)}}]}}`;
  const told = ADAPTERS.claude.read(
    `${deep}\n{"type":"${"x".repeat(5 * 1024 * 1024)}"}\n${"{}\n".repeat(20_100)}`,
  );
  assert.equal(told.calls[0]?.args, "[nested too deep]");
  assert.ok(told.unread > 100);
  const abyss = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;
  for (const id of AGENTS) {
    ADAPTERS[id].read(
      `{"type":"tool_result","tool_id":"1","status":"success","output":${abyss}}\n{"type":"error","message":${abyss}}`,
    );
  }
});

Deno.test("every program is started with the gate for its provider, and with a token that is not a key", () => {
  for (const id of AGENTS) {
    const agent = ADAPTERS[id];
    for (const wire of agent.wires) {
      const launch = agent.start({
        model: "m-1",
        wire,
        token: "the-token",
        contextTokens: 1000,
        outputTokens: 500,
      });
      const all = JSON.stringify(launch);
      assert.ok(
        all.includes(`http://127.0.0.1:${GATE_PORT}`) && all.includes("the-token") && all.includes("m-1"),
        all,
      );
      assert.ok(!launch.args.join(" ").includes("the-token"), "a token among arguments is seen by everybody");
    }
  }
});
