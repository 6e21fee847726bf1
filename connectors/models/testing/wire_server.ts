/** A server of the three wires on loopback, for what emulators lack: it says word for word what a test tells it to. */
import type { Json, ModelEntry, ModelWire } from "../../../specs/mod.ts";

export interface Seen {
  readonly path: string;
  readonly headers: Headers;
  readonly body: { readonly [key: string]: Json };
}

export interface WireServer extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly Seen[];
}

/** Answers requests in turn by what `answers` gives; one more than there are answers gets the last again. */
export function wireServer(
  ...answers: readonly ((seen: Seen) => Response | Promise<Response>)[]
): WireServer {
  const seen: Seen[] = [];
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => undefined,
      onError: () => new Response(null, { status: 500 }),
    },
    async (request) => {
      const text = await request.text();
      seen.push({
        path: new URL(request.url).pathname,
        headers: request.headers,
        body: text === "" ? {} : JSON.parse(text),
      });
      const answer = answers[Math.min(seen.length, answers.length) - 1];
      const last = seen.at(-1);
      if (answer === undefined || last === undefined) {
        return new Response("no answer is set", {
          status: 500,
        });
      }
      return await answer(last);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    seen,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** What a model says, whatever the wire. */
export interface Saying {
  readonly text?: string;
  readonly calls?: readonly { readonly id: string; readonly tool: string; readonly args: string }[];
  /** As the wire names it; by what is said unless given. */
  readonly stop?: string;
  readonly usage?: Json;
  readonly claimed?: string;
}

/** One wire: how it says a thing, and where. */
export interface Dialect {
  readonly wire: ModelWire;
  readonly provider: string;
  readonly path: string;
  readonly env: (url: string, key: string) => Record<string, string>;
  readonly events: (saying: Saying) => string[];
  /** What a truncated and what a refused answer say of themselves. */
  readonly truncated: Saying;
  readonly refused: Saying;
}

export const sse = (events: readonly string[], init: ResponseInit = {}): Response =>
  new Response(events.join(""), {
    ...init,
    headers: { "content-type": "text/event-stream", ...init.headers },
  });

const event = (data: Json): string => {
  const type = typeof data === "object" && data !== null && !Array.isArray(data) ? data.type : undefined;
  return `${typeof type === "string" ? `event: ${type}\n` : ""}data: ${JSON.stringify(data)}\n\n`;
};

const halves = (text: string): string[] =>
  text.length < 2 ? [text] : [text.slice(0, text.length >> 1), text.slice(text.length >> 1)];

function anthropicEvents({ text, calls = [], stop, usage, claimed }: Saying): string[] {
  const blocks: Json[][] = [];
  if (text !== undefined) {
    const index = blocks.length;
    blocks.push([
      { type: "content_block_start", index, content_block: { type: "text", text: "" } },
      ...halves(text).map((part): Json => ({
        type: "content_block_delta",
        index,
        delta: { type: "text_delta", text: part },
      })),
      { type: "content_block_stop", index },
    ]);
  }
  for (const call of calls) {
    const index = blocks.length;
    blocks.push([
      {
        type: "content_block_start",
        index,
        content_block: { type: "tool_use", id: call.id, name: call.tool, input: {} },
      },
      ...halves(call.args).map((part): Json => ({
        type: "content_block_delta",
        index,
        delta: { type: "input_json_delta", partial_json: part },
      })),
      { type: "content_block_stop", index },
    ]);
  }
  const told = usage === undefined ? { input_tokens: 11, output_tokens: 7 } : usage;
  return [
    {
      type: "message_start",
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: claimed ?? "told-model",
        content: [],
        stop_reason: null,
        ...(told === null ? {} : { usage: told }),
      },
    },
    { type: "ping" },
    ...blocks.flat(),
    {
      type: "message_delta",
      delta: { stop_reason: stop ?? (calls.length > 0 ? "tool_use" : "end_turn"), stop_sequence: null },
      ...(told === null ? {} : { usage: told }),
    },
    { type: "message_stop" },
  ].map((one) => event(one as Json));
}

