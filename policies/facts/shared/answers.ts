import { child, isComment, named, type Node, plain } from "../syntax/tree.ts";
import { CALL, calleeOf } from "../probes/shapes.ts";
import { type Constants, constantsOf, keyOf, literalOf, nameOf } from "./literal.ts";

/** What product code gives back for one thing that goes in, both written out. */
export interface Answer {
  /** All of these have to go in. */
  inputs: string[];
  /** It is enough that what goes in has this somewhere. */
  part: boolean;
  output: string;
  line: number;
}

/** Answers that stand in one place: the branches of a function, or a table. */
export interface Answers {
  kind: "branch" | "table";
  /** The function, or the name of the table. */
  name: string;
  line: number;
  answers: Answer[];
}

const FUNCTION =
  /^(?:function_declaration|generator_function_declaration|function_definition|method_definition|method_declaration|function_item|arrow_function|function_expression|constructor_declaration)$/;
const EQUAL = /^(?:===?|=|-eq|\.eq)$/;
const PARTS =
  /^(?:includes|contains|Contains|startsWith|endsWith|startswith|endswith|HasPrefix|HasSuffix|starts_with|ends_with|indexOf|test|match)$/;

/** Where product code writes answers out. */
export function answersIn(root: Node): Answers[] {
  const constants = constantsOf(root);
  const branches = new Map<string, Answers>();
  const tables: Answers[] = [];
  const branch = (name: string, answer: Answer) => {
    const known = branches.get(name) ?? { kind: "branch", name, line: answer.line, answers: [] };
    known.answers.push(answer);
    branches.set(name, known);
  };
  const walk = (node: Node, around: string): void => {
    if (isComment(node)) return;
    const own = FUNCTION.test(node.type) ? functionName(node) : "";
    const named_ = node.type === "variable_declarator" &&
        /^(?:arrow_function|function_expression)$/.test(child(node, "value")?.type ?? "")
      ? plain(child(node, "name"))
      : "";
    const here = own || named_ || around;
    for (const answer of branchAnswers(node, constants)) branch(here, answer);
    const entries = tableEntries(node, constants);
    if (entries.length >= 2) tables.push({ kind: "table", name: here, line: node.line, answers: entries });
    node.children.forEach((one) => walk(one, here));
  };
  walk(root, "");
  return [...branches.values(), ...tables];
}

const functionName = (node: Node): string => plain(child(node, "name"));

function branchAnswers(node: Node, constants: Constants): Answer[] {
  if (/^(?:if_statement|if_expression|elif_clause|ternary_expression)$/.test(node.type)) {
    const test = child(node, "condition") ?? named(node)[0] ?? null;
    const output = node.type === "ternary_expression"
      ? literalOf(child(node, "consequence"), constants)
      : node.type === "elif_clause" || child(node, "consequence") === null
      ? firstAnswer(named(node).filter((one) => one !== test), constants)
      : firstAnswer([child(node, "consequence")], constants);
    return test === null || output === null
      ? []
      : conditions(test, constants).map((one) => ({ ...one, output, line: node.line }));
  }
  if (node.type === "conditional_expression") {
    const [value, test] = named(node);
    const output = literalOf(value, constants);
    return output === null || !test
      ? []
      : conditions(test, constants).map((one) => ({ ...one, output, line: node.line }));
  }
  // `[ "$1" = x ] && echo y`
  if (node.type === "list" && node.children.some(({ text }) => text === "&&")) {
    const [test, ...rest] = named(node);
    const output = firstAnswer(rest, constants);
    return output === null || !test
      ? []
      : conditions(test, constants).map((one) => ({ ...one, output, line: node.line }));
  }
  const labels = caseLabels(node, constants);
  if (labels.length === 0) return [];
  const output = firstAnswer(caseBody(node), constants);
  return output === null
    ? []
    : labels.map((label) => ({ inputs: [label], part: false, output, line: node.line }));
}

