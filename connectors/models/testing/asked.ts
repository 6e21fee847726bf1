/** One call of one wire against a server that says what a test tells it to, for the suites that are shown on every wire. */
import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import type { ModelFailure, ModelReply, ModelRequest } from "../port.ts";
import { modelProviders, type ModelProvidersOptions } from "../providers.ts";
import { type Dialect, entryOf, type Seen, wireServer } from "./wire_server.ts";

export const KEY = "sk-canary-0123456789abcdefXYZ";

export function ask(
  dialect: Dialect,
  url: string,
  more: Partial<ModelRequest> = {},
  options: ModelProvidersOptions = {},
) {
  const provider = modelProviders(dialect.env(url, KEY), options).find((one) => one.id === dialect.provider);
  assert.ok(provider, "the provider is known");
  return provider.call({
    entry: entryOf(dialect),
    system: "Be brief.",
    messages: [{ role: "user", text: "Say something." }],
    maxOutputTokens: 500,
    timeoutMs: 30_000,
    ...more,
  });
}

export async function reply(
  dialect: Dialect,
  answer: (seen: Seen) => Response,
  more: Partial<ModelRequest> = {},
): Promise<{ reply: ModelReply; seen: readonly Seen[] }> {
  await using server = wireServer(answer);
  const result = await ask(dialect, server.url, more);
  assert.ok(result.ok, JSON.stringify(result));
  return { reply: result.value, seen: server.seen };
}

export async function trouble(
  dialect: Dialect,
  answer: (seen: Seen) => Response | Promise<Response>,
  more: Partial<ModelRequest> = {},
  options: ModelProvidersOptions = {},
): Promise<ModelFailure> {
  await using server = wireServer(answer);
  const result = await ask(dialect, server.url, more, options);
  assert.ok(!result.ok, `there is a reply: ${JSON.stringify(result)}`);
  assert.ok(!JSON.stringify(result).includes(KEY), "the key is in the failure");
  return result.error;
}

export const LOOK = {
  name: "look",
  description: "Looks at a file.",
  schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};
export const json = (body: Json, status: number, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

/** What comes of one call of a wire, whatever it is, and what the server saw. */
export async function asked(
  dialect: Dialect,
  answer: (seen: Seen) => Response,
  more: Partial<ModelRequest> = {},
) {
  await using server = wireServer(answer);
  const provider = modelProviders(dialect.env(server.url, "sk-key-12345678")).find((one) =>
    one.id === dialect.provider
  );
  assert.ok(provider);
  const result = await provider.call({
    entry: entryOf(dialect),
    system: "Be brief.",
    messages: [{ role: "user", text: "Go." }],
    maxOutputTokens: 500,
    timeoutMs: 30_000,
    ...more,
  });
  return { result, seen: server.seen };
}
