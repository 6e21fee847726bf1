import { assertion, chained, condition, type Draft, failure } from "./assertion.ts";
import {
  bind,
  type Check,
  type Exit,
  follow,
  type Guard,
  guarded,
  joined,
  type Place,
  rowsOf,
  type Source,
} from "./place.ts";
import { render, type Scope } from "./render.ts";
import type { Call, Fn } from "./step.ts";
import { conditionStrength, STRENGTH, stripped, truthWord, wordsOf } from "./strength.ts";
import { fails, functionNamed, isFailure, returns, SHELL_COMPARES, tells } from "./tells.ts";
import { type Node, plain } from "./tree.ts";

const MAX_CHECKS = 3000;
const MAX_STEPS = 60_000;
/** Functions within functions that are gone into. */
const MAX_CALLS = 40;
const LATER = /^(?:setTimeout|setInterval|setImmediate|queueMicrotask|nextTick|requestAnimationFrame)$/;
const ITERATES = /^(?:forEach|map|filter|some|every|flatMap|find|each|reduce|for_each)$/;
const ENDS =
  /^(?:Deno\.exit|process\.exit|process\.reallyExit|os\._exit|sys\.exit|exit|quit|_exit|System\.exit|os\.Exit|runtime\.Goexit|std\.process\.exit)$/;
const SKIPS =
  /^(?:[a-z]+\.(?:Skip|SkipNow|Skipf|skip|skipTest)|pytest\.(?:skip|xfail|exit|importorskip)|this\.skip|self\.skipTest|assume\w*|Assumptions\.\w+|Assume\.\w+)$/;
/**
 * Everything that a function of a test file asserts, in order. Functions in `apart` are not gone into. `cut` says that there was more
 * than can be read.
 */
export function checksOf(
  fn: Fn,
  source: Source,
  rows: readonly Scope[],
  apart: Iterable<Node> = [],
  budget: { steps: number } = { steps: MAX_STEPS },
): { checks: Check[]; cut: boolean } {
  const checks: Check[] = [];
  let isDeep = false;
  const piles = new Map<string, { times: number; strength: number; words: Set<string> }>();
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
  return { checks, cut: isDeep || budget.steps <= 0 || checks.length >= MAX_CHECKS };

  function add(draft: Draft, { guards }: { guards: readonly Guard[] }): void {
    if (checks.length >= MAX_CHECKS) return;
    const { tokens, ...rest } = draft;
    const words = wordsOf(tokens);
    for (const word of [...words]) {
      // What is gathered row by row and asserted once was asserted for each row.
      const pile = piles.get(word);
      if (pile === undefined) continue;
      rest.size = Math.max(rest.size, pile.times);
      const empty = tokens.some((token) => /^(?:0|\[|len|length|isEmpty|Empty)$/.test(token));
      rest.strength = empty && rest.strength >= STRENGTH.partly
        ? pile.strength
        : Math.min(rest.strength, pile.strength);
      pile.words.forEach((one) => words.add(one));
    }
    checks.push({ ...rest, words, guards: [...guards] });
  }

  /** A list gets one more: under a condition, that is what a later assertion about the list is about. */
  function gather(one: Call, at: Place): void {
    const grows = /^(?:push|unshift|append|add|extend)$/.test(one.name);
    const name = one.path.length === 2
      ? one.path[0]
      : one.path.length === 1 && one.args[0] !== undefined
      ? plain(one.args[0])
      : undefined;
    if (!grows || name === undefined || at.guards.some(({ kind }) => kind === "never")) return;
    const { failing } = at;
    const strength = failing === null || failing.tokens.length === 0
      ? STRENGTH.exactly
      : conditionStrength(failing.tokens, !failing.holds);
    const before = piles.get(name);
    piles.set(name, {
      times: (before?.times ?? 0) + 1,
      strength: Math.min(before?.strength ?? strength, strength),
      words: new Set([...before?.words ?? [], ...wordsOf(failing?.tokens ?? [])]),
    });
  }

  function tell(line: number, at: Place): void {
    const { draft, guards } = failure(line, at);
    add(draft, { guards });
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

  function walk(node: Node, at: Place): Exit {
    isDeep ||= at.depth > MAX_CALLS;
    if (budget.steps-- <= 0 || isDeep) return null;
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
        if (property !== null) {
          add(property, inner);
          return null;
        }
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
        if (!isShell) add(condition(step.condition, true, node.line, at), at);
        return null;
      }
      case "fail":
        tell(node.line, at);
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
            const before = checks.length;
            walk(item, at);
            // What is to fail stands in the body: without it the assertion says only what kind of error.
            const body = step.body.flatMap((one) => render(one, dialect, at.scope)).slice(0, 80);
            for (const check of checks.slice(before)) {
              check.text += ` : ${body.join(" ")}`;
              check.subject = body.join(" ");
              check.words = wordsOf([...check.words, ...body]);
            }
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
          strength: /^(?:\(|test|!)/.test(text) ? conditionStrength(tokens, true) : STRENGTH.exactly,
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
      tell(node.line, { ...at, failing: { tokens, holds: true } });
      return null;
    }
    walk(step.left, at);
    walk(step.right, at);
    return null;
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

  function call(one: Call, at: Place, isShell: boolean): Exit {
    const path = one.path.join(".");
    if (isShell) return shellCall(one, at);
    gather(one, at);
    if (ENDS.test(path)) {
      const code = one.args[0] === undefined ? "" : plain(one.args[0]);
      if (code === "" || code === "0" || code === "None") return { always: true, text: path, fails: false };
    }
    if (SKIPS.test(path)) return { always: true, text: path, fails: false };
    if (isFailure(one, at)) {
      tell(one.node.line, at);
      return /^(?:Error|Errorf|Fail)$/.test(one.name) ? null : { always: true, text: "", fails: true };
    }
    const asserted = assertion(one, at);
    if (asserted !== null) {
      asserted.walk.forEach((node) => walk(node, at));
      enter(asserted.enter, at);
      for (const draft of asserted.drafts) add(draft, guarded(at, ...asserted.late));
      return null;
    }
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
        subject: one.args.map((arg) => render(arg, dialect, at.scope)).filter((words) =>
          words.includes("$") || words.includes("$(") || words.includes("${")
        )
          .map((words) => words.join(" ")).join(" "),
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
}
