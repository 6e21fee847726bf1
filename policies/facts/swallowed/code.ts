import type { CodeLanguage } from "../../../specs/mod.ts";
import { child, isComment, named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import type { Swallow } from "./swallow.ts";

export interface CodeSwallows {
  swallows: Swallow[];
  /** Statements and calls that are in no place that swallows. */
  told: Set<string>;
}

const WORTH: Readonly<Record<CodeLanguage, RegExp>> = {
  ecmascript: /\bcatch\b/,
  python: /\bexcept\b|\bsuppress\b/,
  go: /\b_\s*:?=|!=\s*nil\s*\{/,
  java: /\bcatch\b/,
  rust: /\blet\s+_\s*=|\.ok\(\)\s*;/,
  shell: /^(?!)/,
};

/** A tree of more than this is the work of a program. */
const MAX_TEXT = 250_000;
const STATEMENT =
  /(?:_statement|_declaration|^assignment|^let_declaration|^call|_invocation|^call_expression)$/;

/** Places of a source file that keep a failure to themselves; null when it has none, or is too large. */
export async function codeSwallows(
  text: string,
  language: CodeLanguage,
  path: string,
): Promise<CodeSwallows | null> {
  if (!WORTH[language].test(text) || text.length > MAX_TEXT) return null;
  const root = await syntaxOf(text, language, path);
  const swallows: Swallow[] = [];
  const told = new Set<string>();
  const walk = (node: Node, quiet: boolean): void => {
    const found = swallowOf(node, language);
    if (found !== null) {
      const { kind, detail, silenced } = found;
      const body = silenced.map(plain);
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
      const inside = new Set(silenced);
      node.children.forEach((one) => walkInto(one, quiet, inside));
      return;
    }
    if (!quiet && STATEMENT.test(node.type)) told.add(plain(node));
    node.children.forEach((one) => walk(one, quiet));
  };
  const walkInto = (node: Node, quiet: boolean, inside: ReadonlySet<Node>): void => {
    if (inside.has(node)) walk(node, true);
    else if (node.children.some((one) => holds(one, inside))) {
      node.children.forEach((one) => walkInto(one, quiet, inside));
    } else walk(node, quiet);
  };
  const holds = (node: Node, inside: ReadonlySet<Node>, depth = 0): boolean =>
    inside.has(node) || (depth < 3 && node.children.some((one) => holds(one, inside, depth + 1)));
  walk(root, false);
  return { swallows, told };
}

/** Every statement and call of a file, without white space. */
export async function statementsOf(text: string, language: CodeLanguage, path: string): Promise<Set<string>> {
  const found = new Set<string>();
  const walk = (node: Node): void => {
    if (STATEMENT.test(node.type)) found.add(plain(node));
    node.children.forEach(walk);
  };
  walk(await syntaxOf(text, language, path));
  return found;
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
