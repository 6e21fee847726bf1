import { type Mark, near, plain } from "./mark.ts";

const GO = /^go$/;
const JVM = /^(?:java|kts?|scala|sc|groovy|gradle)$/;
const C = /^(?:[ch]|cc|cpp|cxx|hpp|hh|hxx|mm?|cu|ino)$/;
const RUBY = /^(?:rb|rake|gemspec|ru|rakefile|gemfile)$/;
const PHP = /^(?:php|phtml|inc)$/;
const SHELL = /^(?:sh|bash|zsh|ksh|bats|dash|)$/;
const YAML = /^ya?ml$/;

/** Go, the JVM, C, Ruby, PHP, Swift, shells, infrastructure, and scanners of any language. */
export const SYSTEM_MARKS: readonly Mark[] = [
  {
    tool: "golangci",
    files: GO,
    name: "nolint",
    pattern: /^nolint\b(?::\s*([\w-]+(?:\s*,\s*[\w-]+)*))?(.*)$/s,
    says: (match, own, first) => ({
      scope: own && first ? "file" : "line",
      rules: match[1] === "all" ? "" : match[1] ?? "",
      rest: match[2] ?? "",
    }),
  },
  {
    tool: "staticcheck",
    files: GO,
    name: "lint:ignore",
    pattern: /^lint:(file-)?ignore\s+([\w*,]+)(.*)$/s,
    says: (match) => ({
      scope: near(match[1], "line"),
      rules: match[2] === "*" ? "" : match[2] ?? "",
      rest: match[3] ?? "",
    }),
  },
  {
    tool: "gosec",
    files: GO,
    name: "nosec",
    pattern: /^(?:nosec|gosec:disable)\b[:\s]*(G\d+(?:[,\s]+G\d+)*)?(.*)$/s,
    says: plain("line"),
  },
  {
    tool: "revive",
    files: GO,
    name: "revive:disable",
    pattern: /^revive:disable(-next-line|-line)?(?::([\w-]+))?(.*)$/s,
    says: (match) => ({ scope: near(match[1], "file"), rules: match[2] ?? "", rest: match[3] ?? "" }),
  },
  {
    tool: "checkstyle",
    files: JVM,
    name: "CHECKSTYLE:OFF",
    pattern: /^checkstyle\s*[.:]?\s*(?:off|stop|suppress)\b:?\s*([\w|]*)(.*)$/is,
    says: plain("block"),
  },
  {
    tool: "pmd",
    files: JVM,
    name: "NOPMD",
    pattern: /\bNOPMD\b()(.*)$/s,
    says: plain("line"),
    anywhere: true,
  },
  {
    tool: "scalastyle",
    files: JVM,
    name: "scalastyle:off",
    pattern: /^(?:scalastyle|scalafix):(?:off|ok)\b\s*([\w.]*)(.*)$/s,
    says: plain("block"),
  },
  {
    tool: "ktlint",
    files: JVM,
    name: "ktlint-disable",
    pattern: /^ktlint-disable\b\s*([\w:-]*)(.*)$/s,
    says: plain("line"),
  },
  {
    tool: "clang-tidy",
    files: C,
    name: "NOLINT",
    pattern: /\bNOLINT(NEXTLINE|BEGIN)?\b(?:\(([^)]{0,200})\))?(.*)$/s,
    says: (match) => ({
      scope: match[1] === "BEGIN" ? "block" : "line",
      rules: match[2] === "*" ? "" : match[2] ?? "",
      rest: match[3] ?? "",
    }),
    anywhere: true,
  },
  {
    tool: "cppcheck",
    files: C,
    name: "cppcheck-suppress",
    pattern: /^cppcheck-suppress(?:-\w+)?\s*\[?\s*([\w, ]*)\]?(.*)$/s,
    says: plain("line"),
  },
  {
    tool: "coverage",
    files: C,
    name: "coverage exclusion",
    pattern: /\b(?:LCOV|GCOV|GCOVR)_EXCL_(?:BR_)?(LINE|START)\b(.*)$/s,
    says: (match) => ({
      scope: match[1] === "START" ? "block" : "line",
      rules: "coverage",
      rest: match[2] ?? "",
    }),
    anywhere: true,
  },
  {
    tool: "rubocop",
    files: RUBY,
    name: "rubocop:disable",
    pattern: /^(?:rubocop|standard)\s*:\s*(?:disable|todo)\s+([\w/]+(?:\s*,\s*[\w/]+)*)(.*)$/s,
    says: (match, own) => ({
      scope: own ? "block" : "line",
      rules: match[1] === "all" ? "" : match[1] ?? "",
      rest: match[2] ?? "",
    }),
  },
  {
    tool: "coverage",
    files: RUBY,
    name: ":nocov:",
    pattern: /^:nocov:(.*)$/s,
    says: (match) => ({ scope: "block", rules: "coverage", rest: match[1] ?? "" }),
  },
  {
    tool: "phpstan",
    files: PHP,
    name: "phpstan-ignore",
    pattern:
      /^@?(?:phpstan-ignore(?:-next-line|-line)?|psalm-suppress|phan-suppress[\w-]*|codeCoverageIgnore\w*)\b\s*([\w.,|]*)(.*)$/s,
    says: plain("line"),
  },
  {
    tool: "phpcs",
    files: PHP,
    name: "phpcs:ignore",
    pattern: /^@?(?:phpcs:(ignoreFile|disable|ignore)|codingStandards(Ignore\w*))\b\s*([\w.,]*)(.*)$/s,
    says: (match) => ({
      scope: /file/i.test(match[1] ?? match[2] ?? "") ? "file" : match[1] === "disable" ? "block" : "line",
      rules: match[3] ?? "",
      rest: match[4] ?? "",
    }),
  },
  {
    tool: "swiftlint",
    files: /^swift$/,
    name: "swiftlint:disable",
    pattern: /^swiftlint:disable(:next|:this|:previous)?\s+([\w ]+)(.*)$/s,
    says: (match) => ({
      scope: match[1] === undefined ? "file" : "line",
      rules: match[2] === "all" ? "" : (match[2] ?? "").trim().replaceAll(/\s+/g, ","),
      rest: match[3] ?? "",
    }),
  },
  {
    tool: "dart",
    files: /^dart$/,
    name: "ignore",
    pattern: /^ignore(_for_file)?:\s*([\w, ]+)(.*)$/s,
    says: (match) => ({ scope: near(match[1], "line"), rules: match[2] ?? "", rest: match[3] ?? "" }),
  },
  {
    tool: "resharper",
    files: /^(?:cs|vb|fs)$/,
    name: "ReSharper disable",
    pattern: /^ReSharper\s+disable\s+(once\s+)?([\w.]+)(.*)$/s,
    says: (match) => ({
      scope: match[1] === undefined ? "file" : "line",
      rules: match[2] === "All" ? "" : match[2] ?? "",
      rest: match[3] ?? "",
    }),
  },
  {
    tool: "credo",
    files: /^exs?$/,
    name: "credo:disable",
    pattern: /^credo:disable-for-(this-file|next-line|previous-line|lines:\d+)\s*([\w.]*)(.*)$/s,
    says: (match) => ({ scope: near(match[1], "line"), rules: match[2] ?? "", rest: match[3] ?? "" }),
  },
  {
    tool: "luacheck",
    files: /^lua$/,
    name: "luacheck: ignore",
    pattern: /^luacheck:\s*ignore\b\s*([\w/, ]*)(.*)$/s,
    says: plain("line"),
  },
  {
    tool: "hlint",
    files: /^hs$/,
    name: "HLINT ignore",
    pattern: /^HLINT\s+ignore\b\s*(.*)$/s,
    says: plain("block"),
  },
  {
    tool: "shellcheck",
    files: SHELL,
    name: "shellcheck disable",
    pattern: /^shellcheck\b.{0,100}?\bdisable=([\w,-]+)(.*)$/s,
    says: (match, own, first) => ({
      scope: own && first ? "file" : "line",
      rules: match[1] === "all" ? "" : match[1] ?? "",
      rest: match[2] ?? "",
    }),
  },
  {
    tool: "yamllint",
    files: YAML,
    name: "yamllint disable",
    pattern: /^yamllint\s+disable(-line|-file)?(?:\s+(.*))?$/s,
    says: (match) => ({ scope: near(match[1], "block"), rules: match[2] ?? "", rest: "" }),
  },
  {
    tool: "zizmor",
    files: YAML,
    name: "zizmor: ignore",
    pattern: /^zizmor:\s*ignore(?:\[([\w,\- ]{0,200})\])?(.*)$/s,
    says: plain("line"),
  },
  {
    tool: "hadolint",
    files: /dockerfile|containerfile/,
    name: "hadolint ignore",
    pattern: /^hadolint\s+(global\s+)?ignore=([\w,]+)(.*)$/s,
    says: (match) => ({
      scope: match[1] === undefined ? "line" : "file",
      rules: match[2] ?? "",
      rest: match[3] ?? "",
    }),
  },
  {
    tool: "iac-scan",
    name: "scanner ignore",
    pattern:
      /^(?:tfsec|trivy|terrascan|kics-scan|checkov|regula|snyk):(?:ignore|skip|disable)[:= ]\s*([\w.-]+)(.*)$/s,
    says: plain("line"),
  },
  {
    tool: "sonar",
    name: "NOSONAR",
    pattern: /\bNOSONAR\b\s*(\([\w:.,]{0,100}\))?(.*)$/s,
    says: plain("line"),
    anywhere: true,
  },
  {
    tool: "semgrep",
    name: "nosemgrep",
    pattern: /\bnosem(?:grep)?\b(?::\s*([\w.-]+(?:\s*,\s*[\w.-]+)*))?(.*)$/s,
    says: plain("line"),
    anywhere: true,
    strings: true,
  },
  {
    tool: "codeql",
    name: "codeql ignore",
    pattern: /^(?:lgtm|codeql)\s*\[([\w/,\- ]{0,200})\](.*)$/s,
    says: plain("line"),
  },
  {
    tool: "secret-scan",
    name: "secret allowed",
    pattern:
      /\b(?:gitleaks:allow|trufflehog:ignore|pragma:\s*(?:allowlist|whitelist)(?:\s+nextline)?\s+secret|ggignore)\b()(.*)$/s,
    says: plain("line"),
    anywhere: true,
  },
  {
    tool: "mutation",
    name: "mutation off",
    pattern: /^(?:Stryker\s+disable\b|pragma:\s*no\s*mutate)\s*([\w, -]*)(.*)$/s,
    says: plain("block"),
  },
  {
    tool: "inspection",
    name: "noinspection",
    pattern: /^noinspection\s+(\w+(?:\s*,\s*\w+)*)(.*)$/s,
    says: plain("line"),
  },
];
