/** What is kept of a call: its texts without secrets, each once under its digest, and a digest of the whole. */
import type { ModelMessage, ModelReply } from "../../connectors/mod.ts";
import type { Blobs } from "../../kernel/mod.ts";
import type { Json } from "../../specs/mod.ts";
import type { Prompt } from "./tokens.ts";

export interface Transcript {
  /** Digest of the list of the prompt's parts, itself kept. */
  prompt(prompt: Prompt): Promise<string>;
  reply(reply: Pick<ModelReply, "text" | "calls" | "output">): Promise<string>;
  /** A text of outside for a record or an error. */
  clean(text: string): string;
}

/** Instructions, tools and schemas that are kept in mind. */
const PARTS = 50;

/**
 * @param redact replaces every secret in a text
 * @param blobs where the parts are kept
 */
export function transcript(redact: (text: string) => string, blobs: Pick<Blobs, "put" | "has">): Transcript {
  // Messages of a loop come again with each call: each is cleaned and kept once.
  const kept = new WeakMap<ModelMessage, Promise<string>>();
  // So do the instructions and the tools.
  const parts = new Map<string, Promise<string>>();
  const part = (value: unknown): Promise<string> => {
    const text = JSON.stringify(value);
    const known = parts.get(text);
    if (known !== undefined) return known;
    const digest = keep(value);
    parts.set(text, digest);
    // What could not be written is tried again the next time.
    digest.catch(() => parts.delete(text));
    const [oldest] = parts.keys();
    if (parts.size > PARTS && oldest !== undefined) parts.delete(oldest);
    return digest;
  };
  const keep = (value: unknown): Promise<string> => blobs.put(JSON.stringify(cleaned(value, redact)));
  const message = (one: ModelMessage): Promise<string> => {
    const known = kept.get(one);
    if (known !== undefined) return known;
    const digest = one.role === "assistant"
      // What is opaque is the provider's own, signed or encrypted: its digest says which it was.
      ? keep(one.opaque === undefined ? one : { ...one, opaque: "left out" })
      : keep(one);
    kept.set(one, digest);
    digest.catch(() => kept.delete(one));
    return digest;
  };
  return {
    async prompt({ system, messages, tools, output }) {
      const list = {
        system: await part(system),
        tools: tools === undefined ? null : await part(tools),
        output: output === undefined ? null : await part(output),
        messages: await Promise.all(messages.map(message)),
      };
      return await blobs.put(JSON.stringify(list));
    },
    reply: ({ text, calls, output }) => keep({ text, calls, output: output ?? null }),
    clean: (text) => redact(text),
  };
}

/** Every text in a value without secrets, also where it is a name. */
function cleaned(value: unknown, redact: (text: string) => string): Json {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((one) => cleaned(one, redact));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).filter(([, one]) => one !== undefined).map((
        [name, one],
      ) => [redact(name), cleaned(one, redact)]),
    );
  }
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}
