import { err, ok, type Problem, type Result } from "../base.ts";

/** A Markdown file as its two parts. `yaml` keeps the line numbers of the file. */
export interface FrontMatter {
  yaml: string;
  body: string;
}

const REMEDY =
  "begin the file with a line ---, then the fields (title, intent, ...), then a line --- and the free text";

/**
 * Splits Markdown at its front matter: a first line `---`, ended by `---` or `...`.
 * Line ends are LF; blank lines before the first delimiter do no harm.
 */
export function splitFrontMatter(text: string): Result<FrontMatter, Problem[]> {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.trim() !== "");
  if (first < 0) {
    return err([{ code: "spec.empty", message: "The spec is empty.", remedy: REMEDY }]);
  }
  if (!/^---[ \t]*$/.test(lines[first] ?? "")) {
    return err([{
      code: "spec.front-matter",
      message: "The Markdown has no front matter: its first line is not ---.",
      line: first + 1,
      remedy: REMEDY,
    }]);
  }
  const last = lines.findIndex((line, index) => index > first && /^(---|\.\.\.)[ \t]*$/.test(line));
  if (last < 0) {
    return err([{
      code: "spec.front-matter",
      message: "The front matter is not closed: no later line is ---.",
      line: first + 1,
      remedy: "end the fields with a line --- before the free text",
    }]);
  }
  return ok({
    yaml: "\n".repeat(first + 1) + lines.slice(first + 1, last).join("\n"),
    body: lines.slice(last + 1).join("\n"),
  });
}
