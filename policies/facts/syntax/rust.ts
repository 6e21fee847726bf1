import type { Call, Declared, Dialect, Fn, Step } from "./step.ts";
import { child, childrenOf, isComment, named, type Node, plain } from "./tree.ts";
import { binding, blockIn, loopOver } from "./shape.ts";

const blockOf = blockIn("block");

function functionOf(node: Node): Fn | null {
  if (node.type !== "function_item" && node.type !== "closure_expression") return null;
  const body = child(node, "body");
  return {
    node,
    params: named(child(node, "parameters")).map((one) => child(one, "pattern") ?? one),
    body: blockOf(body),
    expression: false,
    async: false,
    generator: false,
  };
}

/** The arguments of a macro: tokens between commas, each as a node of its own. */
function macroArgs(tokens: Node): Node[] {
  const args: Node[] = [];
  let current: Node[] = [];
  const push = (): void => {
    if (current.length > 0) {
      args.push({ type: "tokens", field: "", named: true, line: tokens.line, text: "", children: current });
    }
    current = [];
  };
  for (const one of tokens.children.slice(1, -1)) {
    if (one.type === ",") push();
    else current.push(one);
  }
  push();
  return args;
}

function callOf(node: Node): Call | null {
  if (node.type === "macro_invocation") {
    const name = `${plain(child(node, "macro")).split("::").pop()}!`;
    const tokens = node.children.find((one) => one.type === "token_tree");
    return { node, name, path: [name], receiver: null, args: tokens === undefined ? [] : macroArgs(tokens) };
  }
  if (node.type !== "call_expression") return null;
  const callee = child(node, "function");
  if (callee === null) return null;
  const isMember = callee.type === "field_expression";
  const name = isMember ? plain(child(callee, "field")) : plain(callee).split("::").pop() ?? "";
  return {
    node,
    name,
    path: [name],
    receiver: isMember ? child(callee, "value") : null,
    args: named(child(node, "arguments")),
  };
}

function step(node: Node): Step {
  if (isComment(node) || /^(?:use_declaration|attribute_item|mod_item|macro_definition)$/.test(node.type)) {
    return { kind: "skip" };
  }
  const fn = functionOf(node);
  if (fn !== null) return { kind: "function", name: plain(child(node, "name")), fn };
  const call = callOf(node);
  if (call !== null) return { kind: "call", call };
  switch (node.type) {
    case "if_expression":
      return {
        kind: "if",
        condition: child(node, "condition"),
        then: blockOf(child(node, "consequence")),
        otherwise: named(child(node, "alternative")).flatMap(blockOf),
      };
    case "for_expression":
      return loopOver(child(node, "pattern"), child(node, "value"), blockOf(child(node, "body")));
    case "while_expression":
    case "loop_expression":
      return { kind: "loop", parts: childrenOf(node, "condition"), body: blockOf(child(node, "body")) };
    case "match_expression":
      return {
        kind: "switch",
        value: child(node, "value"),
        cases: named(child(node, "body")).map((one) => ({
          label: child(one, "pattern"),
          body: childrenOf(one, "value").flatMap(blockOf),
        })),
      };
    case "return_expression":
      return { kind: "leave", how: "return", value: named(node)[0] ?? null };
    case "break_expression":
    case "continue_expression":
      return { kind: "leave", how: "jump", value: null };
    case "let_declaration":
      return binding(child(node, "pattern"), child(node, "value"));
    case "expression_statement":
      return { kind: "statement", value: named(node) };
    case "block":
    case "async_block":
    case "unsafe_block":
      return { kind: "block", body: named(node) };
    default:
      return { kind: "other" };
  }
}

/** What `#[should_panic]` asks of a test. */
function panicOf(attributes: readonly string[]): Pick<Declared, "panics"> {
  for (const text of attributes) {
    const found = /^#\[should_panic(?:\s*\(\s*expected\s*=\s*([\s\S]*?)\s*,?\s*\))?\s*\]$/.exec(text);
    if (found !== null) return { panics: (found[1] ?? "").slice(0, 300) };
  }
  return {};
}

function tests(root: Node): Declared[] {
  const found: Declared[] = [];
  const walk = (node: Node, modules: readonly string[]): void => {
    let attributes: string[] = [];
    for (const one of node.children) {
      if (one.type === "attribute_item") {
        attributes.push(plain(one));
        continue;
      }
      if (one.type === "mod_item") {
        const body = child(one, "body");
        if (body !== null) walk(body, [...modules, plain(child(one, "name"))]);
      }
      const fn = one.type === "function_item" ? functionOf(one) : null;
      if (
        fn !== null &&
        attributes.some((text) => /^#\[(?:\w+::)?(?:test|rstest|test_case|quickcheck)\b/.test(text))
      ) {
        found.push({
          suite: modules.slice(-12).join("::"),
          title: plain(child(one, "name")),
          line: one.line,
          fn,
          tables: [],
          ...panicOf(attributes),
        });
      }
      if (!isComment(one)) attributes = [];
    }
  };
  walk(root, []);
  return found;
}

export const rust: Dialect = {
  name: "rust",
  step,
  tests,
  strings: new Set(["string_literal", "char_literal", "raw_string_literal"]),
  isName: (node) => node.type === "identifier",
  elements(node, resolve = (one) => one) {
    if (node.type === "reference_expression") {
      return rust.elements(resolve(child(node, "value") ?? named(node)[0] ?? node), resolve);
    }
    if (node.type === "array_expression" || node.type === "tuple_expression") return named(node);
    const call = callOf(node);
    if (call?.name === "vec!") return call.args;
    return call !== null && call.receiver !== null && /^(?:iter|into_iter)$/.test(call.name)
      ? rust.elements(resolve(call.receiver), resolve)
      : null;
  },
  member: () => null,
  access: () => null,
  pattern(node) {
    if (node.type === "identifier") return [{ name: node.text, at: [] }];
    if (node.type === "reference_pattern") return rust.pattern(named(node)[0] ?? { ...node, type: "" });
    if (node.type !== "tuple_pattern") return [];
    return named(node).flatMap((one, index) =>
      rust.pattern(one).map(({ name, at }) => ({ name, at: [index, ...at] }))
    );
  },
  imports: () => new Map(),
};
