/** The providers that an environment gives, each with what it was found by. */
import type { ModelWire } from "../../specs/mod.ts";
import { baseUrlOf, type Endpoint, type ModelEndpoint, ollamaUrl, tokenOf } from "./endpoint.ts";
import type { ModelProvider } from "./port.ts";
import { provider } from "./provider.ts";

export interface ModelProvidersOptions {
  /** Endpoints beside those of the environment; one with the same id takes the place of ours. Several of one id are its wires. */
  readonly endpoints?: readonly ModelEndpoint[];
  /** Every request goes through it: a proxy's, a cassette's or a test's; the runtime's own unless given. */
  readonly fetch?: typeof fetch;
  /** True when `fetch` plays a recording: every reply says so, and no key is needed. */
  readonly recording?: boolean;
  /** Lets plain http go to other machines, too. The keys and prompts can then be read on the way. */
  readonly allowHttp?: boolean;
  readonly now?: () => number;
}

interface Known {
  readonly id: string;
  /** The variable of the key; null where none is used. */
  readonly key: string | null;
  /** The variable of the base URL. */
  readonly base?: string;
  readonly url: string | null;
  /** What each wire adds to the base URL. */
  readonly wires: Readonly<Partial<Record<ModelWire, string>>>;
  readonly maxTokensField?: "max_completion_tokens";
}

/** Of a recording, which asks no address. */
const NOWHERE = "http://127.0.0.1:11434";

const KNOWN: readonly Known[] = [
  {
    id: "anthropic",
    key: "ANTHROPIC_API_KEY",
    base: "ANTHROPIC_BASE_URL",
    url: "https://api.anthropic.com",
    wires: { "anthropic-messages": "" },
  },
  {
    id: "openai",
    key: "OPENAI_API_KEY",
    base: "OPENAI_BASE_URL",
    url: "https://api.openai.com/v1",
    wires: { "openai-responses": "", "openai-chat": "" },
    maxTokensField: "max_completion_tokens",
  },
  {
    id: "google",
    key: "GEMINI_API_KEY",
    base: "GEMINI_BASE_URL",
    url: "https://generativelanguage.googleapis.com/v1beta/openai",
    wires: { "openai-chat": "" },
  },
  {
    id: "deepseek",
    key: "DEEPSEEK_API_KEY",
    base: "DEEPSEEK_BASE_URL",
    url: "https://api.deepseek.com",
    wires: { "openai-chat": "", "anthropic-messages": "/anthropic" },
  },
  {
    id: "moonshot",
    key: "MOONSHOT_API_KEY",
    base: "MOONSHOT_BASE_URL",
    url: "https://api.moonshot.ai/v1",
    wires: { "openai-chat": "" },
  },
  {
    id: "openrouter",
    key: "OPENROUTER_API_KEY",
    base: "OPENROUTER_BASE_URL",
    url: "https://openrouter.ai/api/v1",
    wires: { "openai-chat": "" },
  },
  {
    id: "ollama",
    key: null,
    base: "OLLAMA_HOST",
    url: null,
    wires: { "openai-chat": "/v1", "openai-responses": "/v1", "anthropic-messages": "" },
  },
];

/**
 * The providers of models that can be asked from here, and those that cannot with the reason. Reads `env` only (`ANTHROPIC_API_KEY`,
 * `OPENAI_API_KEY`, `GEMINI_API_KEY`, `DEEPSEEK_API_KEY`, `MOONSHOT_API_KEY`, `OPENROUTER_API_KEY`, the `_BASE_URL` of each, and
 * `OLLAMA_HOST`); asks nobody, and loads an SDK at the first call. Credentials stay inside: `available` names variables and hosts.
 *
 *     const providers = modelProviders(Deno.env.toObject());
 *     const anthropic = providers.find((one) => one.id === "anthropic");
 *     const answer = await anthropic?.call({ entry, system, messages, maxOutputTokens: 4000, timeoutMs: 120_000 });
 */
