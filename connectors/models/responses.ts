/** OpenAI Responses, spoken by the official SDK; nothing is stored at the provider, always as a stream. */
import type OpenAI from "openai";
import type { Json } from "../../specs/mod.ts";
import { complaintOf, fields } from "./envelope.ts";
import { complained } from "./exchange.ts";
import type { ModelMessage } from "./port.ts";
import { openaiClient } from "./openai_client.ts";
import { outputMeans } from "./structured.ts";
import { CallTrouble } from "./trouble.ts";
import { openaiUsage } from "./usage.ts";
import {
  effortOf,
  type Heard,
  type HeardCall,
  listen,
  openOpaque,
  portableId,
  sealOpaque,
  type WireCall,
} from "./wire.ts";

type Item = { [key: string]: Json };

/** The API refuses less. */
const LEAST_TOKENS = 16;

export async function askResponses(call: WireCall): Promise<Heard> {
  const { request } = call;
  const means = outputMeans(request, "required");
  const exchange = call.open();
  const client = await openaiClient(call, exchange);
  const tools: Item[] = (request.tools ?? []).map((tool) =>
    functionTool(tool.name, tool.description, tool.schema)
  );
  if (means?.means === "tool") {
    tools.push(
      functionTool(means.name, "Gives the answer. Call it once, with the whole answer.", means.schema),
    );
  }
  const instructions = means?.means === "words"
    ? `${request.system}\n\n${means.instruction}`.trim()
    : request.system;
  const effort = effortOf(request);
  const body = {
    model: request.entry.id,
    ...(instructions === "" ? {} : { instructions }),
    input: request.messages.flatMap((message) => itemsOf(call, message)),
    max_output_tokens: Math.max(LEAST_TOKENS, request.maxOutputTokens),
    store: false,
    stream: true,
    // Without a store, reasoning comes back to the model only if it is sent again, encrypted.
    ...(request.entry.efforts.length === 0 ? {} : { include: ["reasoning.encrypted_content"] }),
    ...(effort === undefined ? {} : { reasoning: { effort } }),
    ...(tools.length === 0 ? {} : { tools, parallel_tool_calls: request.entry.tools === "parallel" }),
    ...(means?.means === "tool"
      ? { tool_choice: tools.length === 1 ? { type: "function", name: means.name } : "required" }
      : {}),
    ...(means?.means === "schema"
      ? {
        text: {
          format: { type: "json_schema", name: means.name, schema: means.shaped.schema, strict: true },
        },
      }
      : {}),
  };
  const heard = response(call);
  // The SDK's types name every item there is; ours are made here, and the wire test checks them.
  const params = body as unknown as OpenAI.Responses.ResponseCreateParamsStreaming;
  await listen(
    call,
    exchange,
    () => client.responses.create(params, { signal: call.signal }) as PromiseLike<AsyncIterable<unknown>>,
    heard.hear,
    heard.read,
  );
  const told = heard.end();
  const { text, refusal, calls } = partsOf(told.output);
  return {
    text,
    calls,
    stop: stopOf(call, told, refusal, calls),
    usage: openaiUsage(told.final.usage),
    claimed: typeof told.final.model === "string" ? told.final.model : null,
    requestId: exchange.requestId() ?? (typeof told.final.id === "string" ? told.final.id : null),
    opaque: sealOpaque(call, told.output.map(withoutStatus)),
    ...(means?.means === "schema" ? { restore: means.shaped.restore } : {}),
    ...(means?.means === "tool" ? { answerTool: means.name } : {}),
    recording: exchange.recording(),
    sentBytes: exchange.sentBytes(),
    heardBytes: exchange.heardBytes(),
  };
}

/** Not strict: what a tool may be given is checked by whoever runs it, and strict schemas have no optional fields. */
function functionTool(name: string, description: string, parameters: Json): Item {
  return { type: "function", name, description, parameters, strict: false };
}

function itemsOf(call: WireCall, message: ModelMessage): Json[] {
  switch (message.role) {
    case "user":
      return message.text === "" ? [] : [{ role: "user", content: message.text }];
    case "tool":
      return [{
        type: "function_call_output",
        call_id: portableId(message.call),
        output: message.failed === true ? `Failed: ${message.text}` : message.text,
      }];
    case "assistant": {
      const again = openOpaque(call, message.opaque);
      if (Array.isArray(again)) return again;
      return [
        ...(message.text.trim() === "" ? [] : [{ role: "assistant", content: message.text }]),
        ...(message.calls ?? []).map((one) => ({
          type: "function_call",
          call_id: portableId(one.id),
          name: one.tool,
          arguments: one.raw ?? JSON.stringify(one.args ?? {}),
        })),
      ];
    }
  }
}

