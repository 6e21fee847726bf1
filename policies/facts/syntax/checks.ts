import {
  conditionStrength,
  equalityStrength,
  isConstant,
  meaning,
  STRENGTH,
  stripped,
  truthWord,
  wordsOf,
} from "./strength.ts";
import { memberOf, render, type Scope, valueOf } from "./render.ts";
import type { Call, Dialect, Fn } from "./step.ts";
import { named, type Node, plain } from "./tree.ts";

/** What keeps an assertion from being reached, or its failure from being seen. */
export interface Guard {
  kind: "condition" | "exit" | "caught" | "never" | "unawaited" | "unknown-loop";
  text: string;
}

/** One thing that a test asserts, with names replaced by what they stand for. */
export interface Check {
  text: string;
  subject: string;
  strength: number;
  guards: Guard[];
  words: Set<string>;
  /** How many values it compares at once. */
  size: number;
  line: number;
}

/** A source file, and the functions that its tests can call. */
export interface Source {
  path: string;
  dialect: Dialect;
  functions: Map<string, { fn: Fn; source: Source }>;
  /** Values of names at the top of the file. */
  scope: Map<string, { node: Node | null; scope: Scope; tokens?: readonly string[] }>;
  imports: Map<string, string>;
}

interface Place {
  source: Source;
  scope: Scope;
  guards: readonly Guard[];
  /** The condition under which a failure is told. */
  failing: { tokens: string[]; holds: boolean } | null;
  awaited: boolean;
  depth: number;
  /** Functions that are being gone into, so that recursion ends. */
  inside: ReadonlySet<Node>;
}

/** Whether what comes after may not be reached: the way out, or null. */
type Exit = { always: boolean; text: string; fails: boolean } | null;

function joined(before: Exit, exit: NonNullable<Exit>): Exit {
  return before?.always ? before : { ...exit, fails: exit.fails && (before?.fails ?? true) };
}

const MAX_CHECKS = 3000;
const MAX_STEPS = 60_000;
const MAX_ROWS = 200;

const LATER = /^(?:setTimeout|setInterval|setImmediate|queueMicrotask|nextTick|requestAnimationFrame)$/;
const ITERATES = /^(?:forEach|map|filter|some|every|flatMap|find|each|reduce|for_each)$/;
const ENDS =
  /^(?:Deno\.exit|process\.exit|process\.reallyExit|os\._exit|sys\.exit|exit|quit|_exit|System\.exit|os\.Exit|runtime\.Goexit|std\.process\.exit)$/;
const SKIPS =
  /^(?:[a-z]+\.(?:Skip|SkipNow|Skipf|skip|skipTest)|pytest\.(?:skip|xfail|exit|importorskip)|this\.skip|self\.skipTest|assume\w*|Assumptions\.\w+|Assume\.\w+)$/;
const ASSERTING = /^(?:assert|expect|should|verify|ensure|must|require)/;
const SHELL_COMPARES =
  /^(?:assert\w*|expect\w*|check\w*|is|isnt|equals?|eq|same|ok|like|must\w*|diff|cmp|grep|match\w*|refute\w*)$/;
const LIBRARY =
  /^pytest$|assert|expect|chai|should|^(?:node:)?test$|vitest|jest|\btap\b|ava|power-assert|testing/;

