import type { CodeLanguage, Mutation } from "../../../specs/mod.ts";
import { child, isComment, named, type Node, plain } from "../syntax/tree.ts";
import { BINARY, LOGGING, NO_CODE, SHELL_KEPT, swapsOf } from "./operators.ts";
import { returned } from "./returned.ts";

/** One small change of a program that its tests should notice. */
export interface Mutant extends Mutation {
  /** The piece of the file that goes, and what comes in its place. */
  from: number;
  to: number;
  put: string;
}

export interface MutableFile {
  path: string;
  language: CodeLanguage;
  text: string;
  /** Lines at head that the change added or altered. */
  lines: ReadonlySet<number>;
}

/** The place of a node in its file, by its first and last leaf. */
export function rangeOf(node: Node): [number, number] | null {
  let [first, last] = [node, node];
  for (let next = first.children[0]; next; next = first.children[0]) first = next;
  for (let next = last.children.at(-1); next; next = last.children.at(-1)) last = next;
  return first.start === undefined || last.start === undefined
    ? null
    : [first.start, last.start + last.text.length];
}

/** Every mutant of the changed lines of a file, in the order of the program. */
export function mutantsIn(root: Node, file: MutableFile): Mutant[] {
  const { path, language, text, lines } = file;
  const found: Mutant[] = [];
  const add = (node: Node, operator: Mutation["operator"], put: string, what: string, line = node.line) => {
    const range = rangeOf(node);
    if (range === null || !lines.has(line) || text.slice(...range) === put) return;
    found.push({ path, line, operator, what, from: range[0], to: range[1], put });
  };
  const textOf = (node: Node): string => {
    const range = rangeOf(node);
    return range === null ? "" : text.slice(...range);
  };
  /** `outer` holds the nodes above, the nearest last. */
  const walk = (node: Node, outer: readonly Node[]): void => {
    if (isComment(node) || NO_CODE.has(node.type) || node.unread === true) return;
    const parent = outer.at(-1);
    binary(node);
    negation(node, parent);
    condition(node);
    literal(node, parent);
    const value = returned(node, outer, language, path);
    if (value !== null) {
      add(value.node, "return", value.put, `the value that is given back became ${value.put}`);
    }
    statement(node, parent);
    otherwise(node, parent);
    const below = [...outer, node];
    node.children.forEach((one, at) => {
      if (!isTestOfRust(node.children, at)) walk(one, below);
    });
  };

  function binary(node: Node): void {
    if (!BINARY.has(node.type) && !(language === "shell" && node.type === "unary_expression")) return;
    for (const one of node.children) {
      if (one.named && one.type !== "test_operator") continue;
      const token = one.children.length > 0 ? one.children.map(plain).join(" ") : one.text;
      // Texts are joined with the same sign.
      if (token === "+" && holdsText(node)) continue;
      for (const { operator, put } of swapsOf(token, language)) {
        add(one, operator, put, `${token} became ${put}`);
      }
    }
  }

  function negation(node: Node, parent: Node | undefined): void {
    if (!/^(?:unary_expression|not_operator|negated_command)$/.test(node.type)) return;
    const [sign, operand] = node.children;
    if (!sign || !operand || !/^(?:!|not)$/.test(sign.text)) return;
    // Two of them make a truth value of something.
    if (operand.children[0]?.text === "!" || parent?.children[0]?.text === "!") return;
    add(sign, "negation", "", `${sign.text} was taken away`);
  }

  function condition(node: Node): void {
    if (
      !/^(?:if_statement|if_expression|elif_clause|ternary_expression|conditional_expression)$/.test(
        node.type,
      )
    ) {
      return;
    }
    const test = node.type === "conditional_expression"
      ? named(node)[1]
      : child(node, "condition") ?? (language === "shell" ? named(node)[0] : undefined);
    if (!test) return;
    const inner = test.type === "parenthesized_expression" ? named(test)[0] : test;
    // What has an operator of its own is turned round there.
    if (
      !inner || BINARY.has(inner.type) ||
      /^(?:unary_expression|not_operator|negated_command|let_)/.test(inner.type)
    ) {
      return;
    }
    if (/let_chain|let_condition/.test(inner.type) || inner.type === "test_command") return;
    const whole = textOf(test);
    const put = language === "shell"
      ? `! ${whole}`
      : language === "python"
      ? `not (${whole})`
      : test.type === "parenthesized_expression"
      ? `(!${whole})`
      : `!(${whole})`;
    add(test, "negation", put, "the condition was negated");
  }

  function literal(node: Node, parent: Node | undefined): void {
    if (node.children.length > 0 && node.type !== "boolean_literal") return;
    const word = plain(node);
    if (/^(?:true|false|True|False)$/.test(word) && language !== "shell") {
      if (parent?.type === "boolean_literal") return;
      const put = { true: "false", false: "true", True: "False", False: "True" }[word] ?? word;
      add(node, "boolean", put, `${word} became ${put}`);
      return;
    }
    if (!node.named || !/(?:^number|integer|int_literal)/.test(node.type)) return;
    const digits = /^(\d{1,9})((?:[iu](?:\d+|size)|[lLn])?)$/.exec(word);
    if (!digits || (/^0\d/.test(word))) return;
    if (language === "shell") {
      // Of an exit code only zero or not is looked at.
      const command = parent?.type === "command" ? plain(child(parent, "name")) : "";
      if (parent?.type === "file_redirect" || !/^(?:return|exit)$/.test(command)) return;
      const put = word === "0" ? "1" : "0";
      add(node, "return", put, `${command} ${word} became ${command} ${put}`);
      return;
    }
    const put = `${Number(digits[1]) + 1}${digits[2]}`;
    add(node, "literal", put, `${word} became ${put}`);
  }

  function statement(node: Node, parent: Node | undefined): void {
    if (language === "shell") {
      if (node.type !== "command" || !parent) return;
      if (
        !/^(?:program|compound_statement|do_group|if_statement|elif_clause|else_clause|case_item)$/.test(
          parent.type,
        )
      ) return;
      if (
        child(parent, "condition") === node || (parent.type === "elif_clause" && named(parent)[0] === node)
      ) return;
      const name = plain(child(node, "name"));
      if (name === "" || SHELL_KEPT.test(name)) return;
      add(node, "call", ":", `the command ${name} was taken away`);
      return;
    }
    if (node.type !== "expression_statement") return;
    let inner = named(node)[0];
    while (inner && /^await/.test(inner.type)) inner = named(inner)[0];
    if (!inner || !/^(?:call|call_expression|method_invocation)$/.test(inner.type)) return;
    const callee = plain(child(inner, "function")) ||
      `${plain(child(inner, "object"))}.${plain(child(inner, "name"))}`.replace(/^\./, "");
    if (LOGGING.test(callee) || /^super\b/.test(callee)) return;
    const put = language === "python" ? "pass" : language === "go" ? "" : ";";
    add(node, "call", put, "a call was taken away");
  }

  function otherwise(node: Node, parent: Node | undefined): void {
    if (node.type === "else_clause") {
      if (!parent || !/^if_/.test(parent.type)) return;
      // Where the value of the whole is used, it needs both ways.
      if (parent.type === "if_expression") {
        const holder = parent;
        if (!isStatement(holder)) return;
      }
      add(node, "else", "", "the other way of a condition was taken away");
      return;
    }
    if (language !== "go" && language !== "java") return;
    if (node.type !== "if_statement") return;
    const at = node.children.findIndex(({ text: word, named: isNamed }) => word === "else" && !isNamed);
    const [word, way] = [node.children[at], node.children[at + 1]];
    if (!word || !way) return;
    const [start, end] = [rangeOf(word), rangeOf(way)];
    if (start === null || end === null || !lines.has(word.line)) return;
    found.push({
      path,
      line: word.line,
      operator: "else",
      what: "the other way of a condition was taken away",
      from: start[0],
      to: end[1],
      put: "",
    });
  }

  const statements = new Set<Node>();
  function isStatement(node: Node): boolean {
    return statements.has(node);
  }
  const collect = (node: Node): void => {
    if (node.type === "expression_statement") node.children.forEach((one) => statements.add(one));
    node.children.forEach(collect);
  };
  if (language === "rust") collect(root);
  walk(root, []);
  return found;
}

function holdsText(node: Node): boolean {
  return /string|template|char_literal/.test(node.type) || node.children.some(holdsText);
}

/** Tests stand beside the code there. */
function isTestOfRust(siblings: readonly Node[], at: number): boolean {
  for (let before = at - 1; before >= 0; before--) {
    const one = siblings[before];
    if (one?.type !== "attribute_item" && !(one && isComment(one))) return false;
    if (/^#\[(?:cfg\((?:.*\b)?test\b|test\]|tokio::test|\w+::test)/.test(plain(one))) return true;
  }
  return false;
}
