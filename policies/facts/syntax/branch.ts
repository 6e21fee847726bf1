import { type Exit, follow, type Guard, guarded, type Place, rowsOf } from "./place.ts";
import { render } from "./render.ts";
import { conditionStrength, STRENGTH, stripped, truthWord } from "./strength.ts";
import { tells } from "./tells.ts";
import type { Node } from "./tree.ts";
import type { Walker } from "./walker.ts";

/** Two ways, of which one is taken: what stands there is guarded by the condition. */
export function branch(
  walker: Walker,
  step: { condition: Node | null; init?: Node | null; then: Node[]; otherwise: Node[] },
  at: Place,
): Exit {
  const { dialect } = at.source;
  const place: Place = { ...at, scope: new Map(at.scope) };
  if (step.init) walker.walk(step.init, place);
  // What the condition calls may assert something itself.
  if (step.condition !== null) {
    walker.walk(step.condition, { ...place, failing: { tokens: [], holds: true } });
  }
  const tokens = step.condition === null ? [] : stripped(render(step.condition, dialect, place.scope));
  const text = tokens.join(" ");
  const known = tokens.length === 1 ? truthWord(tokens[0] ?? "") : null;
  const side = (body: Node[], holds: boolean): Exit => {
    if (body.length === 0) return null;
    const fresh: Guard[] = known === holds
      ? []
      : [{ kind: known === null ? "condition" : "never", text: holds ? text : `not ${text}` }];
    const before = walker.checks.length;
    const exit = walker.walkAll(body, { ...guarded(place, ...fresh), failing: { tokens, holds } });
    // A branch that tells a failure before it leaves is no way out.
    const told = walker.checks.slice(before).some((one) => one.text.startsWith("fails when "));
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
    ...(quiet.every((one) => one?.skips === true) ? { skips: true } : {}),
  };
}

/** `a and b`, `a or b`; in a shell what stands behind says what becomes of a failure. */
export function logic(
  walker: Walker,
  step: { operator: "and" | "or"; left: Node; right: Node },
  node: Node,
  at: Place,
  isShell: boolean,
): Exit {
  const { dialect } = at.source;
  if (!isShell) {
    const left = walker.walk(step.left, at);
    const tokens = render(step.left, dialect, at.scope);
    const holds = step.operator === "and";
    const known = tokens.length === 1 ? truthWord(tokens[0] ?? "") : null;
    const guard: Guard[] = known === holds
      ? []
      : [{ kind: known === null ? "condition" : "never", text: tokens.join(" ") }];
    walker.walk(step.right, { ...guarded(at, ...guard), failing: { tokens, holds } });
    return left;
  }
  const right = dialect.step(step.right);
  const tokens = render(step.left, dialect, at.scope);
  const text = tokens.join(" ");
  if (step.operator === "or") {
    // What fails is told on the right; or it is swallowed there.
    if (right.kind === "fail" || (right.kind === "block" && tells(step.right, at, 0))) {
      walker.walk(step.left, { ...at, failing: { tokens: [], holds: true } });
      walker.add({
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
      walker.walk(step.left, { ...at, failing: { tokens: [], holds: true } });
      return { always: false, text: `not ${text}`, fails: false };
    }
    walker.walk(step.left, guarded(at, { kind: "caught", text: "its failure is swallowed" }));
    walker.walk(step.right, guarded(at, { kind: "condition", text: `not ${text}` }));
    return null;
  }
  if (right.kind === "leave") {
    walker.walk(step.left, { ...at, failing: { tokens: [], holds: true } });
    return { always: false, text, fails: false };
  }
  if (right.kind === "fail") {
    walker.tell(node.line, { ...at, failing: { tokens, holds: true } });
    return null;
  }
  walker.walk(step.left, at);
  walker.walk(step.right, at);
  return null;
}

/** Whether anything that is looped over may be another thing by then. */
function isFilled(items: readonly Node[], at: Place): boolean {
  const { dialect, changing } = at.source;
  const names = (node: Node): boolean =>
    dialect.isName(node) ? changing.has(node.text) || isGiven(node.text, at) : node.children.some(names);
  return items.some(names);
}

/** A name whose value is one of its names: what it stands for may be filled by that name, too. */
function isGiven(name: string, at: Place): boolean {
  const held = at.scope.get(name)?.node;
  return held !== null && held !== undefined && at.source.dialect.isName(held) &&
    at.source.changing.has(held.text);
}

/** A loop over a list: once for each of its elements, where they are written down. */
export function each(
  walker: Walker,
  step: { pattern: Node | null; items: Node[]; body: Node[] },
  at: Place,
): Exit {
  const written = rowsOf(step.items, at);
  // A list that is filled later begins without an element.
  const rows = written?.length === 0 && isFilled(step.items, at) ? null : written;
  step.items.forEach((one) => walker.walk(one, at));
  if (rows === null) {
    const text = step.items.flatMap((one) => render(one, at.source.dialect, at.scope)).join(" ");
    const exit = walker.walkAll(step.body, guarded(at, { kind: "unknown-loop", text }));
    return exit !== null && exit.text !== "jump" && !exit.fails ? { ...exit, always: false } : null;
  }
  if (rows.length === 0 && step.items.length === 1) {
    walker.walkAll(step.body, guarded(at, { kind: "never", text: "there is nothing in the list" }));
    return null;
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
    const exit = walker.walkAll(step.body, { ...at, scope });
    if (exit !== null && exit.text !== "jump" && !exit.fails) found = exit;
  }
  return found;
}