/** What a case of a choice is for, when it is literals. */
function caseLabels(node: Node, constants: Constants): string[] {
  const literals = (nodes: readonly (Node | null)[]): string[] =>
    nodes.flatMap((one) => {
      if (one === null) return [];
      const open = [one];
      const found: string[] = [];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (
          /^(?:expression_list|or_pattern|union_pattern|case_pattern|match_pattern|switch_label)$/.test(
            next.type,
          )
        ) {
          open.push(...named(next));
          continue;
        }
        const literal = literalOf(next, constants);
        if (literal !== null) found.push(literal);
      }
      return found;
    });
  switch (node.type) {
    case "switch_case":
    case "expression_case":
      return literals([child(node, "value")]);
    case "match_arm":
      return literals([child(node, "pattern")]);
    case "case_clause":
      return literals(named(node).filter(({ type }) => type === "case_pattern"));
    case "switch_rule":
    case "switch_block_statement_group":
      return literals(named(node).filter(({ type }) => type === "switch_label"));
    case "case_item":
      return literals(node.children.filter(({ field }) => field === "value")).filter((text) =>
        !/[*?]/.test(text)
      );
    default:
      return [];
  }
}

function caseBody(node: Node): Node[] {
  const value = node.type === "match_arm" ? child(node, "value") : null;
  if (value !== null) return [value];
  return named(node).filter((one) =>
    !/^(?:value|pattern)$/.test(one.field) && !/pattern|switch_label/.test(one.type)
  );
}

/** The literal that comes out first, when nothing else happens before. */
function firstAnswer(nodes: readonly (Node | null)[], constants: Constants): string | null {
  const [node] = nodes.filter((one) => one !== null && one !== undefined && !isComment(one));
  if (!node) return null;
  if (/^(?:statement_block|block|statement_list|compound_statement|else_clause)$/.test(node.type)) {
    return firstAnswer(named(node), constants);
  }
  if (/^return_(?:statement|expression)$/.test(node.type)) {
    const [value] = named(node);
    // Of several values the first: what stands beside it is an error, or none.
    return literalOf(value?.type === "expression_list" ? named(value)[0] : value, constants);
  }
  if (node.type === "expression_statement" && /^return_/.test(named(node)[0]?.type ?? "")) {
    return firstAnswer(named(node), constants);
  }
  if (node.type === "list") return firstAnswer(named(node), constants);
  if (node.type === "command") {
    if (!/^(?:echo|printf)$/.test(plain(child(node, "name")))) return null;
    const words = named(node).filter(({ type }) => type !== "command_name").map((one) =>
      literalOf(one, constants)
    );
    if (words.some((one) => one === null)) return null;
    return words.filter((word, at) => !(at === 0 && /^(?:-\w+|%s(?:\\n|\n)?)$/.test(word ?? ""))).join(" ");
  }
  return /statement$|declaration$|assignment|command|loop/.test(node.type) &&
      node.type !== "expression_statement"
    ? null
    : literalOf(node, constants);
}

type Condition = Pick<Answer, "inputs" | "part">;

