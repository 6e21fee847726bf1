import type { Dialect } from "./step.ts";
import { child, isComment, named, type Node, plain } from "./tree.ts";

/** What names stand for: a piece of syntax, read in the surroundings where it was written. */
export type Scope = ReadonlyMap<string, Bound>;
export interface Bound {
  node: Node | null;
  scope: Scope;
  /** For a name whose value is not followed: how it is written instead. */
  tokens?: readonly string[];
}

const MAX_TOKENS = 400;
const MAX_VALUE = 60;

/** What a name stands for where it is a literal record or list, step by step. */
export function valueOf(node: Node, dialect: Dialect, scope: Scope, depth = 0): { node: Node; scope: Scope } {
  if (depth > 8) return { node, scope };
  if (dialect.isName(node)) {
    const bound = scope.get(node.text);
    return bound?.node ? valueOf(bound.node, dialect, bound.scope, depth + 1) : { node, scope };
  }
  const access = dialect.access(node);
  if (access !== null) {
    const record = valueOf(access.record, dialect, scope, depth + 1);
    const value = memberOf(record.node, access.name, dialect);
    return value === null ? { node, scope } : valueOf(value, dialect, record.scope, depth + 1);
  }
  const wrapped =
    /^(?:parenthesized_expression|as_expression|satisfies_expression|non_null_expression|literal_element)$/;
  const [inner] = named(node);
  return wrapped.test(node.type) && inner !== undefined
    ? valueOf(inner, dialect, scope, depth + 1)
    : { node, scope };
}

/** A member by name or position of a literal; null when it is not known. */
export function memberOf(node: Node, name: string | number, dialect: Dialect): Node | null {
  if (/^(?:pair|keyed_element)$/.test(node.type)) {
    return name === 0 || name === "0"
      ? child(node, "key")
      : name === 1 || name === "1"
      ? child(node, "value")
      : null;
  }
  if (typeof name === "string" && !/^\d+$/.test(name)) return dialect.member(node, name);
  return dialect.elements(node)?.[Number(name)] ?? null;
}

/** The words of a piece of syntax, names replaced by what they stand for, without comments and white space. */
export function render(node: Node, dialect: Dialect, scope: Scope): string[] {
  const out: string[] = [];
  put(node, dialect, scope, out, 0);
  return out.slice(0, MAX_TOKENS);
}

function put(node: Node, dialect: Dialect, scope: Scope, out: string[], depth: number): void {
  if (out.length > MAX_TOKENS || isComment(node) || depth > 60) return;
  if (dialect.strings.has(node.type) || (node.type === "string" && isPlain(node))) {
    out.push(literal(plain(node)));
    return;
  }
  if (node.type === "word" && node.children.length === 0) {
    out.push(JSON.stringify(node.text));
    return;
  }
  if (node.type === "test_command") {
    // `[ a = b ]` and `[[ a = b ]]` are brackets around a condition, and no list.
    out.push("(");
    for (const one of node.children.slice(1, -1)) put(one, dialect, scope, out, depth + 1);
    out.push(")");
    return;
  }
  if (node.type === "command_name") {
    out.push(plain(node));
    return;
  }
  if (dialect.isName(node)) {
    const bound = scope.get(node.text);
    if (bound === undefined) {
      out.push(node.text);
      return;
    }
    if (bound.tokens !== undefined || bound.node === null) {
      out.push(...(bound.tokens ?? [node.text]));
      return;
    }
    const value: string[] = [];
    put(bound.node, dialect, bound.scope, value, depth + 1);
    // A long value says more by its name.
    out.push(...(value.length <= MAX_VALUE ? value : [node.text]));
    return;
  }
  const access = dialect.access(node);
  if (access !== null) {
    const record = valueOf(access.record, dialect, scope);
    const value = memberOf(record.node, access.name, dialect);
    if (value !== null) {
      put(value, dialect, record.scope, out, depth + 1);
      return;
    }
  }
  if (node.children.length === 0) {
    if (dialect.name === "go" && node.type === "type_identifier" && node.text === "any") {
      out.push("interface", "{", "}");
      return;
    }
    if (node.text !== "" && !/^[;,]$/.test(node.text)) out.push(node.text);
    return;
  }
  if (node.type === "parenthesized_expression" && named(node).length === 1) {
    const [inner] = named(node);
    const words: string[] = [];
    if (inner !== undefined) put(inner, dialect, scope, words, depth + 1);
    out.push(...(words.length > 1 ? ["(", ...words, ")"] : words));
    return;
  }
  // Types say nothing at run time.
  if (/^(?:as_expression|satisfies_expression|non_null_expression)$/.test(node.type)) {
    const [inner] = named(node);
    if (inner !== undefined) put(inner, dialect, scope, out, depth + 1);
    return;
  }
  if (/^type_(?:annotation|arguments|parameters)$/.test(node.type)) return;
  for (const one of node.children) put(one, dialect, scope, out, depth + 1);
}

/** A string into which nothing is put at run time. */
function isPlain(node: Node): boolean {
  return node.children.every((one) => !/interpolation|substitution|expansion/.test(one.type));
}

/** The same string in other quotes is the same string. */
function literal(text: string): string {
  const found = /^(["'`])([\s\S]*)\1$/.exec(text);
  return found === null ? text : `"${(found[2] ?? "").replaceAll('\\"', '"').replaceAll("\\'", "'")}"`;
}
