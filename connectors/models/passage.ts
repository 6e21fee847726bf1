/** The wires that programs of others speak through us: what of a request is let through, what it may take at most, and what it took. */
import type { Json } from "../../specs/mod.ts";
import { fields } from "./envelope.ts";
import type { PassWire } from "./port.ts";

export type Body = { [key: string]: Json };

interface Rules {
  /** The one path that is a call; everything else is refused. */
  readonly path: RegExp;
  readonly modelIn: "body" | "path";
  readonly messages: string;
  /** Fields that change who is asked, what is paid or what else happens at the provider. */
  readonly dropped: readonly string[];
  readonly cap: (body: Body) => { readonly at: Body; readonly name: string };
}

const ALWAYS_DROPPED = ["service_tier", "serviceTier", "metadata", "user", "safety_identifier"] as const;

const RULES: Readonly<Record<PassWire, Rules>> = {
  "anthropic-messages": {
    path: /^\/v1\/messages$/,
    modelIn: "body",
    messages: "messages",
    dropped: ["mcp_servers", "container", "speed", "inference_geo"],
    cap: (body) => ({ at: body, name: "max_tokens" }),
  },
  "openai-responses": {
    path: /^(?:\/v1)?\/responses$/,
    modelIn: "body",
    messages: "input",
    dropped: ["background", "web_search_options"],
    cap: (body) => ({ at: body, name: "max_output_tokens" }),
  },
  "openai-chat": {
    path: /^(?:\/v1)?\/chat\/completions$/,
    modelIn: "body",
    messages: "messages",
    dropped: ["web_search_options", "n", "prediction", "modalities", "audio"],
    cap: (body) => ({
      at: body,
      name: body.max_completion_tokens === undefined ? "max_tokens" : "max_completion_tokens",
    }),
  },
  "google-generate": {
    path: /^\/v1(?:beta)?\/models\/([A-Za-z0-9._-]{1,200}):(?:streamGenerateContent|generateContent)$/,
    modelIn: "path",
    messages: "contents",
    dropped: ["cachedContent"],
    cap: (body) => {
      const at = fields(body.generationConfig) ?? {};
      return { at: at as Body, name: "maxOutputTokens" };
    },
  },
};

/** A request as it may go on. */
export interface PassableRequest {
  readonly model: string;
  readonly body: Body;
  /** The most that may come back, where the program said so. */
  readonly outputTokens: number | null;
  /** What was taken out of it. */
  readonly removed: readonly string[];
  /** Everything but the conversation, and the parts of the conversation: for bounds that know their beginning. */
  readonly head: string;
  readonly messages: readonly string[];
}

/**
 * Reads a request of a program. Tools that the provider would carry out itself (searches, fetches, code) are taken out: they are a way
 * to the outside. What would let the provider read from elsewhere, or add to the prompt what is not in it, is refused.
 */
export function passable(
  wire: PassWire,
  request: { readonly method: string; readonly path: string; readonly body: string },
): { readonly ok: true; readonly value: PassableRequest } | {
  readonly ok: false;
  readonly status: number;
  readonly why: string;
} {
  const refuse = (status: number, why: string) => ({ ok: false as const, status, why });
  const rules = RULES[wire];
  const found = rules.path.exec(request.path);
  if (found === null) return refuse(404, `${request.path.slice(0, 200)} is not asked through here`);
  if (request.method !== "POST") return refuse(405, "only POST is asked through here");
  let parsed: unknown;
  try {
    parsed = JSON.parse(request.body);
  } catch {
    return refuse(400, "the request is no JSON");
  }
  const read = fields(parsed);
  if (read === undefined) return refuse(400, "the request is no JSON object");
  const body = { ...read } as Body;
  const model = rules.modelIn === "path" ? found[1] : body.model;
  if (typeof model !== "string" || model === "") return refuse(400, "the request names no model");
  for (const name of ["previous_response_id", "conversation", "prompt"]) {
    if (body[name] !== undefined && body[name] !== null) {
      return refuse(400, `${name} adds to the prompt what is not in the request`);
    }
  }
  const foreign = foreignPlace(body[rules.messages] ?? null, 0);
  if (foreign !== null) return refuse(400, `the request has the provider read from elsewhere (${foreign})`);
  const removed: string[] = [];
  for (const name of [...ALWAYS_DROPPED, ...rules.dropped]) {
    if (body[name] === undefined) continue;
    delete body[name];
    removed.push(name);
  }
  // What a provider keeps could be asked for by a name, and so be in a prompt that was not paid for.
  if (wire === "openai-responses") body.store = false;
  if (Array.isArray(body.tools)) {
    const kept = body.tools.flatMap((tool) => ownTool(wire, tool, removed));
    if (kept.length === 0) {
      delete body.tools;
      delete body.tool_choice;
    } else body.tools = kept;
  }
  const { at, name } = rules.cap(body);
  const most = at[name];
  const { [rules.messages]: messages = [], ...head } = body;
  const list = Array.isArray(messages) ? messages : [messages];
  return {
    ok: true,
    value: {
      model,
      body,
      outputTokens: typeof most === "number" && Number.isSafeInteger(most) && most > 0 ? most : null,
      removed,
      head: unmarked(head),
      messages: list.map(unmarked),
    },
  };
}

