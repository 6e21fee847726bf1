import { ok, type OperationLanguage, type Result } from "../../../../specs/mod.ts";
import type { Match } from "./pattern.ts";
import { type CodemodProblem, fail } from "./problem.ts";
import type { Workbench } from "./workbench.ts";

/** What the worker is asked: matches of a pattern in a text; without a text only whether it compiles. */
export interface PatternRequest {
  language: OperationLanguage;
  pattern: string;
  text: string | null;
}

export type PatternReply = { matches: Match[] } | { problem: CodemodProblem } | { crash: string };

/** A search for one pattern in many texts. */
export interface PatternSearch {
  find(language: OperationLanguage, text: string): Promise<Result<Match[], CodemodProblem>>;
  /** Why the pattern is none of a language; null when it is one. */
  check(language: OperationLanguage): Promise<CodemodProblem | null>;
  /** Ends the search and gives its memory back. */
  close(): void;
}

/** A worker keeps some 60 times what it searched; after this much a new one takes over. */
const MAX_SEARCHED = 4_000_000;

/** Starts a search in a worker, which is ended when the time of the operations is up. */
export function patternSearch(pattern: string, bench: Workbench): Result<PatternSearch, CodemodProblem> {
  if (typeof Worker === "undefined") {
    return fail("unsupported", "Patterns need a worker, which this host does not have", {
      remedy: "run it where Deno runs, or make this change by a patch",
    });
  }
  const start = () => new Worker(new URL("./pattern_worker.ts", import.meta.url), { type: "module" });
  let worker = start();
  let searched = 0;
  const ask = (request: PatternRequest) =>
    new Promise<PatternReply>((resolve) => {
      const late = () => resolve({ problem: tooLong(pattern) });
      const timer = setTimeout(late, Math.max(1, bench.remainingMs()));
      const settle = (reply: PatternReply) => {
        clearTimeout(timer);
        resolve(reply);
      };
      worker.onmessage = ({ data }: MessageEvent<PatternReply>) => settle(data);
      worker.onerror = (event) => {
        event.preventDefault();
        settle({ crash: event.message });
      };
      worker.postMessage(request);
    });
  const matches = async (request: PatternRequest): Promise<Result<Match[], CodemodProblem>> => {
    searched += request.text?.length ?? 0;
    if (searched > MAX_SEARCHED) {
      worker.terminate();
      worker = start();
      searched = request.text?.length ?? 0;
    }
    const reply = await ask(request);
    if ("matches" in reply) return ok(reply.matches);
    if ("problem" in reply) return { ok: false, error: reply.problem };
    throw new Error(`the pattern worker failed: ${reply.crash}`);
  };
  return ok({
    find: (language, text) => matches({ language, pattern, text }),
    async check(language) {
      const reply = await matches({ language, pattern, text: null });
      return reply.ok ? null : reply.error;
    },
    close: () => worker.terminate(),
  });
}

function tooLong(pattern: string): CodemodProblem {
  return {
    code: "limit",
    message: "The search for the pattern took too long and was ended",
    value: pattern,
    remedy: "use fewer $$$ in the pattern, or narrow `in`",
  };
}
