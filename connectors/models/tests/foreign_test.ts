/** A base URL that leads to another API, and counts that nobody can believe. */
import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import { ask, reply } from "../testing/asked.ts";
import { type Dialect, DIALECTS, sse, wireServer } from "../testing/wire_server.ts";

const WHOLE: Readonly<Record<Dialect["wire"], Json>> = {
  "anthropic-messages": {
    type: "message",
    role: "assistant",
    content: [{ type: "text", text: "hi" }],
    stop_reason: "end_turn",
    usage: { input_tokens: 1, output_tokens: 1 },
  },
  "openai-responses": { object: "response", status: "completed", output: [] },
  "openai-chat": {
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
  },
};

for (const dialect of DIALECTS) {
  for (const other of DIALECTS.filter((one) => one !== dialect)) {
    Deno.test(`${dialect.wire}: an answer of ${other.wire} is told as a wrong address, asked for once, and may have cost`, async () => {
      const answers = [
        () => sse(other.events({ text: "hi" })),
        () => sse(["event: ping\ndata: {}\n\n", ...other.events({ text: "hi" })]),
        () => Response.json(WHOLE[other.wire]),
      ];
      for (const answer of answers) {
        await using server = wireServer(answer);
        const result = await ask(dialect, server.url);
        assert.ok(!result.ok, "it was taken for an answer");
        const { trouble, failure, worked, usage, remedy } = result.error;
        assert.equal(trouble, "unavailable", failure.message);
        assert.match(failure.message, /the answer is one of .*, and .* was asked/);
        assert.match(remedy ?? "", /base URL/);
        assert.deepEqual([worked, usage], [true, undefined]);
        assert.equal(server.seen.length, 1);
      }
    });
  }

  Deno.test(`${dialect.wire}: more tokens than there can be are no count`, async () => {
    for (const tokens of [9e15, 1_000_000_001, -5, "12", 1.5]) {
      const usage: Json = {
        input_tokens: tokens,
        output_tokens: tokens,
        prompt_tokens: tokens,
        completion_tokens: tokens,
      };
      const { reply: told } = await reply(dialect, () => sse(dialect.events({ text: "hi", usage })));
      assert.equal(told.usageTold, false, String(tokens));
    }
  });
}
