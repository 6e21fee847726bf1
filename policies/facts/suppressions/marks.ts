import type { LineMark, Mark } from "./mark.ts";
import { PYTHON_MARKS } from "./python_marks.ts";
import { SYSTEM_MARKS } from "./system_marks.ts";
import { WEB_MARKS } from "./web_marks.ts";

/** The marks of linters, type checkers, scanners and coverage tools, as their manuals have them. Formatters judge looks, and are not here. */
export const MARKS: readonly Mark[] = [...WEB_MARKS, ...PYTHON_MARKS, ...SYSTEM_MARKS];

const C = /^(?:[ch]|cc|cpp|cxx|hpp|hh|hxx|mm?|cu|ino)$/;

export const LINE_MARKS: readonly LineMark[] = [
  {
    tool: "compiler",
    files: /^(?:kts?)$/,
    name: "@Suppress",
    pattern: /@Suppress(?:Warnings|Lint)?\s*\(([^)]{0,300})/,
    scope: "block",
  },
  {
    tool: "compiler",
    files: /^(?:kts?)$/,
    name: "@file:Suppress",
    pattern: /@file:\s*Suppress\w*\s*\(([^)]{0,300})/,
    scope: "file",
  },
  {
    tool: "compiler",
    files: /^(?:scala|sc)$/,
    name: "@nowarn",
    pattern: /@(?:nowarn|SuppressWarnings|silent)\b(?:\(([^)]{0,300}))?/,
    scope: "block",
  },
  {
    tool: "compiler",
    files: /^cs$/,
    name: "#pragma warning disable",
    pattern: /^\s*#\s*pragma\s+warning\s+disable\b([^/]{0,300})/,
    scope: "block",
  },
  {
    tool: "analyzer",
    files: /^(?:cs|vb|fs)$/,
    name: "SuppressMessage",
    pattern: /\bSuppressMessage\s*\(([^)]{0,300})/,
    scope: "block",
  },
  {
    tool: "coverage",
    files: /^(?:cs|vb|fs)$/,
    name: "ExcludeFromCodeCoverage",
    pattern: /[[<](?:\w+\.){0,6}(ExcludeFromCodeCoverage)\b/,
    scope: "block",
  },
  {
    tool: "compiler",
    files: C,
    name: "diagnostic ignored",
    pattern: /^\s*#\s*pragma\s+(?:GCC|clang)\s+diagnostic\s+ignored\s+"([^"]{1,100})"/,
    scope: "block",
  },
  {
    tool: "compiler",
    files: C,
    name: "warning disable",
    pattern: /^\s*#\s*pragma\s+warning\s*\(\s*disable\s*:\s*([\d ,]{1,100})/,
    scope: "block",
  },
  {
    tool: "mypy",
    files: /^pyi?$/,
    name: "no_type_check",
    pattern: /^\s*@(?:typing\.|t\.)?(no_type_check)\b/,
    scope: "block",
  },
];
