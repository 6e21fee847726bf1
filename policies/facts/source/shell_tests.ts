import type { SourceMarker, SourceTest, TestScan } from "./test_scan.ts";
import { codeOf, reads, type Token } from "./token.ts";

/** Tests and marks of bats, and functions called `test_…` as shunit2 and hand-written suites have them. */
export function scanShell(all: readonly Token[]): TestScan {
  const tokens = codeOf(all);
  const tests: SourceTest[] = [];
  const markers: SourceMarker[] = [];
  let current = "";
  for (const [at, token] of tokens.entries()) {
    if (token.text === "@" && tokens[at + 1]?.text === "test" && tokens[at + 2]?.kind === "string") {
      current = tokens[at + 2]?.value ?? "";
      tests.push({ suite: "", title: current, line: token.line });
      continue;
    }
    if (token.kind !== "word" || !token.first) continue;
    const declared = token.text === "function" ? tokens[at + 1] : token;
    const isFunction = token.text === "function" || reads(tokens, at, null, "(", ")");
    if (isFunction && declared?.kind === "word" && /^test[_A-Z]/.test(declared.text)) {
      current = declared.text;
      tests.push({ suite: "", title: current, line: token.line });
      continue;
    }
    if (
      (token.text === "skip" || token.text === "startSkipping") && tokens[at + 1]?.text !== "=" &&
      tokens[at + 1]?.text !== "("
    ) {
      markers.push({
        kind: "skip",
        text: token.text,
        line: token.line,
        ...(current === "" ? {} : { test: current }),
      });
    }
  }
  return { tests, markers };
}
