/** What a session of a program has asked so far: bounds of prompts that know their beginning, and each text kept once. */
import type { PassableRequest } from "../../connectors/models/mod.ts";
import type { Blobs } from "../../kernel/mod.ts";
import type { ModelUsage } from "../../specs/mod.ts";

export interface Tally {
  /** No tokenizer counts more than this for the request. */
  bound(request: PassableRequest, tokenFactor: number): number;
  /** Keeps what the provider counted for it. */
  learn(request: PassableRequest, usage: ModelUsage): void;
  /** Digest of the list of its texts, without secrets, each kept under its own. */
  prompt(
    request: PassableRequest,
    blobs: Pick<Blobs, "put">,
    clean: (text: string) => string,
  ): Promise<string>;
}

const encoder = new TextEncoder();
const bytes = (text: string): number => encoder.encode(text).length;
/** What wires put around each part, and the instructions that a provider adds for tools. */
const [BASE, PER_MESSAGE] = [1_064, 16];
const SLACK = 1.01;
const [KEPT, PARTS] = [20, 2_000];

export function tallies(): Tally {
  const known: { head: string; messages: readonly string[]; prompt: number; output: number }[] = [];
  const parts = new Map<string, Promise<string>>();
  return {
    bound({ head, messages }, tokenFactor) {
      const around = (list: readonly string[]) =>
        list.reduce((total, one) => total + bytes(one) + PER_MESSAGE, 0);
      const whole = Math.ceil((bytes(head) + around(messages) + BASE) * Math.max(1, tokenFactor));
      let least = whole;
      for (const one of known) {
        if (one.head !== head || one.messages.length > messages.length) continue;
        if (!one.messages.every((message, at) => message === messages[at])) continue;
        const grown = Math.ceil(one.prompt * SLACK) + one.output + BASE +
          Math.ceil(around(messages.slice(one.messages.length)) * Math.max(1, tokenFactor));
        least = Math.min(least, grown);
      }
      return least;
    },
    learn({ head, messages }, usage) {
      known.unshift({
        head,
        messages,
        prompt: usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h,
        output: usage.output,
      });
      known.splice(KEPT);
    },
    async prompt({ head, messages }, blobs, clean) {
      const part = (text: string): Promise<string> => {
        const before = parts.get(text);
        if (before !== undefined) return before;
        const digest = blobs.put(clean(text));
        parts.set(text, digest);
        digest.catch(() => parts.delete(text));
        const [oldest] = parts.keys();
        if (parts.size > PARTS && oldest !== undefined) parts.delete(oldest);
        return digest;
      };
      return await blobs.put(
        JSON.stringify({ head: await part(head), messages: await Promise.all(messages.map(part)) }),
      );
    },
  };
}
