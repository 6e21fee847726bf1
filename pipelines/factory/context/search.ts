import { err, ok, pathGlob, type Problem, type Result } from "../../../specs/mod.ts";

/** The files of a tree as a search reads them: null for what is absent, too large or no text. */
export interface TextFiles {
  list(): Promise<readonly string[]>;
  read(path: string): Promise<string | null>;
}

export interface SearchRequest {
  readonly pattern: string;
  /** A regular expression of RE2; else the text as it stands. */
  readonly regex?: boolean;
  readonly ignoreCase?: boolean;
  /** Only files that the glob covers. */
  readonly glob?: string;
  /** Lines around each hit. */
  readonly around?: number;
  readonly limit?: number;
}

export interface SearchHit {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** Hits beyond the limit, or files that were not read any more. */
  readonly more: boolean;
  readonly files: number;
}

const MAX_PATTERN = 1_000;
const MAX_HITS = 200;
const MAX_LINE = 300;
const MAX_CHARS = 64 * 1024 * 1024;
const MAX_LINE_SEARCHED = 20_000;

/** Looks for a text or an RE2 expression in the lines of all files, in time linear in what is read, whatever the expression is. */
export async function searchFiles(
  files: TextFiles,
  request: SearchRequest,
): Promise<Result<SearchResult, Problem>> {
  const { pattern, limit = 50, around = 0 } = request;
  if (pattern === "" || pattern.length > MAX_PATTERN || pattern.includes("\n")) {
    return err({
      code: "search-pattern",
      value: pattern.slice(0, 80),
      message:
        `Cannot search for a pattern of ${pattern.length} characters: it has 1 to ${MAX_PATTERN}, on one line`,
      remedy: "Search for a shorter text",
    });
  }
  const compiled = await matcher(request);
  if (!compiled.ok) return compiled;
  const fits = request.glob === undefined || request.glob === "" ? () => true : pathGlob(request.glob);
  const hits: SearchHit[] = [];
  const most = Math.min(Math.max(1, limit), MAX_HITS);
  let chars = 0;
  let count = 0;
  let more = false;
  for (const path of await files.list()) {
    if (!fits(path)) continue;
    if (chars > MAX_CHARS || hits.length >= most) {
      more = true;
      break;
    }
    const text = await files.read(path);
    if (text === null) continue;
    count++;
    chars += text.length;
    const lines = text.split(/\r?\n/);
    let shown = -1;
    for (const [at, line] of lines.entries()) {
      if (!compiled.value(line.slice(0, MAX_LINE_SEARCHED))) continue;
      if (hits.length >= most) {
        more = true;
        break;
      }
      for (
        let near = Math.max(shown + 1, at - around);
        near <= Math.min(lines.length - 1, at + around);
        near++
      ) {
        hits.push({ path, line: near + 1, text: cut(lines[near] ?? "") });
        shown = near;
      }
    }
  }
  return ok({ hits, more, files: count });
}

async function matcher({ pattern, regex = false, ignoreCase = false }: SearchRequest): Promise<
  Result<(line: string) => boolean, Problem>
> {
  if (!regex) {
    const wanted = ignoreCase ? pattern.toLowerCase() : pattern;
    return ok((line) => (ignoreCase ? line.toLowerCase() : line).includes(wanted));
  }
  const { RE2JS } = await import("re2js");
  try {
    const expression = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
    return ok((line) => expression.matcher(line).find());
  } catch (error) {
    return err({
      code: "search-pattern",
      value: pattern.slice(0, 80),
      message: `Cannot search: the expression is none of RE2: ${
        error instanceof Error ? error.message : String(error)
      }`,
      remedy:
        "RE2 has no look-around and no back-references; or search for the text as it stands, with regex: false",
    });
  }
}

const cut = (line: string): string => line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
