import type { Call, Declared, Dialect, Fn, Step } from "./step.ts";
import { child, childrenOf, isComment, named, type Node, pair, plain } from "./tree.ts";
import { binding, loopOver, shortCut } from "./shape.ts";

export function unwrapPython(node: Node): Node {
  let inner = node;
  while (inner.type === "parenthesized_expression") inner = named(inner)[0] ?? { ...inner, type: "" };
  return inner;
}

function functionOf(node: Node): Fn | null {
  const at = unwrapPython(node);
  if (at.type !== "function_definition" && at.type !== "lambda") return null;
  const body = child(at, "body");
  return {
    node: at,
    params: named(child(at, "parameters")).map((one) => child(one, "name") ?? named(one)[0] ?? one),
    body: body === null ? [] : body.type === "block" ? named(body) : [body],
    expression: at.type === "lambda",
    async: at.children.some((one) => one.type === "async"),
    generator: body !== null && yields(body),
  };
}

function yields(node: Node): boolean {
  if (node.type === "yield") return true;
  if (node.type === "function_definition" || node.type === "lambda") return false;
  return node.children.some(yields);
}

function pathOf(node: Node): string[] {
  const at = unwrapPython(node);
  switch (at.type) {
    case "attribute":
      return [...pathOf(child(at, "object") ?? at), plain(child(at, "attribute"))];
    case "call":
      return pathOf(child(at, "function") ?? at);
    case "identifier":
      return [at.text];
    default:
      return ["?"];
  }
}

function callOf(node: Node): Call | null {
  if (node.type !== "call") return null;
  const callee = child(node, "function");
  if (callee === null) return null;
  const path = pathOf(callee);
  return {
    node,
    name: path.at(-1) ?? "",
    path,
    receiver: callee.type === "attribute" ? child(callee, "object") : null,
    args: named(child(node, "arguments")),
  };
}

const blockOf = (node: Node | null): Node[] => node === null ? [] : named(node);

/** Handlers that an AssertionError reaches. */
function catches(clause: Node): boolean {
  const type = named(clause).filter((one) => one.type !== "block").map(plain).join(",");
  return type === "" || /\b(?:Base)?Exception\b|AssertionError|failureException/.test(type);
}

