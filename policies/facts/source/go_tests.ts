import type { SourceMarker, SourceTest, TestScan } from "./test_scan.ts";
import { codeOf, reads, type Token } from "./token.ts";

/** Tests and marks of the package testing. */
export function scanGo(all: readonly Token[]): TestScan {
  const tests: SourceTest[] = [];
  const markers: SourceMarker[] = [];
  let current = "";
  const mark = (kind: SourceMarker["kind"], text: string, line: number) =>
    markers.push({ kind, text, line, ...(current === "" ? {} : { test: current }) });
  const builds = all.filter((one) =>
    one.kind === "comment" && one.first && /^\/\/(?:go:build|\s{0,4}\+build)\s/.test(one.text)
  );
  // Where both forms stand, the older one is for older compilers and says the same.
  const newer = builds.filter(({ text }) => text.startsWith("//go"));
  for (const { line } of newer.length > 0 ? newer : builds) mark("condition", "//go:build", line);
  const tokens = codeOf(all);
  /** Braces that are open: a statement of the test itself stands in one. */
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    if (token.kind === "mark" && token.text === "{") depth++;
    if (token.kind === "mark" && token.text === "}") depth--;
    if (token.kind !== "word") continue;
    if (token.text === "func" && token.column === 0) {
      const name = tokens[at + 1]?.text ?? "";
      current = "";
      if (
        /^(?:Test|Fuzz|Example)(?:$|[^a-z])/.test(name) && name !== "TestMain" && tokens[at + 2]?.text === "("
      ) {
        tests.push({ suite: "", title: name, line: token.line });
        current = name;
      }
      continue;
    }
    if (tokens[at - 1]?.text === ".") {
      const owner = tokens[at - 2]?.text ?? "";
      if (["Skip", "SkipNow", "Skipf"].includes(token.text) && tokens[at + 1]?.text === "(") {
        mark(depth > 1 ? "condition" : "skip", `.${token.text}`, token.line);
      }
      if (owner === "testing" && token.text === "Short" && tokens[at + 1]?.text === "(") {
        mark("condition", "testing.Short", token.line);
      }
    }
    if (reads(tokens, at, "os", ".", "Exit", "(", "0", ")")) mark("exit", "os.Exit(0)", token.line);
  }
  return { tests, markers };
}
