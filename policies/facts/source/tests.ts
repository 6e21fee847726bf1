import type { CodeLanguage } from "../../../specs/mod.ts";
import { scanEcmascript } from "./ecmascript_tests.ts";
import { scanGo } from "./go_tests.ts";
import { scanJava } from "./java_tests.ts";
import { tokensOf } from "./lexicon.ts";
import { scanPython } from "./python_tests.ts";
import { scanRust } from "./rust_tests.ts";
import { scanShell } from "./shell_tests.ts";
import type { TestScan } from "./test_scan.ts";
import type { Token } from "./token.ts";

const SCANNERS: Readonly<Record<CodeLanguage, (tokens: readonly Token[]) => TestScan>> = {
  ecmascript: scanEcmascript,
  python: scanPython,
  go: scanGo,
  java: scanJava,
  rust: scanRust,
  shell: scanShell,
};

/** The tests that a source text declares, and the marks that keep tests from running or failing. */
export function scanTests(text: string, language: CodeLanguage): TestScan {
  return SCANNERS[language](tokensOf(text, language));
}
