import { codeOf, type Token } from "../source/token.ts";
import type { Found } from "./find.ts";

/** Casts to `any` and annotations with it, in TypeScript: the type checker says nothing of such a value. */
export function anyTypes(all: readonly Token[], path: string, lines: readonly string[]): Found[] {
  if (!/\.(?:[cm]?ts|tsx)$/.test(path) || /\.d\.[cm]?ts$/.test(path)) return [];
  const tokens = codeOf(all);
  const found: Found[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "word" || token.text !== "any") continue;
    const [before, after] = [tokens[at - 1], tokens[at + 1]];
    const cast = (before?.kind === "word" && before.text === "as") ||
      (before?.text === "<" && after?.text === ">" &&
        /^(?:[(=,?:&|]|return)$/.test(tokens[at - 2]?.text ?? "("));
    // `{ any: 1 }`, `x.any`, `a ? any : b` are names and values.
    const annotation = before?.kind === "mark" && before.text === ":" && after?.text !== "(" &&
      after?.text !== "." &&
      after?.text !== ":";
    if (!cast && !annotation) continue;
    const text = (lines[token.line - 1] ?? "").replace(/\s+/g, "");
    found.push({
      line: token.line,
      tool: cast ? "any-cast" : "any-type",
      name: cast ? "as any" : ": any",
      scope: "line",
      rules: ["any"],
      justified: false,
      quoted: false,
      key: `any\n${cast}\n${text}`,
    });
  }
  return found;
}