/** An item goes back without where it stood: nothing of it is stored there. */
function withoutStatus(item: Item): Json {
  const { status: _status, id, ...rest } = item;
  return {
    ...rest,
    // Reasoning is known by its id also where nothing is stored.
    ...(item.type === "reasoning" && id !== undefined ? { id } : {}),
    ...(typeof rest.call_id === "string" ? { call_id: portableId(rest.call_id) } : {}),
  };
}

interface Told {
  readonly output: Item[];
  readonly final: Item;
}

/** Puts the events of one response together. */
function response(call: WireCall) {
  const items = new Map<number, Item>();
  let final: Item | undefined;
  const finish = (one: ReturnType<typeof fields>) => {
    if (one === undefined) throw new CallTrouble("bad-output", "the answer ends without a response");
    final = { ...one } as Item;
  };
  return {
    hear(event: unknown): "more" | "complete" {
      const one = fields(event);
      switch (one?.type) {
        case "response.output_text.delta":
          if (typeof one.delta === "string") call.say(one.delta);
          return "more";
        case "response.output_item.done": {
          const item = fields(one.item);
          if (item !== undefined) {
            items.set(
              typeof one.output_index === "number" ? one.output_index : items.size,
              { ...item } as Item,
            );
          }
          return "more";
        }
        case "response.completed":
        case "response.incomplete":
        case "response.failed":
        case "response.cancelled":
          finish(fields(one.response));
          return "complete";
        case "error":
          throw complained(undefined, complaintOf(event), undefined, call);
        // Beginnings, parts and events to come: all that counts comes again in `done` and at the end.
        default:
          return "more";
      }
    },
    read(whole: Json): void {
      const one = fields(whole);
      if (one?.object !== "response") {
        throw new CallTrouble("bad-output", "the answer is a JSON document, and no response");
      }
      finish(one);
    },
    end(): Told {
      if (final === undefined) {
        throw new CallTrouble("cut-stream", "the answer ended without its last event: it was cut off");
      }
      const listed = Array.isArray(final.output)
        ? final.output.map(fields).filter((one) => one !== undefined) as Item[]
        : [];
      const heard = [...items].sort(([a], [b]) => a - b).map(([, item]) => item);
      return { output: listed.length > 0 ? listed : heard, final };
    },
  };
}

function partsOf(output: readonly Item[]): { text: string; refusal: string | undefined; calls: HeardCall[] } {
  let text = "";
  let refusal: string | undefined;
  const calls: HeardCall[] = [];
  for (const item of output) {
    if (item.type === "message" && Array.isArray(item.content)) {
      for (const one of item.content) {
        const part = fields(one);
        if (part?.type === "output_text" && typeof part.text === "string") text += part.text;
        if (part?.type === "refusal") {
          refusal = `${refusal ?? ""}${typeof part.refusal === "string" ? part.refusal : ""}`;
        }
      }
    }
    if (item.type === "function_call") {
      const { call_id, id, name } = item;
      calls.push({
        id: typeof call_id === "string" ? call_id : typeof id === "string" ? id : `call_${calls.length}`,
        tool: typeof name === "string" ? name : "",
        args: typeof item.arguments === "string" ? item.arguments : { value: item.arguments ?? {} },
      });
    }
  }
  return { text, refusal, calls };
}

function stopOf(
  call: WireCall,
  { final }: Told,
  refusal: string | undefined,
  calls: readonly HeardCall[],
): Heard["stop"] {
  switch (final.status) {
    case "completed":
      if (refusal !== undefined) {
        return { trouble: "refusal", why: `the model refused: ${call.quote(refusal)}` };
      }
      return calls.length > 0 ? "tools" : "end";
    case "incomplete": {
      const reason = fields(final.incomplete_details)?.reason;
      if (reason === "max_output_tokens") {
        return { trouble: "truncated", why: "the answer reached the most output tokens (max_output_tokens)" };
      }
      if (reason === "content_filter") {
        return { trouble: "refusal", why: "the provider's content filter ended the answer" };
      }
      return {
        trouble: "truncated",
        why: `the answer is incomplete (${call.quote(String(reason ?? "no reason told"), 60)})`,
      };
    }
    case "failed": {
      const { trouble, message } = complained(
        undefined,
        complaintOf({ error: final.error ?? {} }),
        undefined,
        call,
      );
      return { trouble, why: message };
    }
    case "cancelled":
      return { trouble: "server", why: "the provider cancelled the answer" };
    default:
      return {
        trouble: "bad-output",
        why: `the answer has a status that is not known: ${call.quote(String(final.status), 60)}`,
      };
  }
}
