/**
 * The desk over real wires: each failure is recorded from a server that speaks the wire of a provider, and played again from the
 * cassette without one. Both ways it ends in its class and strategy, paid for and labelled.
 */
import assert from "node:assert/strict";
import { LLMock } from "@copilotkit/aimock";
import { type Cassette, cassetteOf, modelProviders } from "../../../connectors/models/mod.ts";
import {
  MODEL_DIALECTS as DIALECTS,
  type ModelDialect as Dialect,
  type ModelSaying as Saying,
  sse,
  wireServer,
} from "../../../connectors/testing/mod.ts";
import type { FailureClass, Json, ModelTrouble } from "../../../specs/mod.ts";
import type { ModelAsk } from "../port.ts";
import { context, entry, meter, price, registryOf, testDesk } from "../testing/desk.ts";

const KEY = "sk-canary-0123456789abcdef";
const OUTPUT = {
  name: "verdict",
  schema: {
    type: "object",
    properties: { ok: { type: "boolean" } },
    required: ["ok"],
    additionalProperties: false,
  } as Json,
};

const question = (more: Partial<ModelAsk> = {}): ModelAsk => ({
  purpose: "implement",
  need: { task: "execution", maxOutputTokens: 1_000 },
  system: "You change code.",
  messages: [{ role: "user", text: "Change it." }],
  ...more,
});

/** One question to a desk that has one model, at a place; what it told and what it took. */
async function asked(dialect: Dialect, url: string, ask: ModelAsk, cassette?: Cassette) {
  const budget = meter({ costMicroUsd: 1_000_000, tokens: 1_000_000 });
  const ctx = context(budget);
  const { desk } = testDesk(
    registryOf(entry("only", { provider: dialect.provider, wire: dialect.wire })),
    modelProviders(dialect.env(url, KEY), cassette),
  );
  const result = await desk.ask(ctx, ask);
  const { calls } = result.ok ? result.value : result.error;
  assert.ok(!JSON.stringify([result, ctx.events]).includes(KEY));
  assert.equal(budget.open(), 0);
  assert.equal(calls.reduce((sum, call) => sum + call.costMicroUsd, 0), budget.spent("costMicroUsd"));
  for (const call of calls) {
    assert.ok(call.costMicroUsd <= call.reservedMicroUsd, "no call costs more than was reserved");
  }
  return {
    calls,
    end: result.ok ? { text: result.value.reply.text, output: result.value.reply.output } : {
      trouble: result.error.trouble,
      class: result.error.failure.class,
      retryable: result.error.failure.retryable,
    },
    troubles: calls.map((call) => call.trouble),
    slept: ctx.slept,
    cost: budget.spent("costMicroUsd"),
  };
}

type Answer = (dialect: Dialect) => Response;
const says = (saying: Saying): Answer => (dialect) => sse(dialect.events(saying));
const refuses =
  (status: number, error: { [key: string]: Json }, headers: Record<string, string> = {}): Answer => () =>
    Response.json({ type: "error", error }, { status, headers });
const cut: Answer = (dialect) => sse(dialect.events({ text: "Good morning." }).slice(0, 2));
const fine = says({ text: '{"ok":true}' });

interface Case {
  readonly name: string;
  readonly answers: readonly Answer[];
  readonly ask?: Partial<ModelAsk>;
  readonly troubles: readonly (ModelTrouble | null)[];
  readonly end:
    | { readonly trouble: ModelTrouble; readonly class: FailureClass; readonly retryable: boolean }
    | "answer";
  readonly slept?: readonly number[];
  /** Whether nothing is paid. */
  readonly free?: boolean;
}

const quota = refuses(429, {
  type: "insufficient_quota",
  code: "insufficient_quota",
  message: "You exceeded your current quota",
});
const limited = refuses(429, { type: "rate_limit_error", message: "slow down" }, { "retry-after": "7" });
const overloaded = refuses(529, { type: "overloaded_error", message: "Overloaded" });
const escalated = { class: "policy", retryable: false } as const;

