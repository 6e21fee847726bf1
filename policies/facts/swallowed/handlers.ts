import type { CodeLanguage } from "../../../specs/mod.ts";
import { child, named, type Node, plain } from "../syntax/tree.ts";

/** A place of code that keeps a failure to itself. */
export interface Place {
  kind: string;
  detail: string;
  silenced: Node[];
  line?: number;
}

/** Values by which nobody learns that something failed. */
const NOTHING =
  /^(?:null|undefined|void0|None|nil|false|False|true|True|0|-1|""|''|``|b""|\[\]|\{\}|\(\)|\(\{\}\)|list\(\)|dict\(\)|set\(\)|tuple\(\)|""\.to_string\(\)|String::new\(\)|Vec::new\(\)|vec!\[\]|Default::default\(\)|(?:new)?(?:Map|Set|ArrayList|HashMap|HashSet)(?:<[^>]{0,60}>)?\(\)|Optional\.empty\(\)|(?:Collections\.empty\w+|List\.of|Map\.of|Set\.of|Stream\.empty)\(\)|Promise\.resolve\([^()]{0,10}\)|["'`](?:(?!\$\{)[^"'`]){0,40}["'`])$/;
/** Whether a value says nothing of a failure. */
export const isNothing = (node: Node): boolean => NOTHING.test(plain(node));

/** Where words go that nobody reads in production. */
const WHISPERS =
  /^(?:console\.(?:debug|trace)|pass|(?:\w+\.)?(?:log(?:ger|ging)?|LOG(?:GER)?|slog|tracing|_log(?:ger)?)\.?(?:debug|trace|Debug\w*|Trace\w*|fine\w*|verbose)|(?:log|tracing)::(?:debug|trace)!?|debug!?|trace!?)$/;

/** The statements of a block. */
export const statementsOf = (block: Node | null | undefined): Node[] => {
  const inner = named(block);
  return inner.length === 1 && inner[0]?.type === "statement_list" ? named(inner[0]) : inner;
};

/** Whether a statement only whispers, or answers as if there had been nothing. */
function isQuiet(node: Node): boolean {
  switch (node.type) {
    case "pass_statement":
    case "continue_statement":
    case "break_statement":
    case "empty_statement":
      return true;
    case "return_statement": {
      const value = named(node);
      return value.length === 0 || value.every((one) => NOTHING.test(plain(one)));
    }
    case "expression_statement": {
      const [only] = named(node);
      if (only === undefined) return true;
      if (/^assignment/.test(only.type)) return NOTHING.test(plain(child(only, "right")));
      return isWhisper(only);
    }
    case "assignment_statement":
      return NOTHING.test(plain(child(node, "right")));
    default:
      return isWhisper(node);
  }
}

const isWhisper = (node: Node): boolean => {
  if (!/^(?:call|call_expression|method_invocation|macro_invocation)$/.test(node.type)) return false;
  const object = child(node, "object");
  const name = `${object === null ? "" : `${plain(object)}.`}${
    plain(child(node, "function") ?? child(node, "name") ?? child(node, "macro"))
  }`;
  return WHISPERS.test(name);
};

/** Whether a handler has something in it, and nothing of it tells of the failure. */
export const onlyQuiet = (block: Node | null | undefined): boolean => {
  const inner = statementsOf(block);
  return inner.length > 0 && inner.length <= 4 && inner.every(isQuiet);
};

/** A clause that takes every exception. */
export function isBroad(clause: Node): boolean {
  const [value, body] = named(clause);
  if (body === undefined) return true;
  return /(?:^|[(,])(?:builtins\.)?(?:Base)?Exception(?:[,)]|as|$)/.test(plain(value));
}

/** What a handler throws: the failure went on. */
const throws = (node: Node): boolean =>
  /^(?:throw_statement|raise_statement)$/.test(node.type) || node.children.some(throws);

const QUIET_DETAIL = "a handler that answers as if nothing had failed";

/** Handlers of `try` that answer with nothing, in JavaScript, Python and Java. */
export function quietHandler(node: Node): Place | null {
  if (!/^try(?:_with_resources)?_statement$/.test(node.type)) return null;
  const body = statementsOf(child(node, "body"));
  for (const clause of node.children.filter(({ type }) => /^(?:catch|except)_clause$/.test(type))) {
    const block = child(clause, "body") ?? clause.children.findLast(({ type }) => type === "block");
    if (!onlyQuiet(block)) continue;
    const broad = clause.type === "except_clause" ? isBroad(clause) : !/catch_type/.test(
      clause.children.flatMap((one) => [one, ...one.children]).map(({ type }) => type).join(),
    ) ||
      /\b(?:Exception|Throwable|RuntimeException|Error)\w*$/.test(typeOf(clause));
    return {
      kind: broad ? "quiet-handler" : "quiet-clause",
      detail: QUIET_DETAIL,
      silenced: body,
      line: clause.line,
    };
  }
  return null;
}

function typeOf(clause: Node): string {
  const given = clause.children.find(({ type }) => type === "catch_formal_parameter");
  const name = plain(given?.children.find(({ type }) => type === "catch_type"));
  return /^(?:Exception|Throwable|RuntimeException|Error)$/.test(name) ? name : "-";
}

const REJECTED = /^(?:unhandledRejection|uncaughtException|unhandledrejection|error)$/;

/** A handler of a whole process that keeps every failure to itself. */
export function globalHandler(node: Node, language: CodeLanguage): Place | null {
  const detail = "whatever fails in the whole process, nobody hears of it";
  if (language === "ecmascript" && node.type === "call_expression") {
    const callee = plain(child(node, "function"));
    const [name, handler] = named(child(node, "arguments"));
    const event = plain(name).replace(/["'`]/g, "");
    const whole = /^(?:process\.(?:on|once|addListener|prependListener))$/.test(callee)
      ? /^u/.test(event)
      : /^(?:(?:window|globalThis|self)\.)?addEventListener$/.test(callee);
    if (!whole || !REJECTED.test(event) || handler === undefined || !/function/.test(handler.type)) {
      return null;
    }
    const body = child(handler, "body");
    const silent = body?.type === "statement_block"
      ? statementsOf(body).every((one) => isQuiet(one) || /^\w+\.preventDefault\(\);?$/.test(plain(one)))
      : NOTHING.test(plain(body)) || /\.preventDefault\(\)$/.test(plain(body)) ||
        (body !== null && isWhisper(body));
    return silent ? { kind: "global-handler", detail, silenced: [] } : null;
  }
  if (language === "python" && node.type === "assignment") {
    const value = plain(child(node, "right"));
    return /^(?:sys\.excepthook|threading\.excepthook)$/.test(plain(child(node, "left"))) &&
        /^lambda[^:]{0,60}:(?:None|\.\.\.)$/.test(value)
      ? { kind: "global-handler", detail, silenced: [] }
      : null;
  }
  if (language === "rust" && node.type === "call_expression") {
    return /(?:^|::)set_hook$/.test(plain(child(node, "function"))) &&
        /^\(Box::new\(\|[^|]{0,40}\|(?:\{\}|\(\))\)\)$/.test(plain(child(node, "arguments")))
      ? { kind: "global-handler", detail, silenced: [] }
      : null;
  }
  if (language === "java" && node.type === "method_invocation") {
    return /setDefaultUncaughtExceptionHandler$/.test(plain(child(node, "name"))) &&
        /^\(\(?\w+,\w+\)?->\{\}\)$/.test(plain(child(node, "arguments")))
      ? { kind: "global-handler", detail, silenced: [] }
      : null;
  }
  return null;
}

