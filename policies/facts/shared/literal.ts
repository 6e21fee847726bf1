import { child, isComment, named, type Node, plain } from "../syntax/tree.ts";
import { CALL, calleeOf, isNumber, isString, memberOf } from "../probes/shapes.ts";

/** Values of names that stand for one literal in a file. */
export type Constants = ReadonlyMap<string, string>;

const MAX_DEPTH = 12;
const WRAPPED =
  /^(?:parenthesized_expression|as_expression|satisfies_expression|non_null_expression|literal_element|expression_list|reference_expression|expression_statement|case_pattern|match_pattern|computed_property_name|argument)$/;
const LIST =
  /^(?:array|list|tuple|set|array_expression|tuple_expression|array_initializer|literal_value|expression_list)$/;
/** Calls that only put a literal into another form. */
const FORMS =
  /^(?:to_string|to_owned|into|String|from|Some|Ok|of|asList|List|Arrays|freeze|tuple|list|str|vec)$/;

/**
 * What a literal says, in one way for all languages: texts without their quotes, numbers as they are counted, lists with what is in
 * them. Null for what is no literal.
 */
export function literalOf(
  node: Node | null | undefined,
  constants: Constants = new Map(),
  depth = 0,
): string | null {
  if (!node || depth > MAX_DEPTH || node.unread === true) return null;
  if (isString(node) || /^(?:raw_string|string|word|extglob_pattern)$/.test(node.type)) return textOf(node);
  if (
    isNumber(node) || /^(?:number|float)$/.test(node.type) ||
    /_(?:integer|floating_point)_literal$/.test(node.type)
  ) {
    return numberOf(plain(node));
  }
  const word = plain(node);
  if (/^(?:true|false|True|False|null|None|nil|undefined)$/.test(word) && node.type !== "string") {
    return { True: "true", False: "false", None: "null", nil: "null", undefined: "null" }[word] ?? word;
  }
  if (/^unary_/.test(node.type)) {
    const inner = literalOf(named(node)[0], constants, depth + 1);
    return word.startsWith("-") && inner !== null && /^\d/.test(inner) ? `-${inner}` : null;
  }
  if (node.type === "identifier") return constants.get(node.text) ?? null;
  if (WRAPPED.test(node.type) && named(node).length === 1) {
    return literalOf(named(node)[0], constants, depth + 1);
  }
  if (LIST.test(node.type)) {
    const all = named(node).map((one) => literalOf(one, constants, depth + 1));
    return all.every((one) => one !== null) ? `[${all.join(",")}]` : null;
  }
  if (node.type === "composite_literal") {
    const body = child(node, "body");
    return /^(?:slice|array)_type/.test(child(node, "type")?.type ?? "")
      ? literalOf(body, constants, depth + 1)
      : null;
  }
  if (/^(?:object|dictionary)$/.test(node.type)) {
    const all = named(node).map((pair) => {
      const key = keyOf(child(pair, "key"), constants);
      const value = literalOf(child(pair, "value"), constants, depth + 1);
      return key === null || value === null ? null : `${key}:${value}`;
    });
    return all.every((one) => one !== null) ? `{${all.join(",")}}` : null;
  }
  if (CALL.has(node.type)) return formOf(node, constants, depth);
  // Texts that are put together of texts.
  if (
    node.type === "binary_expression" || node.type === "binary_operator" ||
    node.type === "concatenated_string"
  ) {
    const parts = named(node);
    const counted = countedOf(node, parts.map((one) => literalOf(one, constants, depth + 1)));
    if (counted !== null) return counted;
    if (node.children.some((one) => !one.named && one.text !== "+")) return null;
    if (!parts.some((one) => isString(one) || BINARY_TEXT.test(one.type))) return null;
    const all = parts.map((one) => literalOf(one, constants, depth + 1));
    return all.every((one) => one !== null) ? all.join("") : null;
  }
  return null;
}

