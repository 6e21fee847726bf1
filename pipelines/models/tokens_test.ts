import assert from "node:assert/strict";
import fc from "fast-check";
import { countedPrompts, promptSize } from "./tokens.ts";
import { used } from "./testing/desk.ts";

const bytes = (text: string) => new TextEncoder().encode(text).length;

Deno.test("the bound is at least a token for each byte of everything that is sent", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }),
      (system, texts) => {
        const messages = texts.map((text) => ({ role: "user" as const, text }));
        const { likely, bound } = promptSize({ system, messages });
        assert.ok(bound >= bytes(system) + texts.reduce((sum, text) => sum + bytes(text), 0));
        assert.ok(likely <= bound);
      },
    ),
  );
});

Deno.test("tools, calls, results, opaque parts and the schema of the answer are counted", () => {
  const plain = { system: "s", messages: [{ role: "user" as const, text: "u" }] };
  const big = "x".repeat(5_000);
  const base = promptSize(plain).bound;
  const more = [
    { ...plain, tools: [{ name: "read", description: big, schema: {} }] },
    { ...plain, output: { name: "o", schema: { description: big } } },
    { ...plain, messages: [{ role: "tool" as const, call: "1", text: big }] },
    {
      ...plain,
      messages: [{ role: "assistant" as const, text: "", calls: [{ id: "1", tool: "t", args: big }] }],
    },
    { ...plain, messages: [{ role: "assistant" as const, text: "", opaque: big }] },
  ];
  for (const prompt of more) {
    assert.ok(promptSize(prompt).bound >= base + 4_900, JSON.stringify(prompt).slice(0, 80));
  }
});

Deno.test("a known beginning counts as its provider counted it; another beginning, model or system does not", async () => {
  const counted = countedPrompts();
  const first = { system: "s", messages: [{ role: "user" as const, text: "x".repeat(30_000) }] };
  await counted.learn("a", first, used(2_000, 500, { cacheRead: 6_000 }));
  const next = {
    ...first,
    messages: [...first.messages, { role: "assistant" as const, text: "ok" }, {
      role: "user" as const,
      text: "go",
    }],
  };
  const size = await counted.size(next);
  assert.deepEqual(Object.keys(size.counted), ["a"]);
  // 8,000 with slack, 500 for the answer as it was counted, and the new turn.
  assert.ok((size.counted.a ?? 0) > 8_500 && (size.counted.a ?? 0) < 8_800, String(size.counted.a));
  assert.ok(size.bound > 30_000);
  assert.deepEqual((await counted.size({ ...next, system: "t" })).counted, {});
  assert.deepEqual((await counted.size({ ...next, messages: next.messages.slice(1) })).counted, {});
});