/** What gives no error, but what may be missing: `map.get(key)`. */
const MAY_BE_MISSING =
  /(?:get|get_mut|first|last|next|pop|find|position|max|min|max_by|min_by|nth|peek|take|as_ref|as_deref|checked_\w+|strip_prefix|strip_suffix|split_once|rsplit_once|file_name|extension|parent|file_stem|as_str|as_u64|as_i64|as_array|as_object|as_bool|as_f64|cloned|copied|to_str|chars|ok|get_or|iter|and_then)$/;

/** Rust: a failure that becomes a default, or nothing. */
export function rustDefault(node: Node): Place | null {
  if (node.type !== "call_expression") return null;
  const callee = child(node, "function");
  if (callee?.type !== "field_expression") return null;
  const name = plain(child(callee, "field"));
  const value = child(callee, "value");
  if (value === null) return null;
  if (/^(?:unwrap_or|unwrap_or_default|unwrap_or_else|ok)$/.test(name)) {
    // An `unwrap_or_else` that tells, or ends the program, is a handler.
    if (name === "unwrap_or_else" && !/^\(\|_\w*\|/.test(plain(child(node, "arguments")))) return null;
    if (!/^(?:call_expression|await_expression)$/.test(value.type)) return null;
    const inner = plain(child(child(value, "function") ?? value, "field"));
    if (MAY_BE_MISSING.test(inner)) return null;
    return {
      kind: "error-to-default",
      detail: `an error is turned into a default (${name})`,
      silenced: [value],
    };
  }
  if (!/^(?:filter_map|flat_map)$/.test(name)) return null;
  const given = plain(child(node, "arguments"));
  const ok = /(?:^|[^\w])(\w[\w:]{0,80})\(\w{1,40}\)\.ok\(\)\)$/.exec(given)?.[1] ??
    /^\((?:Result|std::result::Result)::ok\)$/.exec(given)?.[0];
  return ok === undefined ? null : {
    kind: "error-to-default",
    detail: "what fails is left out, and nobody hears of it",
    silenced: [],
    line: node.line,
  };
}

