import type { CodeLanguage } from "../../../specs/mod.ts";
import { child, isComment, named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import {
  bareCall,
  callOf,
  checkedCalls,
  globalHandler,
  goQuiet,
  isBroad,
  isNothing,
  mainCall,
  onlyQuiet,
  type Place,
  quietHandler,
  rustDefault,
} from "./handlers.ts";
import type { Swallow } from "./swallow.ts";

export interface CodeSwallows {
  swallows: Swallow[];
  root: Node;
  /** What is silenced. */
  quiet: ReadonlySet<Node>;
  language: CodeLanguage;
}

const WORTH: Readonly<Record<CodeLanguage, RegExp>> = {
  ecmascript: /\bcatch\b|\bthrow\b|unhandledRejection|uncaughtException|unhandledrejection/,
  python: /\bexcept\b|\bsuppress\b|\braise\b|excepthook/,
  go: /(?:^|[\s,])_\s*:?=|err|recover\(\)/i,
  java: /\bcatch\b|\bthrow\b|UncaughtExceptionHandler/,
  rust: /\blet\s+_\s*=|\.ok\(\)|::ok\b|unwrap|set_hook|\?[;)\s.]|\.expect\(/,
  shell: /^(?!)/,
};

/** A tree of more than this is the work of a program. */
const MAX_TEXT = 250_000;
const STATEMENT =
  /(?:_statement|_declaration|^assignment|^let_declaration|^call|_invocation|^call_expression)$/;
/** Longer ones are bodies. */
const MAX_STATEMENT = 2000;

/** Whether one of these lines can begin to swallow something. */
export const maySwallow = (lines: readonly string[], language: CodeLanguage): boolean =>
  lines.some((line) => WORTH[language].test(line));

/** Places of a source file that keep a failure to themselves; null when it is too large. */
export async function codeSwallows(
  text: string,
  language: CodeLanguage,
  path: string,
): Promise<CodeSwallows | null> {
  if (text.length > MAX_TEXT) return null;
  const root = await syntaxOf(text, language, path);
  const swallows: Swallow[] = [];
  const quiet = new Set<Node>();
  const walk = (node: Node): void => {
    const found = swallowOf(node, language) ?? quietHandler(node) ?? globalHandler(node, language);
    if (found !== null) {
      const { kind, detail, silenced } = found;
      const calls = silenced.map(mainCall).filter((call) => call !== null);
      const body = silenced.map(plain);
      for (const one of silenced) quiet.add(one);
      swallows.push({
        line: found.line ?? node.line,
        kind,
        detail,
        key: `${kind}\n${body.join(";")}`,
        commands: [],
        checks: false,
        name: "",
        body: kind === "quiet-clause" ? [] : body,
        calls: kind === "quiet-clause" ? [] : calls,
        ...(kind === "quiet-clause" ? { handled: body, onlySilenced: true as const } : {}),
      });
    }
    for (const { line, kind, detail, call, only } of handlings(node, language)) {
      const key = `${kind}\n${call}`;
      const told = { commands: [], checks: false, name: "", body: [], handled: [call] };
      swallows.push({ line, kind, detail, key, ...told, ...(only ? { onlySilenced: true as const } : {}) });
    }
    node.children.forEach(walk);
  };
  walk(root);
  return { swallows, root, quiet, language };
}

/** Places that count by what base did with the error of the same call. */
function* handlings(
  node: Node,
  language: CodeLanguage,
): Iterable<{ line: number; kind: string; detail: string; call: string; only: boolean }> {
  if (language === "go") {
    for (const [check, call] of checkedCalls(node)) {
      const found = goQuiet(check);
      if (found !== null) yield { ...found, line: check.line, call: callOf(call), only: false };
    }
    const call = bareCall(node);
    if (call !== null) {
      yield {
        line: node.line,
        kind: "bare-call",
        detail: "an error that a call answers is dropped",
        call,
        only: true,
      };
    }
  }
  if (language === "rust") {
    const found = rustDefault(node);
    const [value] = found?.silenced ?? [];
    if (found !== null) {
      yield {
        kind: found.kind,
        detail: found.detail,
        line: node.line,
        call: value === undefined ? plain(node) : plain(value),
        only: value !== undefined,
      };
    }
  }
}

/** Go: nobody gets what a call answers. */
const UNHEARD = /^(?:expression|defer|go)_statement$/;

/** Statements and calls that stand where nothing swallows, without white space. */
export function toldIn({ root, quiet, language }: CodeSwallows): Set<string> {
  const told = new Set<string>();
  const isGo = language === "go";
  const walk = (node: Node, silent: boolean): string => {
    // A call that stands for itself tells nobody; a function written down in it is a place of its own.
    const hidden = !(isGo && node.type === "func_literal") &&
      (silent || quiet.has(node) || endsInNoError(node) || (isGo && UNHEARD.test(node.type)));
    let text = node.text;
    for (const one of node.children) text += walk(one, hidden);
    if (!hidden && text.length <= MAX_STATEMENT && STATEMENT.test(node.type)) told.add(text);
    return text;
  };
  walk(root, false);
  return told;
}

/** Go: `node, params, h := find(path)`. The last of several answers is an error only where it is called one. */
function endsInNoError(node: Node): boolean {
  if (!/^(?:short_var_declaration|assignment_statement)$/.test(node.type)) return false;
  const left = named(child(node, "left"));
  const last = left.at(-1);
  return left.length > 1 && last?.type === "identifier" &&
    !/err|fail|fault|issue|problem|exc|ok|done|success|valid|^e\d?$|^_$/i.test(last.text);
}

const isEmpty = (block: Node | null | undefined): boolean =>
  block !== null && block !== undefined && named(block).length === 0;
const statements = (block: Node | null | undefined): Node[] => {
  const inner = named(block);
  // Go keeps them in a list of their own.
  return inner.length === 1 && inner[0]?.type === "statement_list" ? named(inner[0]) : inner;
};

function swallowOf(node: Node, language: CodeLanguage): Place | null {
  switch (language) {
    case "ecmascript": {
      if (node.type === "try_statement") {
        const handler = child(node, "handler");
        return handler !== null && isEmpty(child(handler, "body"))
          ? {
            kind: "empty-catch",
            detail: "an empty catch",
            silenced: statements(child(node, "body")),
            line: handler.line,
          }
          : null;
      }
      if (node.type !== "call_expression") return null;
      const callee = child(node, "function");
      if (callee?.type !== "member_expression" || plain(child(callee, "property")) !== "catch") return null;
      const [handler] = named(child(node, "arguments"));
      const object = child(callee, "object");
      const body = child(handler, "body");
      const nothing = handler !== undefined && /function/.test(handler.type) &&
        (isEmpty(body?.type === "statement_block" ? body : null) ||
          (body !== null && body.type !== "statement_block" && isNothing(body)) || onlyQuiet(body));
      const noop = handler !== undefined && /^(?:noop|_\.noop|lodash\.noop)$/.test(plain(handler));
      return object !== null && (nothing || noop)
        ? { kind: "empty-catch", detail: "a rejection that nobody hears of", silenced: [object] }
        : null;
    }
    case "python": {
      if (node.type === "try_statement") {
        const handler = node.children.find((one) =>
          one.type === "except_clause" && isBroad(one) && isPass(one)
        );
        return handler
          ? {
            kind: "except-pass",
            detail: "every exception is passed over",
            silenced: statements(child(node, "body")),
            line: handler.line,
          }
          : null;
      }
      if (node.type !== "with_statement") return null;
      const head = plain(node.children.find((one) => one.type === "with_clause"));
      return /^(?:contextlib\.)?suppress\((?:.{0,200},)?(?:Base)?Exception[,)]/.test(head)
        ? {
          kind: "except-pass",
          detail: "every exception is suppressed",
          silenced: statements(child(node, "body")),
        }
        : null;
    }
    case "go": {
      if (node.type === "expression_statement" && plain(node) === "recover()") {
        return { kind: "recover", detail: "a panic is taken back, and nobody hears of it", silenced: [] };
      }
      if (node.type === "assignment_statement" || node.type === "short_var_declaration") {
        const left = named(child(node, "left"));
        const right = child(node, "right");
        const last = left.at(-1);
        if (
          right === null || last === undefined || plain(last) !== "_" ||
          !named(right).some(({ type }) => type === "call_expression")
        ) return null;
        return {
          kind: "blank-error",
          detail: "what a call answers last is thrown away",
          silenced: named(right),
        };
      }
      if (node.type !== "if_statement") return null;
      const condition = plain(child(node, "condition"));
      if (!/err\w*!=nil$/i.test(condition) || !isEmpty(child(node, "consequence"))) return null;
      const given = child(node, "initializer");
      return {
        kind: "empty-check",
        detail: "an error is looked at, and nothing done",
        silenced: given === null ? [] : [given],
      };
    }
    case "java": {
      if (!/^try(?:_with_resources)?_statement$/.test(node.type)) return null;
      const handler = node.children.find((one) => one.type === "catch_clause" && isEmpty(child(one, "body")));
      return handler
        ? {
          kind: "empty-catch",
          detail: "an empty catch",
          silenced: statements(child(node, "body")),
          line: handler.line,
        }
        : null;
    }
    case "rust": {
      if (node.type === "let_declaration" && plain(child(node, "pattern")) === "_") {
        const value = child(node, "value");
        return value !== null && /call|macro|await|method/.test(value.type)
          ? { kind: "blank-error", detail: "what a call answers is thrown away", silenced: [value] }
          : null;
      }
      if (node.type !== "expression_statement") return null;
      const [call] = named(node);
      const callee = child(call, "function");
      if (
        call?.type !== "call_expression" || callee?.type !== "field_expression" ||
        plain(child(callee, "field")) !== "ok"
      ) return null;
      const value = child(callee, "value");
      return value === null
        ? null
        : { kind: "blank-error", detail: "an error is turned into nothing", silenced: [value] };
    }
    case "shell":
      return null;
  }
}

function isPass(clause: Node): boolean {
  const block = clause.children.findLast((one) => one.type === "block");
  const inner = (block?.children ?? []).filter((one) => one.named && !isComment(one));
  return inner.length > 0 &&
    inner.every((one) =>
      one.type === "pass_statement" || plain(one) === "..." || one.type === "continue_statement"
    );
}

/** Whether one of these statements told its failure before: it, or the call in it, stood where nothing swallows. */
export function wasTold(swallow: Swallow, told: ReadonlySet<string>): boolean {
  return (swallow.body ?? []).some((text) => text.length >= 4 && told.has(text));
}