/** The ways in which a condition holds because something is a literal. */
function conditions(node: Node, constants: Constants): Condition[] {
  const [first] = named(node);
  if (
    /^(?:parenthesized_expression|test_command|command)$/.test(node.type) && first !== undefined &&
    named(node).length === 1
  ) {
    return conditions(first, constants);
  }
  if (/^(?:binary_expression|boolean_operator|comparison_operator)$/.test(node.type)) {
    const operator = node.children.find((one) =>
      one.field === "operator" || one.field === "operators" || !one.named
    );
    const word = operator === undefined ? "" : plain(operator);
    const operands = named(node).filter(({ type }) => type !== "test_operator");
    const [left, right] = operands;
    if (!left || !right || operands.length !== 2) return [];
    if (/^(?:\|\||or)$/.test(word)) return [...conditions(left, constants), ...conditions(right, constants)];
    if (/^(?:&&|and)$/.test(word)) {
      const [a, b] = [conditions(left, constants), conditions(right, constants)];
      // One of them asks something else: what goes in is then a case that the literal only narrows.
      if (a.length !== 1 || b.length !== 1) return a.length + b.length === 1 ? [...a, ...b] : [];
      return [{
        inputs: [...a[0]?.inputs ?? [], ...b[0]?.inputs ?? []],
        part: a[0]?.part === true || b[0]?.part === true,
      }];
    }
    const values = [literalOf(left, constants), literalOf(right, constants)];
    const known = values.filter((one) => one !== null);
    if (EQUAL.test(word) && known.length === 1) return [{ inputs: known, part: false }];
    if (word === "in" && values[0] === null && /^(?:list|tuple|set)$/.test(right.type)) {
      return named(right).flatMap((one) => literalOf(one, constants) ?? []).map((one) => ({
        inputs: [one],
        part: false,
      }));
    }
    if (word === "in" && values[0] !== null && values[1] === null) {
      return [{ inputs: [values[0] ?? ""], part: true }];
    }
    return [];
  }
  if (CALL.has(node.type)) {
    const name = node.type === "method_invocation" ? plain(child(node, "name")) : nameOf(calleeOf(node));
    const args = named(child(node, "arguments"));
    const receiver = node.type === "method_invocation"
      ? child(node, "object")
      : child(calleeOf(node), "object");
    const literals = [receiver, ...args].map((one) => literalOf(one, constants));
    const known = literals.filter((one) => one !== null);
    if (/^(?:equals|equalsIgnoreCase|eq|EqualFold|Equal|isEqual)$/.test(name) && known.length === 1) {
      return [{ inputs: known, part: false }];
    }
    if (receiver !== null && /^(?:array|list)$/.test(receiver.type) && /^(?:includes|contains)$/.test(name)) {
      return named(receiver).flatMap((one) => literalOf(one, constants) ?? []).map((one) => ({
        inputs: [one],
        part: false,
      }));
    }
    if (PARTS.test(name) && known.length === 1) return [{ inputs: known, part: true }];
  }
  return [];
}

/** Entries of a table from a literal to a literal. */
function tableEntries(node: Node, constants: Constants): Answer[] {
  const entry = (key: string | null, value: string | null, line: number): Answer[] =>
    key === null || value === null ? [] : [{ inputs: [key], part: false, output: value, line }];
  if (node.type === "object" || node.type === "dictionary") {
    return named(node).flatMap((one) =>
      one.type === "pair"
        ? entry(keyOf(child(one, "key"), constants), literalOf(child(one, "value"), constants), one.line)
        : []
    );
  }
  if (node.type === "composite_literal" && child(node, "type")?.type === "map_type") {
    return named(child(node, "body")).flatMap((one) =>
      one.type === "keyed_element"
        ? entry(literalOf(child(one, "key"), constants), literalOf(child(one, "value"), constants), one.line)
        : []
    );
  }
  // Lists of pairs: `new Map([["a", 1]])`, `HashMap::from([("a", 1)])`.
  if (/^(?:array|list|array_expression)$/.test(node.type)) {
    return named(node).flatMap((one) => {
      const parts = /^(?:array|tuple|list|tuple_expression)$/.test(one.type) ? named(one) : [];
      return parts.length === 2
        ? entry(literalOf(parts[0], constants), literalOf(parts[1], constants), one.line)
        : [];
    });
  }
  if (
    node.type === "method_invocation" && plain(child(node, "name")) === "of" &&
    /(?:^|\.)Map$/.test(plain(child(node, "object")))
  ) {
    const args = named(child(node, "arguments"));
    return args.flatMap((one, at) =>
      at % 2 === 0 ? entry(literalOf(one, constants), literalOf(args[at + 1], constants), one.line) : []
    );
  }
  return [];
}
