/** What a program's answer tells of itself on its way through, by wire: who answered, what it took, whether it is whole. */
import type { Json, ModelUsage } from "../../specs/mod.ts";
import { fields } from "./envelope.ts";
import type { PassWire } from "./port.ts";
import { anthropicUsage, googleUsage, openaiUsage } from "./usage.ts";

/** Hears an answer, event by event or whole. */
export interface Listener {
  hear(event: Json): void;
  readonly usage: ModelUsage | null;
  readonly claimed: string | null;
  /** True once the answer said that it is whole. */
  readonly whole: boolean;
}

/** What an event, or a whole answer, says. */
interface Said {
  readonly model?: unknown;
  readonly usage?: unknown;
  readonly ends?: boolean;
}

interface Ear {
  readonly said: (event: Json) => Said;
  readonly count: (told: readonly unknown[]) => ModelUsage | null;
}

const EARS: Readonly<Record<PassWire, Ear>> = {
  "anthropic-messages": {
    said(event) {
      const one = fields(event);
      const message = one?.type === "message" ? one : fields(one?.message);
      return {
        model: message?.model,
        usage: one?.type === "message_delta" ? one.usage : message?.usage,
        ends: one?.type === "message" || one?.type === "message_stop",
      };
    },
    count: anthropicUsage,
  },
  "openai-responses": {
    said(event) {
      const one = fields(event);
      const response = one?.object === "response" ? one : fields(one?.response);
      return {
        model: response?.model,
        usage: response?.usage,
        ends: one?.object === "response" ||
          /^response\.(?:completed|incomplete|failed)$/.test(String(one?.type)),
      };
    },
    count: (told) => openaiUsage(told.at(-1)),
  },
  "openai-chat": {
    said(event) {
      const one = fields(event);
      return {
        model: one?.model,
        usage: one?.usage,
        ends: list(one?.choices).some((choice) => typeof fields(choice)?.finish_reason === "string"),
      };
    },
    count: (told) => openaiUsage(told.at(-1)),
  },
  "google-generate": {
    said(event) {
      const one = fields(event);
      return {
        model: one?.modelVersion,
        usage: one?.usageMetadata,
        ends: list(one?.candidates).some((candidate) => typeof fields(candidate)?.finishReason === "string"),
      };
    },
    count: (told) => googleUsage(told.at(-1)),
  },
};

const list = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : [];

export function listener(wire: PassWire): Listener {
  const { said, count } = EARS[wire];
  const told: unknown[] = [];
  let [claimed, whole] = [null as string | null, false];
  return {
    hear(event) {
      // Google's whole answer without a stream is a list of the same.
      for (const part of Array.isArray(event) ? event : [event]) {
        const { model, usage, ends } = said(part);
        if (typeof model === "string") claimed = model;
        if (fields(usage) !== undefined) told.push(usage);
        whole ||= ends === true;
      }
    },
    get usage() {
      return count(told);
    },
    get claimed() {
      return claimed;
    },
    get whole() {
      return whole;
    },
  };
}
