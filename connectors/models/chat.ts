/** OpenAI Chat Completions for the many endpoints that are compatible with it, each in its own way. */
import type OpenAI from "openai";
import type { Json, ModelTrouble } from "../../specs/mod.ts";
import { chatBody } from "./chat_body.ts";
import { complaintOf, fields } from "./envelope.ts";
import { complained } from "./exchange.ts";
import { openaiClient } from "./openai_client.ts";
import { CallTrouble } from "./trouble.ts";
import { openaiUsage } from "./usage.ts";
import { type Heard, type HeardCall, listen, portableId, sealOpaque, type WireCall } from "./wire.ts";

type Fields = NonNullable<ReturnType<typeof fields>>;

export async function askChat(call: WireCall): Promise<Heard> {
  const { body, means } = chatBody(call);
  const exchange = call.open();
  const client = await openaiClient(call, exchange);
  const heard = completion(call);
  // The SDK's types know OpenAI's own fields alone; ours are made above, and the wire test checks them.
  const params = body as unknown as OpenAI.Chat.ChatCompletionCreateParamsStreaming;
  await listen(
    call,
    exchange,
    () =>
      client.chat.completions.create(params, { signal: call.signal }) as PromiseLike<AsyncIterable<unknown>>,
    heard.hear,
    heard.read,
  );
  const told = heard.end();
  return {
    text: told.text,
    calls: told.calls,
    stop: stopOf(call, told),
    usage: openaiUsage(told.usage),
    claimed: told.model,
    requestId: exchange.requestId() ?? told.id,
    ...(told.again === undefined ? {} : { opaque: sealOpaque(call, told.again) }),
    ...(means?.means === "schema" ? { restore: means.shaped.restore } : {}),
    ...(means?.means === "tool" ? { answerTool: means.name } : {}),
    recording: exchange.recording(),
    sentBytes: exchange.sentBytes(),
    heardBytes: exchange.heardBytes(),
  };
}

interface Told {
  readonly text: string;
  readonly refusal: string;
  readonly calls: readonly HeardCall[];
  readonly reason: string;
  readonly usage: unknown;
  readonly model: string | null;
  readonly id: string | null;
  /** Thoughts and signatures that some endpoints want to see again. */
  readonly again: Json | undefined;
}

interface OpenCall {
  id: string;
  tool: string;
  args: string;
  value?: Json;
  extra?: Json;
}

