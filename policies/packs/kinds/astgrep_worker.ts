/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * Looks for patterns, apart from the one who asks: ast-grep keeps the memory of every tree that it made, and a search cannot be
 * interrupted. Ending the worker does both.
 */
import { parserOf } from "./astgrep_language.ts";
import { messageOf } from "./problem.ts";
import type { SearchReply, SearchRequest } from "./astgrep_search.ts";

const registered = new Set<string>();
/** A file in which a rule matches more often than this is told by the first ones. */
const MAX_MATCHES = 2000;

async function answer({ language, text, matchers }: SearchRequest): Promise<SearchReply> {
  const grep = await import("@ast-grep/wasm");
  if (!registered.has(language)) {
    if (registered.size === 0) await grep.initializeTreeSitter();
    await grep.registerDynamicLanguage({ [language]: await parserOf(language) });
    registered.add(language);
  }
  const root = grep.parse(language, text).root();
  return {
    found: matchers.map(({ matcher, names }) => {
      try {
        return {
          matches: root.findAll(matcher).slice(0, MAX_MATCHES).map((node) => {
            const range = node.range();
            return {
              line: range.start.line + 1,
              text: node.text().slice(0, 2000),
              bound: names.map((name) => node.getMatch(name)?.text().slice(0, 200) ?? ""),
            };
          }),
        };
      } catch (cause) {
        return { problem: messageOf(cause) };
      }
    }),
  };
}

self.onmessage = async ({ data }: MessageEvent<SearchRequest>) => {
  try {
    self.postMessage(await answer(data));
  } catch (cause) {
    self.postMessage({ crash: messageOf(cause) } satisfies SearchReply);
  }
};
