import type { CodeLanguage } from "../../../specs/mod.ts";
import { child, named, type Node, plain } from "../syntax/tree.ts";
import { emptyOfGo, emptyOfJava, emptyOfRust } from "./operators.ts";

const FUNCTIONS =
  /^(?:function_declaration|method_declaration|func_literal|function_item|function_definition|lambda_expression|closure_expression|function_expression|arrow_function|method_definition)$/;
/** Already as good as nothing: what stands there is changed by other means, or not at all. */
const NOTHING =
  /^(?:null|undefined|None|nil|void0|true|false|True|False|""|''|\[\]|\{\}|-?\d+(?:\.\d+)?|Default::default\(\)|\(\)|this|self|cls)$/;

/** The value that a function gives back here, and what it becomes when it gives back nothing of worth. */
export function returned(
  node: Node,
  outer: readonly Node[],
  language: CodeLanguage,
  path: string,
): { node: Node; put: string } | null {
  const value = valueOf(node, outer, language);
  if (value === null || NOTHING.test(plain(value)) || /^(?:jsx_|class$)/.test(value.type)) return null;
  const put = emptyFor(node, outer, language, path);
  return put === null || put === "" ? null : { node: value, put };
}

function valueOf(node: Node, outer: readonly Node[], language: CodeLanguage): Node | null {
  if (node.type === "return_statement" || (language === "rust" && node.type === "return_expression")) {
    const [value] = named(node);
    if (value === undefined) return null;
    // Of several values the first.
    return value.type === "expression_list" ? named(value)[0] ?? null : value;
  }
  if (language === "ecmascript" && node.type === "arrow_function") {
    const body = child(node, "body");
    return body === null || body.type === "statement_block" ? null : body;
  }
  // The last expression of a function is its value.
  if (language === "rust" && node.type === "block" && outer.at(-1)?.type === "function_item") {
    const last = named(node).at(-1);
    return last === undefined || /statement$|_item$|declaration$|macro/.test(last.type) ? null : last;
  }
  return null;
}

function emptyFor(node: Node, outer: readonly Node[], language: CodeLanguage, path: string): string | null {
  const around = FUNCTIONS.test(node.type) ? node : outer.findLast(({ type }) => FUNCTIONS.test(type));
  switch (language) {
    case "ecmascript":
      return /\.[cm]?tsx?$/.test(path) ? "undefined as never" : "undefined";
    case "python":
      return "None";
    case "go": {
      const result = child(around, "result");
      if (result === null) return null;
      if (result.type !== "parameter_list") return emptyOfGo(plain(result));
      const [first] = named(result);
      const type = child(first, "type");
      return type === null ? null : emptyOfGo(plain(type));
    }
    case "java":
      return around?.type === "method_declaration" ? emptyOfJava(plain(child(around, "type"))) : null;
    case "rust":
      return around?.type === "function_item" ? emptyOfRust(plain(child(around, "return_type"))) : null;
    case "shell":
      return null;
  }
}
