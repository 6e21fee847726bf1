import type { CodeLanguage } from "../../../specs/mod.ts";
import { child, named, type Node, plain } from "../syntax/tree.ts";
import type { Finding } from "./flow.ts";
import type { Program } from "./program.ts";
import { isMember, isNumber, isString } from "./shapes.ts";

const SAYS = "says how it compares or turns into a plain value, by what it was told and not by what it is";

/** Methods that say whether a value equals another one, or what it is worth, without looking. */
export function blindEquality(program: Program, language: CodeLanguage): Finding[] {
  const found: Finding[] = [];
  for (const node of program.nodes) {
    const method = methodOf(node, language);
    if (method && isBlind(method, program)) found.push({ line: node.line, text: SAYS });
  }
  return found;
}

interface Method {
  kind: "equality" | "value" | "always";
  body: Node;
  /** The other value's name, for equality. */
  other: string | null;
  self: RegExp;
  /** It compares two values that it is given, by rules of its own. */
  compares?: boolean;
}

function methodOf(node: Node, language: CodeLanguage): Method | null {
  switch (language) {
    case "python": {
      if (
        node.type === "assignment" && /^__(?:eq|ne|contains|bool|lt|gt)__$/.test(plain(child(node, "left")))
      ) {
        const lambda = child(node, "right");
        const names = named(child(lambda, "parameters")).map(plain);
        const body = child(lambda, "body");
        return lambda?.type === "lambda" && body
          ? { kind: "equality", body, other: names[1] ?? null, self: nameOf(names[0] ?? "self") }
          : null;
      }
      if (node.type !== "function_definition") return null;
      const name = plain(child(node, "name"));
      const body = child(node, "body");
      const names = named(child(node, "parameters")).map((one) =>
        plain(child(one, "name") ?? named(one)[0] ?? one)
      );
      if (body && /^__(?:eq|ne)__$/.test(name)) {
        return { kind: "equality", body, other: names[1] ?? null, self: nameOf(names[0] ?? "self") };
      }
      return body && name === "__instancecheck__" ? { kind: "always", body, other: null, self: /^/ } : null;
    }
    case "ecmascript": {
      const name = plain(child(node, node.type === "pair" ? "key" : "name") ?? child(node, "property"))
        .replace(/["'\s]/g, "");
      const value = node.type === "method_definition" ? node : child(node, "value") ?? child(node, "right");
      const own = node.type === "assignment_expression"
        ? plain(child(node, "left")).replace(/^.*\./, "")
        : name;
      if (
        !/^(?:method_definition|pair|public_field_definition|field_definition|assignment_expression)$/.test(
          node.type,
        )
      ) {
        return null;
      }
      const body = value ? child(value, "body") : null;
      if (!body) return null;
      if (/^(?:valueOf|toJSON|toString|\[Symbol\.toPrimitive\])$/.test(own)) {
        return { kind: "value", body, other: null, self: /^this$/ };
      }
      const [parameter, second] = named(child(value, "parameters"));
      if (/^(?:equals|isEqual|\[Symbol\.hasInstance\])$/.test(own) && parameter) {
        const isInstance = own.startsWith("[");
        return {
          kind: "equality",
          body,
          other: plain(child(parameter, "pattern") ?? parameter),
          compares: second !== undefined,
          self: isInstance ? /^/ : second ? nameOf(plain(child(second, "pattern") ?? second)) : /^this$/,
        };
      }
      return null;
    }
    case "java": {
      if (node.type !== "method_declaration" || plain(child(node, "name")) !== "equals") return null;
      const parameter = named(child(node, "parameters"));
      const body = child(node, "body");
      return body && parameter.length === 1
        ? { kind: "equality", body, other: plain(child(parameter[0], "name")), self: /^/ }
        : null;
    }
    case "rust": {
      if (node.type !== "function_item" || !/^(?:eq|ne)$/.test(plain(child(node, "name")))) return null;
      const body = child(node, "body");
      const other = named(child(node, "parameters")).at(-1);
      return body ? { kind: "equality", body, other: plain(child(other, "pattern")), self: /^self$/ } : null;
    }
    case "go": {
      if (node.type !== "method_declaration" || !/^(?:Equal|Equals|Eq)$/.test(plain(child(node, "name")))) {
        return null;
      }
      const body = child(node, "body");
      const receiver = named(child(node, "receiver"))[0];
      const other = named(child(node, "parameters"))[0];
      return body
        ? {
          kind: "equality",
          body,
          other: plain(child(other, "name")),
          self: nameOf(plain(child(receiver, "name"))),
        }
        : null;
    }
    case "shell":
      return null;
  }
}

const nameOf = (name: string): RegExp => new RegExp(`^${name.replace(/[^\w]/g, "")}$`);

function isBlind(method: Method, program: Program): boolean {
  switch (method.kind) {
    case "value":
      return toldValue(method.body, program);
    case "always":
      return returnsOf(method.body).length > 0 &&
        returnsOf(method.body).every((one) => /^true$/i.test(plain(one)));
    case "equality":
      return !isAbstract(method.body) && !looksAtBoth(method, program);
  }
}

/** A method that only says that others have to write it. */
function isAbstract(body: Node): boolean {
  if (returnsOf(body).length > 0) return false;
  const open = [body];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (/^(?:raise_statement|throw_statement|pass_statement|ellipsis)$/.test(node.type)) return true;
    open.push(...node.children);
  }
  return false;
}

/** A value that is a literal, and not a name such as an enumeration has. */
function toldValue(body: Node, program: Program): boolean {
  const results = body.type === "statement_block" ? returnsOf(body) : [body];
  return results.some((result) => {
    const inner = unwrapped(result);
    if (isNumber(inner) || /^(?:true|false)$/.test(inner.type)) return true;
    if (isString(inner)) {
      const text = program.fold(inner);
      return text !== null && !/^[A-Za-z_][\w .<>():/-]*$/.test(text) && text !== "";
    }
    if (inner.type === "ternary_expression") {
      return ["consequence", "alternative"].some((field) => {
        const one = child(inner, field);
        const text = one && (isString(one) || isNumber(one)) ? plain(one).replace(/["'`]/g, "") : null;
        return text !== null && /\d/.test(text);
      });
    }
    return false;
  });
}

function unwrapped(node: Node): Node {
  let inner = node;
  while (/^(?:parenthesized_expression|unary_expression|expression_list)$/.test(inner.type)) {
    const next = child(inner, "argument") ?? named(inner)[0];
    if (!next) return inner;
    inner = next;
  }
  return inner;
}

function returnsOf(body: Node): Node[] {
  const found: Node[] = [];
  const open = [body];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node !== body && /function|arrow|lambda|class/.test(node.type)) continue;
    if (node.type === "return_statement") {
      const value = named(node)[0];
      if (value) found.push(value);
    }
    open.push(...node.children);
  }
  return found;
}

/** Whether the answer comes of comparing what the two values hold, and not a beginning or a literal. */
function looksAtBoth({ body, other, self, compares: rules }: Method, program: Program): boolean {
  if (other === null || other === "") return false;
  let compares = false;
  const open = [body];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    open.push(...node.children);
    compares ||= isName(node, other) && !isTypeQuestion(node, program);
    if (rules) continue;
    // `other[:2]`, `other.startswith("$")`, `other == "x"`: a part, or a text that somebody knew.
    if (/^(?:subscript|subscript_expression)$/.test(node.type) && isName(node.children[0], other)) {
      const index = named(node).at(-1);
      if (index && (/slice/.test(index.type) || isNumber(index))) return false;
    }
    if (
      isMember(node) && isName(node.children[0], other) &&
      /^(?:startswith|endswith|startsWith|endsWith|slice|substring)$/.test(plain(node.children.at(-1)))
    ) {
      return false;
    }
    if (/^(?:comparison_operator|binary_expression)$/.test(node.type)) {
      const sides = named(node).filter(({ field }) => field !== "operator" && field !== "operators");
      const direct = sides.some((side) => isName(side, other));
      const literal = sides.some((side) =>
        (isString(side) && (program.fold(side) ?? "x") !== "") ||
        (isNumber(side) && !/^[01](?:\.0*)?$/.test(plain(side)))
      );
      if (direct && literal) return false;
    }
  }
  if (!compares) return false;
  return self.source === "^" || mentions(body, self);
}

