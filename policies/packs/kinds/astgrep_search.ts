import type { Json } from "../../../specs/mod.ts";
import type { PatternLanguage } from "./astgrep_language.ts";

/** What the worker is asked: matches of some matchers in one text, with the metavariables that their messages name. */
export interface SearchRequest {
  language: PatternLanguage;
  text: string;
  matchers: { matcher: Json; names: string[] }[];
}

export interface Match {
  line: number;
  text: string;
  bound: string[];
}

export type SearchReply =
  | { found: ({ matches: Match[] } | { problem: string })[] }
  | { crash: string };

export interface Search {
  /** What each matcher found, in order; a text for what could not be searched. Never throws. */
  find(request: SearchRequest): Promise<SearchReply>;
  /** Ends the search and gives its memory back. */
  close(): void;
}

/** A worker keeps some 400 bytes for each character it searched; after so many characters a new one takes over. */
const MAX_SEARCHED = 1_000_000;
/** For one text. A pattern that takes longer is not judged, and what is not judged is denied. */
const MAX_MS = 30_000;

/** Starts a search in a worker of its own. Null where the host has no workers. */
export function startSearch(maxMs = MAX_MS): Search | null {
  if (typeof Worker === "undefined") return null;
  const start = () => new Worker(new URL("./astgrep_worker.ts", import.meta.url), { type: "module" });
  let worker: Worker | null = null;
  let searched = 0;
  const close = () => {
    worker?.terminate();
    worker = null;
    searched = 0;
  };
  return {
    find(request) {
      searched += request.text.length;
      if (searched > MAX_SEARCHED) {
        close();
        searched = request.text.length;
      }
      const asked = worker ??= start();
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          close();
          resolve({ crash: `the search took longer than ${maxMs / 1000} s and was ended` });
        }, maxMs);
        const settle = (reply: SearchReply) => {
          clearTimeout(timer);
          resolve(reply);
        };
        asked.onmessage = ({ data }: MessageEvent<SearchReply>) => settle(data);
        asked.onerror = (event) => {
          event.preventDefault();
          close();
          settle({ crash: event.message });
        };
        asked.postMessage(request);
      });
    },
    close,
  };
}