/** What comes out of two numbers that are written out, such as `3 << 30`. */
function countedOf(node: Node, parts: readonly (string | null)[]): string | null {
  const [left, right] = parts;
  if (parts.length !== 2 || !left || !right || !/^-?[\d.]+$/.test(left) || !/^-?[\d.]+$/.test(right)) {
    return null;
  }
  const [a, b] = [Number(left), Number(right)];
  switch (node.children.find((one) => !one.named)?.text) {
    case "+":
      return String(a + b);
    case "-":
      return String(a - b);
    case "*":
      return String(a * b);
    case "/":
      return b === 0 ? null : String(a / b);
    case "<<":
      return b >= 0 && b < 60 ? String(a * 2 ** b) : null;
    case "**":
      return Math.abs(b) < 100 ? String(a ** b) : null;
    default:
      return null;
  }
}

const BINARY_TEXT = /^(?:binary_expression|binary_operator|concatenated_string)$/;

function formOf(node: Node, constants: Constants, depth: number): string | null {
  const callee = calleeOf(node);
  const name = node.type === "method_invocation" ? plain(child(node, "name")) : nameOf(callee);
  if (!FORMS.test(name)) return null;
  const args = named(child(node, "arguments"));
  if (args.length === 0) {
    const receiver = node.type === "method_invocation"
      ? child(node, "object")
      : child(callee, "value") ?? child(callee, "object");
    return literalOf(receiver, constants, depth + 1);
  }
  if (/^(?:of|asList)$/.test(name)) {
    const all = args.map((one) => literalOf(one, constants, depth + 1));
    return all.every((one) => one !== null) ? `[${all.join(",")}]` : null;
  }
  return args.length === 1 ? literalOf(args[0], constants, depth + 1) : null;
}

/** The last word of what is called. */
export function nameOf(callee: Node | null | undefined): string {
  if (!callee) return "";
  const member = memberOf(callee);
  return member !== "" && callee.children.length > 1 ? member : plain(callee).split(/\.|::/).at(-1) ?? "";
}

/** A key of a record: a name that is written without quotes says itself. */
export function keyOf(node: Node | null, constants: Constants = new Map()): string | null {
  if (node === null) return null;
  if (/^(?:property_identifier|field_identifier)$/.test(node.type)) return node.text;
  return literalOf(node, constants);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0" };

/** The text of a string without anything put in. */
function textOf(node: Node): string | null {
  const open: Node[] = [node];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (/interpolation|substitution|expansion/.test(one.type) && !/^escape/.test(one.type)) return null;
    open.push(...one.children);
  }
  const words = plain(node);
  const found = /^([A-Za-z]{0,3}#*)("""|'''|["'`])([\s\S]*)\2#*$/.exec(words);
  if (found === null) return /^(?:word|extglob_pattern)$/.test(node.type) ? words : null;
  const [, prefix = "", quote = "", body = ""] = found;
  if (/f/i.test(prefix)) return null;
  const raw = /r/i.test(prefix) || node.type === "raw_string" ||
    (quote === "`" && node.type !== "template_string");
  return raw ? body : body.replace(/\\([\s\S])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}

function numberOf(words: string): string | null {
  const value = Number(
    words.replaceAll("_", "").replace(/(?<=[\d.])(?:[iuf](?:8|16|32|64|128|size)?|[LlFfDdn])$/, ""),
  );
  return Number.isNaN(value) ? null : String(value);
}

/** Names that are given one literal in a file, and no other. */
export function constantsOf(root: Node): Constants {
  const found = new Map<string, string | null>();
  const walk = (node: Node): void => {
    if (isComment(node)) return;
    if (
      /^(?:variable_declarator|assignment|const_spec|var_spec|const_item|static_item|let_declaration|short_var_declaration|variable_assignment)$/
        .test(node.type)
    ) {
      const name = child(node, "name") ?? child(node, "left") ?? child(node, "pattern");
      const value = child(node, "value") ?? child(node, "right");
      const key = plain(name);
      if (/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key)) {
        const literal = literalOf(value);
        found.set(key, found.has(key) && found.get(key) !== literal ? null : literal);
      }
    }
    node.children.forEach(walk);
  };
  walk(root);
  return new Map([...found].flatMap(([name, value]) => value === null ? [] : [[name, value]]));
}
