import type { Call, Declared, Dialect, Fn, Step } from "./step.ts";
import { child, childrenOf, isComment, named, type Node, plain } from "./tree.ts";

const bodyOf = (node: Node | null): Node[] =>
  node === null ? [] : /^(?:compound_statement|do_group|subshell)$/.test(node.type) ? named(node) : [node];

const functionOf = (node: Node): Fn => ({
  node,
  params: [],
  body: bodyOf(child(node, "body")),
  expression: false,
  async: false,
  generator: false,
});

function callOf(node: Node): Call {
  const name = plain(child(node, "name"));
  return { node, name, path: [name], receiver: null, args: childrenOf(node, "argument") };
}

/** A command that says that something failed, and one that leaves well. */
function special(node: Node): "fail" | "leave" | null {
  const { name, args } = callOf(node);
  const first = args[0] === undefined ? "" : plain(args[0]);
  if (name === "return" || name === "exit") return first === "" || first === "0" ? "leave" : "fail";
  if (name === "skip") return "leave";
  if (name === "false") return "fail";
  if (/^(?:echo|printf)$/.test(name) && args.some((one) => /^["']?(?:not ok\b|FAIL|fail)/.test(plain(one)))) {
    return "fail";
  }
  return /^(?:fail|not_ok|die|flunk|bail)$/.test(name) ? "fail" : null;
}

function step(node: Node): Step {
  if (isComment(node)) return { kind: "skip" };
  switch (node.type) {
    case "function_definition":
      return { kind: "function", name: plain(child(node, "name")), fn: functionOf(node) };
    case "command": {
      const own = special(node);
      if (own === "fail") return { kind: "fail", value: null };
      if (own === "leave") return { kind: "leave", how: "return", value: null };
      return { kind: "call", call: callOf(node) };
    }
    case "test_command":
    case "negated_command":
      return { kind: "assert", condition: node };
    case "if_statement": {
      const conditions = childrenOf(node, "condition").filter((one) => one.named);
      const then = named(node).filter((one) =>
        one.field !== "condition" && !/^(?:elif|else)_clause$/.test(one.type)
      );
      const [first, ...rest] = named(node).filter((one) => /^(?:elif|else)_clause$/.test(one.type));
      return {
        kind: "if",
        condition: conditions.length === 1
          ? conditions[0] ?? null
          : { ...node, type: "conditions", children: conditions },
        then,
        otherwise: first === undefined ? [] : first.type === "else_clause" ? named(first) : [{
          ...first,
          type: "if_statement",
          children: [
            ...first.children.map((one, index) => index === 1 ? { ...one, field: "condition" } : one),
            ...rest,
          ],
        }],
      };
    }
    case "list": {
      const parts = named(node);
      const [left, right] = [parts[0], parts[1]];
      const and = node.children.some((one) => one.type === "&&");
      return left && right ? { kind: "logic", operator: and ? "and" : "or", left, right } : { kind: "other" };
    }
    case "for_statement":
      return {
        kind: "each",
        pattern: child(node, "variable"),
        items: childrenOf(node, "value"),
        body: bodyOf(child(node, "body")),
      };
    case "while_statement":
      return { kind: "loop", parts: childrenOf(node, "condition"), body: bodyOf(child(node, "body")) };
    case "case_statement":
      return {
        kind: "switch",
        value: child(node, "value"),
        cases: named(node).filter((one) => one.type === "case_item").map((one) => ({
          label: child(one, "value"),
          body: named(one).filter((part) => part.field !== "value"),
        })),
      };
    case "variable_assignment": {
      const [pattern, value] = [child(node, "name"), child(node, "value")];
      if (
        /^_?(?:n_?)?(?:fail|err|bad)\w*$/i.test(plain(pattern)) && value !== null && /\+/.test(plain(value))
      ) {
        return { kind: "fail", value: null };
      }
      if (/^(?:status|rc|result|code|fail(?:ed)?)$/.test(plain(pattern)) && plain(value) === "1") {
        return { kind: "fail", value: null };
      }
      return pattern && value ? { kind: "bind", pattern, value } : { kind: "other" };
    }
    case "compound_statement":
    case "subshell":
    case "do_group":
      // `((failures++))` is read as a compound statement of its own kind.
      if (/^\(\(_?(?:n_?)?(?:fail|err|bad)\w*(?:\+\+|\+=)/i.test(plain(node))) {
        return { kind: "fail", value: null };
      }
      return { kind: "block", body: named(node) };
    case "command_substitution":
      return { kind: "block", body: named(node) };
    default:
      return { kind: "other" };
  }
}

function tests(root: Node): Declared[] {
  const last = new Map<string, Declared>();
  const walk = (node: Node): void => {
    if (node.type === "function_definition") {
      const name = plain(child(node, "name"));
      if (/^test[_A-Z]/.test(name)) {
        last.set(name, { suite: "", title: name, line: node.line, fn: functionOf(node), tables: [] });
      }
      return;
    }
    node.children.forEach(walk);
  };
  walk(root);
  return [...last.values()];
}

const BATS = /^@test[ \t]+("(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*\{/gm;

/** Bats' own form of a test as a function that a shell can read, and the titles by the functions' names. */
export function withoutBats(text: string): { text: string; titles: Map<string, string> } {
  const titles = new Map<string, string>();
  return {
    text: text.replace(BATS, (_whole, title: string) => {
      const name = `test_bats${titles.size}`;
      titles.set(name, title.slice(1, -1));
      return `${name}() {`;
    }),
    titles,
  };
}

export const shell: Dialect = {
  name: "shell",
  shell: true,
  step,
  tests,
  strings: new Set(["raw_string"]),
  isName: (node) => node.type === "variable_name" && node.field !== "name",
  elements: (node: Node) =>
    node.type === "word" || node.type === "number" || node.type === "concatenation" ||
      node.type === "string" || node.type === "raw_string"
      ? [node]
      : null,
  member: () => null,
  access: () => null,
  pattern: () => [],
  imports: () => new Map(),
};