function step(node: Node): Step {
  if (isComment(node) || /^(?:future_)?import_/.test(node.type)) return { kind: "skip" };
  const fn = node.type === "parenthesized_expression" ? null : functionOf(node);
  if (fn !== null) return { kind: "function", name: plain(child(node, "name")), fn };
  const call = callOf(node);
  if (call !== null) return { kind: "call", call };
  switch (node.type) {
    case "if_statement": {
      const [first, ...rest] = childrenOf(node, "alternative");
      return {
        kind: "if",
        condition: child(node, "condition"),
        then: blockOf(child(node, "consequence")),
        otherwise: first === undefined ? [] : first.type === "elif_clause"
          ? [{
            ...first,
            type: "if_statement",
            children: [...first.children, ...rest.map((one) => ({ ...one, field: "alternative" }))],
          }]
          : blockOf(child(first, "body")),
      };
    }
    case "conditional_expression": {
      const [then, condition, otherwise] = named(node);
      return {
        kind: "if",
        condition: condition ?? null,
        then: then ? [then] : [],
        otherwise: otherwise ? [otherwise] : [],
      };
    }
    case "boolean_operator":
      return shortCut(node, { and: "and", or: "or" });
    case "for_statement":
      return loopOver(child(node, "left"), child(node, "right"), blockOf(child(node, "body")));
    case "list_comprehension":
    case "generator_expression":
    case "set_comprehension": {
      const clause = node.children.find((one) => one.type === "for_in_clause");
      return loopOver(child(clause, "left"), child(clause, "right"), childrenOf(node, "body"));
    }
    case "while_statement":
      return { kind: "loop", parts: childrenOf(node, "condition"), body: blockOf(child(node, "body")) };
    case "match_statement":
      return {
        kind: "switch",
        value: child(node, "subject"),
        cases: named(child(node, "body")).map((one) => ({
          label: named(one)[0] ?? null,
          body: blockOf(child(one, "consequence")),
        })),
      };
    case "try_statement": {
      const clauses = node.children.filter((one) => /^except/.test(one.type));
      const final = node.children.find((one) => one.type === "finally_clause");
      return {
        kind: "try",
        body: blockOf(child(node, "body")),
        handlers: clauses.filter(catches).map((one) =>
          one.children.find((part) => part.type === "block") ?? one
        ),
        final: final === undefined ? null : named(final)[0] ?? null,
      };
    }
    case "with_statement":
      return {
        kind: "with",
        items: named(node.children.find((one) => one.type === "with_clause")).map((one) =>
          child(one, "value") ?? one
        ),
        body: blockOf(child(node, "body")),
      };
    case "return_statement":
      return { kind: "leave", how: "return", value: named(node)[0] ?? null };
    case "break_statement":
    case "continue_statement":
      return { kind: "leave", how: "jump", value: null };
    case "raise_statement":
      return /^raise(?:unittest\.)?SkipTest|^raise(?:unittest\.case\.)SkipTest/.test(plain(node))
        ? { kind: "leave", how: "return", value: null }
        : { kind: "fail", value: named(node)[0] ?? null };
    case "assert_statement": {
      const [condition] = named(node);
      if (condition === undefined) return { kind: "other" };
      // `assert (x == 1, "one")` is about a pair, which is always true.
      const always = condition.type === "tuple" && named(condition).length > 0;
      return {
        kind: "assert",
        condition: always ? { ...condition, type: "true", text: "True", children: [] } : condition,
      };
    }
    case "assignment":
    case "named_expression":
      return binding(
        child(node, "left") ?? child(node, "name"),
        child(node, "right") ?? child(node, "value"),
      );
    case "await":
      return { kind: "await", value: named(node) };
    case "expression_statement":
      return { kind: "statement", value: named(node) };
    case "block":
      return { kind: "block", body: named(node) };
    case "decorated_definition":
      return { kind: "block", body: childrenOf(node, "definition") };
    case "class_definition":
      return { kind: "skip" };
    default:
      return { kind: "other" };
  }
}

