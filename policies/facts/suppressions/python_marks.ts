import { bracketed, type Mark, near, plain } from "./mark.ts";

const PY = /^(?:pyi?|pyx|ipynb)$/;

/** Python. */
export const PYTHON_MARKS: readonly Mark[] = [
  {
    tool: "flake8",
    files: PY,
    name: "noqa (file)",
    pattern: /^(?:flake8|ruff)\s*[:=]\s*noqa\b(?:\s*:\s*([A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*))?(.*)$/is,
    says: plain("file"),
  },
  {
    tool: "flake8",
    files: /^(?:pyi?|pyx|ya?ml)$/,
    name: "noqa",
    pattern: /^noqa\b(?:\s*:\s*([A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)|\s+([\w-]+\[[\w-]+\]))?(.*)$/is,
    says: (match) => ({ scope: "line", rules: match[1] ?? match[2] ?? "", rest: match[3] ?? "" }),
    strings: true,
  },
  {
    tool: "mypy",
    files: PY,
    name: "type: ignore",
    pattern: /^type:\s*ignore\b(?:\[([^\]]{0,200})\])?(.*)$/s,
    says: bracketed,
  },
  {
    tool: "mypy",
    files: PY,
    name: "mypy: ignore-errors",
    pattern:
      /^mypy:\s*(?:ignore[-_]errors|no-?strict[\w-]*|disable[-_]error[-_]code\s*=\s*"?([\w,\- ]{1,200})|(allow[-_]\w[\w-]*))/,
    says: (match) => ({ scope: "file", rules: match[1] ?? match[2] ?? "", rest: "" }),
  },
  {
    tool: "pyright",
    files: PY,
    name: "pyright: ignore",
    pattern: /^pyright:\s*ignore\b(?:\[([^\]]{0,200})\])?(.*)$/s,
    says: bracketed,
  },
  {
    tool: "pyright",
    files: PY,
    name: "pyright: report off",
    pattern: /^pyright:.{0,100}?\b(report\w+)\s*=\s*(?:false|none)\b/i,
    says: (match) => ({ scope: "file", rules: match[1] ?? "", rest: "" }),
  },
  {
    tool: "ty",
    files: PY,
    name: "ty: ignore",
    pattern: /^ty:\s*ignore\b(?:\[([^\]]{0,200})\])?(.*)$/s,
    says: bracketed,
  },
  {
    tool: "pyre",
    files: PY,
    name: "pyre-ignore",
    pattern: /^pyre-(?:ignore|fixme)(-all-errors)?(?:\[([^\]]{0,200})\])?(.*)$/s,
    says: (match) => ({ scope: near(match[1], "line"), rules: match[2] ?? "", rest: match[3] ?? "" }),
  },
  {
    tool: "pytype",
    files: PY,
    name: "pytype: disable",
    pattern: /^pytype:\s*(?:disable=([\w,-]+)|skip-file)(.*)$/s,
    says: (match, own) => ({
      scope: match[1] === undefined ? "file" : own ? "block" : "line",
      rules: match[1] ?? "",
      rest: match[2] ?? "",
    }),
  },
  {
    tool: "pylint",
    files: PY,
    name: "pylint: disable",
    pattern: /^pylint:\s*(disable(?:-next|-msg)?)\s*=\s*([\w-]+(?:\s*,\s*[\w-]+)*)(.*)$/s,
    says: (match, own, first) => ({
      scope: own && match[1] !== "disable-next" ? first ? "file" : "block" : "line",
      rules: match[2] === "all" ? "" : match[2] ?? "",
      rest: match[3] ?? "",
    }),
  },
  {
    tool: "pylint",
    files: PY,
    name: "pylint: skip-file",
    pattern: /^pylint:\s*skip-file()(.*)$/s,
    says: plain("file"),
  },
  {
    tool: "bandit",
    files: PY,
    name: "nosec",
    pattern: /^nosec\b(?:[:\s]+(B\d+(?:[,\s]+B\d+)*))?(.*)$/s,
    says: plain("line"),
  },
  {
    tool: "coverage",
    files: PY,
    name: "pragma: no cover",
    pattern: /^pragma\s*:?\s*no\s*(?:cover|branch)\b(.*)$/is,
    says: (match) => ({ scope: "block", rules: "coverage", rest: match[1] ?? "" }),
    strings: true,
  },
];