/** Puts the chunks of one completion together. */
function completion(call: WireCall) {
  const calls: OpenCall[] = [];
  const places = new Map<number, OpenCall>();
  const details: Json[] = [];
  let [text, refusal, thoughts] = ["", "", ""];
  let model: string | null = null;
  let id: string | null = null;
  let reason: string | null = null;
  let usage: unknown;

  /** By index where there is one; some endpoints leave it out, or give every call index 0 and an id of its own. */
  function callOf(part: Fields): OpenCall {
    const partId = typeof part.id === "string" ? part.id : "";
    const known = typeof part.index === "number"
      ? places.get(part.index)
      : partId === ""
      ? calls.at(-1)
      : calls.find((one) => one.id === partId);
    const name = fields(part.function)?.name;
    const isOther = known !== undefined && (partId !== "" && known.id !== "" && partId !== known.id ||
      typeof part.index !== "number" && partId === "" && typeof name === "string" && name !== "");
    if (known !== undefined && !isOther) return known;
    const fresh: OpenCall = { id: partId, tool: "", args: "" };
    calls.push(fresh);
    if (typeof part.index === "number") places.set(part.index, fresh);
    return fresh;
  }

  function takePart(value: Json): void {
    const part = fields(value);
    if (part === undefined) return;
    const one = callOf(part);
    const { name, arguments: args } = fields(part.function) ?? {};
    if (one.id === "" && typeof part.id === "string") one.id = part.id;
    if (typeof name === "string" && one.tool === "") one.tool = name;
    if (typeof args === "string") one.args += args;
    else if (args !== undefined && args !== null) one.value = args;
    if (part.extra_content !== undefined) one.extra = part.extra_content;
  }

  function take(message: Fields): void {
    if (typeof message.content === "string" && message.content !== "") {
      text += message.content;
      call.say(message.content);
    } else if (Array.isArray(message.content)) {
      for (const one of message.content) {
        const part = fields(one);
        if (part?.type === "text" && typeof part.text === "string") {
          text += part.text;
          call.say(part.text);
        }
      }
    }
    if (typeof message.refusal === "string") refusal += message.refusal;
    if (typeof message.reasoning_content === "string") thoughts += message.reasoning_content;
    if (Array.isArray(message.reasoning_details)) details.push(...message.reasoning_details);
    if (Array.isArray(message.tool_calls)) message.tool_calls.forEach(takePart);
  }

  function chunk(value: unknown): void {
    const one = fields(value);
    if (one === undefined) throw new CallTrouble("cut-stream", "a part of the answer is no object");
    if (one.error !== undefined && one.error !== null) {
      throw complained(undefined, complaintOf(one), undefined, call);
    }
    if (typeof one.model === "string" && one.model !== "") model = one.model;
    if (typeof one.id === "string" && one.id !== "") id = one.id;
    if (fields(one.usage) !== undefined) usage = one.usage;
    const choice = Array.isArray(one.choices) ? fields(one.choices[0]) : undefined;
    if (choice === undefined) return;
    if (choice.error !== undefined && choice.error !== null) {
      throw complained(undefined, complaintOf(choice), undefined, call);
    }
    const message = fields(choice.delta) ?? fields(choice.message);
    if (message !== undefined) take(message);
    if (typeof choice.finish_reason === "string" && choice.finish_reason !== "") {
      reason = choice.finish_reason;
    }
  }

  return {
    hear(event: unknown): "more" {
      chunk(event);
      return "more";
    },
    read(whole: Json): void {
      if (!Array.isArray(fields(whole)?.choices)) {
        throw new CallTrouble("bad-output", "the answer is a JSON document, and no chat completion");
      }
      chunk(whole);
    },
    end(): Told {
      if (reason === null) {
        throw new CallTrouble("cut-stream", "the answer ended without a finish_reason: it was cut off");
      }
      const named = calls.map((one, at) => ({
        ...one,
        id: one.id === "" ? `call_${id ?? "x"}_${at}` : one.id,
      }));
      const extra = named.flatMap((one) =>
        one.extra === undefined ? [] : [[portableId(one.id), one.extra] as const]
      );
      const again: { [key: string]: Json } = {
        ...(thoughts === "" ? {} : { reasoning_content: thoughts }),
        ...(details.length === 0 ? {} : { reasoning_details: details }),
        ...(extra.length === 0 ? {} : { extra_content: Object.fromEntries(extra) }),
      };
      return {
        text,
        refusal,
        calls: named.map((one) => ({
          id: one.id,
          tool: one.tool,
          args: one.value === undefined ? one.args : { value: one.value },
        })),
        reason,
        usage,
        model,
        id,
        again: Object.keys(again).length === 0 ? undefined : again,
      };
    },
  };
}

/** What compatible endpoints say, in lower case. What is not here is not taken for an answer. */
const REASONS: Readonly<Record<string, "end" | "tools" | ModelTrouble>> = {
  stop: "end",
  end_turn: "end",
  stop_sequence: "end",
  eos: "end",
  eos_token: "end",
  tool_calls: "tools",
  tool_call: "tools",
  tool_use: "tools",
  function_call: "tools",
  length: "truncated",
  max_tokens: "truncated",
  max_output_tokens: "truncated",
  model_length: "context-window",
  model_context_window_exceeded: "context-window",
  content_filter: "refusal",
  content_filtered: "refusal",
  refusal: "refusal",
  safety: "refusal",
  recitation: "refusal",
  prohibited_content: "refusal",
  blocklist: "refusal",
  spii: "refusal",
  sensitive: "refusal",
  malformed_function_call: "bad-output",
  insufficient_system_resource: "overloaded",
  error: "server",
  network_error: "server",
  abort: "server",
};

function stopOf(call: WireCall, told: Told): Heard["stop"] {
  // Google writes `content_filter: SAFETY` and the like.
  const reason = told.reason.toLowerCase().split(/[:\s]/)[0] ?? "";
  const known = Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined;
  if (known === undefined) {
    return {
      trouble: "bad-output",
      why: `the answer ended for a reason that is not known: ${call.quote(told.reason, 60)}`,
    };
  }
  if (known === "end" || known === "tools") {
    if (told.refusal !== "") {
      return { trouble: "refusal", why: `the model refused: ${call.quote(told.refusal)}` };
    }
    // Some say `stop` although they call tools, and the other way round.
    return told.calls.length > 0 ? "tools" : known;
  }
  return { trouble: known, why: `the answer ended with finish_reason ${call.quote(told.reason, 60)}` };
}
