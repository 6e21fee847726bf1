/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * Looks for patterns, apart from the process that asks: ast-grep keeps the memory of every tree it made, and a search
 * cannot be interrupted. Ending the worker does both.
 */
import { registerLanguage } from "./ast_grep.ts";
import { compilePattern, findMatches, type Pattern } from "./pattern.ts";
import { messageOf } from "./problem.ts";
import type { PatternReply, PatternRequest } from "./pattern_search.ts";

const compiled = new Map<string, Pattern>();

async function answer(request: PatternRequest): Promise<PatternReply> {
  const grep = await registerLanguage(request.language);
  if (!grep.ok) return { problem: grep.error };
  let pattern = compiled.get(request.language);
  if (pattern === undefined) {
    const result = compilePattern(request.pattern, request.language, grep.value);
    if (!result.ok) return { problem: result.error };
    pattern = result.value;
    compiled.set(request.language, pattern);
  }
  return { matches: request.text === null ? [] : findMatches(grep.value, request.text, pattern) };
}

self.onmessage = async ({ data }: MessageEvent<PatternRequest>) => {
  try {
    self.postMessage(await answer(data));
  } catch (cause) {
    self.postMessage({ crash: messageOf(cause) } satisfies PatternReply);
  }
};