/** Everything that a function of a test file asserts, in order. Functions in `apart` are not gone into. */
export function checksOf(
  fn: Fn,
  source: Source,
  rows: readonly Scope[],
  apart: Iterable<Node> = [],
): { checks: Check[]; cut: boolean } {
  const checks: Check[] = [];
  const budget = { steps: MAX_STEPS };
  const never: Guard[] = fn.generator ? [{ kind: "never", text: "nothing runs a generator" }] : [];
  for (const row of rows.length > 0 ? rows : [new Map()]) {
    const scope: Map<string, { node: Node | null; scope: Scope; tokens?: readonly string[] }> = new Map([
      ...source.scope,
      ...row,
    ]);
    for (const { pattern, value } of fn.defaults ?? []) {
      for (const { name } of source.dialect.pattern(pattern)) {
        scope.set(name, { node: value, scope: source.scope });
      }
    }
    walkAll(fn.body, {
      source,
      scope,
      guards: never,
      failing: null,
      awaited: fn.expression,
      depth: 0,
      inside: new Set([fn.node, ...apart]),
    });
  }
  return { checks, cut: budget.steps <= 0 || checks.length >= MAX_CHECKS };

  function add(check: Omit<Check, "guards" | "words"> & { tokens: readonly string[] }, at: Place): void {
    if (checks.length >= MAX_CHECKS) return;
    const { tokens, ...rest } = check;
    checks.push({ ...rest, words: wordsOf(tokens), guards: [...at.guards] });
  }

  /** Statements one after the other; what may leave guards all that follow. */
  function walkAll(nodes: readonly Node[], start: Place): Exit {
    let at: Place = { ...start, scope: new Map(start.scope) };
    let found: Exit = null;
    for (const node of nodes) {
      const exit = walk(node, at);
      if (exit === null) continue;
      if (!exit.fails) {
        const guard: Guard = { kind: exit.always ? "never" : "exit", text: exit.text };
        at = { ...at, guards: [...at.guards, guard] };
      }
      const before: Exit = found;
      found = joined(before, exit);
      if (exit.always && exit.fails) break;
    }
    return found;
  }

  function guarded(at: Place, ...guards: Guard[]): Place {
    return { ...at, guards: [...at.guards, ...guards] };
  }

  function walk(node: Node, at: Place): Exit {
    if (budget.steps-- <= 0 || at.depth > 40) return null;
    const { dialect } = at.source;
    const step = dialect.step(node);
    const isShell = dialect.shell === true;
    switch (step.kind) {
      case "skip":
        return null;
      case "function":
        if (step.name !== "") {
          (at.scope as Map<string, unknown>).set(step.name, { node, scope: at.scope, tokens: [step.name] });
        }
        return null;
      case "block":
        return walkAll(step.body, at);
      case "apart":
        step.body.forEach((one) =>
          walk(one, guarded(at, { kind: "unawaited", text: "nobody waits for it" }))
        );
        return null;
      case "statement": {
        // Whatever fails behind it is suppressed.
        if (/enter_context\(.{0,40}suppress\(/.test(plain(node))) {
          return { always: false, text: "suppressed", fails: false };
        }
        const inner = { ...at, awaited: false };
        const property = step.value[0] === undefined ? null : chained(step.value[0], inner);
        if (property) return null;
        return step.value.reduce<Exit>((exit, one) => walk(one, inner) ?? exit, null);
      }
      case "await":
        step.value.forEach((one) => walk(one, { ...at, awaited: true }));
        return null;
      case "bind": {
        const exit = walk(step.value, { ...at, awaited: true });
        bind(step.pattern, step.value, at);
        return exit;
      }
      case "assert": {
        if (isShell && at.failing === null) {
          const tokens = render(step.condition, dialect, at.scope);
          const not = node.type === "negated_command";
          add({
            tokens,
            text: tokens.join(" "),
            subject: tokens.join(" "),
            strength: not ? STRENGTH.holds : conditionStrength(tokens, true),
            size: 1,
            line: node.line,
          }, at);
          return null;
        }
        if (!isShell) condition(step.condition, true, node.line, at);
        return null;
      }
      case "fail":
        failure(node.line, at);
        return { always: true, text: "", fails: true };
      case "leave":
        if (step.value !== null) walk(step.value, { ...at, awaited: true });
        return step.how === "jump"
          ? { always: true, text: "jump", fails: false }
          : { always: true, text: "return", fails: false };
      case "if":
        return branch(step, at);
      case "logic":
        return logic(step, node, at, isShell);
      case "switch": {
        const value = step.value === null ? [] : render(step.value, dialect, at.scope);
        let exit: Exit = null;
        for (const { label, body } of step.cases) {
          const tokens = label === null
            ? value
            : value.length === 0
            ? render(label, dialect, at.scope)
            : [...value, "==", ...render(label, dialect, at.scope)];
          const one = walkAll(body, {
            ...guarded(at, { kind: "condition", text: tokens.join(" ") }),
            failing: { tokens, holds: true },
          });
          if (one !== null && !one.fails && one.text !== "jump") {
            exit = { always: false, text: tokens.join(" "), fails: false };
          }
        }
        return exit;
      }
      case "each":
        return each(step, at);
      case "loop": {
        step.parts.forEach((one) => walk(one, at));
        const tokens = step.parts.flatMap((one) => render(one, dialect, at.scope));
        const never = tokens.length > 0 &&
          (truthWord(tokens[0] ?? "") === false || /< 0\b/.test(tokens.join(" ")));
        const exit = walkAll(
          step.body,
          guarded(at, { kind: never ? "never" : "unknown-loop", text: tokens.join(" ") }),
        );
        return exit !== null && exit.text !== "jump" && !exit.fails ? { ...exit, always: false } : null;
      }
      case "try": {
        const swallows = step.handlers.some((one) => !tells(one, at, 0));
        const leaves = step.final !== null && returns(step.final, dialect);
        const exit = walkAll(
          step.body,
          swallows || leaves ? guarded(at, { kind: "caught", text: "its failure is caught" }) : at,
        );
        for (const one of step.handlers) {
          walk(one, guarded({ ...at, failing: null }, { kind: "condition", text: "only after an error" }));
        }
        if (step.final !== null) walk(step.final, at);
        return exit !== null && step.handlers.length === 0 ? exit : exit === null || exit.fails ? null : exit;
      }
      case "with": {
        let inner = at;
        for (const item of step.items) {
          const text = plain(item);
          if (/suppress\(/.test(text)) {
            inner = guarded(inner, { kind: "caught", text: "its failure is suppressed" });
          } else if (/(?:raises|assertRaises\w*|pytest\.warns|assertWarns\w*)\(/.test(text)) {
            walk(item, at);
            if (/(?:raises|assertRaises\w*)\(/.test(text)) {
              inner = guarded(inner, { kind: "caught", text: "an error is wanted there" });
            }
          } else walk(item, at);
        }
        return walkAll(step.body, inner);
      }
      case "call":
        return call(step.call, at, isShell);
      case "other":
        return node.children.reduce<Exit>((exit, one) => (one.named ? walk(one, at) : null) ?? exit, null);
    }
  }

  function branch(
    step: { condition: Node | null; init?: Node | null; then: Node[]; otherwise: Node[] },
    at: Place,
  ): Exit {
    const { dialect } = at.source;
    const place: Place = { ...at, scope: new Map(at.scope) };
    if (step.init) walk(step.init, place);
    // What the condition calls may assert something itself.
    if (step.condition !== null) walk(step.condition, { ...place, failing: { tokens: [], holds: true } });
    const tokens = step.condition === null ? [] : stripped(render(step.condition, dialect, place.scope));
    const text = tokens.join(" ");
    const known = tokens.length === 1 ? truthWord(tokens[0] ?? "") : null;
    const side = (body: Node[], holds: boolean): Exit => {
      if (body.length === 0) return null;
      const fresh: Guard[] = known === holds
        ? []
        : [{ kind: known === null ? "condition" : "never", text: holds ? text : `not ${text}` }];
      const before = checks.length;
      const exit = walkAll(body, { ...guarded(place, ...fresh), failing: { tokens, holds } });
      // A branch that tells a failure before it leaves is no way out.
      const told = checks.slice(before).some((one) => one.text.startsWith("fails when "));
      return exit === null ? null : { ...exit, fails: exit.fails || told };
    };
    const [then, otherwise] = [side(step.then, true), side(step.otherwise, false)];
    const quiet = [then, otherwise].filter((one) => one !== null && !one.fails);
    if (quiet.length === 0) {
      return then?.fails && otherwise?.fails ? { always: true, text, fails: true } : null;
    }
    const jump = quiet.every((one) => one?.text === "jump");
    const always = (then?.always === true && otherwise?.always === true) ||
      (then?.always === true && known === true);
    return {
      always,
      text: jump ? "jump" : then !== null && !then.fails ? text : `not ${text}`,
      fails: false,
    };
  }

  function logic(
    step: { operator: "and" | "or"; left: Node; right: Node },
    node: Node,
    at: Place,
    isShell: boolean,
  ): Exit {
    const { dialect } = at.source;
    if (!isShell) {
      const left = walk(step.left, at);
      const tokens = render(step.left, dialect, at.scope);
      const holds = step.operator === "and";
      const known = tokens.length === 1 ? truthWord(tokens[0] ?? "") : null;
      const guard: Guard[] = known === holds
        ? []
        : [{ kind: known === null ? "condition" : "never", text: tokens.join(" ") }];
      walk(step.right, { ...guarded(at, ...guard), failing: { tokens, holds } });
      return left;
    }
    const right = dialect.step(step.right);
    const tokens = render(step.left, dialect, at.scope);
    const text = tokens.join(" ");
    if (step.operator === "or") {
      // What fails is told on the right; or it is swallowed there.
      if (right.kind === "fail" || (right.kind === "block" && tells(step.right, at, 0))) {
        walk(step.left, { ...at, failing: { tokens: [], holds: true } });
        add({
          tokens,
          text: `fails when not ${text}`,
          subject: text,
          strength: /^(?:\[|test|!)/.test(text) ? conditionStrength(tokens, true) : STRENGTH.exactly,
          size: 1,
          line: node.line,
        }, at);
        return null;
      }
      if (right.kind === "leave") {
        walk(step.left, { ...at, failing: { tokens: [], holds: true } });
        return { always: false, text: `not ${text}`, fails: false };
      }
      walk(step.left, guarded(at, { kind: "caught", text: "its failure is swallowed" }));
      walk(step.right, guarded(at, { kind: "condition", text: `not ${text}` }));
      return null;
    }
    if (right.kind === "leave") {
      walk(step.left, { ...at, failing: { tokens: [], holds: true } });
      return { always: false, text, fails: false };
    }
    if (right.kind === "fail") {
      failure(node.line, { ...at, failing: { tokens, holds: true } });
      return null;
    }
    walk(step.left, at);
    walk(step.right, at);
    return null;
  }

  function rowsOf(items: readonly Node[], at: Place): { node: Node; scope: Scope }[] | null {
    const { dialect } = at.source;
    if (items.length !== 1) {
      return items.every((one) => dialect.elements(one) !== null)
        ? items.map((node) => ({ node, scope: at.scope }))
        : null;
    }
    const [first] = items;
    if (first === undefined) return null;
    const held = valueOf(first, dialect, at.scope);
    const list = dialect.elements(held.node, (node) => valueOf(node, dialect, held.scope).node);
    return list === null || list.length > MAX_ROWS ? null : list.map((node) => ({ node, scope: held.scope }));
  }

  function each(step: { pattern: Node | null; items: Node[]; body: Node[] }, at: Place): Exit {
    const rows = rowsOf(step.items, at);
    step.items.forEach((one) => walk(one, at));
    if (rows === null) {
      const text = step.items.flatMap((one) => render(one, at.source.dialect, at.scope)).join(" ");
      const exit = walkAll(step.body, guarded(at, { kind: "unknown-loop", text }));
      return exit !== null && exit.text !== "jump" && !exit.fails ? { ...exit, always: false } : null;
    }
    let found: Exit = null;
    for (const row of rows) {
      const scope = new Map(at.scope);
      if (step.pattern !== null) {
        for (const { name, at: way } of at.source.dialect.pattern(step.pattern)) {
          scope.set(name, follow(row, way, name, at));
        }
        if (step.pattern.type === "variable_name") {
          scope.set(step.pattern.text, { node: row.node, scope: row.scope });
        }
      }
      const exit = walkAll(step.body, { ...at, scope });
      if (exit !== null && exit.text !== "jump" && !exit.fails) found = exit;
    }
    return found;
  }

  /** What a part of a pattern gets of a value. */
  function follow(
    value: { node: Node; scope: Scope },
    way: readonly (number | string)[],
    name: string,
    at: Place,
  ): { node: Node | null; scope: Scope; tokens?: readonly string[] } {
    const { dialect } = at.source;
    let held = valueOf(value.node, dialect, value.scope);
    for (const part of way) {
      const next = memberOf(held.node, part, dialect);
      if (next === null) {
        const tokens = render(value.node, dialect, value.scope);
        return {
          node: null,
          scope: value.scope,
          tokens: tokens.length < 40 ? [...tokens, ".", String(way.join("."))] : [name],
        };
      }
      held = valueOf(next, dialect, held.scope);
    }
    return held;
  }

  function bind(pattern: Node, value: Node, at: Place): void {
    const { dialect } = at.source;
    const scope = at.scope as Map<string, { node: Node | null; scope: Scope; tokens?: readonly string[] }>;
    const before = new Map(scope);
    for (const { name, at: way } of dialect.pattern(pattern)) {
      if (dialect.step(value).kind === "function") {
        scope.set(name, { node: value, scope, tokens: [name] });
        continue;
      }
      // A value that names itself (`x = x + 1`) would never end.
      const refers = render(value, dialect, new Map()).includes(name);
      scope.set(
        name,
        refers
          ? { node: null, scope: before, tokens: [name] }
          : follow({ node: value, scope: before }, way, name, at),
      );
    }
    if (pattern.type === "variable_name") scope.set(pattern.text, { node: value, scope: before });
  }

  /** What waits for a predicate says as much as the predicate. */
  function predicate(node: Node, at: Place, depth = 0): number {
    const { dialect } = at.source;
    const step = dialect.step(node);
    if (step.kind === "await") {
      return step.value[0] === undefined ? 0 : predicate(step.value[0], at, depth + 1);
    }
    if (step.kind !== "call" || depth > 3) return 0;
    return Math.max(
      0,
      ...step.call.args.map((arg) => {
        const bound = dialect.isName(arg) ? at.scope.get(arg.text) ?? null : null;
        const fn = dialect.step(bound?.node ?? arg);
        if (fn.kind !== "function") return 0;
        const scope = bound?.scope ?? at.scope;
        const values = fn.fn.expression ? fn.fn.body : fn.fn.body.flatMap((one) => {
          const last = dialect.step(one);
          return last.kind === "leave" && last.value !== null ? [last.value] : [];
        });
        return Math.max(0, ...values.map((value) => conditionStrength(render(value, dialect, scope), true)));
      }),
    );
  }

  function condition(node: Node, holds: boolean, line: number, at: Place): void {
    const tokens = render(node, at.source.dialect, at.scope);
    const text = tokens.join(" ");
    add({
      tokens,
      text: holds ? text : `not ${text}`,
      subject: text,
      strength: Math.max(conditionStrength(tokens, holds), holds ? predicate(node, at) : 0),
      size: Math.max(1, tokens.filter((token) => /^["\d]/.test(token)).length),
      line,
    }, at);
  }

  /** A failure told by hand: it asserts that the condition around it does not come to pass. */
  function failure(line: number, at: Place): void {
    const { failing } = at;
    if (failing === null || failing.tokens.length === 0) {
      add({
        tokens: [],
        text: "fails when reached",
        subject: "",
        strength: STRENGTH.holds,
        size: 1,
        line,
      }, at);
      return;
    }
    // The innermost condition is what is asserted; it is no guard of it.
    const text = failing.tokens.join(" ");
    const guards = at.guards.findLastIndex((one) => one.text === text || one.text === `not ${text}`);
    add({
      tokens: failing.tokens,
      text: `fails when ${failing.holds ? "" : "not "}${text}`,
      subject: text,
      strength: conditionStrength(failing.tokens, !failing.holds),
      size: 1,
      line,
    }, { ...at, guards: at.guards.filter((_, index) => index !== guards) });
  }

  /** `expect(x).to.be.true`: an assertion without a call. */
  function chained(node: Node, at: Place): boolean {
    if (node.type !== "member_expression") return false;
    const words = plain(node);
    if (!/^expect\(|\.should\./.test(words)) return false;
    const name = /\.(\w+)$/.exec(words)?.[1] ?? "";
    const inner = named(node).find(() => true);
    const subject = inner === undefined ? null : expected(inner, at);
    if (subject === null) return false;
    const { form, strength } = meaning(name, /\.not\./.test(words));
    if (form === "true" || form === "false") condition(subject, form === "true", node.line, at);
    else {
      const tokens = render(subject, at.source.dialect, at.scope);
      add({
        tokens,
        text: `${tokens.join(" ")} ${name}`,
        subject: tokens.join(" "),
        strength,
        size: 1,
        line: node.line,
      }, at);
    }
    return true;
  }

  /** What stands in the `expect(...)` or `assertThat(...)` at the start of a chain. */
  function expected(node: Node, at: Place): Node | null {
    for (let inner: Node | undefined = node; inner !== undefined;) {
      const step = at.source.dialect.step(inner);
      if (step.kind === "await") {
        inner = step.value[0];
        continue;
      }
      if (step.kind === "call") {
        if (
          step.call.path.length === 1 && /^(?:expect|assertThat|assert_that|should)$/.test(step.call.name)
        ) {
          return step.call.args[0] ?? null;
        }
        inner = step.call.receiver ?? undefined;
        continue;
      }
      inner = named(inner)[0];
    }
    return null;
  }

  function call(one: Call, at: Place, isShell: boolean): Exit {
    const path = one.path.join(".");
    if (isShell) return shellCall(one, at);
    if (ENDS.test(path)) {
      const code = one.args[0] === undefined ? "" : plain(one.args[0]);
      if (code === "" || code === "0" || code === "None") return { always: true, text: path, fails: false };
    }
    if (SKIPS.test(path)) return { always: true, text: path, fails: false };
    if (isFailure(one, at)) {
      failure(one.node.line, at);
      return /^(?:Error|Errorf|Fail)$/.test(one.name) ? null : { always: true, text: "", fails: true };
    }
    const asserted = assertion(one, at);
    if (asserted) return null;
    if (LATER.test(one.name)) {
      enter(one.args, guarded(at, { kind: "unawaited", text: `${one.name} runs it later` }));
      return null;
    }
    // A promise whose failure somebody swallows.
    const swallowed = one.name === "catch" && one.receiver !== null && one.args[0] !== undefined &&
      !tells(one.args[0], at, 0);
    const settled = one.name === "allSettled";
    const inner = swallowed || settled ? guarded(at, { kind: "caught", text: "its failure is caught" }) : at;
    if (one.receiver !== null && !ITERATES.test(one.name)) walk(one.receiver, inner);
    const local = functionNamed(one, at);
    if (local !== null) {
      enterFunction(local, one, inner);
      return null;
    }
    if (ITERATES.test(one.name) && one.receiver !== null) return iteration(one, at);
    enter(one.args, inner);
    return null;
  }

  function shellCall(one: Call, at: Place): Exit {
    const { dialect } = at.source;
    one.args.forEach((arg) => walk(arg, { ...at, failing: { tokens: [], holds: true } }));
    if (at.failing !== null && at.failing.tokens.length === 0) return null;
    const local = at.source.functions.get(one.name);
    const telling = local !== undefined && !at.inside.has(local.fn.node) &&
      local.fn.body.some((node) => tells(node, { ...at, source: local.source }, 0));
    const compares = local === undefined ? SHELL_COMPARES.test(one.name) : telling;
    const direct = local?.fn.body.some((node) => fails(node, local.source.dialect)) === true;
    if (local !== undefined && telling && !direct) {
      // A function that only calls others which compare: what they are given counts.
      const scope = new Map(at.scope);
      one.args.forEach((arg, index) => scope.set(String(index + 1), { node: arg, scope: at.scope }));
      walkAll(local.fn.body, {
        ...at,
        source: local.source,
        scope,
        depth: at.depth + 1,
        inside: new Set([...at.inside, local.fn.node]),
      });
      return null;
    }
    if (one.name === "test" || compares) {
      const tokens = [one.name, ...one.args.flatMap((arg) => render(arg, dialect, at.scope))];
      // A title says nothing; what is put in by the shell does.
      const live = tokens.slice(1).some((token) =>
        token === "$" || token === "$(" || token === "${" || token === "`"
      );
      const bats = /^(?:assert|refute)_(?:output|line|success|failure|stderr|regex)$/.test(one.name);
      const command = bats ||
        one.args.some((arg) => arg.type === "word" && /^[a-z_][\w-]*$/i.test(arg.text)) &&
          !/^(?:equals?|eq|is|same|isnt|assert_?eq\w*|assert_?equals?)$/i.test(one.name);
      add({
        tokens: bats
          ? [...tokens, "$", "output", "$", "status"]
          : live || command
          ? [...tokens, "@live"]
          : [],
        text: tokens.join(" "),
        subject: tokens.slice(0, 3).join(" "),
        strength: !live && !command
          ? STRENGTH.nothing
          : one.name === "test"
          ? conditionStrength(tokens.slice(1), true)
          : /^(?:grep|like|match\w*)$/.test(one.name)
          ? STRENGTH.partly
          : STRENGTH.exactly,
        size: 1,
        line: one.node.line,
      }, at);
    }
    return null;
  }

  /** Whether what a test asserts with is a thing of its own making: a stub in the place of the library. */
  function isShadowed(root: string, at: Place): boolean {
    const bound = at.scope.get(root);
    if (bound?.node === undefined || bound.node === null) return false;
    const { source } = at;
    const { node } = valueOf(bound.node, source.dialect, bound.scope);
    // `const assert = require("node:assert")`, `const check = assert.equal`, a helper's parameter.
    const words = plain(node);
    if (
      source.dialect.isName(node) ||
      /^(?:await)?(?:require|import)\(|^(?:assert|chai|expect|t|self|this)\b/.test(words)
    ) return false;
    if (bound === source.scope.get(root)) return !LIBRARY.test(source.imports.get(root) ?? "");
    return true;
  }

  function isFailure(one: Call, at: Place): boolean {
    const [root = "", second] = one.path;
    if (one.path.length > 1 && isShadowed(root, at)) return false;
    if (/^(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)$/.test(one.name)) {
      const takes = /^Fail/.test(one.name) ? one.args.length === 0 : one.args.length > 0;
      return takes && one.path.length === 2 && second === one.name && /^[a-z]\w*$/.test(root) &&
        !/^(?:fmt|errors|log|slog|logger|http|console)$/.test(root);
    }
    if (one.name === "panic!" || one.name === "unreachable!") return true;
    if (one.name !== "fail") return false;
    return one.path.length === 1 ||
      /^(?:self|assert|t|pytest|expect|chai|Assertions|Assert|cls|unittest)$/.test(root);
  }

  /** A function that the file, or a file that it leans on, declares. */
  function functionNamed(one: Call, at: Place): { fn: Fn; source: Source; scope?: Scope } | null {
    const { source } = at;
    if (one.path.length === 1) {
      const bound = at.scope.get(one.name);
      if (bound?.node) {
        const step = source.dialect.step(bound.node);
        if (step.kind === "function") return { fn: step.fn, source, scope: bound.scope };
      }
      return source.functions.get(one.name) ?? null;
    }
    if (one.path.length === 2 && /^(?:self|this|cls)$/.test(one.path[0] ?? "")) {
      return source.functions.get(one.name) ?? null;
    }
    return source.functions.get(one.path.join(".")) ?? null;
  }

  function enterFunction(local: { fn: Fn; source: Source; scope?: Scope }, one: Call, at: Place): void {
    if (at.inside.has(local.fn.node)) return;
    // It reads names where it is written, not where it is called.
    const scope = new Map(local.scope ?? local.source.scope);
    const params = local.fn.params.filter((param) => !/^(?:self|cls)$/.test(plain(param)));
    params.forEach((param, index) => {
      const arg = one.args[index];
      const names = local.source.dialect.pattern(param);
      for (const { name, at: way } of names) {
        scope.set(
          name,
          arg === undefined
            ? { node: null, scope: at.scope, tokens: [name] }
            : follow({ node: arg, scope: at.scope }, way, name, at),
        );
      }
    });
    // Arguments can be functions that assert: they run where the helper calls them, or not at all.
    walkAll(local.fn.body, {
      ...at,
      source: local.source,
      scope,
      failing: null,
      awaited: local.fn.expression ? at.awaited : true,
      guards: local.fn.async && !at.awaited
        ? [...at.guards, { kind: "unawaited", text: "nobody waits for it" }]
        : at.guards,
      depth: at.depth + 1,
      inside: new Set([...at.inside, local.fn.node]),
    });
    for (const arg of one.args) {
      const step = at.source.dialect.step(arg);
      if (step.kind === "function") enter([arg], at);
      else if (step.kind === "call" || step.kind === "await") walk(arg, at);
    }
  }

  /** Arguments: functions among them run, as far as anybody can tell. */
  function enter(args: readonly Node[], at: Place): void {
    for (const arg of args) {
      const { dialect } = at.source;
      const held = dialect.isName(arg) ? at.scope.get(arg.text)?.node ?? null : null;
      const step = dialect.step(held ?? arg);
      const named = held === null && dialect.isName(arg) ? at.source.functions.get(arg.text) : undefined;
      const fn = step.kind === "function" ? step.fn : named?.fn;
      if (fn === undefined) {
        walk(arg, at);
        continue;
      }
      if (at.inside.has(fn.node)) continue;
      const late: Guard[] = fn.async && !at.awaited
        ? [{ kind: "unawaited", text: "nobody waits for it" }]
        : [];
      // A function that only gives back another one asserts nothing.
      const [only] = fn.body;
      if (fn.expression && only !== undefined && dialect.step(only).kind === "function") continue;
      walkAll(fn.body, {
        ...guarded(at, ...late),
        source: named?.source ?? at.source,
        failing: null,
        awaited: fn.expression,
        depth: at.depth + 1,
        inside: new Set([...at.inside, fn.node]),
      });
    }
  }

  function iteration(one: Call, at: Place): Exit {
    const [callback] = one.args;
    const { dialect } = at.source;
    const held = callback !== undefined && dialect.isName(callback)
      ? at.scope.get(callback.text)?.node
      : callback;
    const step = held ? dialect.step(held) : null;
    if (one.receiver !== null) walk(one.receiver, at);
    if (step?.kind !== "function" || one.receiver === null) {
      enter(one.args, at);
      return null;
    }
    const waits = one.name !== "forEach" && at.awaited;
    const late: Guard[] = step.fn.async && !waits ? [{ kind: "unawaited", text: "nobody waits for it" }] : [];
    const place = {
      ...guarded(at, ...late),
      failing: null,
      inside: new Set([...at.inside, step.fn.node]),
      depth: at.depth + 1,
    };
    each({ pattern: step.fn.params[0] ?? null, items: [one.receiver], body: step.fn.body }, place);
    return null;
  }

  /** Adds what a call asserts; false when it is no assertion. */
  function assertion(one: Call, at: Place): boolean {
    const { source } = at;
    const { dialect } = source;
    const [root = ""] = one.path;
    const negated = one.path.includes("not");
    const chain = one.path.length > 1 && /^(?:expect|assertThat|assert_that)$/.test(root) &&
      one.receiver !== null;
    const should = one.path.includes("should");
    const known = functionNamed(one, at);
    if (known !== null) return false;
    if (isShadowed(root, at)) return false;
    if (chain && source.functions.has(root) && !source.imports.has(root)) return false;
    const from = source.imports.get(root) ?? "";
    const isLibrary = LIBRARY.test(from);
    const lone = one.path.length === 1 &&
      (ASSERTING.test(one.name) ||
        (isLibrary && !/^(?:test|it|describe|before\w*|after\w*|suite|mock|vi|jest)$/.test(one.name)));
    const member = one.path.length > 1 && !chain &&
      (/^(?:assert|chai|self|cls|t|tap|assertions|Assert|Assertions|require|is|np|numpy|testing|must)$/.test(
        root,
      ) ||
        isLibrary || one.path.slice(0, -1).includes("assert")) &&
      !/^(?:run|Run|Log|Logf|Helper|Cleanup|Parallel|TempDir|Setenv|step|test|plan|end|teardown|comment|log|mock|diagnostic|signal|name|subTest|id|setUp|tearDown|addCleanup|Name|Context|Deadline)$/
        .test(one.name);
    const viaName = one.path.length > 1 && /^(?:assert_|assert[A-Z]|should[A-Z])/.test(one.name);
    if (one.name === "expect" && one.path.length > 1 && !chain && !/^(?:t|self)$/.test(root)) {
      // `request(app).get("/").expect(200)`
      const tokens = one.args.flatMap((arg) => render(arg, dialect, at.scope));
      if (one.receiver !== null) walk(one.receiver, at);
      add({
        tokens: [...tokens, "@response"],
        text: `expect ${tokens.join(" ")}`,
        subject: one.receiver === null ? "" : render(one.receiver, dialect, at.scope).slice(0, 60).join(" "),
        strength: tokens.length === 0 ? STRENGTH.holds : STRENGTH.exactly,
        size: 1,
        line: one.node.line,
      }, at);
      return true;
    }
    if (!chain && !should && !lone && !member && !viaName) return false;
    if (root === "expect" && one.path.length === 1) {
      enter(one.args, at);
      return true;
    }
    if (member && from === "pytest" && !/^(?:raises|warns)$/.test(one.name)) return false;
    if (member && /^(?:self|cls|t|np|numpy|testing|is)$/.test(root)) {
      if (/^(?:self|cls)$/.test(root) && !/^(?:assert|fail)/.test(one.name)) return false;
      if (/^(?:np|numpy)$/.test(root) && !/^assert/.test(one.name)) return false;
      if (
        root === "t" &&
        !/^(?:is|not|ok|equal|equals|same|deepEqual|deepEquals|true|false|truthy|falsy|like|throws|throwsAsync|rejects|regex|match|assert|pass|fail|notOk|notEqual|strictSame|snapshot|error|ifError)$/
          .test(one.name) &&
        !one.path.includes("assert")
      ) {
        return false;
      }
    }
    const subject = chain ? expected(one.receiver ?? one.node, at) : should ? one.receiver : null;
    let args = chain || should ? one.args : one.args;
    // testify and its like take the test first.
    if (
      dialect.name === "go" && !chain && args.length > 1 &&
      /^(?:t|tb|b|s\.T)$/.test(args[0] === undefined ? "" : plain(args[0]))
    ) {
      args = args.slice(1);
    }
    const values = subject === null ? args : [subject, ...args];
    const texts = values.map((value) => render(value, dialect, at.scope));
    const asAsserted = meaning(one.name === root || one.name !== "assert" ? one.name : "ok", negated);
    const { form } = asAsserted;
    let { strength } = asAsserted;
    const floating = /^(?:rejects|doesNotReject|throwsAsync|assertRejects|resolves|eventually)$/;
    const late: Guard[] = (one.path.some((word) => floating.test(word))) && !at.awaited
      ? [{ kind: "unawaited", text: "nobody waits for it" }]
      : [];
    const place = guarded(at, ...late);
    const text = `${
      one.path.filter((word) => !/^(?:to|be|been|is|that|and|have|with)$/.test(word)).join(".")
    } ${texts.map((tokens) => tokens.join(" ")).join(" , ")}`;
    const line = one.node.line;
    const [first, second] = texts;
    if (form === "throws") {
      // What is said of the error: the arguments that are not what throws it.
      const first = chain || /^(?:python|java)$/.test(dialect.name) ? 0 : 1;
      const about = args.slice(first).filter((arg) => dialect.step(arg).kind !== "function")
        .slice(0, dialect.name === "python" && !/regex/i.test(one.name) ? 1 : 3);
      const keyed = dialect.name === "python" ? args.filter((arg) => arg.type === "keyword_argument") : [];
      const words = [...about, ...keyed].flatMap((arg) => render(arg, dialect, at.scope));
      const generic = words.length === 0 ||
        words.some((word) =>
          /^(?:Error|Exception|BaseException|Throwable|Object|RuntimeException)$/.test(word)
        );
      const looks = dialect.name === "ecmascript"
        ? Math.max(0, ...args.slice(first).map((arg) => looksAt(arg, at)))
        : 0;
      const pattern = words.some((token) => /^["/{]/.test(token)) || keyed.length > 0;
      strength = Math.max(looks, pattern ? STRENGTH.exactly : generic ? STRENGTH.partly : STRENGTH.kind);
      // That there is an error, and what it is: two things.
      const size = strength > STRENGTH.partly ? 2 : 1;
      add({ tokens: texts.flat(), text, subject: (texts[0] ?? []).join(" "), strength, size, line }, place);
      return true;
    }
    if (form === "true" || form === "false") {
      if (first === undefined) {
        add({ tokens: [], text, subject: "", strength: STRENGTH.nothing, size: 1, line }, place);
        return true;
      }
      add({
        tokens: first,
        text: form === "true" ? first.join(" ") : `not ${first.join(" ")}`,
        subject: first.join(" "),
        strength: Math.max(
          conditionStrength(first, form === "true"),
          form === "true" && values[0] !== undefined ? predicate(values[0], at) : 0,
        ),
        size: Math.max(1, first.filter((token) => /^["\d]/.test(token)).length),
        line,
      }, place);
      return true;
    }
    if (strength === STRENGTH.exactly && first !== undefined && second !== undefined) {
      strength = equalityStrength(first, second, true);
      if (texts.length > 2 && /almost|close|delta/i.test(one.name)) {
        strength = Math.min(strength, texts[2]?.[0]?.startsWith('"') ? strength : STRENGTH.partly);
      }
    } else if (first !== undefined && second !== undefined && strength >= STRENGTH.holds) {
      if (isConstant([...first, ...second])) strength = STRENGTH.nothing;
      else if (first.join(" ") === second.join(" ")) strength = STRENGTH.nothing;
      // A pattern that nothing is outside of.
      else if (strength === STRENGTH.partly && [first, second].some(matchesAnything)) {
        strength = STRENGTH.runs;
      }
    } else if (first !== undefined && isConstant(first)) strength = STRENGTH.nothing;
    add({
      tokens: texts.flat(),
      text,
      subject: subjectOf(texts).join(" "),
      strength,
      size: Math.max(
        1,
        ...texts.map((tokens) =>
          isConstant(tokens)
            ? tokens.filter((token) => /^["\d-]|^(?:true|false|null|None|True|False|nil)$/.test(token)).length
            : 1
        ),
      ),
      line,
    }, place);
    return true;
  }

  /** The side of a comparison that is not a literal. */
  function subjectOf(texts: readonly string[][]): string[] {
    return texts.find((tokens) => !isConstant(tokens)) ?? texts[0] ?? [];
  }

  function matchesAnything(tokens: readonly string[]): boolean {
    if (tokens.length !== 1) return false;
    const [token = ""] = tokens;
    if (token === '""' || token === '"."' || token === '".*"') return true;
    const found = /^\/(.{0,80})\/[a-z]*$/.exec(token);
    return found !== null && /^(?:\^?\.?\*?\+?\$?|\(\?:\)|\[\^?\\?\w?\\?\w?\][*+]?)$/.test(found[1] ?? "");
  }

  /** How much a function that is given the error says of it. */
  function looksAt(arg: Node, at: Place): number {
    const { dialect } = at.source;
    const step = dialect.step(arg);
    if (step.kind !== "function") return 0;
    if (step.fn.body.some((one) => tells(one, at, 0))) return STRENGTH.exactly;
    const values = step.fn.expression ? step.fn.body : step.fn.body.flatMap((one) => {
      const last = dialect.step(one);
      return last.kind === "leave" && last.value !== null ? [last.value] : [];
    });
    const strength = Math.max(
      0,
      ...values.map((value) => conditionStrength(render(value, dialect, at.scope), true)),
    );
    return strength >= STRENGTH.exactly ? STRENGTH.exactly : strength >= STRENGTH.holds ? STRENGTH.kind : 0;
  }

  /** Whether a handler tells of the failure: it throws, fails, or asserts. */
  function tells(node: Node, at: Place, depth: number): boolean {
    if (depth > 30) return false;
    const step = at.source.dialect.step(node);
    if (step.kind === "fail") return true;
    if (step.kind === "assert") return true;
    if (step.kind === "call") {
      if (
        isFailure(step.call, at) || ASSERTING.test(step.call.name) ||
        /^(?:assert|expect|self|t)$/.test(step.call.path[0] ?? "") && step.call.path.length > 1
      ) return true;
      const local = functionNamed(step.call, at);
      if (local === null && at.source.dialect.shell === true && SHELL_COMPARES.test(step.call.name)) {
        return true;
      }
      if (
        local !== null && depth < 4 &&
        local.fn.body.some((one) => tells(one, { ...at, source: local.source }, depth + 10))
      ) return true;
      if (/^(?:reject|done|next)$/.test(step.call.name) && step.call.args.length > 0) return true;
    }
    return node.children.some((one) => one.named && tells(one, at, depth + 1));
  }

  function fails(node: Node, dialect: Dialect): boolean {
    const step = dialect.step(node);
    return step.kind === "fail" || node.children.some((one) => one.named && fails(one, dialect));
  }

  function returns(node: Node, dialect: Dialect): boolean {
    const step = dialect.step(node);
    if (step.kind === "leave") return true;
    return step.kind !== "function" && node.children.some((one) => returns(one, dialect));
  }
}
