import assert from "node:assert/strict";
import fc from "fast-check";
import type { Json } from "../../specs/mod.ts";
import { listener } from "./listener.ts";
import { limited, passable, wireRefusal } from "./passage.ts";
import type { PassWire } from "./port.ts";
import { modelProviders } from "./providers.ts";

const WIRES: readonly {
  wire: PassWire;
  path: string;
  body: { [key: string]: Json };
  cap: string[];
  answer: Json;
  out: number;
}[] = [
  {
    wire: "anthropic-messages",
    path: "/v1/messages",
    body: { model: "m", messages: [] },
    cap: ["max_tokens"],
    answer: { type: "message", model: "c", usage: { input_tokens: 9, output_tokens: 4 } },
    out: 4,
  },
  {
    wire: "openai-responses",
    path: "/v1/responses",
    body: { model: "m", input: [] },
    cap: ["max_output_tokens"],
    answer: { object: "response", model: "c", usage: { input_tokens: 9, output_tokens: 4 } },
    out: 4,
  },
  {
    wire: "openai-chat",
    path: "/v1/chat/completions",
    body: { model: "m", messages: [] },
    cap: ["max_tokens"],
    answer: {
      model: "c",
      choices: [{ finish_reason: "stop" }],
      usage: { prompt_tokens: 9, completion_tokens: 4 },
    },
    out: 4,
  },
  {
    wire: "google-generate",
    path: "/v1beta/models/m:generateContent",
    body: { contents: [] },
    cap: ["generationConfig", "maxOutputTokens"],
    answer: {
      modelVersion: "c",
      candidates: [{ finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 3, thoughtsTokenCount: 1 },
    },
    out: 4,
  },
];

for (const { wire, path, body, cap, answer, out } of WIRES) {
  Deno.test(`${wire}: a call is told by its path, its answer is given a limit, its tokens are heard`, () => {
    const read = passable(wire, { method: "POST", path, body: JSON.stringify(body) });
    assert.ok(read.ok);
    assert.deepEqual([read.value.model, read.value.outputTokens], ["m", null]);
    const sent = JSON.parse(limited(wire, read.value, 77));
    assert.equal(sent.store, wire === "openai-responses" ? false : undefined);
    assert.equal(cap.reduce((at, name) => at[name], sent), 77);
    const again = passable(wire, { method: "POST", path, body: JSON.stringify(sent) });
    assert.equal(again.ok && again.value.outputTokens, 77);
    const heard = listener(wire);
    assert.deepEqual([heard.usage, heard.whole], [null, false]);
    heard.hear(answer);
    assert.deepEqual([heard.usage?.input, heard.usage?.output, heard.claimed, heard.whole], [
      9,
      out,
      "c",
      true,
    ]);
    assert.match(JSON.stringify(wireRefusal(wire, 400, "not now")), /"message":"not now"/);
    assert.ok(!passable(wire, { method: "POST", path: `${path}/x`, body: JSON.stringify(body) }).ok);
  });

  Deno.test(`${wire}: no request and no event makes it throw`, () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        fc.array(fc.jsonValue(), { maxLength: 5 }),
        (text, events) => {
          for (const one of [text, JSON.stringify({ ...body, tools: JSON.stringify(events), x: text })]) {
            const read = passable(wire, { method: "POST", path, body: one });
            if (read.ok) JSON.parse(limited(wire, read.value, 5));
          }
          passable(wire, {
            method: "POST",
            path,
            body: JSON.stringify({
              ...body,
              tools: events,
              messages: events,
              input: events,
              contents: events,
            }),
          });
          const heard = listener(wire);
          for (const event of events) heard.hear(event as Json);
          assert.ok(heard.usage === null || heard.usage.input + heard.usage.cacheRead > 0);
        },
      ),
      { numRuns: 100 },
    );
  });
}

Deno.test("tools that a provider carries out itself are taken out of every wire", () => {
  const kept = (wire: PassWire, path: string, tools: Json) => {
    const read = passable(wire, { method: "POST", path, body: JSON.stringify({ model: "m", tools }) });
    return read.ok ? read.value.body.tools : null;
  };
  assert.deepEqual(
    kept("openai-responses", "/v1/responses", [
      { type: "function", name: "a" },
      { type: "web_search" },
      { type: "mcp", server_url: "https://x.invalid" },
      { type: "code_interpreter" },
      {
        type: "namespace",
        name: "n",
        tools: [{ type: "function", name: "b" }, { type: "image_generation" }],
      },
    ]),
    [{ type: "function", name: "a" }, {
      type: "namespace",
      name: "n",
      tools: [{ type: "function", name: "b" }],
    }],
  );
  assert.deepEqual(
    kept("google-generate", "/v1beta/models/m:generateContent", [{
      functionDeclarations: [{ name: "a" }],
      googleSearch: {},
    }, { urlContext: {} }]),
    [{ functionDeclarations: [{ name: "a" }] }],
  );
  assert.equal(
    kept("anthropic-messages", "/v1/messages", [{ type: "code_execution_20250825", name: "x" }]),
    undefined,
  );
});

Deno.test("a request goes on to the provider's own place with its credential, without the program's headers", async () => {
  const seen: { url: string; headers: Headers; redirect: RequestRedirect | undefined }[] = [];
  const providers = modelProviders({
    ANTHROPIC_API_KEY: "key-anthropic",
    ANTHROPIC_BASE_URL: "https://a.example/v1",
    OPENAI_API_KEY: "key-openai",
    GEMINI_API_KEY: "key-google",
  }, {
    fetch: (url, init) => {
      seen.push({ url: String(url), headers: new Headers(init?.headers), redirect: init?.redirect });
      return Promise.resolve(new Response("{}"));
    },
  });
  const send = async (id: string, wire: PassWire, path: string) => {
    const provider = providers.find((one) => one.id === id);
    assert.ok(provider?.forwards?.includes(wire), `${id} ${wire}`);
    await provider?.forward?.({
      wire,
      path,
      query: "?beta=true",
      headers: new Headers({
        "x-api-key": "the token",
        cookie: "c=1",
        authorization: "Bearer the token",
        "anthropic-beta": "web-fetch-2025-09-10, interleaved-thinking-2025-05-14",
        "content-type": "application/json",
      }),
      body: "{}",
      signal: new AbortController().signal,
    });
    const last = seen.at(-1);
    assert.equal(last?.redirect, "manual");
    assert.ok(
      ![...last?.headers ?? []].some(([name, value]) => name === "cookie" || value.includes("the token")),
    );
    return [
      last?.url,
      last?.headers.get("x-api-key") ?? last?.headers.get("x-goog-api-key") ??
        last?.headers.get("authorization"),
    ];
  };
  assert.deepEqual(await send("anthropic", "anthropic-messages", "/v1/messages"), [
    "https://a.example/v1/messages?beta=true",
    "key-anthropic",
  ]);
  assert.equal(seen[0]?.headers.get("anthropic-beta"), "interleaved-thinking-2025-05-14");
  assert.deepEqual(await send("openai", "openai-responses", "/v1/responses"), [
    "https://api.openai.com/v1/responses?beta=true",
    "Bearer key-openai",
  ]);
  assert.deepEqual(await send("google", "google-generate", "/v1beta/models/m:generateContent"), [
    "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent?beta=true",
    "key-google",
  ]);
});
