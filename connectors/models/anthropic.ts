/** Anthropic Messages, spoken by the official SDK; always as a stream. */
import type Anthropic from "@anthropic-ai/sdk";
import type { Json } from "../../specs/mod.ts";
import { anthropicBody } from "./anthropic_body.ts";
import { complaintOf, fields } from "./envelope.ts";
import { complained } from "./exchange.ts";
import { CallTrouble } from "./trouble.ts";
import { addUsage, anthropicUsage, NOTHING_USED } from "./usage.ts";
import { type Heard, type HeardCall, listen, sealOpaque, type WireCall } from "./wire.ts";

type Events = PromiseLike<AsyncIterable<unknown>>;

/** Server tools are never offered, so pauses are rare; each continuation is paid again. */
const CONTINUATIONS = 2;

export async function askAnthropic(call: WireCall): Promise<Heard> {
  const { default: Client } = await import("@anthropic-ai/sdk");
  const { body, means } = anthropicBody(call);
  const most = call.request.continuations ?? CONTINUATIONS;
  const before: Json[] = [];
  let usage = NOTHING_USED;
  let usageTold = true;
  let sentBytes = 0;
  let heardBytes = 0;
  for (let turn = 0;; turn++) {
    const heard = message(call);
    const exchange = call.open();
    const client = new Client({
      apiKey: call.token,
      baseURL: call.baseUrl,
      fetch: exchange.fetch,
      maxRetries: 0,
      timeout: 2 ** 31 - 1,
      logLevel: "off",
      webhookKey: null,
      openTelemetry: false,
    });
    const messages = before.length === 0
      ? body.messages
      : [...body.messages, { role: "assistant", content: before }];
    // The SDK's types name every block there is; ours are made above, and the wire test checks them.
    const params = { ...body, messages, stream: true } as unknown as Anthropic.MessageCreateParamsStreaming;
    await listen(
      call,
      exchange,
      () => client.messages.create(params, { signal: call.signal }) as Events,
      heard.hear,
      heard.read,
    );
    sentBytes += exchange.sentBytes();
    heardBytes += exchange.heardBytes();
    const told = heard.end();
    if (told.usage === null) usageTold = false;
    else usage = addUsage(usage, told.usage);
    before.push(...told.blocks);
    if (told.reason === "pause_turn" && turn < most) continue;
    const { text, calls } = partsOf(before);
    return {
      text,
      calls,
      stop: stopOf(told, turn),
      usage: usageTold ? usage : null,
      claimed: told.model,
      requestId: exchange.requestId() ?? told.id,
      opaque: sealOpaque(call, before),
      ...(means?.means === "schema" ? { restore: means.shaped.restore } : {}),
      ...(means?.means === "tool" ? { answerTool: means.name } : {}),
      recording: exchange.recording(),
      sentBytes,
      heardBytes,
    };
  }
}

interface Told {
  readonly blocks: Json[];
  readonly reason: string;
  readonly why: string;
  readonly usage: ReturnType<typeof anthropicUsage>;
  readonly model: string | null;
  readonly id: string | null;
}

type Block = { [key: string]: Json };

