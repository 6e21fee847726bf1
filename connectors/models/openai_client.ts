/** The official OpenAI client for one exchange: no retries, no timeout, no organization or log level of the environment. */
import type OpenAI from "openai";
import type { Exchange } from "./exchange.ts";
import type { WireCall } from "./wire.ts";

export async function openaiClient(call: WireCall, exchange: Exchange): Promise<OpenAI> {
  const { default: Client } = await import("openai");
  return new Client({
    apiKey: call.token,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: call.baseUrl,
    fetch: exchange.fetch,
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    logLevel: "off",
  });
}
