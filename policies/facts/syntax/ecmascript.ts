import type { Call, Declared, Dialect, Fn, Step } from "./step.ts";
import { child, childrenOf, isComment, named, type Node, pair, plain } from "./tree.ts";
import { binding, blockIn, loopOver, shortCut } from "./shape.ts";

const FUNCTIONS = new Set([
  "arrow_function",
  "function_expression",
  "function_declaration",
  "generator_function",
  "generator_function_declaration",
  "method_definition",
  "function",
]);
const WRAPPERS = new Set([
  "parenthesized_expression",
  "as_expression",
  "satisfies_expression",
  "non_null_expression",
  "type_assertion",
]);
const GROUPS = /^[xf]?(?:describe|suite|context)$/;
const TESTS = /^[xf]?(?:test|it|specify)$/;

/** What stands inside brackets and type casts. */
export function unwrap(node: Node): Node {
  let inner = node;
  while (WRAPPERS.has(inner.type)) {
    const next = named(inner)[0];
    if (next === undefined) return inner;
    inner = next;
  }
  return inner;
}

export function functionOf(node: Node): Fn | null {
  const at = unwrap(node);
  if (!FUNCTIONS.has(at.type)) return null;
  const body = child(at, "body");
  const list = child(at, "parameters");
  const single = child(at, "parameter");
  const isBlock = body?.type === "statement_block";
  return {
    node: at,
    params: single ? [single] : named(list).map((one) => child(one, "pattern") ?? one),
    defaults: named(list).flatMap((one) => {
      const pattern = child(one, "pattern") ?? child(one, "left");
      const value = child(one, "value") ?? child(one, "right");
      return pattern && value ? [{ pattern, value }] : [];
    }),
    body: body === null ? [] : isBlock ? named(body) : [body],
    expression: !isBlock,
    async: at.children.some((one) => one.type === "async"),
    generator: /generator/.test(at.type) || at.children.some((one) => one.type === "*"),
  };
}

function callOf(node: Node): Call | null {
  if (node.type !== "call_expression" && node.type !== "new_expression") return null;
  const callee = child(node, node.type === "new_expression" ? "constructor" : "function");
  if (callee === null) return null;
  const list = child(node, "arguments");
  const at = unwrap(callee);
  const inner = at.type === "await_expression" ? named(at)[0] ?? at : at;
  const path = pathOf(inner);
  return {
    node,
    name: path.at(-1) ?? "",
    path,
    receiver: inner.type === "member_expression" || inner.type === "subscript_expression"
      ? child(inner, "object")
      : inner.type === "call_expression"
      ? inner
      : null,
    args: list?.type === "arguments" ? named(list) : list === null ? [] : [list],
  };
}

function pathOf(node: Node): string[] {
  const at = unwrap(node);
  switch (at.type) {
    case "member_expression":
      return [...pathOf(child(at, "object") ?? at), plain(child(at, "property"))];
    case "subscript_expression":
      return [...pathOf(child(at, "object") ?? at), stringOf(child(at, "index")) ?? "[]"];
    case "call_expression":
      return pathOf(child(at, "function") ?? at);
    case "identifier":
    case "this":
    case "super":
    case "import":
      return [plain(at)];
    case "await_expression":
      return pathOf(named(at)[0] ?? at);
    default:
      return ["?"];
  }
}

function stringOf(node: Node | null | undefined): string | null {
  if (!node) return null;
  const at = unwrap(node);
  if (at.type === "string") return plain(at).slice(1, -1);
  if (at.type === "template_string") return plain(at).slice(1, -1);
  return null;
}

const blockOf = blockIn("statement_block");

