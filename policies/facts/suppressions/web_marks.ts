import { listed, type Mark, near, plain } from "./mark.ts";

const JS = /^(?:[cm]?[jt]sx?|vue|svelte|astro|html?|mdx)$/;
const STYLE = /^(?:css|scss|sass|less|pcss|[cm]?[jt]sx?|vue|svelte)$/;

/** JavaScript, TypeScript, style sheets and what holds them. */
export const WEB_MARKS: readonly Mark[] = [
  {
    tool: "eslint",
    files: JS,
    name: "eslint-disable",
    pattern: /^(?:eslint|oxlint)-disable(-next-line|-line)?(?![\w-])\s*(.*)$/s,
    says: (match) => listed(match[2] ?? "", near(match[1], "file")),
  },
  {
    tool: "eslint",
    files: JS,
    name: "eslint rule: off",
    pattern: /^eslint\s+(["']?[\w@/-]+)["']?\s*:\s*\[?\s*(?:0|["']?off)/,
    says: plain("file"),
  },
  {
    tool: "tslint",
    files: JS,
    name: "tslint:disable",
    pattern: /^tslint:disable(-next-line|-line)?(?![\w-]):?\s*(.*)$/s,
    says: (match) => ({
      scope: near(match[1], "file"),
      rules: (match[2] ?? "").replaceAll(" ", ","),
      rest: "",
    }),
  },
  {
    tool: "typescript",
    files: JS,
    name: "@ts-nocheck",
    pattern: /^@ts-nocheck\b:?(.*)$/s,
    says: (match) => ({ scope: "file", rules: "", rest: match[1] ?? "" }),
  },
  {
    tool: "typescript",
    files: JS,
    name: "@ts-ignore",
    pattern: /^@ts-(?:ignore|expect-error)\b:?(.*)$/s,
    says: (match) => ({ scope: "line", rules: "", rest: match[1] ?? "" }),
  },
  {
    tool: "biome",
    files: /^(?:[cm]?[jt]sx?|jsonc?|css|vue|svelte|astro|graphql)$/,
    name: "biome-ignore",
    pattern: /^(?:biome|rome)-ignore(-all|-start)?\s+([\w/]{1,200})(?:\([^)]{0,200}\))?\s*(?::\s*(.*))?$/s,
    says: (match) => ({
      scope: near(match[1], "line"),
      rules: /^(?:lint|suppressions|syntax)$/.test(match[2] ?? "") ? "" : match[2] ?? "",
      rest: /<explanation>/.test(match[3] ?? "") ? "" : match[3] ?? "",
    }),
  },
  {
    tool: "deno-lint",
    files: JS,
    name: "deno-lint-ignore",
    pattern: /^deno-lint-ignore(-file)?(?![\w-])\s*(.*)$/s,
    says: (match) => {
      const said = listed(match[2] ?? "", near(match[1], "line"));
      return { ...said, rules: said.rules.trim().replaceAll(/\s+/g, ",") };
    },
  },
  {
    tool: "flow",
    files: JS,
    name: "$FlowFixMe",
    pattern: /^\$Flow(?:FixMe|Ignore|Issue|ExpectedError)\w*(?:\[([\w-]{1,80})\])?(.*)$/s,
    says: plain("line"),
  },
  { tool: "flow", files: JS, name: "@noflow", pattern: /^@noflow\b()(.*)$/s, says: plain("file") },
  {
    tool: "coverage",
    files: JS,
    name: "coverage ignore",
    pattern:
      /^(?:istanbul|c8|v8|nyc|node:coverage)\s+(?:ignore|disable)\s*(file|start|next|if|else|)(?!\w)(.*)$/s,
    says: (match) => ({
      scope: match[1] === "file" ? "file" : "block",
      rules: "coverage",
      rest: (match[2] ?? "").replace(/^[\s\d*-]+/, ""),
    }),
  },
  {
    tool: "coverage",
    files: /^(?:[cm]?[jt]sx?|go|dart|ex|exs|kt|swift)$/,
    name: "coverage ignore",
    pattern:
      /^(?:deno-coverage-ignore(-file|-start)?|coverage:ignore[- ]?(file|start|line)?|coveralls-ignore\S*)(.*)$/s,
    says: (match) => ({
      scope: near(match[1] ?? match[2], "block"),
      rules: "coverage",
      rest: match[3] ?? "",
    }),
  },
  {
    tool: "stylelint",
    files: STYLE,
    name: "stylelint-disable",
    pattern: /^stylelint-disable(-next-line|-line)?(?![\w-])\s*(.*)$/s,
    says: (match) => listed(match[2] ?? "", near(match[1], "file")),
  },
  {
    tool: "jshint",
    files: JS,
    name: "jshint ignore",
    pattern: /^jshint\s+(-W\d+|ignore:\s*(?:start|line|true))(.*)$/s,
    says: plain("block"),
  },
  {
    tool: "svelte",
    files: /^svelte$/,
    name: "svelte-ignore",
    pattern: /^svelte-ignore\s+([\w, -]*)(.*)$/s,
    says: plain("line"),
  },
];
