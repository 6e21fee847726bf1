/** Requests of programs of others, sent on with the credential that they never see. */
import type { Endpoint } from "./endpoint.ts";
import type { ForwardRequest, ModelProvider, PassWire } from "./port.ts";
import type { Quotes } from "./quoted.ts";

/** What of a program's headers goes on: no cookie, no credential of its own, nothing about this machine. */
const PASSED = ["accept", "content-type", "anthropic-version", "anthropic-beta", "openai-beta"];
/** Features that have the provider fetch, search or run code, or that cost more than the price table knows. */
const REFUSED_BETA = /(?:mcp|web-|code-execution|files-api|skills|fast-mode)/i;

/** The way to send requests on at an endpoint, where it can be asked at all. */
export function forwarding(
  endpoint: Endpoint,
  ask: typeof fetch,
  shown: Quotes,
): Pick<ModelProvider, "forward" | "forwards" | "hide"> {
  if (!endpoint.available.ok) return {};
  const places = placesOf(endpoint);
  return {
    forwards: Object.keys(places) as PassWire[],
    hide: shown.hide,
    forward: async (request) => {
      const base = places[request.wire];
      if (base === undefined) throw new Error(`${endpoint.id} is not spoken to by ${request.wire}`);
      return await ask(`${base}${pathBelow(request)}${request.query}`, {
        method: "POST",
        headers: headersOf(request, endpoint.token),
        body: request.body,
        // The credential goes to the address that was set, and nowhere else.
        redirect: "manual",
        signal: request.signal,
      });
    },
  };
}

function placesOf(endpoint: Endpoint): Partial<Record<PassWire, string>> {
  const chat = endpoint.wires["openai-chat"];
  const own = endpoint.id === "google" ? /^(.+)\/v1beta\/openai$/.exec(chat ?? "")?.[1] : undefined;
  return { ...endpoint.wires, ...(own === undefined ? {} : { "google-generate": own }) };
}

/** OpenAI's base URLs end in the version that programs put before the path themselves or leave out. */
function pathBelow({ wire, path }: ForwardRequest): string {
  return wire === "openai-chat" || wire === "openai-responses" ? path.replace(/^\/v1(?=\/)/, "") : path;
}

function headersOf({ wire, headers: given }: ForwardRequest, token: string | undefined): Headers {
  const headers = new Headers({ "user-agent": "edgeforge" });
  for (const name of PASSED) {
    const value = given.get(name);
    if (value !== null) headers.set(name, value);
  }
  const betas = headers.get("anthropic-beta")?.split(",").map((one) => one.trim()).filter((one) =>
    one !== "" && !REFUSED_BETA.test(one)
  );
  if (betas !== undefined) {
    if (betas.length > 0) headers.set("anthropic-beta", betas.join(","));
    else headers.delete("anthropic-beta");
  }
  if (token === undefined) return headers;
  switch (wire) {
    case "anthropic-messages":
      headers.set("x-api-key", token);
      break;
    case "google-generate":
      headers.set("x-goog-api-key", token);
      break;
    case "openai-chat":
    case "openai-responses":
      headers.set("authorization", `Bearer ${token}`);
      break;
    default: {
      const never: never = wire;
      throw new Error(`Cannot speak the wire ${String(never)}`);
    }
  }
  return headers;
}