function step(node: Node): Step {
  if (isComment(node) || node.type === "import_statement") return { kind: "skip" };
  const fn = functionOf(node);
  if (fn !== null && !WRAPPERS.has(node.type)) {
    return { kind: "function", name: plain(child(node, "name")), fn };
  }
  const call = callOf(node);
  if (call !== null) return { kind: "call", call };
  switch (node.type) {
    case "if_statement":
    case "ternary_expression":
      return {
        kind: "if",
        condition: child(node, "condition"),
        then: blockOf(child(node, "consequence")),
        otherwise: (() => {
          const other = child(node, "alternative");
          return other?.type === "else_clause" ? named(other).flatMap(blockOf) : blockOf(other);
        })(),
      };
    case "binary_expression":
      return shortCut(node, { "&&": "and", "||": "or", "??": "or" });
    case "for_in_statement":
      return loopOver(child(node, "left"), child(node, "right"), blockOf(child(node, "body")));
    case "for_statement":
    case "while_statement":
      return {
        kind: "loop",
        parts: ["initializer", "condition", "increment"].flatMap((field) => childrenOf(node, field)),
        body: blockOf(child(node, "body")),
      };
    case "do_statement":
      return { kind: "block", body: blockOf(child(node, "body")) };
    case "switch_statement":
      return {
        kind: "switch",
        value: child(node, "value"),
        cases: named(child(node, "body")).map((one) => ({
          label: child(one, "value"),
          body: childrenOf(one, "body"),
        })),
      };
    case "try_statement":
      return {
        kind: "try",
        body: blockOf(child(node, "body")),
        handlers: childrenOf(node, "handler").map((one) => child(one, "body") ?? one),
        final: child(child(node, "finalizer"), "body"),
      };
    case "return_statement":
      return { kind: "leave", how: "return", value: named(node)[0] ?? null };
    case "break_statement":
    case "continue_statement":
      return { kind: "leave", how: "jump", value: null };
    case "throw_statement":
      return { kind: "fail", value: named(node)[0] ?? null };
    case "variable_declarator":
      return binding(child(node, "name"), child(node, "value"));
    case "assignment_expression":
      return binding(child(node, "left"), child(node, "right"));
    case "await_expression":
      return { kind: "await", value: named(node) };
    case "expression_statement":
      return { kind: "statement", value: named(node) };
    case "statement_block":
      return { kind: "block", body: named(node) };
    case "class_declaration":
    case "class":
      return { kind: "skip" };
    default:
      return { kind: "other" };
  }
}

/** Follows `.each(table)`, options and `Deno.test({ name, fn })` to the title and the function of a test. */
function declared(node: Node, call: Call): { title: string; fn: Fn | string; tables: Node[] } | null {
  const tables: Node[] = [];
  let callee = unwrap(child(node, "function") ?? node);
  while (callee.type === "call_expression") {
    const list = child(callee, "arguments");
    const inner = unwrap(child(callee, "function") ?? callee);
    if (/^(?:each|for)$/.test(plain(child(inner, "property"))) && list !== null) {
      tables.push(...(list.type === "arguments" ? named(list).slice(0, 1) : [list]));
    }
    callee = inner;
  }
  const [first, ...rest] = call.args;
  if (first === undefined) return null;
  const own = functionOf(first);
  if (own !== null) return { title: plain(child(own.node, "name")), fn: own, tables };
  const record = unwrap(first);
  if (record.type === "object") {
    const [name, fn] = [ecmascript.member(record, "name"), ecmascript.member(record, "fn")];
    const body = fn === null ? null : functionOf(fn);
    if (name !== null && body !== null) return { title: titleText(name), fn: body, tables };
    const last = rest.at(-1);
    const late = last === undefined ? null : functionOf(last);
    return name !== null && late !== null ? { title: titleText(name), fn: late, tables } : null;
  }
  for (const arg of rest.toReversed()) {
    const fn = functionOf(arg);
    if (fn !== null) return { title: titleText(first), fn, tables };
  }
  const last = rest.at(-1);
  return last?.type === "identifier" ? { title: titleText(first), fn: last.text, tables } : null;
}

const titleText = (node: Node): string => stringOf(node) ?? plain(node);

function isTestCall(call: Call): boolean {
  const path = call.path.filter((word) =>
    !/^(?:only|skip|todo|ignore|concurrent|sequential|serial|failing|fails|each|for|skipIf|runIf|if)$/.test(
      word,
    )
  );
  const word = path.at(-1) ?? "";
  if (!TESTS.test(word)) return false;
  return path.length === 1 ||
    (path.length === 2 && /^(?:Deno|node|vitest|bun|t|nodeTest)$/.test(path[0] ?? ""));
}

function tests(root: Node): Declared[] {
  const found: Declared[] = [];
  const functions = new Map<string, Fn>();
  const collect = (node: Node): void => {
    const at = step(node);
    if (at.kind === "function" && at.name !== "") functions.set(at.name, at.fn);
    if (at.kind === "bind") {
      const fn = functionOf(at.value);
      if (fn !== null) functions.set(plain(at.pattern), fn);
    }
    node.children.forEach(collect);
  };
  collect(root);
  const walk = (node: Node, suites: readonly string[], inTest: boolean): void => {
    const call = node.type === "call_expression" ? callOf(node) : null;
    if (call !== null) {
      if (GROUPS.test(call.path[0] ?? "") && call.args.length > 0) {
        const title = titleText(call.args[0] ?? node);
        for (const arg of call.args) walk(arg, [...suites, title], inTest);
        return;
      }
      // A test inside another is a step of it.
      if (!inTest && isTestCall(call)) {
        const one = declared(node, call);
        const fn = typeof one?.fn === "string" ? functions.get(one.fn) : one?.fn;
        if (one !== null && fn !== undefined) {
          found.push({
            suite: suites.slice(-12).join(" > "),
            title: one.title,
            line: node.line,
            fn,
            tables: one.tables,
          });
          return;
        }
      }
    }
    for (const inner of node.children) walk(inner, suites, inTest);
  };
  walk(root, [], false);
  return found;
}

