/** A request as Chat Completions takes it: only fields that the compatible endpoints know. */
import type { Json } from "../../specs/mod.ts";
import { objectArgs } from "./anthropic_body.ts";
import { fields } from "./envelope.ts";
import type { ModelMessage } from "./port.ts";
import { type OutputMeans, outputMeans } from "./structured.ts";
import { effortOf, openOpaque, portableId, type WireCall } from "./wire.ts";

type Item = { [key: string]: Json };

export function chatBody(call: WireCall): { body: Item; means: OutputMeans | undefined } {
  const { request } = call;
  const means = outputMeans(request, "required");
  const tools: Item[] = (request.tools ?? []).map((tool) =>
    functionTool(tool.name, tool.description, tool.schema)
  );
  if (means?.means === "tool") {
    tools.push(
      functionTool(means.name, "Gives the answer. Call it once, with the whole answer.", means.schema),
    );
  }
  const system = means?.means === "words"
    ? `${request.system}\n\n${means.instruction}`.trim()
    : request.system;
  const effort = effortOf(request);
  const body: Item = {
    model: request.entry.id,
    messages: [
      ...(system === "" ? [] : [{ role: "system", content: system }]),
      ...request.messages.flatMap((message) => messagesOf(call, message)),
    ],
    [call.maxTokensField]: request.maxOutputTokens,
    stream: true,
    stream_options: { include_usage: true },
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(tools.length === 0 ? {} : { tools }),
    // Said only where it must not be: many endpoints do not know the field.
    ...(tools.length > 0 && request.entry.tools === "single" ? { parallel_tool_calls: false } : {}),
    ...(means?.means === "tool"
      ? {
        tool_choice: tools.length === 1 ? { type: "function", function: { name: means.name } } : "required",
      }
      : {}),
    ...(means?.means === "schema"
      ? {
        response_format: {
          type: "json_schema",
          json_schema: { name: means.name, schema: means.shaped.schema, strict: true },
        },
      }
      : {}),
  };
  return { body, means };
}

function functionTool(name: string, description: string, parameters: Json): Item {
  return { type: "function", function: { name, description, parameters } };
}

function messagesOf(call: WireCall, message: ModelMessage): Item[] {
  switch (message.role) {
    case "user":
      return message.text === "" ? [] : [{ role: "user", content: message.text }];
    case "tool":
      return [{
        role: "tool",
        tool_call_id: portableId(message.call),
        content: message.failed === true ? `Failed: ${message.text}` : message.text,
      }];
    case "assistant": {
      const again = fields(openOpaque(call, message.opaque));
      const extra = fields(again?.extra_content);
      const calls = (message.calls ?? []).map((one): Item => {
        const id = portableId(one.id);
        return {
          id,
          type: "function",
          // Endpoints parse the history, too: arguments that are no JSON would end the conversation.
          function: { name: one.tool, arguments: JSON.stringify(objectArgs(one)) },
          ...(extra?.[id] === undefined ? {} : { extra_content: extra[id] }),
        };
      });
      if (message.text === "" && calls.length === 0) return [];
      return [{
        role: "assistant",
        content: message.text === "" ? null : message.text,
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
        ...(again?.reasoning_content === undefined ? {} : { reasoning_content: again.reasoning_content }),
        ...(again?.reasoning_details === undefined ? {} : { reasoning_details: again.reasoning_details }),
      }];
    }
  }
}
