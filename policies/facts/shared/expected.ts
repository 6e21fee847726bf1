import { child, isComment, named, type Node, plain } from "../syntax/tree.ts";
import { CALL, calleeOf } from "../probes/shapes.ts";
import { type Constants, constantsOf, literalOf, nameOf } from "./literal.ts";

/** What a test gives to a function, and what it wants of it. */
export interface ExpectedPair {
  /** The function, by the last word of its name; empty for a row of a table. */
  fn: string;
  inputs: string[];
  output: string;
  line: number;
}

const MAX_PAIRS = 3000;
const COMPARES = /^(?:binary_expression|comparison_operator)$/;
const HOLDS = /^(?:assert(?:_true|True|That)?|ok|assert_ok|isTrue|toBeTruthy|toBeTrue|truthy|true)!?$/;
const FAILS = /^(?:assertFalse|assert_false|isFalse|toBeFalsy|toBeFalse|falsy|refute|notOk|false)$/;
/** Of these nothing is computed. */
const FRAME =
  /^(?:expect|assert\w*|it|test|describe|each|parametrize|Run|run|subTest|print\w*|log|format|String|Error|ok|equal|is|same)$/;

/** Every pair of what goes in and what has to come out that a test file writes down. */
export function expectedPairs(root: Node): ExpectedPair[] {
  const constants = constantsOf(root);
  const found: ExpectedPair[] = [];
  /** What a name was given last: the result of a call. */
  const results = new Map<string, Given[]>();
  const add = (given: readonly Given[], outputs: readonly (string | null)[], line: number) => {
    for (const { fn, inputs } of given) {
      for (const output of outputs) {
        if (output !== null && found.length < MAX_PAIRS) found.push({ fn, inputs, output, line });
      }
    }
  };
  const given = (node: Node): Given[] => {
    const own = callsIn(node, constants, 0);
    return own.length > 0 ? own : namesIn(node).flatMap((name) => results.get(name) ?? []);
  };
  const compare = (operands: readonly Node[], line: number): void => {
    const literals = operands.map((one) => literalOf(one, constants));
    operands.forEach((one, at) => {
      if (literals[at] === null) add(given(one), literals.filter((_, other) => other !== at), line);
    });
  };
  const walk = (node: Node): void => {
    if (isComment(node)) return;
    const [left, right] = bound(node);
    if (left !== "" && right !== null) results.set(left, callsIn(right, constants, 0));
    if (node.type === "macro_invocation") {
      argumentsIn(node).filter(({ type }) => type === "binary_expression").forEach(walk);
    }
    if (COMPARES.test(node.type) && node.children.some(({ text }) => /^(?:[!=]==?|=)$/.test(text))) {
      compare(named(node).filter(({ type }) => type !== "test_operator"), node.line);
    }
    if (CALL.has(node.type) || node.type === "macro_invocation" || node.type === "command") asserted(node);
    if (node.type === "assert_statement") {
      const [held] = named(node);
      if (held && !COMPARES.test(held.type)) {
        const not = /^not_operator$/.test(held.type);
        add(given(held), [not ? "false" : "true"], node.line);
      }
    }
    const row = rowOf(node, constants);
    if (row !== null) found.push(...row.slice(0, Math.max(0, MAX_PAIRS - found.length)));
    node.children.forEach(walk);
  };
  const asserted = (node: Node): void => {
    const args = argumentsIn(node);
    const chain = chained(node);
    const operands = chain === null ? args : [chain, ...args];
    if (operands.length >= 2) compare(operands, node.line);
    const name = node.type === "command" ? "" : nameOf(nameNode(node));
    const [only] = operands;
    // A comparison is looked at by itself.
    if (
      only === undefined || COMPARES.test(only.type) ||
      (operands.length > 1 && literalOf(operands[1], constants) === null)
    ) return;
    if (HOLDS.test(name)) add(given(only), [isNegated(only) ? "false" : "true"], node.line);
    if (FAILS.test(name)) add(given(only), ["false"], node.line);
  };
  walk(root);
  return found;
}

interface Given {
  fn: string;
  inputs: string[];
}

const nameNode = (node: Node): Node | null =>
  node.type === "method_invocation"
    ? child(node, "name")
    : node.type === "macro_invocation"
    ? child(node, "macro")
    : calleeOf(node);

function argumentsIn(node: Node): Node[] {
  if (node.type === "macro_invocation") {
    const tokens = node.children.find(({ type }) => type === "token_tree");
    return tokens === undefined ? [] : operandsOf(tokens);
  }
  if (node.type === "command") return named(node).filter(({ type }) => type !== "command_name");
  return named(child(node, "arguments"));
}

/** The operands of a macro, of whose tokens the grammar makes nothing: calls, comparisons and literals are put together here. */
function operandsOf(tokens: Node): Node[] {
  const parts: Node[][] = [[]];
  for (const one of tokens.children.slice(1, -1)) {
    if (one.text === ",") parts.push([]);
    else parts.at(-1)?.push(one);
  }
  return parts.filter((part) => part.length > 0).map(expressionOf);
}

function expressionOf(part: Node[]): Node {
  const [first] = part;
  const made = (type: string, children: Node[]): Node => ({
    type,
    field: "",
    named: true,
    line: first?.line ?? 1,
    text: "",
    children,
  });
  const at = part.findIndex(({ text }) => text === "==");
  if (at > 0) {
    const operator = part[at];
    return made("binary_expression", [
      expressionOf(part.slice(0, at)),
      ...operator === undefined ? [] : [operator],
      expressionOf(part.slice(at + 1)),
    ]);
  }
  const last = part.at(-1);
  const name = part.at(-2);
  if (last?.type === "token_tree" && name?.type === "identifier") {
    const list = { ...made("arguments", operandsOf(last)), field: "arguments" };
    return made("call_expression", [{ ...name, field: "function" }, list]);
  }
  return part.length === 1 && first !== undefined ? first : made("tokens", part);
}