const CASES: readonly Case[] = [
  {
    name: "a refusal asks a human when there is no other model",
    answers: [(dialect) => sse(dialect.events(dialect.refused))],
    troubles: ["refusal"],
    end: { trouble: "refusal", ...escalated },
  },
  {
    name: "a truncated answer is asked for with more room, once",
    answers: [(dialect) => sse(dialect.events(dialect.truncated))],
    troubles: ["truncated", "truncated"],
    end: { trouble: "truncated", class: "agent-error", retryable: true },
  },
  {
    name: "a truncated answer that has room then is an answer",
    answers: [(dialect) => sse(dialect.events(dialect.truncated)), fine],
    troubles: ["truncated", null],
    end: "answer",
  },
  {
    name: "a limit is waited for as long as it says",
    answers: [limited, fine],
    troubles: ["rate", null],
    slept: [7_000],
    end: "answer",
  },
  {
    name: "a limit that does not end parks the run",
    answers: [limited],
    troubles: ["rate", "rate", "rate"],
    slept: [7_000, 7_000],
    end: { trouble: "rate", class: "resource", retryable: true },
    free: true,
  },
  {
    name: "an overload that does not end parks the run",
    answers: [overloaded],
    troubles: ["overloaded", "overloaded", "overloaded"],
    end: { trouble: "overloaded", class: "resource", retryable: true },
    free: true,
  },
  {
    name: "a key that is refused asks a human, and is not tried again",
    answers: [refuses(401, { type: "authentication_error", message: `invalid key ${KEY}` })],
    troubles: ["auth"],
    end: { trouble: "auth", ...escalated },
    free: true,
  },
  {
    name: "an account without money asks a human, and is not tried again",
    answers: [quota],
    troubles: ["quota"],
    end: { trouble: "quota", ...escalated },
    free: true,
  },
  {
    name: "an answer that is no JSON is sent back once",
    answers: [says({ text: "yes, I think" }), fine],
    ask: { output: OUTPUT },
    troubles: ["bad-output", null],
    end: "answer",
  },
  {
    name: "answers that are no JSON end as the agent's failure",
    answers: [says({ text: "yes, I think" })],
    ask: { output: OUTPUT },
    troubles: ["bad-output", "bad-output"],
    end: { trouble: "bad-output", class: "agent-error", retryable: true },
  },
  {
    name: "an answer that breaks its schema is sent back once",
    answers: [says({ text: '{"ok":"maybe"}' }), fine],
    ask: { output: OUTPUT },
    troubles: ["bad-output", null],
    end: "answer",
  },
  {
    name: "a cut stream is asked for again, and paid in full as nobody told what it cost",
    answers: [cut, fine],
    troubles: ["cut-stream", null],
    end: "answer",
  },
  {
    name: "streams that are cut each time end as the provider's failure",
    answers: [cut],
    troubles: ["cut-stream", "cut-stream", "cut-stream"],
    end: { trouble: "cut-stream", class: "external", retryable: true },
  },
];

for (const dialect of DIALECTS) {
  for (const one of CASES) {
    Deno.test(`${dialect.wire}: ${one.name}, from a recording as from a server`, async () => {
      const folder = await Deno.makeTempDir({ prefix: "wires" });
      try {
        const file = `${folder}/tape.json`;
        const cassette = (setting: string): Cassette => {
          const made = cassetteOf(setting, { redact: (text) => text });
          assert.ok(made.ok && made.value !== undefined);
          return made.value;
        };
        const ask = question(one.ask);
        await using server = wireServer(...one.answers.map((answer) => () => answer(dialect)));
        const live = await asked(dialect, server.url, ask, cassette(`record:${file}`));
        assert.deepEqual(live.troubles, one.troubles, JSON.stringify(live));
        if (one.end === "answer") {
          assert.deepEqual(live.end, {
            text: '{"ok":true}',
            output: one.ask?.output === undefined ? undefined : { ok: true },
          });
        } else assert.deepEqual(live.end, one.end);
        if (one.slept !== undefined) assert.deepEqual(live.slept, one.slept);
        assert.equal(live.cost === 0, one.free ?? false);
        assert.ok(live.calls.every((call) => !call.recording));
        assert.equal(server.seen.length, one.troubles.length, "one request for each call");

        const played = await asked(dialect, "http://127.0.0.1:9999", ask, cassette(`replay:${file}`));
        assert.deepEqual({ ...played, calls: [] }, { ...live, calls: [] });
        assert.ok(played.calls.every((call) => call.recording), "each call is labelled");
        assert.equal(server.seen.length, one.troubles.length, "nobody was asked");
        assert.ok(!(await Deno.readTextFile(file)).includes(KEY));
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
}

Deno.test("a provider without capacity gives way to another, over two wires of an emulator", async () => {
  const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  mock.on({ model: "first" }, { error: { message: "Overloaded", type: "overloaded_error" }, status: 529 });
  mock.on({ model: "second" }, { content: '{"ok":true}', usage: { input_tokens: 200, output_tokens: 20 } });
  await mock.start();
  try {
    const budget = meter({ costMicroUsd: 1_000_000, tokens: 1_000_000 });
    const ctx = context(budget);
    const { desk, records } = testDesk(
      registryOf(
        entry("first", { provider: "anthropic", wire: "anthropic-messages" }),
        entry("second", {
          provider: "openai",
          wire: "openai-responses",
          fit: { execution: 50 },
          prices: [price(3, 5)],
        }),
      ),
      modelProviders({
        ANTHROPIC_BASE_URL: mock.url,
        ANTHROPIC_API_KEY: KEY,
        OPENAI_BASE_URL: `${mock.url}/v1`,
        OPENAI_API_KEY: KEY,
      }),
    );
    const answer = await desk.ask(ctx, question({ output: OUTPUT }));
    assert.ok(answer.ok, JSON.stringify(answer));
    assert.deepEqual(answer.value.reply.output, { ok: true });
    assert.deepEqual(answer.value.calls.map(({ model, trouble }) => [model, trouble]), [
      ["first", "overloaded"],
      ["first", "overloaded"],
      ["first", "overloaded"],
      ["second", null],
    ]);
    assert.equal(budget.spent("costMicroUsd"), 200 * 3 + 20 * 5);
    assert.ok(Object.keys(records.circuits).length > 0, "the first one's health is known");
    assert.equal(mock.getRequests().length, 4);
  } finally {
    await mock.stop();
  }
});
