import assert from "node:assert/strict";
import { modelProviders, type ModelProvidersOptions } from "./providers.ts";
import { ollamaUrl } from "./endpoint.ts";
import { entryOf } from "./testing/wire_server.ts";

const KEY = "sk-canary-0123456789abcdef";

function available(env: Record<string, string>, id: string, options: ModelProvidersOptions = {}): string {
  const found = modelProviders(env, options).filter((one) => one.id === id);
  assert.equal(found.length, 1);
  const told = found[0]?.available;
  assert.ok(told !== undefined && !JSON.stringify(modelProviders(env, options)).includes(KEY));
  return told.ok ? told.by : `no: ${told.why}`;
}

Deno.test("a provider is there by its key, and says by which variable", () => {
  assert.equal(available({ ANTHROPIC_API_KEY: KEY }, "anthropic"), "ANTHROPIC_API_KEY");
  assert.equal(available({ OPENAI_API_KEY: ` ${KEY}\n` }, "openai"), "OPENAI_API_KEY");
  assert.equal(available({ GEMINI_API_KEY: KEY }, "google"), "GEMINI_API_KEY");
  assert.equal(available({ DEEPSEEK_API_KEY: KEY }, "deepseek"), "DEEPSEEK_API_KEY");
  assert.equal(
    available({ OPENAI_API_KEY: KEY, OPENAI_BASE_URL: "https://gateway.example/v1/" }, "openai"),
    "OPENAI_API_KEY and OPENAI_BASE_URL (gateway.example)",
  );
});

Deno.test("a provider without its key is not there, and says what is missing", () => {
  for (
    const [id, name] of [["anthropic", "ANTHROPIC_API_KEY"], ["openai", "OPENAI_API_KEY"], [
      "google",
      "GEMINI_API_KEY",
    ], ["ollama", "OLLAMA_HOST"]] as const
  ) {
    assert.equal(available({ [name]: "  " }, id), `no: ${name} is not set`);
  }
});

Deno.test("a server on this machine wants no key, a recording neither", () => {
  assert.equal(available({ OLLAMA_HOST: "127.0.0.1" }, "ollama"), "OLLAMA_HOST (127.0.0.1:11434)");
  assert.equal(
    available({ ANTHROPIC_BASE_URL: "http://localhost:4000/v1" }, "anthropic"),
    "ANTHROPIC_BASE_URL (localhost:4000)",
  );
  assert.equal(
    available({ OPENAI_BASE_URL: "https://gateway.example/v1" }, "openai"),
    "no: OPENAI_API_KEY is not set",
  );
  assert.equal(available({}, "openai", { recording: true }), "a recording");
});

Deno.test("keys and prompts go over https, or to this machine", () => {
  const by = (url: string, options: ModelProvidersOptions = {}) =>
    available({ OPENAI_API_KEY: KEY, OPENAI_BASE_URL: url }, "openai", options);
  for (
    const url of [
      "http://gateway.example/v1",
      "http://10.0.0.1/v1",
      "http://127.0.0.1.example/v1",
      "http://localhost.example",
      "ftp://x",
      "no url",
      `https://user:${KEY}@x.example`,
      `https://x.example/?key=${KEY}`,
    ]
  ) {
    assert.match(by(url), /^no: OPENAI_BASE_URL cannot be used: /, url);
  }
  for (
    const url of [
      "http://127.0.0.1:1234/v1",
      "http://[::1]:1234/v1",
      "http://localhost/v1",
      "https://gateway.example",
    ]
  ) {
    assert.doesNotMatch(by(url), /^no/, url);
  }
  assert.doesNotMatch(by("http://10.0.0.1/v1", { allowHttp: true }), /^no/);
});

Deno.test("a key that no header can carry is refused before it is sent", () => {
  assert.match(available({ OPENAI_API_KEY: "sk key" }, "openai"), /no header can carry/);
  assert.match(available({ OPENAI_API_KEY: "sk-é" }, "openai"), /no header can carry/);
});

Deno.test("endpoints are given as data, with a wire each, and take the place of ours", () => {
  const endpoints = [
    { id: "lab", wire: "openai-chat", baseUrl: "http://127.0.0.1:8000/v1" },
    { id: "lab", wire: "anthropic-messages", baseUrl: "http://127.0.0.1:8000", token: KEY },
    { id: "openai", wire: "openai-chat", baseUrl: "https://gateway.example/v1", token: KEY },
    { id: "plain", wire: "openai-chat", baseUrl: "http://gateway.example/v1" },
    { id: "twice", wire: "openai-chat", baseUrl: "https://a.example" },
    { id: "twice", wire: "openai-chat", baseUrl: "https://b.example" },
  ] as const;
  assert.equal(available({}, "lab", { endpoints }), "endpoint lab (127.0.0.1:8000)");
  assert.equal(
    available({ OPENAI_API_KEY: KEY }, "openai", { endpoints }),
    "endpoint openai (gateway.example)",
  );
  assert.match(available({}, "plain", { endpoints }), /^no: .*plain text/);
  assert.match(available({}, "twice", { endpoints }), /^no: .*twice/);
});

Deno.test("OLLAMA_HOST is read as Ollama reads it", () => {
  for (
    const [host, url] of [
      ["127.0.0.1", "http://127.0.0.1:11434"],
      ["127.0.0.1:8080", "http://127.0.0.1:8080"],
      [":8080", "http://127.0.0.1:8080"],
      ["0.0.0.0", "http://127.0.0.1:11434"],
      ["0.0.0.0:99", "http://127.0.0.1:99"],
      ["[::1]", "http://[::1]:11434"],
      ["http://localhost:5/", "http://localhost:5"],
      ["https://ollama.example", "https://ollama.example"],
    ] as const
  ) assert.equal(ollamaUrl(host), url, host);
});

Deno.test("what is not there, and a wire that it does not speak, is a trouble and no request", async () => {
  let asked = 0;
  const none: typeof fetch = () => {
    asked++;
    return Promise.reject(new Error("asked"));
  };
  const call = async (env: Record<string, string>, wire: "openai-chat" | "anthropic-messages") => {
    const provider = modelProviders(env, { fetch: none }).find((one) => one.id === "openai");
    const result = await provider?.call({
      entry: entryOf({ wire, provider: "openai" }),
      system: "",
      messages: [{ role: "user", text: "x" }],
      maxOutputTokens: 5,
      timeoutMs: 1000,
    });
    return result?.ok === false ? result.error.trouble : "a reply";
  };
  assert.equal(await call({}, "openai-chat"), "unavailable");
  assert.equal(await call({ OPENAI_API_KEY: KEY }, "anthropic-messages"), "invalid-request");
  assert.equal(asked, 0);
  assert.equal(await call({ OPENAI_API_KEY: KEY }, "openai-chat"), "network");
  assert.equal(asked, 1);
});
