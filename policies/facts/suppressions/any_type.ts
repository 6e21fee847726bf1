import { codeOf, type Token } from "../source/token.ts";
import type { Found } from "./find.ts";

/** Casts to `any` and annotations with it, in TypeScript: the type checker says nothing of such a value. */
export function anyTypes(all: readonly Token[], path: string, lines: readonly string[]): Found[] {
  if (!/\.(?:[cm]?ts|tsx)$/.test(path) || /\.d\.[cm]?ts$/.test(path)) return [];
  const tokens = codeOf(all);
  const found: Found[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "word") continue;
    // `x as unknown as Row` says as little of x.
    if (token.text === "unknown" && tokens[at - 1]?.text === "as" && tokens[at + 1]?.text === "as") {
      found.push(cast(token, "as unknown as", lines));
      continue;
    }
    if (token.text !== "any") continue;
    const [before, after] = [tokens[at - 1], tokens[at + 1]];
    const isCast = (before?.kind === "word" && before.text === "as") ||
      (before?.text === "<" && after?.text === ">" &&
        /^(?:[(=,?:&|]|return)$/.test(tokens[at - 2]?.text ?? "("));
    // `{ any: 1 }`, `x.any`, `f(any)` are names and values.
    const annotation = before?.kind === "mark" && /^[:<,|&]$/.test(before.text) &&
      (after === undefined || after.line > token.line || /^[>,[;)={|&}]$/.test(after.text));
    if (!isCast && !annotation) continue;
    found.push(isCast ? cast(token, "as any", lines) : { ...cast(token, ": any", lines), tool: "any-type" });
  }
  return found;
}

const cast = ({ line }: Token, name: string, lines: readonly string[]): Found => ({
  line,
  tool: "any-cast",
  name,
  scope: "line",
  rules: ["any"],
  justified: false,
  above: false,
  quoted: false,
  key: `any\n${name}\n${(lines[line - 1] ?? "").replace(/\s+/g, "")}`,
});
