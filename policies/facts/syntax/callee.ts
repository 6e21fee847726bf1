import { assertion } from "./assertion.ts";
import { each } from "./branch.ts";
import { type Exit, follow, type Guard, guarded, type Place, type Source } from "./place.ts";
import { render, type Scope } from "./render.ts";
import type { Call, Fn } from "./step.ts";
import { conditionStrength, STRENGTH } from "./strength.ts";
import { fails, functionNamed, isFailure, SHELL_COMPARES, tells } from "./tells.ts";
import { type Node, plain } from "./tree.ts";
import type { Walker } from "./walker.ts";

const LATER = /^(?:setTimeout|setInterval|setImmediate|queueMicrotask|nextTick|requestAnimationFrame)$/;
const ITERATES = /^(?:forEach|map|filter|some|every|flatMap|find|each|reduce|for_each)$/;
const ENDS =
  /^(?:Deno\.exit|process\.exit|process\.reallyExit|os\._exit|sys\.exit|exit|quit|_exit|System\.exit|os\.Exit|runtime\.Goexit|std\.process\.exit)$/;
const SKIPS =
  /^(?:[a-z]+\.(?:Skip|SkipNow|Skipf|skip|skipTest)|pytest\.(?:skip|xfail|exit|importorskip)|this\.skip|self\.skipTest|assume\w*|Assumptions\.\w+|Assume\.\w+)$/;

/** A call: an assertion, a way out, or a function that is gone into. */
export function call(walker: Walker, one: Call, at: Place, isShell: boolean): Exit {
  const path = one.path.join(".");
  if (isShell) return shellCall(walker, one, at);
  walker.gather(one, at);
  if (ENDS.test(path)) {
    const code = one.args[0] === undefined ? "" : plain(one.args[0]);
    if (code === "" || code === "0" || code === "None") return { always: true, text: path, fails: false };
  }
  if (SKIPS.test(path)) return { always: true, text: path, fails: false, skips: true };
  if (isFailure(one, at)) {
    walker.tell(one.node.line, at);
    return /^(?:Error|Errorf|Fail)$/.test(one.name) ? null : { always: true, text: "", fails: true };
  }
  const asserted = assertion(one, at);
  if (asserted !== null) {
    asserted.walk.forEach((node) => walker.walk(node, at));
    enter(walker, asserted.enter, at);
    for (const draft of asserted.drafts) walker.add(draft, guarded(at, ...asserted.late));
    return null;
  }
  if (LATER.test(one.name)) {
    enter(walker, one.args, guarded(at, { kind: "unawaited", text: `${one.name} runs it later` }));
    return null;
  }
  // A promise whose failure somebody swallows.
  const swallowed = one.name === "catch" && one.receiver !== null && one.args[0] !== undefined &&
    !tells(one.args[0], at, 0);
  const settled = one.name === "allSettled";
  const inner = swallowed || settled ? guarded(at, { kind: "caught", text: "its failure is caught" }) : at;
  if (one.receiver !== null && !ITERATES.test(one.name)) walker.walk(one.receiver, inner);
  const local = functionNamed(one, at);
  if (local !== null) {
    enterFunction(walker, local, one, inner);
    return null;
  }
  if (ITERATES.test(one.name) && one.receiver !== null) return iteration(walker, one, at);
  enter(walker, one.args, inner);
  return null;
}

function shellCall(walker: Walker, one: Call, at: Place): Exit {
  const { dialect } = at.source;
  one.args.forEach((arg) => walker.walk(arg, { ...at, failing: { tokens: [], holds: true } }));
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
    walker.walkAll(local.fn.body, {
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
    walker.add({
      tokens: bats ? [...tokens, "$", "output", "$", "status"] : live || command ? [...tokens, "@live"] : [],
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

function enterFunction(
  walker: Walker,
  local: { fn: Fn; source: Source; scope?: Scope },
  one: Call,
  at: Place,
): void {
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
  walker.walkAll(local.fn.body, {
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
    if (step.kind === "function") enter(walker, [arg], at);
    else if (step.kind === "call" || step.kind === "await") walker.walk(arg, at);
  }
}

/** Arguments: functions among them run, as far as anybody can tell. */
function enter(walker: Walker, args: readonly Node[], at: Place): void {
  for (const arg of args) {
    const { dialect } = at.source;
    const held = dialect.isName(arg) ? at.scope.get(arg.text)?.node ?? null : null;
    const step = dialect.step(held ?? arg);
    const named = held === null && dialect.isName(arg) ? at.source.functions.get(arg.text) : undefined;
    const fn = step.kind === "function" ? step.fn : named?.fn;
    if (fn === undefined) {
      walker.walk(arg, at);
      continue;
    }
    if (at.inside.has(fn.node)) continue;
    const late: Guard[] = fn.async && !at.awaited ? [{ kind: "unawaited", text: "nobody waits for it" }] : [];
    // A function that only gives back another one asserts nothing.
    const [only] = fn.body;
    if (fn.expression && only !== undefined && dialect.step(only).kind === "function") continue;
    walker.walkAll(fn.body, {
      ...guarded(at, ...late),
      source: named?.source ?? at.source,
      failing: null,
      awaited: fn.expression,
      depth: at.depth + 1,
      inside: new Set([...at.inside, fn.node]),
    });
  }
}

function iteration(walker: Walker, one: Call, at: Place): Exit {
  const [callback] = one.args;
  const { dialect } = at.source;
  const held = callback !== undefined && dialect.isName(callback)
    ? at.scope.get(callback.text)?.node
    : callback;
  const step = held ? dialect.step(held) : null;
  if (one.receiver !== null) walker.walk(one.receiver, at);
  if (step?.kind !== "function" || one.receiver === null) {
    enter(walker, one.args, at);
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
  each(walker, { pattern: step.fn.params[0] ?? null, items: [one.receiver], body: step.fn.body }, place);
  return null;
}
