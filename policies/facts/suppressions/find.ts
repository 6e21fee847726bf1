import type { CodeLanguage } from "../../../specs/mod.ts";
import { codeOf, partners, type Token } from "../source/token.ts";
import { anyTypes } from "./any_type.ts";
import { type Remark, remarksOf } from "./comment.ts";
import { LINE_MARKS, MARKS } from "./marks.ts";
import type { Mark, Said } from "./mark.ts";

/** One mark of a file. */
export interface Found {
  line: number;
  tool: string;
  name: string;
  scope: Said["scope"];
  rules: string[];
  justified: boolean;
  /** A comment on the line above says something: a reason where it came with the mark, and what was there before otherwise. */
  above: boolean;
  quoted: boolean;
  /** What it is about, however it is indented: the same mark elsewhere has the same. */
  key: string;
}

const extensionOf = (path: string): string => {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (/^(?:dockerfile|containerfile)/.test(name)) return "dockerfile";
  const dot = name.lastIndexOf(".");
  return dot <= 0
    ? (/^(?:makefile|gnumakefile|justfile|rakefile|gemfile|jenkinsfile)$/.test(name) ? name : "")
    : name.slice(dot + 1);
};

/** Without any of these words a line has no mark. */
const WORTH =
  /disable|ignore|nocheck|expect-error|nolint|noqa|nosec|nosem|nosonar|nopmd|nocov|no\s*cover|no\s*branch|FixMe|noflow|skip-file|(?:checkov|trivy|scan|snyk):skip|suppress|nowarn|lint:|EXCL_|ExcludeFrom|checkstyle|scalastyle|:off|:\s*(?:\[?\s*0|["']?off)|coverage|no_type_check|noinspection|rubocop|standard:|mutate|codingStandards|phan|lgtm|codeql|HLINT|allowlist|whitelist|:allow|pragma|pyright|mypy/i;
const RUST = /\b(?:allow|expect|coverage)\b/;
const TYPESCRIPT = /\bany\b|\bas\s+unknown\b/;

/** Whether one of these lines can hold a mark. */
export const mayMark = (lines: readonly string[], language: CodeLanguage | null): boolean =>
  lines.some((line) =>
    WORTH.test(line) || (language === "rust" && RUST.test(line)) ||
    (language === "ecmascript" && TYPESCRIPT.test(line))
  );

/** All marks of one file, in the order of their lines. */
export function suppressionsOf(path: string, text: string, language: CodeLanguage | null): Found[] {
  const extension = extensionOf(path);
  const { remarks, tokens } = remarksOf(text, language, extension);
  const lines = text.split("\n");
  const marks = MARKS.filter(({ files }) => files === undefined || files.test(extension));
  const found: Found[] = [];
  const alone: Alone = new Map(
    remarks.filter(({ own, quoted }) => own && !quoted).map((one) => [one.line, one]),
  );
  for (const remark of remarks) {
    for (const [mark, said] of marksIn(remark, marks)) {
      found.push(
        describe(
          mark.tool,
          mark.name,
          said,
          remark,
          lines,
          said.scope !== "file" && wordsAbove(alone, remark.line, marks),
        ),
      );
    }
  }
  if (tokens !== null) {
    found.push(...attributesOf(tokens, language, lines, alone), ...anyTypes(tokens, path, lines));
  }
  const own = LINE_MARKS.filter(({ files }) => files.test(extension));
  if (own.length > 0) {
    for (const [at, line] of lines.entries()) {
      for (const { tool, name, pattern, scope } of own) {
        const match = pattern.exec(line.slice(0, 1000));
        if (match === null) continue;
        const remark: Remark = { line: at + 1, text: line, own: true, first: false, quoted: false };
        found.push(
          describe(
            tool,
            name,
            { scope, rules: match[1] ?? "", rest: "" },
            remark,
            lines,
            wordsAbove(alone, at + 1, marks),
          ),
        );
      }
    }
  }
  return reopened(found, text).sort((a, z) => a.line - z.line);
}

/** `eslint-disable` that is taken back further down is about a block. */
function reopened(found: Found[], text: string): Found[] {
  const enables = /(?:eslint|stylelint|tslint|oxlint)[-:]enable\b/.test(text)
    ? text.split("\n").flatMap((line, at) =>
      /(?:eslint|stylelint|tslint|oxlint)[-:]enable\b/.test(line) ? [at + 1] : []
    )
    : [];
  return found.map((one) =>
    one.scope === "file" && /^(?:eslint|tslint|stylelint)$/.test(one.tool) &&
      enables.some((line) => line > one.line)
      ? { ...one, scope: "block" as const }
      : one
  );
}

function* marksIn(remark: Remark, marks: readonly Mark[]): Iterable<[Mark, Said]> {
  const segments = remark.text.replace(/(?:\*+\/|-->|-\}|\}\})\s*$/, "").split(
    /(?:^|\s)(?=#)|(?<=\S\s)(?=\/\/)/,
  )
    .map((segment) => segment.replace(/^[\s/*#!<{;%-]+/, "")).filter((segment) => segment !== "");
  const used = new Set<Mark>();
  for (const [at, segment] of segments.entries()) {
    for (const mark of marks) {
      if (used.has(mark) || (remark.quoted && !mark.strings)) continue;
      // A string counts where what follows its sign is the mark; before that it is text.
      if (remark.quoted && !remark.text.includes("#") && mark.anywhere !== true) continue;
      const match = mark.pattern.exec(segment);
      if (match === null) continue;
      // `NOLINT` in backticks or quotes is spoken of.
      if (mark.anywhere && !remark.quoted && /[`'"]/.test(segment[match.index - 1] ?? "")) continue;
      used.add(mark);
      const said = mark.says(match, remark.own, remark.first);
      const more = segments.slice(at + 1).filter((other) => !marks.some(({ pattern }) => pattern.test(other)))
        .join(" ");
      yield [mark, {
        ...said,
        rest: `${mark.anywhere ? segment.slice(0, match.index) : ""} ${said.rest} ${more}`,
      }];
    }
  }
}

/** Whether a text says something to a reader: two words that are no names of rules. */
const isReason = (text: string): boolean =>
  (text.replace(/\[[^\]]*\]|<[^>]*>/g, " ").match(/(?<![\w/-])[A-Za-z]{2,}(?![\w/]*[/:])/g)?.length ?? 0) >=
    2;

/** Comments that stand alone on their lines, by line. */
type Alone = ReadonlyMap<number, Remark>;

/** Whether a comment right above, which is no mark itself, says something. */
function wordsAbove(alone: Alone, line: number, marks: readonly Mark[]): boolean {
  const above = alone.get(line - 1);
  return above !== undefined && isReason(above.text) && [...marksIn(above, marks)].length === 0;
}

function describe(
  tool: string,
  name: string,
  said: Said,
  remark: Remark,
  lines: readonly string[],
  beside: boolean,
): Found {
  const rules = [
    ...new Set(
      said.rules.split(/[,|\s"'{}()=]+/).filter((rule) =>
        /^[@\w][\w@/.:*+-]*$/.test(rule) && !/^(?:value|names|kotlin|expression)$/.test(rule)
      ),
    ),
  ].map((rule) => rule.slice(0, 100)).slice(0, 50);
  const all = rules.some((rule) => /^(?:all|\*|ALL|All|warnings|clippy::all)$/.test(rule));
  return {
    line: remark.line,
    tool,
    name,
    scope: said.scope,
    rules: all ? [] : rules,
    justified: isReason(said.rest) || isOptional(tool, rules, lines[remark.line - 1] ?? ""),
    above: beside,
    quoted: remark.quoted,
    key: `${tool}\n${name}\n${said.scope}\n${all ? "" : [...rules].sort().join(",")}\n${
      about(said.scope, remark, lines)
    }`,
  };
}

/** An import that may fail, and the name without it: how Python's optional modules are written. */
const isOptional = (tool: string, rules: readonly string[], line: string): boolean =>
  tool === "mypy" && rules.length > 0 && rules.every((rule) =>
    /^(?:assignment|misc|no-redef|import[\w-]*)$/.test(rule)
  ) &&
  /^\s*(?:\w+\s*=\s*None\b|import\s|from\s)/.test(line);

/** The code that a mark is about: of its own line, or of the next one. */
function about(scope: Said["scope"], remark: Remark, lines: readonly string[]): string {
  if (scope === "file") return "";
  const squeeze = (line: string) => line.replace(/\s+/g, "");
  if (!remark.own) return squeeze(lines[remark.line - 1] ?? "");
  for (let at = remark.line; at < Math.min(lines.length, remark.line + 12); at++) {
    const line = (lines[at] ?? "").trim();
    if (line !== "" && !/^(?:\/\/|#(?!\[)|\*|\/\*)/.test(line)) return squeeze(line);
  }
  return "";
}

/** Attributes of Rust and annotations of Java. */
function attributesOf(
  all: readonly Token[],
  language: CodeLanguage | null,
  lines: readonly string[],
  alone: Alone,
): Found[] {
  if (language !== "rust" && language !== "java") return [];
  const tokens = codeOf(all);
  const closing = partners(tokens);
  const found: Found[] = [];
  const add = (
    line: number,
    tool: string,
    name: string,
    scope: Said["scope"],
    rules: string,
    reason: boolean,
  ) => {
    const remark: Remark = { line, text: "", own: true, first: false, quoted: false };
    found.push(
      describe(
        tool,
        name,
        { scope, rules, rest: reason ? "a reason is given" : "" },
        remark,
        lines,
        wordsAbove(alone, line, []),
      ),
    );
  };
  let depth = 0;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.kind === "mark" && token.text === "{") depth++;
    if (token.kind === "mark" && token.text === "}") depth--;
    if (language === "java") {
      const name = tokens[at + 1];
      if (
        token.text !== "@" || token.kind !== "mark" ||
        !/^(?:SuppressWarnings|SuppressFBWarnings|SuppressLint|ExcludeFromJacocoGeneratedReport|ExcludeFromGeneratedCoverage|lombok)$/
          .test(name?.text ?? "")
      ) continue;
      const open = tokens[at + 2]?.text === "(" ? at + 2 : -1;
      const end = open < 0 ? at + 2 : closing[open] ?? tokens.length;
      const inner = tokens.slice(at + 3, end);
      const justified = inner.some(({ text }) => text === "justification");
      add(
        token.line,
        "compiler",
        `@${name?.text}`,
        "block",
        inner.filter(({ kind }) => kind === "string").map(({ value }) => value).slice(0, justified ? 1 : 50)
          .join(","),
        justified,
      );
      continue;
    }
    if (token.text !== "#" || token.kind !== "mark") continue;
    const inner = tokens[at + 1]?.text === "!";
    const open = at + (inner ? 2 : 1);
    if (tokens[open]?.text !== "[") continue;
    const end = Math.min(closing[open] ?? tokens.length, open + 200);
    for (let next = open + 1; next < end; next++) {
      const word = tokens[next];
      if (word?.kind !== "word" || !/^(?:allow|expect)$/.test(word.text) || tokens[next + 1]?.text !== "(") {
        if (word?.text === "coverage" && tokens[next + 1]?.text === "(" && tokens[next + 2]?.text === "off") {
          add(word.line, "coverage", "coverage(off)", inner ? "file" : "block", "coverage", false);
        }
        continue;
      }
      const close = Math.min(closing[next + 1] ?? end, end);
      const args = tokens.slice(next + 2, close);
      const reason = args.findIndex(({ text }) => text === "reason");
      const rules = args.slice(0, reason < 0 ? args.length : reason).map(({ text }) => text).join("");
      add(
        word.line,
        "rustc",
        `#${inner ? "!" : ""}[${word.text}]`,
        inner && depth === 0 ? "file" : "block",
        rules,
        reason >= 0,
      );
      next = close;
    }
    at = end;
  }
  return found;
}