export function modelProviders(
  env: Readonly<Record<string, string | undefined>>,
  options: ModelProvidersOptions = {},
): ModelProvider[] {
  const given = Map.groupBy(options.endpoints ?? [], (one) => one.id);
  const endpoints = [
    ...KNOWN.filter((one) => !given.has(one.id)).map((one) => knownEndpoint(one, env, options)),
    ...[...given].map(([id, list]) => givenEndpoint(id, list, options)),
  ];
  return endpoints.map((one) =>
    provider(one, {
      // Read at each call: a test or an embedder may set another one later.
      fetch: options.fetch ?? ((input, init) => fetch(input, init)),
      recording: options.recording ?? false,
      now: options.now ?? Date.now,
    })
  );
}

function knownEndpoint(
  known: Known,
  env: Readonly<Record<string, string | undefined>>,
  options: ModelProvidersOptions,
): Endpoint {
  const maxTokensField = known.maxTokensField ?? "max_tokens";
  const refuse = (why: string): Endpoint => ({
    id: known.id,
    wires: {},
    available: { ok: false, why },
    maxTokensField,
  });
  const set = known.base === undefined ? undefined : env[known.base]?.trim() || undefined;
  const address = set === undefined ? known.url : known.id === "ollama" ? ollamaUrl(set) : set;
  if (address === null && options.recording !== true) return refuse(`${known.base} is not set`);
  const base = baseUrlOf(address ?? NOWHERE, options.allowHttp ?? false);
  if (!base.ok) return refuse(`${known.base} cannot be used: ${base.why}`);
  const token = tokenOf(known.key === null ? undefined : env[known.key]);
  if (!token.ok) return refuse(`${known.key} cannot be used: ${token.why}`);
  const isLocal = set !== undefined && base.loopback;
  // A server on this machine wants no key, and a recording asks nobody.
  if (token.token === undefined && known.key !== null && !isLocal && options.recording !== true) {
    return refuse(`${known.key} is not set`);
  }
  // Some set the URL with the version that the SDK adds itself.
  const url = known.id === "anthropic" ? base.url.replace(/\/v1$/, "") : base.url;
  const by = [
    ...(token.token === undefined ? [] : [known.key]),
    ...(set === undefined ? [] : [`${known.base} (${new URL(url).host})`]),
  ];
  return {
    id: known.id,
    wires: Object.fromEntries(Object.entries(known.wires).map(([wire, path]) => [wire, `${url}${path}`])),
    ...(token.token === undefined ? {} : { token: token.token }),
    available: { ok: true, by: by.length === 0 ? "a recording" : by.join(" and ") },
    maxTokensField,
  };
}

function givenEndpoint(id: string, list: readonly ModelEndpoint[], options: ModelProvidersOptions): Endpoint {
  const refuse = (why: string): Endpoint => ({
    id,
    wires: {},
    available: { ok: false, why },
    maxTokensField: "max_tokens",
  });
  const wires: Partial<Record<ModelWire, string>> = {};
  const tokens = new Set<string>();
  const hosts = new Set<string>();
  for (const one of list) {
    const base = baseUrlOf(one.baseUrl, options.allowHttp ?? false);
    if (!base.ok) return refuse(`the base URL of endpoint ${id} cannot be used: ${base.why}`);
    if (wires[one.wire] !== undefined) return refuse(`endpoint ${id} is given twice for ${one.wire}`);
    wires[one.wire] = base.url;
    hosts.add(new URL(base.url).host);
    const token = tokenOf(one.token);
    if (!token.ok) return refuse(`the token of endpoint ${id} cannot be used: ${token.why}`);
    if (token.token !== undefined) tokens.add(token.token);
  }
  const [token, ...others] = tokens;
  if (others.length > 0) return refuse(`endpoint ${id} has more than one token`);
  return {
    id,
    wires,
    ...(token === undefined ? {} : { token }),
    available: { ok: true, by: `endpoint ${id} (${[...hosts].join(", ")})` },
    maxTokensField: "max_tokens",
  };
}
