/** Tokens as each wire tells them -> tokens as we count them: what a cache gave or took is apart from the input. */
import type { ModelUsage } from "../../specs/mod.ts";
import { fields } from "./envelope.ts";

export const NOTHING_USED: ModelUsage = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
};

/** No prompt and no answer has so many tokens: whoever tells more has not counted. */
const MOST_TOKENS = 1_000_000_000;

const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= MOST_TOKENS
    ? value
    : undefined;

/** Anthropic: `input_tokens` excludes the cache. Later tells (`message_delta`) are cumulative and may leave fields out. */
export function anthropicUsage(told: readonly unknown[]): ModelUsage | null {
  const all = told.map(fields).filter((one) => one !== undefined);
  const last = (name: string): number | undefined =>
    all.map((one) => count(one[name])).findLast((one) => one !== undefined);
  const [input, output] = [last("input_tokens"), last("output_tokens")];
  if (input === undefined || output === undefined) return null;
  const split = all.map((one) => fields(one.cache_creation)).findLast((one) => one !== undefined);
  const hour = count(split?.ephemeral_1h_input_tokens) ?? 0;
  const cacheRead = last("cache_read_input_tokens") ?? 0;
  const written = Math.max(
    last("cache_creation_input_tokens") ?? 0,
    hour + (count(split?.ephemeral_5m_input_tokens) ?? 0),
  );
  return believed({ input, output, cacheRead, cacheWrite5m: written - hour, cacheWrite1h: hour });
}

/** OpenAI's two wires and those that follow them: the input includes the cache, so it is taken off. */
export function openaiUsage(told: unknown): ModelUsage | null {
  const usage = fields(told);
  const input = count(usage?.input_tokens) ?? count(usage?.prompt_tokens);
  const said = count(usage?.output_tokens) ?? count(usage?.completion_tokens);
  if (usage === undefined || input === undefined || said === undefined) return null;
  const details = fields(usage.input_tokens_details) ?? fields(usage.prompt_tokens_details);
  const cacheRead = Math.min(
    input,
    count(details?.cached_tokens) ?? count(usage.prompt_cache_hit_tokens) ?? 0,
  );
  const cacheWrite5m = Math.min(input - cacheRead, count(details?.cache_write_tokens) ?? 0);
  // Gemini leaves thoughts out of the completion, and bills them: they are in the total.
  const output = Math.max(said, (count(usage.total_tokens) ?? 0) - input);
  return believed({
    input: input - cacheRead - cacheWrite5m,
    output,
    cacheRead,
    cacheWrite5m,
    cacheWrite1h: 0,
  });
}

/** Google's own wire: the prompt includes what a cache gave, thoughts are billed as output. */
export function googleUsage(told: unknown): ModelUsage | null {
  const usage = fields(told);
  const prompt = (count(usage?.promptTokenCount) ?? 0) + (count(usage?.toolUsePromptTokenCount) ?? 0);
  if (usage === undefined || prompt === 0) return null;
  const cacheRead = Math.min(prompt, count(usage.cachedContentTokenCount) ?? 0);
  const said = (count(usage.candidatesTokenCount) ?? 0) + (count(usage.thoughtsTokenCount) ?? 0);
  return {
    ...NOTHING_USED,
    input: prompt - cacheRead,
    cacheRead,
    output: Math.max(said, (count(usage.totalTokenCount) ?? 0) - prompt),
  };
}

/** No prompt has no tokens: all zeros are a placeholder of an endpoint that does not count, and would make a cap on cost inert. */
function believed(usage: ModelUsage): ModelUsage | null {
  return usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h === 0 ? null : usage;
}

export function addUsage(one: ModelUsage, other: ModelUsage): ModelUsage {
  return {
    input: one.input + other.input,
    output: one.output + other.output,
    cacheRead: one.cacheRead + other.cacheRead,
    cacheWrite5m: one.cacheWrite5m + other.cacheWrite5m,
    cacheWrite1h: one.cacheWrite1h + other.cacheWrite1h,
  };
}

/** When nothing is told: more than it can have been, by the bytes that went each way. */
export function supposedUsage(sentBytes: number, heardBytes: number): ModelUsage {
  return { ...NOTHING_USED, input: Math.ceil(sentBytes / 2), output: Math.ceil(heardBytes / 2) };
}
