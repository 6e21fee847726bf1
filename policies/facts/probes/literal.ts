import { child, isComment, named, type Node, plain } from "../syntax/tree.ts";
import { HONEST_LITERAL, type Identity, RUNNER_WORD } from "./identity.ts";
import type { Program } from "./program.ts";
import { argumentsOf, CALL, calleeOf, isNumber, isString, TRANSPARENT } from "./shapes.ts";

/** Whether an expression holds a literal that says something: text that is not empty, a number, a pattern. */
export function literalIn(node: Node, program: Program): string | null {
  const open = [node];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (isString(one) || one.type === "concatenated_string") {
      const text = program.fold(one);
      if (text === null) open.push(...one.children);
      else if (text !== "") return text;
    } else if (isNumber(one) || one.type === "regex") return plain(one);
    else if (one.type === "identifier") {
      const text = program.fold(one);
      if (text !== null && text !== "") return text;
    } else if (!isComment(one)) open.push(...one.children);
  }
  return null;
}

/** Whether one of these expressions is a literal that gives the comparison away. */
export function speaks(nodes: readonly Node[], identity: Identity, program: Program): boolean {
  return nodes.some((node) => {
    const literal = literalIn(node, program);
    return literal !== null && gives(literal, identity);
  });
}

/** Whether a literal tells a test run from another one. */
export function gives(literal: string, identity: Identity): boolean {
  switch (identity.kind) {
    case "words":
      return RUNNER_WORD.test(literal) && !literal.startsWith("-");
    case "frames":
      return RUNNER_WORD.test(literal);
    case "presence":
    case "mark":
      return !HONEST_LITERAL.test(literal);
  }
}

/** The text of an operand that is nothing but a literal, or a list of some. */
export function pureLiteral(node: Node, program: Program): string | null {
  if (isNumber(node) || node.type === "regex") return plain(node);
  const text = program.fold(node);
  if (text !== null) return text === "" ? null : text;
  if (TRANSPARENT.has(node.type)) {
    const inner = child(node, "argument") ?? named(node)[0];
    return inner ? pureLiteral(inner, program) : null;
  }
  if (/^(?:array|list|tuple|set)$/.test(node.type)) {
    for (const one of named(node)) {
      const said = pureLiteral(one, program);
      if (said !== null) return said;
    }
  }
  // `Some("main")`
  if (CALL.has(node.type) && /^(?:Some|Ok)$/.test(plain(calleeOf(node)))) {
    const [first] = argumentsOf(node);
    return first ? pureLiteral(first, program) : null;
  }
  return null;
}

/** Whether a choice between cases names one that tells. */
export function casesSpeak(choice: Node, identity: Identity, program: Program): boolean {
  const open = [...choice.children];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (/^(?:switch_case|expression_case|case_clause|switch_label|match_arm)$/.test(node.type)) {
      const label = child(node, "value") ?? child(node, "pattern") ?? named(node)[0];
      if (label && speaks([label], identity, program)) return true;
    } else if (/body|block|switch|case/.test(node.type)) open.push(...node.children);
  }
  return false;
}
