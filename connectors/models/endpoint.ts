/** Where models are asked: base URLs that may carry a credential, and what stands in the environment. */
import type { ModelWire } from "../../specs/mod.ts";
import type { ModelProvider } from "./port.ts";

/** A further endpoint, given as data. */
export interface ModelEndpoint {
  /** The provider that entries of the registry name. */
  readonly id: string;
  readonly wire: ModelWire;
  /** Up to the part that the wire adds: `/v1` belongs to it for the OpenAI wires, and does not for Anthropic's. */
  readonly baseUrl: string;
  /** The credential's value; endpoints on this machine often want none. */
  readonly token?: string;
}

/** An endpoint that was looked at. */
export interface Endpoint {
  readonly id: string;
  /** The base URL of each wire that it speaks. */
  readonly wires: Readonly<Partial<Record<ModelWire, string>>>;
  readonly token?: string;
  readonly available: ModelProvider["available"];
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
}

/** The base URL without its last slash, or why it cannot be used. The value is shown without what may be a credential in it. */
export function baseUrlOf(
  text: string,
  allowHttp: boolean,
): { ok: true; url: string; loopback: boolean } | { ok: false; why: string } {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return { ok: false, why: "it is no URL" };
  }
  if (url.username !== "" || url.password !== "") {
    return { ok: false, why: "it holds a user name or password" };
  }
  if (url.search !== "" || url.hash !== "") return { ok: false, why: "it has a query or a fragment" };
  const loopback = isLoopback(url.hostname);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return { ok: false, why: `${url.protocol} is neither https: nor http:` };
  }
  if (url.protocol === "http:" && !loopback && !allowHttp) {
    return {
      ok: false,
      why: `http: would send prompts and the key in plain text to ${url.host}; only this machine is asked so`,
    };
  }
  return { ok: true, url: `${url.origin}${url.pathname.replace(/\/+$/, "")}`, loopback };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** A credential as headers can carry it, or why it is none. */
export function tokenOf(
  text: string | undefined,
): { ok: true; token: string | undefined } | { ok: false; why: string } {
  const token = text?.trim();
  if (token === undefined || token === "") return { ok: true, token: undefined };
  if (/[^\x21-\x7e]/.test(token)) {
    return { ok: false, why: "it holds spaces or characters that no header can carry" };
  }
  return { ok: true, token };
}

/** `OLLAMA_HOST` as Ollama reads it: with or without scheme and port; the address to listen at is not one to call. */
export function ollamaUrl(host: string): string {
  const text = host.trim().replace(/\/+$/, "");
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text
    : `http://${text.startsWith(":") ? `127.0.0.1${text}` : text}`;
  const open = full.replace(/^(https?:\/\/)(?:0\.0\.0\.0|\[::\])(?=[:/]|$)/i, "$1127.0.0.1");
  // `https://host` means its own port, as in every URL; only a bare host has Ollama's.
  return /^https?:\/\/(?:\[[^\]]+\]|[^:/]+):\d+/i.test(open) || /^[a-z]+:\/\//i.test(text)
    ? open
    : open.replace(/^(https?:\/\/(?:\[[^\]]+\]|[^/]+))/i, "$1:11434");
}