/** Go: an error that is looked at, and answered as if there were none. */
export function goQuiet(node: Node): Place | null {
  if (node.type !== "if_statement" || !isErrorCheck(node) || child(node, "alternative") !== null) return null;
  const inner = statementsOf(child(node, "consequence"));
  if (inner.length === 0 || inner.length > 4) return null;
  const quiet = inner.every((one) =>
    one.type === "return_statement"
      ? statementsOf(one).flatMap((list) => list.type === "expression_list" ? named(list) : [list]).every((
        value,
      ) => NOTHING.test(plain(value)) || plain(value) === "nil")
      : isQuiet(one) ||
        /^(?:log|slog|logger|\w+\.logger)\.\w+\(/i.test(plain(one)) &&
          !/\.(?:Fatal|Panic)\w*\(/.test(plain(one))
  );
  return quiet
    ? { kind: "quiet-check", detail: "an error is looked at, and not given on", silenced: [] }
    : null;
}

const isErrorCheck = (node: Node): boolean => /^\w*err\w*!=nil$/i.test(plain(child(node, "condition")));

/** Whether a branch of Go gives the error on: it returns it, or ends by it. */
const givesOn = (node: Node): boolean =>
  (node.type === "return_statement" && /err/i.test(plain(node))) ||
  /^(?:panic|log\.(?:Fatal|Panic)\w*|os\.Exit)\(/.test(plain(node)) || node.children.some(givesOn);

/** Sign before a statement whose failure was not only told, but given on by what stands around it. */
const HANDLED = "!";

/** Statements of a file whose failure a handler gave on: thrown again, or returned. */
export function handledIn(root: Node): Set<string> {
  const handled = new Set<string>();
  const walk = (node: Node): void => {
    if (/^try(?:_with_resources)?_statement$/.test(node.type)) {
      const clauses = node.children.filter(({ type }) => /^(?:catch|except)_clause$/.test(type));
      if (clauses.some(throws)) {
        for (const one of statementsOf(child(node, "body"))) handled.add(HANDLED + plain(one));
      }
    }
    for (const [check, call] of checkedCalls(node)) {
      if (givesOn(child(check, "consequence") ?? check)) handled.add(HANDLED + callOf(call));
    }
    if (node.type === "return_statement" || node.type === "try_expression") {
      for (const call of node.children) handled.add(HANDLED + plain(call));
    }
    // `save(x).unwrap()` of Rust ends the program.
    const callee = node.type === "call_expression" ? child(node, "function") : null;
    if (callee?.type === "field_expression" && /^(?:unwrap|expect)$/.test(plain(child(callee, "field")))) {
      handled.add(HANDLED + plain(child(callee, "value")));
    }
    node.children.forEach(walk);
  };
  walk(root);
  return handled;
}

/** Checks of Go with the statement that gave the error. */
export function* checkedCalls(node: Node): Iterable<[check: Node, call: Node]> {
  const inner = named(node);
  for (const [at, one] of inner.entries()) {
    if (one.type !== "if_statement" || !isErrorCheck(one)) continue;
    const call = child(one, "initializer") ?? inner[at - 1];
    if (call !== undefined && /^(?:short_var_declaration|assignment_statement)$/.test(call.type)) {
      yield [one, call];
    }
  }
}

/** The call of a statement: what it gives may have other names. */
export const callOf = (node: Node): string => plain(child(node, "right") ?? node);

/** Whether base gave on the failure of what a place now silences. */
export const wasHandled = (bodies: readonly string[], handled: ReadonlySet<string>): boolean =>
  bodies.some((text) => text.length >= 4 && handled.has(HANDLED + text));

/** Calls of Go that stand alone: what they answer is dropped. */
export const bareCall = (node: Node): string | null => {
  if (node.type !== "expression_statement") return null;
  const [call] = named(node);
  return call?.type === "call_expression" ? plain(call) : null;
};

/** The call that a statement is about, whatever becomes of its answer; null when there is none. */
export function mainCall(node: Node): string | null {
  let at: Node | undefined = node;
  for (let depth = 0; at !== undefined && depth < 8; depth++) {
    if (/^(?:call|call_expression|method_invocation|new_expression)$/.test(at.type)) return plain(at);
    const inner: Node[] = named(at);
    at = child(at, "right") ?? child(at, "value") ??
      (/^(?:expression_statement|return_statement|await_expression|await|lexical_declaration|variable_declaration|local_variable_declaration|assignment_expression)$/
          .test(at.type)
        ? inner.at(-1)
        : undefined);
  }
  return null;
}
