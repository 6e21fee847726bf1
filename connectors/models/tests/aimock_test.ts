/** The official SDKs against an emulator that others wrote: what we make of the wires is not our own reading of them alone. */
import assert from "node:assert/strict";
import { LLMock } from "@copilotkit/aimock";
import type { ModelRequest } from "../port.ts";
import { modelProviders } from "../providers.ts";
import { entryOf } from "../testing/wire_server.ts";

const WIRES = [
  {
    wire: "anthropic-messages",
    provider: "anthropic",
    env: (url: string) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "sk-ant-canary-1234567" }),
  },
  {
    wire: "openai-responses",
    provider: "openai",
    env: (url: string) => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: "sk-canary-1234567890" }),
  },
  {
    wire: "openai-chat",
    provider: "openai",
    env: (url: string) => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: "sk-canary-1234567890" }),
  },
  {
    wire: "openai-chat",
    provider: "google",
    env: (url: string) => ({
      GEMINI_BASE_URL: `${url}/v1beta/openai`,
      GEMINI_API_KEY: "AIzaCanary1234567890",
    }),
  },
] as const;

const LOOK = {
  name: "look",
  description: "Looks at a file.",
  schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};

for (const { wire, provider: id, env } of WIRES) {
  Deno.test(`${id} by ${wire}: text, tools and their results, structured answers and errors of an emulator`, async () => {
    const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent" });
    mock.onMessage("greet", {
      content: "Good morning.",
      usage: { input_tokens: 9, output_tokens: 4, prompt_tokens: 9, completion_tokens: 4 },
    });
    mock.on({ userMessage: "inspect", hasToolResult: false }, {
      toolCalls: [{ name: "look", arguments: '{"path":"a.ts"}', id: "call_a" }, {
        name: "look",
        arguments: '{"path":"b.ts"}',
        id: "call_b",
      }],
    });
    mock.on({ userMessage: "inspect", hasToolResult: true }, { content: "Both are fine." });
    mock.onMessage("judge", { content: '{"ok":true}' });
    mock.onMessage("limit", { error: { message: "slow down", type: "rate_limit_error" }, status: 429 });
    mock.onMessage("overload", { error: { message: "Overloaded", type: "overloaded_error" }, status: 529 });
    mock.onMessage("deny", { error: { message: "bad key", type: "authentication_error" }, status: 401 });
    await mock.start();
    try {
      const provider = modelProviders(env(mock.url)).find((one) => one.id === id);
      assert.ok(provider);
      const ask = (text: string, more: Partial<ModelRequest> = {}) =>
        provider.call({
          entry: entryOf({ wire, provider: id }),
          system: "Be brief.",
          messages: [{ role: "user", text }],
          maxOutputTokens: 200,
          timeoutMs: 30_000,
          ...more,
        });
      const greeted = await ask("greet");
      assert.ok(greeted.ok, JSON.stringify(greeted));
      assert.equal(greeted.value.text, "Good morning.");
      assert.deepEqual([greeted.value.usage.input, greeted.value.usage.output], [9, 4]);

      const looked = await ask("inspect", { tools: [LOOK] });
      assert.ok(looked.ok, JSON.stringify(looked));
      assert.equal(looked.value.stop, "tools");
      assert.deepEqual(looked.value.calls.map((one) => one.args), [{ path: "a.ts" }, { path: "b.ts" }]);
      const { text, calls, opaque } = looked.value;
      const done = await ask("inspect", {
        tools: [LOOK],
        messages: [
          { role: "user", text: "inspect" },
          { role: "assistant", text, calls, ...(opaque === undefined ? {} : { opaque }) },
          ...calls.map((one) => ({ role: "tool", call: one.id, text: "fine" } as const)),
        ],
      });
      assert.ok(done.ok, JSON.stringify(done));
      assert.equal(done.value.text, "Both are fine.");

      const judged = await ask("judge", {
        output: {
          name: "verdict",
          schema: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
        },
      });
      assert.ok(judged.ok, JSON.stringify(judged));
      assert.deepEqual(judged.value.output, { ok: true });

      for (
        const [text, trouble] of [["limit", "rate"], ["overload", "overloaded"], ["deny", "auth"]] as const
      ) {
        const result = await ask(text);
        assert.ok(!result.ok);
        assert.equal(result.error.trouble, trouble);
        if (trouble === "rate") assert.equal(result.error.retryAfterMs, 1000);
      }
    } finally {
      await mock.stop();
    }
  });
}
