import type { Call, Declared, Dialect, Fn, Step } from "./step.ts";
import { child, childrenOf, isComment, named, type Node, plain } from "./tree.ts";
import { binding, blockIn, loopOver, shortCut } from "./shape.ts";

const blockOf = blockIn("block");

function functionOf(node: Node): Fn | null {
  if (node.type !== "method_declaration" && node.type !== "lambda_expression") return null;
  const body = child(node, "body");
  const list = child(node, "parameters");
  return {
    node,
    params: list?.type === "identifier" ? [list] : named(list).map((one) => child(one, "name") ?? one),
    body: blockOf(body),
    expression: body !== null && body.type !== "block",
    async: false,
    generator: false,
  };
}

function pathOf(node: Node | null): string[] {
  if (node === null) return [];
  switch (node.type) {
    case "method_invocation":
      return [...pathOf(child(node, "object")), plain(child(node, "name"))];
    case "field_access":
      return [...pathOf(child(node, "object")), plain(child(node, "field"))];
    case "identifier":
    case "this":
    case "super":
      return [node.text];
    default:
      return ["?"];
  }
}

function callOf(node: Node): Call | null {
  if (node.type !== "method_invocation") return null;
  return {
    node,
    name: plain(child(node, "name")),
    path: pathOf(node),
    receiver: child(node, "object"),
    args: named(child(node, "arguments")),
  };
}

function step(node: Node): Step {
  if (isComment(node) || /^(?:import|package)_declaration$/.test(node.type)) return { kind: "skip" };
  const fn = functionOf(node);
  if (fn !== null) return { kind: "function", name: plain(child(node, "name")), fn };
  const call = callOf(node);
  if (call !== null) return { kind: "call", call };
  switch (node.type) {
    case "if_statement":
    case "ternary_expression":
      return {
        kind: "if",
        condition: child(node, "condition"),
        then: blockOf(child(node, "consequence")),
        otherwise: blockOf(child(node, "alternative")),
      };
    case "binary_expression":
      return shortCut(node, { "&&": "and", "||": "or" });
    case "enhanced_for_statement":
      return loopOver(child(node, "name"), child(node, "value"), blockOf(child(node, "body")));
    case "for_statement":
    case "while_statement":
      return {
        kind: "loop",
        parts: ["init", "condition", "update"].flatMap((field) => childrenOf(node, field)),
        body: blockOf(child(node, "body")),
      };
    case "switch_expression":
      return {
        kind: "switch",
        value: child(node, "condition"),
        cases: named(child(node, "body")).map((one) => ({
          label: named(one)[0] ?? null,
          body: named(one).slice(1),
        })),
      };
    case "try_statement":
    case "try_with_resources_statement": {
      const clauses = node.children.filter((one) => one.type === "catch_clause");
      const final = node.children.find((one) => one.type === "finally_clause");
      return {
        kind: "try",
        body: [...named(child(node, "resources")), ...blockOf(child(node, "body"))],
        handlers: clauses.filter((one) =>
          /Throwable|AssertionError|AssertionFailedError|\bError\b/.test(
            plain(one.children.find((part) => part.type === "catch_formal_parameter")),
          )
        ).map((one) => child(one, "body") ?? one),
        final: final === undefined ? null : named(final)[0] ?? null,
      };
    }
    case "return_statement":
      return { kind: "leave", how: "return", value: named(node)[0] ?? null };
    case "break_statement":
    case "continue_statement":
      return { kind: "leave", how: "jump", value: null };
    case "throw_statement":
      return { kind: "fail", value: named(node)[0] ?? null };
    case "assert_statement": {
      const [condition] = named(node);
      return condition === undefined ? { kind: "other" } : { kind: "assert", condition };
    }
    case "variable_declarator":
    case "assignment_expression":
      return binding(
        child(node, "name") ?? child(node, "left"),
        child(node, "value") ?? child(node, "right"),
      );
    case "expression_statement":
      return { kind: "statement", value: named(node) };
    case "block":
      return { kind: "block", body: named(node) };
    case "class_declaration":
      return { kind: "skip" };
    default:
      return { kind: "other" };
  }
}

function tests(root: Node): Declared[] {
  const found: Declared[] = [];
  const walk = (node: Node, classes: readonly string[]): void => {
    if (/^(?:class|record|interface|enum)_declaration$/.test(node.type)) {
      const name = plain(child(node, "name"));
      for (const inner of node.children) walk(inner, [...classes, name]);
      return;
    }
    if (node.type === "method_declaration") {
      const annotations = node.children.filter((one) => one.type === "modifiers").flatMap(named);
      const isTest = annotations.some((one) =>
        /^(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)$/.test(
          plain(child(one, "name")),
        )
      );
      const fn = functionOf(node);
      const repeats = annotations.some((one) =>
        /^(?:ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)$/.test(
          plain(child(one, "name")),
        )
      );
      if (isTest && fn !== null) {
        found.push({
          suite: classes.slice(-12).join("."),
          title: plain(child(node, "name")),
          line: node.line,
          fn,
          tables: [],
          ...(repeats ? { repeats } : {}),
        });
      }
      return;
    }
    node.children.forEach((inner) => walk(inner, classes));
  };
  walk(root, []);
  return found;
}

export const java: Dialect = {
  name: "java",
  step,
  tests,
  strings: new Set(["string_literal", "character_literal"]),
  isName: (node) => node.type === "identifier" && node.field !== "name" && node.field !== "field",
  elements(node) {
    if (node.type === "array_initializer") return named(node);
    if (node.type === "array_creation_expression") return named(child(node, "value"));
    const call = callOf(node);
    return call !== null && /^(?:of|asList)$/.test(call.name) &&
        /^(?:List|Set|Arrays|Stream)$/.test(call.path[0] ?? "")
      ? call.args
      : null;
  },
  member: () => null,
  access: () => null,
  pattern: (node) => node.type === "identifier" ? [{ name: node.text, at: [] }] : [],
  imports: () => new Map(),
};
