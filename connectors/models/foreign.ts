/** Answers of another API than the one that was asked: a base URL that leads elsewhere, not a stream that broke. */
import type { ModelWire } from "../../specs/mod.ts";
import { fields } from "./envelope.ts";
import type { PassWire } from "./port.ts";

const SPOKEN: Readonly<Record<PassWire, string>> = {
  "anthropic-messages": "Anthropic Messages",
  "openai-responses": "OpenAI Responses",
  "openai-chat": "OpenAI Chat Completions",
  "google-generate": "Google generateContent",
};

const OF_MESSAGES = /^(?:message|message_(?:start|delta|stop)|content_block_(?:start|delta|stop))$/;

/** The wires that an event or a document can belong to; none when it could be anybody's. */
function wiresOf(value: unknown): PassWire[] {
  const one = fields(value);
  if (one === undefined) return [];
  const { type, object } = one;
  const found: PassWire[] = [];
  if (Array.isArray(one.choices) || (typeof object === "string" && object.startsWith("chat.completion"))) {
    found.push("openai-chat");
  }
  if (object === "response" || (typeof type === "string" && type.startsWith("response."))) {
    found.push("openai-responses");
  }
  if (typeof type === "string" && OF_MESSAGES.test(type)) found.push("anthropic-messages");
  if (Array.isArray(one.candidates)) found.push("google-generate");
  return found;
}

/** What is told of an answer that belongs to other wires alone; null of every other. */
export function foreignAnswer(value: unknown, asked: ModelWire): { why: string; remedy: string } | null {
  const wires = wiresOf(value);
  const [other] = wires;
  if (other === undefined || wires.includes(asked)) return null;
  return {
    why: `the answer is one of ${SPOKEN[other]}, and ${SPOKEN[asked]} was asked`,
    remedy:
      "Set the base URL of this provider to its own API, or name the endpoint with the wire that it speaks in models.yaml.",
  };
}

/** Looks at the first events of a stream, until one belongs to somebody. */
export function firstEvents(asked: ModelWire): (chunk: Uint8Array) => ReturnType<typeof foreignAnswer> {
  const decoder = new TextDecoder();
  let [text, isOver] = ["", false];
  return (chunk) => {
    if (isOver) return null;
    text += decoder.decode(chunk, { stream: true });
    for (const [, data = ""] of text.matchAll(/^data:(.*)\r?\n/gm)) {
      let event: unknown;
      try {
        event = JSON.parse(data);
      } catch {
        continue;
      }
      const foreign = foreignAnswer(event, asked);
      if (foreign !== null) return foreign;
      isOver ||= wiresOf(event).length > 0;
    }
    // Only whole lines were looked at; what is this long and nobody's is left to the wire.
    isOver ||= text.length > MOST_CHARS;
    if (isOver) text = "";
    return null;
  };
}

const MOST_CHARS = 64 * 1024;