/** Puts the events of one message together. */
function message(call: WireCall) {
  const blocks = new Map<number, { block: Block; input: string }>();
  const usages: unknown[] = [];
  let model: string | null = null;
  let id: string | null = null;
  let reason: string | null = null;
  let why = "";
  const stopped = (delta: ReturnType<typeof fields>) => {
    if (typeof delta?.stop_reason !== "string") return;
    reason = delta.stop_reason;
    const { category, explanation } = fields(delta.stop_details) ?? {};
    why = call.quote([category, explanation].filter((one) => typeof one === "string").join(": "));
  };
  const begin = (message: ReturnType<typeof fields>) => {
    if (typeof message?.model === "string") model = message.model;
    if (typeof message?.id === "string") id = message.id;
    usages.push(message?.usage);
    stopped(message);
  };
  return {
    hear(event: unknown): "more" | "complete" {
      const one = fields(event);
      switch (one?.type) {
        case "message_start":
          begin(fields(one.message));
          return "more";
        case "content_block_start": {
          const block = fields(one.content_block);
          if (typeof one.index === "number" && block !== undefined) {
            blocks.set(one.index, { block: { ...block } as Block, input: "" });
            if (typeof block.text === "string" && block.text !== "") call.say(block.text);
          }
          return "more";
        }
        case "content_block_delta": {
          const into = typeof one.index === "number" ? blocks.get(one.index) : undefined;
          const delta = fields(one.delta);
          if (into === undefined || delta === undefined) {
            throw new CallTrouble("cut-stream", "a part of the answer came without its beginning");
          }
          append(into, delta, call);
          return "more";
        }
        case "message_delta":
          usages.push(one.usage);
          stopped(fields(one.delta));
          return "more";
        case "message_stop":
          return "complete";
        case "error": {
          const complaint = complaintOf(event);
          throw complained(undefined, complaint, undefined, call);
        }
        // `ping`, `content_block_stop`, and events to come: they change nothing.
        default:
          return "more";
      }
    },
    read(whole: Json): void {
      const one = fields(whole);
      if (one?.type !== "message" || !Array.isArray(one.content)) {
        throw new CallTrouble("bad-output", "the answer is a JSON document, and no message");
      }
      begin(one);
      one.content.forEach((block, index) => {
        const known = fields(block);
        if (known !== undefined) blocks.set(index, { block: { ...known } as Block, input: "" });
        if (typeof known?.text === "string") call.say(known.text);
      });
    },
    end(): Told {
      const list = [...blocks].sort(([a], [b]) => a - b).map(([, { block, input }]) =>
        finished(block, input)
      );
      if (reason === null) {
        throw new CallTrouble("cut-stream", "the answer ended without saying why: it was cut off");
      }
      return { blocks: list, reason, why, usage: anthropicUsage(usages), model, id };
    },
  };
}

function append(
  into: { block: Block; input: string },
  delta: NonNullable<ReturnType<typeof fields>>,
  call: WireCall,
): void {
  const { block } = into;
  const joined = (name: string, more: Json | undefined) => {
    if (typeof more === "string") {
      block[name] = `${typeof block[name] === "string" ? block[name] : ""}${more}`;
    }
  };
  switch (delta.type) {
    case "text_delta":
      joined("text", delta.text);
      if (typeof delta.text === "string") call.say(delta.text);
      return;
    case "input_json_delta":
      if (typeof delta.partial_json === "string") into.input += delta.partial_json;
      return;
    case "thinking_delta":
      return joined("thinking", delta.thinking);
    case "signature_delta":
      return joined("signature", delta.signature);
      // Citations and deltas to come are no part of what is used here.
  }
}

/** A tool's input is text until its block ends; text that is no JSON is kept as text, and marked so by its type. */
function finished(block: Block, input: string): Json {
  if (block.type !== "tool_use" || input === "") return block;
  try {
    return { ...block, input: JSON.parse(input) as Json };
  } catch {
    return { ...block, input };
  }
}

function partsOf(blocks: readonly Json[]): { text: string; calls: HeardCall[] } {
  let text = "";
  const calls: HeardCall[] = [];
  for (const one of blocks) {
    const block = fields(one);
    if (block?.type === "text" && typeof block.text === "string") text += block.text;
    if (block?.type === "tool_use") {
      const { id, name, input } = block;
      calls.push({
        id: typeof id === "string" ? id : `call_${calls.length}`,
        tool: typeof name === "string" ? name : "",
        args: typeof input === "string" ? input : { value: input ?? {} },
      });
    }
  }
  return { text, calls };
}

function stopOf(told: Told, turn: number): Heard["stop"] {
  switch (told.reason) {
    case "end_turn":
    case "stop_sequence":
      return "end";
    case "tool_use":
      return "tools";
    case "max_tokens":
      return { trouble: "truncated", why: "the answer reached the most output tokens (max_tokens)" };
    case "model_context_window_exceeded":
      return { trouble: "context-window", why: "the answer reached the end of the model's context window" };
    case "refusal":
      return { trouble: "refusal", why: `the model refused${told.why === "" ? "" : ` (${told.why})`}` };
    case "pause_turn":
      return { trouble: "truncated", why: `the provider paused the turn ${turn + 1} times (pause_turn)` };
    default:
      return {
        trouble: "bad-output",
        why: `the answer ended for a reason that is not known: ${told.reason.slice(0, 60)}`,
      };
  }
}