function responsesEvents({ text, calls = [], stop, usage, claimed }: Saying): string[] {
  const output: Json[] = [
    ...(text === undefined ? [] : [{
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text, annotations: [] }],
    }]),
    ...calls.map((call) => ({
      type: "function_call",
      id: `fc_${call.id}`,
      call_id: call.id,
      name: call.tool,
      arguments: call.args,
      status: "completed",
    })),
  ];
  const told = usage === undefined ? { input_tokens: 11, output_tokens: 7, total_tokens: 18 } : usage;
  const incomplete = stop !== undefined && stop !== "completed";
  const final: Json = {
    id: "resp_1",
    object: "response",
    model: claimed ?? "told-model",
    status: incomplete ? "incomplete" : "completed",
    incomplete_details: incomplete ? { reason: stop } : null,
    error: null,
    output,
    ...(told === null ? {} : { usage: told }),
  };
  return [
    event({
      type: "response.created",
      response: { id: "resp_1", object: "response", status: "in_progress", output: [] },
    }),
    ...(text === undefined
      ? []
      : halves(text).map((delta) => event({ type: "response.output_text.delta", output_index: 0, delta }))),
    ...output.map((item, output_index) => event({ type: "response.output_item.done", output_index, item })),
    event({ type: incomplete ? "response.incomplete" : "response.completed", response: final }),
  ];
}

function chatEvents({ text, calls = [], stop, usage, claimed }: Saying): string[] {
  const chunk = (choice: Json | null, more: { [key: string]: Json } = {}): string =>
    `data: ${
      JSON.stringify({
        id: "chatcmpl_1",
        object: "chat.completion.chunk",
        model: claimed ?? "told-model",
        choices: choice === null ? [] : [choice],
        ...more,
      })
    }\n\n`;
  const told = usage === undefined ? { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } : usage;
  return [
    chunk({ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }),
    ...(text === undefined
      ? []
      : halves(text).map((content) => chunk({ index: 0, delta: { content }, finish_reason: null }))),
    ...calls.flatMap((call, index) => {
      const [first = "", second] = halves(call.args);
      return [
        chunk({
          index: 0,
          delta: {
            tool_calls: [{
              index,
              id: call.id,
              type: "function",
              function: { name: call.tool, arguments: first },
            }],
          },
          finish_reason: null,
        }),
        ...(second === undefined ? [] : [
          chunk({
            index: 0,
            delta: { tool_calls: [{ index, function: { arguments: second } }] },
            finish_reason: null,
          }),
        ]),
      ];
    }),
    chunk({ index: 0, delta: {}, finish_reason: stop ?? (calls.length > 0 ? "tool_calls" : "stop") }),
    ...(told === null ? [] : [chunk(null, { usage: told })]),
    "data: [DONE]\n\n",
  ];
}

export const DIALECTS: readonly Dialect[] = [
  {
    wire: "anthropic-messages",
    provider: "anthropic",
    path: "/v1/messages",
    env: (url, key) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key }),
    events: anthropicEvents,
    truncated: { text: "half an ans", stop: "max_tokens" },
    refused: { text: "I will not", stop: "refusal" },
  },
  {
    wire: "openai-responses",
    provider: "openai",
    path: "/v1/responses",
    env: (url, key) => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: key }),
    events: responsesEvents,
    truncated: { text: "half an ans", stop: "max_output_tokens" },
    refused: { text: "I will not", stop: "content_filter" },
  },
  {
    wire: "openai-chat",
    provider: "google",
    path: "/v1/chat/completions",
    env: (url, key) => ({ GEMINI_BASE_URL: `${url}/v1`, GEMINI_API_KEY: key }),
    events: chatEvents,
    truncated: { text: "half an ans", stop: "length" },
    refused: { text: "I will not", stop: "content_filter" },
  },
];

/** An entry of the registry for a dialect; its prices are of no interest here. */
export function entryOf(
  dialect: Pick<Dialect, "wire" | "provider">,
  more: Partial<ModelEntry> = {},
): ModelEntry {
  return {
    id: "asked-model",
    aliases: [],
    provider: dialect.provider,
    family: "test",
    wire: dialect.wire,
    status: "active",
    contextTokens: 200_000,
    maxOutputTokens: 8_000,
    efforts: ["low", "medium", "high"],
    structuredOutput: "json-schema",
    tools: "parallel",
    locality: "hosted",
    openWeights: false,
    tokenFactor: 1,
    fit: {},
    prices: [],
    ...more,
  };
}