/** The thing in `expect(...)` before the last call of a chain. */
function chained(node: Node): Node | null {
  let inner: Node | null = node.type === "method_invocation" ? child(node, "object") : calleeOf(node);
  for (let depth = 0; inner !== null && depth < 8; depth++) {
    if (CALL.has(inner.type) && /^(?:expect|assertThat|assert_that|should)$/.test(nameOf(nameNode(inner)))) {
      return argumentsIn(inner)[0] ?? null;
    }
    inner = child(inner, "object") ?? (CALL.has(inner.type) ? calleeOf(inner) : named(inner)[0] ?? null);
  }
  return null;
}

const isNegated = (node: Node): boolean =>
  /^(?:unary_expression|not_operator)$/.test(node.type) && /^(?:!|not)$/.test(node.children[0]?.text ?? "");

/** Calls with literals, in an expression. */
function callsIn(node: Node, constants: Constants, depth: number): Given[] {
  // What stands in a function is looked at by itself.
  if (depth > 6 || /function|lambda|closure|func_literal/.test(node.type)) return [];
  const found: Given[] = [];
  if (CALL.has(node.type) || node.type === "new_expression" || node.type === "object_creation_expression") {
    const fn = nameOf(nameNode(node) ?? child(node, "constructor") ?? child(node, "type"));
    const inputs = named(child(node, "arguments")).flatMap((one) => literalOf(one, constants) ?? []);
    if (inputs.length > 0 && !FRAME.test(fn)) found.push({ fn, inputs });
  }
  if (node.type === "command_substitution") {
    for (const command of named(node)) {
      if (command.type !== "command") continue;
      const words = argumentsIn(command).flatMap((one) => literalOf(one, constants) ?? []);
      const name = plain(child(command, "name"));
      // A script is started by its name, as a function is.
      const inputs = /^(?:bash|sh|\.|source)$/.test(name) ? words.slice(1) : words;
      if (inputs.length > 0) {
        found.push({ fn: name, inputs: [...inputs, ...inputs.length > 1 ? [inputs.join(" ")] : []] });
      }
    }
  }
  if (found.length > 0) return found;
  return node.children.flatMap((one) => callsIn(one, constants, depth + 1));
}

function namesIn(node: Node): string[] {
  if (node.type === "identifier" || node.type === "variable_name") return [node.text];
  if (CALL.has(node.type)) return [];
  return named(node).slice(0, 4).flatMap(namesIn);
}

/** The first name that is given the value of an expression. */
function bound(node: Node): [string, Node | null] {
  if (
    !/^(?:variable_declarator|assignment|short_var_declaration|assignment_statement|let_declaration|variable_assignment|assignment_expression)$/
      .test(node.type)
  ) {
    return ["", null];
  }
  const left = child(node, "name") ?? child(node, "left") ?? child(node, "pattern");
  const first = left === null ? "" : namesIn(left)[0] ?? "";
  return [first, child(node, "value") ?? child(node, "right")];
}

const OUT = /want|expect|out|result|exp|answer|wanted|output|should/i;

const ROW =
  /^(?:array|list|tuple|literal_value|tuple_expression|array_initializer|object|dictionary|composite_literal)$/;

/** A row of a table: a list or a record of at least two literals in a list of such. */
function rowOf(node: Node, constants: Constants): ExpectedPair[] | null {
  if (/^(?:array|list|tuple|literal_value|tuple_expression|array_initializer)$/.test(node.type)) {
    const parts = named(node);
    if (parts.length < 2 || parts.length > 8) return null;
    // A list of rows is no row.
    if (parts.every((one) => ROW.test((one.type === "literal_element" ? named(one)[0] : one)?.type ?? ""))) {
      return null;
    }
    if (parts.some((one) => one.type === "keyed_element")) return record(node, parts, constants);
    const values = parts.map((one) => literalOf(one, constants));
    const output = values.at(-1);
    const inputs = values.slice(0, -1).filter((one) => one !== null);
    return output === null || output === undefined || inputs.length === 0
      ? null
      : [{ fn: "", inputs, output, line: node.line }];
  }
  if (node.type === "object" || node.type === "dictionary") return record(node, named(node), constants);
  return null;
}

function record(node: Node, parts: readonly Node[], constants: Constants): ExpectedPair[] | null {
  const fields = parts.map((one) => {
    const key = child(one, "key");
    return {
      key: key === null ? "" : plain(key).replace(/["']/g, ""),
      value: literalOf(child(one, "value"), constants),
    };
  });
  const out = fields.find(({ key, value }) => OUT.test(key) && value !== null);
  if (out !== undefined) {
    const inputs = fields.filter((one) => one !== out && !/^(?:name|title|desc\w*)$/i.test(one.key)).flatMap((
      { value },
    ) => value ?? []);
    return inputs.length === 0 || out.value === null
      ? null
      : [{ fn: "", inputs, output: out.value, line: node.line }];
  }
  // A map from what goes in to what comes out.
  const pairs = parts.flatMap((one, at) => {
    const key = literalOf(child(one, "key"), constants) ??
      (/[^\w]/.test(fields[at]?.key ?? "") ? fields[at]?.key : null);
    const value = fields[at]?.value;
    return key && value ? [{ fn: "", inputs: [key], output: value, line: one.line }] : [];
  });
  return pairs.length < 2 ? null : pairs;
}
