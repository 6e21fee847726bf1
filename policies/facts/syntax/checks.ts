import { chained, condition, type Draft, failure } from "./assertion.ts";
import {
  bind,
  type Check,
  type Exit,
  type Guard,
  guarded,
  joined,
  type Place,
  type Source,
} from "./place.ts";
import { render, type Scope } from "./render.ts";
import type { Call, Fn } from "./step.ts";
import { conditionStrength, STRENGTH, truthWord, wordsOf } from "./strength.ts";
import { returns, tells } from "./tells.ts";
import { type Node, plain } from "./tree.ts";
import { branch, each, logic } from "./branch.ts";
import { call } from "./callee.ts";
import type { Walker } from "./walker.ts";

const MAX_CHECKS = 3000;
const MAX_STEPS = 60_000;
/** Functions within functions that are gone into. */
const MAX_CALLS = 40;
const CALLED = new WeakMap<Node, ReadonlySet<string>>();
const MAX_BODY = 5000;

/** Names of what a function calls, itself. */
function calledBy({ fn, source }: { fn: Fn; source: Source }): ReadonlySet<string> {
  const known = CALLED.get(fn.node);
  if (known !== undefined) return known;
  const names: string[] = [];
  let left = MAX_BODY;
  const look = (node: Node): void => {
    if (left-- <= 0) return;
    const step = source.dialect.step(node);
    if (step.kind === "call") names.push(...step.call.path.slice(-2));
    node.children.forEach(look);
  };
  fn.body.forEach(look);
  const found = wordsOf(
    names.filter((name) => !/^(?:assert|expect|require|t|Fatal|Error|Helper)/.test(name)),
  );
  CALLED.set(fn.node, found);
  return found;
}

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
  const walker: Walker = { checks, add, gather, tell, walk, walkAll };
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
    // What a helper of the tests gives back is made of what it calls.
    for (const word of [...words]) {
      const helper = source.functions.get(word);
      if (helper !== undefined) calledBy(helper).forEach((one) => words.add(one));
    }
    const setup = source.dialect.name === "go" && words.size > 0 && isStandard(tokens, source.imports);
    const origin = new Set([...words].flatMap((word) => [...source.origins.get(word) ?? []]));
    checks.push({
      ...rest,
      words,
      guards: [...guards],
      ...(setup ? { setup } : {}),
      ...(origin.size > 0 ? { origin } : {}),
    });
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
        const guard: Guard = {
          kind: exit.always ? "never" : "exit",
          text: exit.text,
          ...(exit.skips ? { skips: true } : {}),
        };
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
        return branch(walker, step, at);
      case "logic":
        return logic(walker, step, node, at, isShell);
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
        return each(walker, step, at);
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
        return call(walker, step.call, at, isShell);
      case "other":
        return node.children.reduce<Exit>((exit, one) => (one.named ? walk(one, at) : null) ?? exit, null);
    }
  }
}

const GO_STANDARD =
  /^(?:archive|bufio|bytes|compress|context|crypto|embed|encoding|errors|fmt|io|net|os|path|runtime|strconv|strings|sync|syscall|testing|time)(?:\/|$)/;

/** Whether all that is named are members of packages of Go's standard library. */
function isStandard(tokens: readonly string[], imports: ReadonlyMap<string, string>): boolean {
  const ofPackage = (at: number): boolean =>
    tokens[at + 1] === "." && GO_STANDARD.test(imports.get(tokens[at] ?? "") ?? "");
  return wordsOf(tokens.filter((_, at) => !ofPackage(at) && !ofPackage(at - 2))).size === 0;
}
