/** A request as the Messages API takes it, with the places up to which the prompt is to be cached. */
import type { Json } from "../../specs/mod.ts";
import { fields } from "./envelope.ts";
import type { ModelMessage, ModelToolCall } from "./port.ts";
import { type OutputMeans, outputMeans } from "./structured.ts";
import { effortOf, openOpaque, portableId, type WireCall } from "./wire.ts";

type Block = { [key: string]: Json };
interface Turn {
  role: "user" | "assistant";
  content: Block[];
}

interface AnthropicBody {
  readonly [key: string]: unknown;
  readonly messages: readonly unknown[];
}

const CACHED: Json = { type: "ephemeral" };
/** The API takes four: one after the tools, one after the system text, the rest in the conversation. */
const BREAKPOINTS = 4;

export function anthropicBody(call: WireCall): { body: AnthropicBody; means: OutputMeans | undefined } {
  const { request } = call;
  const means = outputMeans(request, "kept");
  const tools: Block[] = (request.tools ?? []).map((tool) => ({
    name: tool.name,
    description: tool.description,
    input_schema: tool.schema,
  }));
  if (means?.means === "tool") {
    tools.push({
      name: means.name,
      description: "Gives the answer. Call it once, with the whole answer.",
      input_schema: means.schema,
    });
  }
  const system = means?.means === "words"
    ? `${request.system}\n\n${means.instruction}`.trim()
    : request.system;
  let left = BREAKPOINTS;
  const last = tools.at(-1);
  if (last !== undefined) {
    last.cache_control = CACHED;
    left--;
  }
  const instructions: Block[] = system === "" ? [] : [{ type: "text", text: system, cache_control: CACHED }];
  left -= instructions.length;
  const effort = effortOf(request);
  const config = {
    ...(effort === undefined ? {} : { effort }),
    ...(means?.means === "schema" ? { format: { type: "json_schema", schema: means.shaped.schema } } : {}),
  };
  const body = {
    model: request.entry.id,
    max_tokens: request.maxOutputTokens,
    ...(instructions.length === 0 ? {} : { system: instructions }),
    messages: turnsOf(call, left),
    ...(tools.length === 0 ? {} : { tools }),
    ...toolChoice(call, means, tools.length),
    ...(Object.keys(config).length === 0 ? {} : { output_config: config }),
  };
  return { body, means };
}

function toolChoice(call: WireCall, means: OutputMeans | undefined, count: number): Block {
  const single: Block = call.request.entry.tools === "single" ? { disable_parallel_tool_use: true } : {};
  // With other tools beside it the model may look around first; one of them it has to call.
  if (means?.means === "tool") {
    return {
      tool_choice: count === 1 ? { type: "tool", name: means.name, ...single } : { type: "any", ...single },
    };
  }
  return count > 0 && Object.keys(single).length > 0 ? { tool_choice: { type: "auto", ...single } } : {};
}

function turnsOf(call: WireCall, breakpoints: number): Turn[] {
  const turns: Turn[] = [];
  const marks: Block[] = [];
  const add = (role: Turn["role"], blocks: readonly Block[]) => {
    const open = turns.at(-1);
    if (open?.role === role) open.content.push(...blocks);
    else if (blocks.length > 0) turns.push({ role, content: [...blocks] });
  };
  call.request.messages.forEach((message, at, all) => {
    const blocks = blocksOf(call, message);
    add(message.role === "assistant" ? "assistant" : "user", blocks);
    const end = blocks.at(-1);
    // A loop of tools goes on from its last result: what is cached now is read in the next round.
    const isOpenEnd = message.role === "tool" && at === all.length - 1;
    if (end !== undefined && (message.role !== "assistant" && message.cache === true || isOpenEnd)) {
      marks.push(end);
    }
  });
  for (const one of marks.slice(-breakpoints)) one.cache_control = CACHED;
  // Results stand before text in their turn.
  for (const turn of turns) {
    if (turn.role === "user") {
      turn.content.sort((a, b) => Number(b.type === "tool_result") - Number(a.type === "tool_result"));
    }
  }
  return turns;
}

function blocksOf(call: WireCall, message: ModelMessage): Block[] {
  switch (message.role) {
    case "user":
      return message.text === "" ? [] : [{ type: "text", text: message.text }];
    case "tool":
      return [{
        type: "tool_result",
        tool_use_id: portableId(message.call),
        content: message.text === "" ? "(no output)" : message.text,
        ...(message.failed === true ? { is_error: true } : {}),
      }];
    case "assistant": {
      const again = openOpaque(call, message.opaque);
      if (Array.isArray(again)) {
        return again.map(fields).filter((one) => one !== undefined).map((one) => readmitted(one as Block))
          .filter((one) => one.type !== "text" || one.text !== "");
      }
      return [
        ...(message.text.trim() === "" ? [] : [{ type: "text", text: message.text }]),
        ...(message.calls ?? []).map((one) => ({
          type: "tool_use",
          id: portableId(one.id),
          name: one.tool,
          input: objectArgs(one),
        })),
      ];
    }
  }
}

/** Thinking and its signature go back as they came; a tool's input must be an object. */
function readmitted(block: Block): Block {
  if (block.type !== "tool_use") return block;
  return {
    ...block,
    id: portableId(String(block.id)),
    input: fields(block.input) === undefined ? {} : block.input ?? {},
  };
}

export function objectArgs(call: ModelToolCall): Json {
  return typeof call.args === "object" && call.args !== null && !Array.isArray(call.args) ? call.args : {};
}
