import type { Call, Declared, Dialect, Fn, Step } from "./step.ts";
import { child, childrenOf, isComment, named, type Node, pair, plain } from "./tree.ts";
import { binding, loopOver, shortCut } from "./shape.ts";

const statements = (node: Node | null): Node[] =>
  node === null ? [] : named(node).flatMap((one) => one.type === "statement_list" ? named(one) : [one]);

function functionOf(node: Node): Fn | null {
  if (!/^(?:function_declaration|func_literal|method_declaration)$/.test(node.type)) return null;
  return {
    node,
    params: named(child(node, "parameters")).flatMap((one) => childrenOf(one, "name")),
    body: statements(child(node, "body")),
    expression: false,
    async: false,
    generator: false,
  };
}

function pathOf(node: Node): string[] {
  switch (node.type) {
    case "selector_expression":
      return [...pathOf(child(node, "operand") ?? node), plain(child(node, "field"))];
    case "call_expression":
      return pathOf(child(node, "function") ?? node);
    case "parenthesized_expression":
      return pathOf(named(node)[0] ?? { ...node, type: "" });
    case "identifier":
      return [node.text];
    default:
      return ["?"];
  }
}

function callOf(node: Node): Call | null {
  if (node.type !== "call_expression") return null;
  const callee = child(node, "function");
  if (callee === null) return null;
  const path = pathOf(callee);
  return {
    node,
    name: path.at(-1) ?? "",
    path,
    receiver: callee.type === "selector_expression" ? child(callee, "operand") : null,
    args: named(child(node, "arguments")),
  };
}

function step(node: Node): Step {
  if (isComment(node) || /^(?:import_|package_|type_declaration)/.test(node.type)) return { kind: "skip" };
  const fn = functionOf(node);
  if (fn !== null) return { kind: "function", name: plain(child(node, "name")), fn };
  const call = callOf(node);
  if (call !== null) return { kind: "call", call };
  switch (node.type) {
    case "if_statement": {
      const other = child(node, "alternative");
      return {
        kind: "if",
        condition: child(node, "condition"),
        init: child(node, "initializer"),
        then: statements(child(node, "consequence")),
        otherwise: other === null ? [] : other.type === "if_statement" ? [other] : statements(other),
      };
    }
    case "binary_expression":
      return shortCut(node, { "&&": "and", "||": "or" });
    case "for_statement": {
      const range = node.children.find((one) => one.type === "range_clause");
      const body = statements(child(node, "body"));
      if (range !== undefined) {
        return loopOver(child(range, "left"), child(range, "right"), body);
      }
      return {
        kind: "loop",
        parts: node.children.filter((one) => one.named && one.field !== "body" && !isComment(one)),
        body,
      };
    }
    case "expression_switch_statement":
    case "type_switch_statement":
    case "select_statement":
      return {
        kind: "switch",
        value: child(node, "value"),
        cases: named(node).filter((one) => /_case$/.test(one.type)).map((one) => ({
          label: child(one, "value"),
          body: named(one).filter((part) => part.field !== "value").flatMap((part) =>
            part.type === "statement_list" ? named(part) : [part]
          ),
        })),
      };
    case "return_statement":
      return { kind: "leave", how: "return", value: named(node)[0] ?? null };
    case "break_statement":
    case "continue_statement":
    case "goto_statement":
      return { kind: "leave", how: "jump", value: null };
    case "short_var_declaration":
    case "assignment_statement": {
      const value = child(node, "right");
      return binding(child(node, "left"), value && only(value));
    }
    case "var_spec":
    case "const_spec":
      return binding(child(node, "name"), child(node, "value"));
    case "go_statement":
      return { kind: "apart", body: named(node) };
    case "expression_statement":
      return { kind: "statement", value: named(node) };
    case "block":
      return { kind: "block", body: statements(node) };
    default:
      return { kind: "other" };
  }
}

function tests(root: Node): Declared[] {
  return named(root).flatMap((node) => {
    const name = plain(child(node, "name"));
    const fn = node.type === "function_declaration" ? functionOf(node) : null;
    return fn !== null && /^(?:Test|Fuzz|Example)(?:$|[^a-z])/.test(name) && name !== "TestMain"
      ? [{ suite: "", title: name, line: node.line, fn, tables: [] }]
      : [];
  });
}

/** The single node of a list of one. */
const only = (node: Node): Node => {
  const list = node.type === "expression_list" || node.type === "literal_element" ? named(node) : [];
  return list.length === 1 ? only(list[0] ?? node) : node;
};

/** Names of the fields of the struct type that a list literal is made of, in order. */
const FIELDS = new WeakMap<Node, string[]>();

export const go: Dialect = {
  name: "go",
  step,
  tests,
  strings: new Set(["interpreted_string_literal", "raw_string_literal", "rune_literal"]),
  isName: (node) => node.type === "identifier",
  elements(node) {
    const at = only(node);
    const body = at.type === "composite_literal"
      ? child(at, "body")
      : at.type === "literal_value"
      ? at
      : null;
    if (body === null) return null;
    const type = child(at, "type");
    const fields = type === null ? [] : fieldNames(type);
    // A range gives the key and the element of each.
    return named(body).map((one, index) => {
      const value = one.type === "keyed_element" ? only(child(one, "value") ?? one) : only(one);
      const row = pair(one.type === "keyed_element" ? child(one, "key") : null, index, value);
      const held = child(row, "value");
      if (fields.length > 0 && held !== null) FIELDS.set(held, fields);
      return row;
    });
  },
  member(record, name) {
    const at = only(record);
    const body = at.type === "composite_literal"
      ? child(at, "body")
      : at.type === "literal_value"
      ? at
      : null;
    if (body === null) return null;
    const list = named(body);
    for (const one of list) {
      if (one.type === "keyed_element" && plain(child(one, "key")) === name) {
        const value = child(one, "value");
        return value === null ? null : only(value);
      }
    }
    const at2 = (FIELDS.get(at) ?? []).indexOf(name);
    const value = at2 >= 0 && list[at2]?.type !== "keyed_element" ? list[at2] : undefined;
    return value === undefined ? null : only(value);
  },
  access(node) {
    if (node.type !== "selector_expression") return null;
    const record = child(node, "operand");
    return record === null ? null : { record, name: plain(child(node, "field")) };
  },
  pattern(node) {
    if (node.type === "identifier") return node.text === "_" ? [] : [{ name: node.text, at: [] }];
    if (node.type !== "expression_list") return [];
    const list = named(node);
    const [first] = list;
    if (list.length === 1 && first !== undefined) return go.pattern(first);
    return list.flatMap((one, index) => go.pattern(one).map(({ name }) => ({ name, at: [index] })));
  },
  imports(root) {
    const found = new Map<string, string>();
    const walk = (node: Node): void => {
      if (node.type === "import_spec") {
        const from = plain(child(node, "path")).slice(1, -1);
        found.set(plain(child(node, "name")) || (from.replace(/\/v\d+$/, "").split("/").pop() ?? from), from);
        return;
      }
      if (/^(?:source_file|import_)/.test(node.type)) node.children.forEach(walk);
    };
    walk(root);
    return found;
  },
};

function fieldNames(type: Node): string[] {
  if (type.type === "field_declaration_list") {
    return named(type).flatMap((one) => childrenOf(one, "name").map(plain));
  }
  if (
    !/^(?:slice_type|array_type|struct_type|map_type|pointer_type|implicit_length_array_type)$/.test(
      type.type,
    )
  ) {
    return [];
  }
  return named(type).flatMap(fieldNames);
}