/** The request with the most that may come back; a wire that streams tells what it took. */
export function limited(wire: PassWire, request: PassableRequest, outputTokens: number): string {
  const body = structuredClone(request.body);
  const { at, name } = RULES[wire].cap(body);
  at[name] = outputTokens;
  if (wire === "google-generate") body.generationConfig = at;
  if (wire === "openai-chat" && body.stream === true) {
    body.stream_options = { ...fields(body.stream_options) as Body | undefined, include_usage: true };
  }
  return JSON.stringify(body);
}

/** A refusal as programs that speak the wire read it. */
export function wireRefusal(wire: PassWire, status: number, message: string): Json {
  switch (wire) {
    case "anthropic-messages":
      return { type: "error", error: { type: "invalid_request_error", message } };
    case "google-generate":
      return { error: { code: status, message, status: "INVALID_ARGUMENT" } };
    case "openai-chat":
    case "openai-responses":
      return {
        error: { message, type: "invalid_request_error", code: "invalid_request_error", param: null },
      };
    default: {
      const never: never = wire;
      throw new Error(`Cannot refuse by the wire ${String(never)}`);
    }
  }
}

/** Tools that the program carries out itself. */
const OWN_TOOLS: Readonly<Record<Exclude<PassWire, "google-generate">, RegExp>> = {
  "anthropic-messages": /^(?:custom|bash_\d+|text_editor_\d+)$/,
  "openai-responses": /^(?:function|custom|local_shell|apply_patch)$/,
  "openai-chat": /^(?:function|custom)$/,
};

function ownTool(wire: PassWire, tool: Json, removed: string[]): Json[] {
  const one = fields(tool);
  if (one === undefined) return [];
  if (wire === "google-generate") {
    for (const name of Object.keys(one)) if (name !== "functionDeclarations") removed.push(`tool ${name}`);
    return one.functionDeclarations === undefined
      ? []
      : [{ functionDeclarations: one.functionDeclarations as Json }];
  }
  const type = one.type ?? (wire === "anthropic-messages" ? "custom" : "function");
  if (typeof type === "string" && OWN_TOOLS[wire].test(type)) return [tool];
  if (wire === "openai-responses" && type === "namespace" && Array.isArray(one.tools)) {
    const kept = one.tools.flatMap((inner) => ownTool(wire, inner as Json, removed));
    return kept.length === 0 ? [] : [{ ...one, tools: kept } as Json];
  }
  removed.push(`tool ${String(type).slice(0, 100)}`);
  return [];
}

/** What a model or a tool wrote, which nobody fetches. */
const QUOTED = new Set(["arguments", "args", "input_schema", "parameters", "schema", "parametersJsonSchema"]);

/** A place outside of the request that the provider is to read, or null. */
function foreignPlace(value: Json, depth: number): string | null {
  if (depth > 60) return "nested too deep";
  if (value === null || typeof value !== "object") return null;
  const { type, url } = fields(value) ?? {};
  if (type === "url" && url !== undefined) return "source.url";
  if (type === "item_reference") return "item_reference";
  // The places of a list are names like any other here.
  for (const [name, one] of Object.entries(value)) {
    if (QUOTED.has(name) || (name === "input" && type === "tool_use")) continue;
    const text = typeof one === "string" ? one : fields(one)?.url;
    if (
      /^(?:image_url|file_url|fileUri|file_uri|file_id|video_url)$/.test(name) && typeof text === "string" &&
      !text.startsWith("data:")
    ) {
      return name;
    }
    const found = foreignPlace(one, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

/** Marks for a cache wander with the end of a conversation: without them its beginning stays the same. */
const unmarked = (value: Json): string =>
  JSON.stringify(value, (name, one) => name === "cache_control" ? undefined : one) ?? "null";