/** `isinstance(other, Price)`, `other instanceof Price`, `o == null`: what it is, not what it holds. */
function isTypeQuestion(node: Node, program: Program): boolean {
  const above = program.parent(node);
  if (above === null) return false;
  if (/^(?:instanceof_expression|cast_expression|instanceof)$/.test(above.type)) {
    return above.type !== "cast_expression";
  }
  if (above.type === "argument_list" || above.type === "arguments") {
    const call = program.parent(above);
    return /^(?:isinstance|type|issubclass|typeof|hasattr)$/.test(plain(child(call, "function")));
  }
  if (/^(?:comparison_operator|binary_expression)$/.test(above.type)) {
    const identity = above.type === "binary_expression" || /^is/.test(plain(child(above, "operators")));
    const nothing = identity ? /^(?:none|null|nil|undefined|this|self)$/i : /^None$/;
    return named(above).some((side) => side !== node && nothing.test(plain(side)));
  }
  return isMember(above) && /^(?:getClass|__class__|constructor)$/.test(plain(above.children.at(-1)));
}

const isName = (node: Node | undefined, name: string): boolean =>
  node !== undefined && /identifier/.test(node.type) && node.text === name;

function mentions(body: Node, self: RegExp): boolean {
  const open = [body];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.children.length === 0 && self.test(node.text)) return true;
    // `super().__eq__(other)` asks the parent.
    if (/^super\(\)/.test(plain(node).slice(0, 8))) return true;
    open.push(...node.children);
  }
  return false;
}
