import type { CodeLanguage } from "../../../specs/mod.ts";
import { child, isComment, named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import type { Swallow } from "./swallow.ts";

export interface CodeSwallows {
  swallows: Swallow[];
  root: Node;
  /** What is silenced. */
  quiet: ReadonlySet<Node>;
}

const WORTH: Readonly<Record<CodeLanguage, RegExp>> = {
  ecmascript: /\bcatch\b/,
  python: /\bexcept\b|\bsuppress\b/,
  go: /(?:^|[\s,])_\s*:?=|!=\s*nil\s*\{\s*(?:\/\/.*|\})?$/,
  java: /\bcatch\b/,
  rust: /\blet\s+_\s*=|\.ok\(\)\s*;/,
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
    const found = swallowOf(node, language);
    if (found !== null) {
      const { kind, detail, silenced } = found;
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
        body,
      });
    }
    node.children.forEach(walk);
  };
  walk(root);
  return { swallows, root, quiet };
}

/** Statements and calls that stand where nothing swallows, without white space. */
export function toldIn({ root, quiet }: CodeSwallows): Set<string> {
  const told = new Set<string>();
  const walk = (node: Node, silent: boolean): string => {
    const hidden = silent || quiet.has(node) || endsInNoError(node);
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

interface Place {
  kind: string;
  detail: string;
  silenced: Node[];
  line?: number;
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
          /^(?:null|undefined|void0|\(?\{\}\)?)$/.test(plain(body)));
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

/** A clause that takes every exception. */
function isBroad(clause: Node): boolean {
  const [value, body] = named(clause);
  if (body === undefined) return true;
  return /(?:^|[(,])(?:builtins\.)?(?:Base)?Exception(?:[,)]|as|$)/.test(plain(value));
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
