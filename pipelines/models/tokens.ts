/** How many tokens a prompt can have, before anybody counts them. */
import type { ModelMessage, ModelTool } from "../../connectors/mod.ts";
import { digestOf, type Json, type ModelUsage } from "../../specs/mod.ts";

export interface Prompt {
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly ModelTool[];
  readonly output?: { readonly name: string; readonly schema: Json };
}

export interface PromptSize {
  /** As a tokenizer would probably count: for what fits into a window. */
  readonly likely: number;
  /** No tokenizer counts more: for what is reserved. */
  readonly bound: number;
}

/** Bytes for a token of source code and English, on the low side. */
const BYTES_PER_TOKEN = 3;
/** What wires put around each part: roles, ids, separators. */
const PER_MESSAGE = 16;
const PER_TOOL = 32;
/** The instructions that a provider adds for tools or for an answer by a schema. */
const FOR_TOOLS = 1_000;
const BASE = 64;

const encoder = new TextEncoder();
const bytes = (text: string): number => encoder.encode(text).length;

/**
 * Size of a prompt in tokens of a plain tokenizer. The tokenizers of language models split bytes: none makes two tokens of one, so
 * the count of bytes (with what goes around) is a bound whatever the text holds, such as a hostile repository's.
 */
export function promptSize(prompt: Prompt): PromptSize {
  const parts = [head(prompt), ...prompt.messages.map(messageBytes)];
  const around = overhead(prompt) + PER_MESSAGE * prompt.messages.length;
  const total = parts.reduce((sum, part) => sum + part, 0);
  return { likely: Math.ceil(total / BYTES_PER_TOKEN) + around, bound: total + around };
}

const head = ({ system, tools, output }: Prompt): number =>
  bytes(system) + (tools === undefined ? 0 : bytes(JSON.stringify(tools))) +
  // Once as a schema, and once more where it is told in words.
  (output === undefined ? 0 : 2 * bytes(JSON.stringify(output)));

const overhead = ({ tools, output }: Prompt): number =>
  BASE + (tools?.length || output ? FOR_TOOLS : 0) + PER_TOOL * (tools?.length ?? 0);

function messageBytes(message: ModelMessage): number {
  switch (message.role) {
    case "user":
    case "tool":
      return bytes(message.text) + (message.role === "tool" ? bytes(message.call) : 0);
    case "assistant":
      return bytes(message.text) +
        (message.calls === undefined ? 0 : bytes(JSON.stringify(message.calls))) +
        (message.opaque === undefined ? 0 : bytes(JSON.stringify(message.opaque)));
    default: {
      const never: never = message;
      throw new Error(`Cannot measure a message of another role: ${JSON.stringify(never)}`);
    }
  }
}

/** Sizes of a prompt, and for each model that knows its beginning a tighter bound. */
export interface CountedSize extends PromptSize {
  readonly counted: Readonly<Record<string, number>>;
}

/** What providers counted for the beginnings of conversations: makes the bound of a long loop tight. */
export interface CountedPrompts {
  size(prompt: Prompt): Promise<CountedSize>;
  /** Keeps what a provider counted for a prompt. */
  learn(model: string, prompt: Prompt, usage: ModelUsage): Promise<void>;
}

const KEPT = 500;
/** Wires may count the same beginning a little differently the next time. */
const SLACK = 1.01;

export function countedPrompts(): CountedPrompts {
  const known = new Map<string, Map<string, { prompt: number; output: number }>>();
  return {
    async size(prompt) {
      const whole = promptSize(prompt);
      const chain = known.size === 0 ? [] : await links(prompt);
      const counted: Record<string, number> = {};
      for (let length = chain.length - 1; length > 0; length--) {
        const [next, ...later] = prompt.messages.slice(length).map((one) => PER_MESSAGE + messageBytes(one));
        for (const [model, found] of known.get(chain[length] ?? "") ?? []) {
          const bound = Math.ceil(found.prompt * SLACK) + BASE +
            // The answer itself comes first, as its provider counted it.
            (next === undefined ? 0 : Math.max(next, found.output)) + later.reduce((sum, one) =>
              sum + one, 0);
          counted[model] ??= Math.min(bound, whole.bound);
        }
      }
      return { ...whole, counted };
    },
    async learn(model, prompt, usage) {
      const last = (await links(prompt)).at(-1) ?? "";
      const models = known.get(last) ?? new Map();
      models.set(model, {
        prompt: usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h,
        output: usage.output,
      });
      known.delete(last);
      known.set(last, models);
      const [oldest] = known.keys();
      if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
    },
  };
}

/** Digests of the beginnings of a conversation: nothing but the head, then with each message more. */
async function links({ system, messages, tools, output }: Prompt): Promise<string[]> {
  let link = await digestOf(JSON.stringify([system, tools ?? null, output ?? null]));
  const chain = [link];
  for (const message of messages) {
    link = await digestOf(link + JSON.stringify(message));
    chain.push(link);
  }
  return chain;
}
