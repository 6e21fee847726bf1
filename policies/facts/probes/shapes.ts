import { child, named, type Node, plain } from "../syntax/tree.ts";

const MEMBER = new Set([
  "member_expression",
  "attribute",
  "selector_expression",
  "field_access",
  "field_expression",
  "scoped_identifier",
]);
const INDEX = new Set(["subscript_expression", "subscript", "index_expression", "array_access"]);
export const CALL = new Set(["call_expression", "call", "method_invocation"]);
/** What a value goes through without change. */
export const TRANSPARENT = new Set([
  "parenthesized_expression",
  "await_expression",
  "await",
  "as_expression",
  "satisfies_expression",
  "non_null_expression",
  "type_assertion",
  "cast_expression",
  "try_expression",
  "reference_expression",
  "unary_expression",
  "expression_list",
]);
export const NAMES = new Set(["identifier", "shorthand_property_identifier", "this", "self"]);

export const isMember = (node: Node): boolean => MEMBER.has(node.type);
export const isIndex = (node: Node): boolean => INDEX.has(node.type);
export const isString = (node: Node): boolean =>
  /^(?:string|template_string|interpreted_string_literal|raw_string_literal|string_literal|character_literal|rune_literal|char_literal)$/
    .test(node.type);
export const isNumber = (node: Node): boolean =>
  /^(?:number|integer|float|int_literal|float_literal|integer_literal|decimal_integer_literal|hex_integer_literal)$/
    .test(node.type);

/** What a member, an index or a call is of. */
export function objectOf(node: Node): Node | null {
  return child(node, "object") ?? child(node, "operand") ?? child(node, "value") ?? child(node, "path") ??
    child(node, "array");
}

export function memberOf(node: Node): string {
  return plain(
    child(node, "property") ?? child(node, "attribute") ?? child(node, "field") ?? child(node, "name"),
  );
}

export function indexOf(node: Node): Node | null {
  return child(node, "index") ?? child(node, "subscript") ??
    named(node).filter((one) => one.field === "").at(-1) ?? null;
}

/** The callee's way, its receiver and its arguments. */
export function calleeOf(node: Node): Node | null {
  return node.type === "method_invocation" ? child(node, "object") : child(node, "function");
}

export function argumentsOf(node: Node): Node[] {
  const list = child(node, "arguments");
  return list === null ? [] : list.type === "template_string" ? [list] : named(list);
}

export const isList = (node: Node): boolean =>
  /^(?:array|list|tuple|composite_literal|array_expression)$/.test(node.type);