/** Rows and names of `@pytest.mark.parametrize("a, b", [...])`. */
function parametrized(decorators: readonly Node[]): { tables: Node[]; takes: string[] } {
  const tables: Node[] = [];
  const takes: string[] = [];
  for (const decorator of decorators) {
    const call = callOf(named(decorator)[0] ?? decorator);
    if (call?.name !== "parametrize") continue;
    const [names, rows] = call.args;
    if (names === undefined || rows === undefined) continue;
    if (tables.length === 0) {
      takes.push(...plain(names).replace(/["'()[\]]/g, "").split(",").map((one) => one.trim()));
    }
    tables.push(rows.type === "keyword_argument" ? child(rows, "value") ?? rows : rows);
  }
  return { tables, takes };
}

function tests(root: Node): Declared[] {
  const found: Declared[] = [];
  const walk = (node: Node, classes: readonly string[], decorators: readonly Node[]): void => {
    if (node.type === "decorated_definition") {
      const definition = child(node, "definition");
      if (definition) walk(definition, classes, node.children.filter((one) => one.type === "decorator"));
      return;
    }
    const name = plain(child(node, "name"));
    if (node.type === "class_definition") {
      for (const inner of named(child(node, "body"))) walk(inner, [...classes, name], []);
      return;
    }
    if (node.type === "function_definition") {
      const fn = functionOf(node);
      if (fn !== null && name.startsWith("test")) {
        const { tables, takes } = parametrized(decorators);
        found.push({ suite: classes.slice(-12).join("::"), title: name, line: node.line, fn, tables, takes });
      }
      return;
    }
    if (/^(?:module|block|if_statement|else_clause|try_statement)$/.test(node.type)) {
      for (const inner of node.children) walk(inner, classes, []);
    }
  };
  walk(root, [], []);
  // A later definition of the same name takes the place of the one before.
  const last = new Map(found.map((one) => [`${one.suite}\n${one.title}`, one]));
  return found.filter((one) => last.get(`${one.suite}\n${one.title}`) === one);
}

export const python: Dialect = {
  name: "python",
  step,
  tests,
  strings: new Set(),
  isName: (node) => node.type === "identifier" && node.field !== "attribute" && node.field !== "name",
  elements(node, resolve = (one) => one) {
    const at = unwrapPython(node);
    if (/^(?:list|tuple|set|dictionary|expression_list)$/.test(at.type)) {
      const list = named(at);
      return list.some((one) => /splat/.test(one.type)) ? null : list;
    }
    const call = callOf(at);
    if (call === null) return null;
    if (call.name === "items" && call.receiver !== null) {
      return python.elements(resolve(call.receiver), resolve);
    }
    if (/^(?:enumerate|sorted|list|tuple|iter|reversed)$/.test(call.name) && call.args[0] !== undefined) {
      const list = python.elements(resolve(call.args[0]), resolve);
      return call.name === "enumerate" ? list?.map((one, index) => pair(null, index, one)) ?? null : list;
    }
    if (call.name === "range" && call.path.length === 1) {
      const bounds = call.args.map((one) => one.type === "integer" ? Number(one.text) : NaN);
      const count = bounds.length === 1 ? bounds[0] ?? NaN : (bounds[1] ?? NaN) - (bounds[0] ?? NaN);
      if (!Number.isSafeInteger(count) || count > 200) return null;
      const line = at.line;
      const from = bounds.length === 1 ? 0 : bounds[0] ?? 0;
      return Array.from({ length: Math.max(0, count) }, (_, index) => ({
        type: "integer",
        field: "",
        named: true,
        line,
        text: String(from + index),
        children: [],
      }));
    }
    return null;
  },
  member(record, name) {
    const at = unwrapPython(record);
    if (at.type !== "dictionary") return null;
    for (const one of named(at)) {
      const key = child(one, "key");
      if (key !== null && plain(key).replace(/^["']|["']$/g, "") === name) return child(one, "value");
    }
    return null;
  },
  access(node) {
    if (node.type === "attribute") {
      const record = child(node, "object");
      return record === null ? null : { record, name: plain(child(node, "attribute")) };
    }
    if (node.type !== "subscript") return null;
    const [record, index] = [child(node, "value"), child(node, "subscript")];
    if (record === null || index === null || !/^(?:string|integer)$/.test(index.type)) return null;
    return { record, name: plain(index).replace(/^["']|["']$/g, "") };
  },
  pattern(node) {
    if (node.type === "identifier") return [{ name: node.text, at: [] }];
    if (/^(?:pattern_list|tuple_pattern|list_pattern|tuple|list)$/.test(node.type)) {
      return named(node).flatMap((one, index) =>
        python.pattern(one).map(({ name, at }) => ({ name, at: [index, ...at] }))
      );
    }
    return [];
  },
  imports(root) {
    const found = new Map<string, string>();
    const walk = (node: Node): void => {
      if (node.type === "import_from_statement") {
        const from = plain(child(node, "module_name"));
        for (const one of childrenOf(node, "name")) {
          found.set(
            plain(child(one, "alias") ?? (one.type === "aliased_import" ? child(one, "name") : one)),
            from,
          );
        }
        return;
      }
      if (node.type === "import_statement") {
        for (const one of childrenOf(node, "name")) {
          const whole = plain(one.type === "aliased_import" ? child(one, "name") : one);
          found.set(plain(child(one, "alias")) || (whole.split(".")[0] ?? whole), whole);
        }
        return;
      }
      node.children.forEach(walk);
    };
    walk(root);
    return found;
  },
};