export const ecmascript: Dialect = {
  name: "ecmascript",
  step,
  tests,
  strings: new Set(["string", "regex"]),
  isName: (node) => node.type === "identifier",
  elements(node, resolve = (one) => one) {
    const at = unwrap(node);
    if (at.type === "array") {
      const list = named(at);
      return list.some((one) => one.type === "spread_element") ? null : list;
    }
    const call = callOf(at);
    // Object.entries({...}), Object.freeze([...]), new Map([...]), [...].entries()
    if (call !== null) {
      const [first] = call.args;
      if (call.name === "entries" && call.path[0] === "Object" && first !== undefined) {
        const record = unwrap(resolve(first));
        return record.type === "object" ? named(record) : null;
      }
      if (/^(?:freeze|Map|Set|keys|values)$/.test(call.name) && first !== undefined) {
        const inner = unwrap(resolve(first));
        return inner.type === "object" ? named(inner) : ecmascript.elements(inner, resolve);
      }
      if (
        /^(?:entries|values|slice|concat|toSorted|sort|reverse)$/.test(call.name) && call.receiver !== null &&
        call.args.length === 0
      ) {
        const list = ecmascript.elements(resolve(call.receiver), resolve);
        return call.name === "entries" ? list?.map((one, index) => pair(null, index, one)) ?? null : list;
      }
    }
    return null;
  },
  member(record, name) {
    const at = unwrap(record);
    if (at.type !== "object") return null;
    for (const one of named(at)) {
      if (one.type === "shorthand_property_identifier" && one.text === name) return one;
      const key = child(one, "key");
      if (key !== null && (plain(key) === name || stringOf(key) === name)) return child(one, "value");
      if (one.type === "method_definition" && plain(child(one, "name")) === name) return one;
    }
    return null;
  },
  access(node) {
    const record = child(node, "object");
    if (record === null) return null;
    if (node.type === "member_expression") return { record, name: plain(child(node, "property")) };
    const index = child(node, "index");
    const name = index?.type === "number" ? index.text : stringOf(index);
    return name === null ? null : { record, name };
  },
  pattern(node) {
    const at = node.type === "lexical_declaration" || node.type === "variable_declarator"
      ? child(node, "name") ?? named(node)[0] ?? node
      : node;
    switch (at.type) {
      case "identifier":
        return [{ name: at.text, at: [] }];
      case "required_parameter":
      case "optional_parameter":
      case "assignment_pattern":
      case "object_assignment_pattern":
        return ecmascript.pattern(child(at, "pattern") ?? child(at, "left") ?? named(at)[0] ?? at);
      case "shorthand_property_identifier_pattern":
        return [{ name: at.text, at: [at.text] }];
      case "array_pattern":
        return named(at).flatMap((one, index) =>
          ecmascript.pattern(one).map(({ name, at: rest }) => ({ name, at: [index, ...rest] }))
        );
      case "object_pattern":
        return named(at).flatMap((one) => {
          if (one.type !== "pair_pattern") return ecmascript.pattern(one);
          const [key, value] = [plain(child(one, "key")), child(one, "value")];
          return value === null
            ? []
            : ecmascript.pattern(value).map(({ name, at: rest }) => ({ name, at: [key, ...rest] }));
        });
      default:
        return [];
    }
  },
  imports(root) {
    const found = new Map<string, string>();
    const walk = (node: Node): void => {
      if (node.type === "import_statement") {
        const from = stringOf(child(node, "source")) ?? "";
        const names = (one: Node): void => {
          if (one.type === "import_specifier") {
            found.set(plain(child(one, "alias") ?? child(one, "name")), from);
          } else if (one.type === "identifier") found.set(one.text, from);
          else one.children.forEach(names);
        };
        for (const one of node.children) if (one.type === "import_clause") names(one);
        return;
      }
      if (node.type === "variable_declarator") {
        const value = child(node, "value");
        const call = value === null ? null : callOf(unwrap(
          value.type === "await_expression" ? named(value)[0] ?? value : value,
        ));
        const from = call !== null && (call.name === "require" || call.path[0] === "import")
          ? stringOf(call.args[0])
          : null;
        if (from !== null) {
          for (const { name } of ecmascript.pattern(child(node, "name") ?? node)) found.set(name, from);
        }
      }
      node.children.forEach(walk);
    };
    walk(root);
    return found;
  },
};
