import type { Place, Source } from "./place.ts";
import { render, type Scope, valueOf } from "./render.ts";
import type { Call, Dialect, Fn } from "./step.ts";
import { conditionStrength, STRENGTH } from "./strength.ts";
import { type Node, plain } from "./tree.ts";

export const ASSERTING = /^(?:assert|expect|should|verify|ensure|must|require)/;
export const SHELL_COMPARES =
  /^(?:assert\w*|expect\w*|check\w*|is|isnt|equals?|eq|same|ok|like|must\w*|diff|cmp|grep|match\w*|refute\w*)$/;
export const LIBRARY =
  /^pytest$|assert|expect|chai|should|^(?:node:)?test$|vitest|jest|\btap\b|ava|power-assert|testing|testify/;

/** Whether what a test asserts with is a thing of its own making: a stub in the place of the library. */
export function isShadowed(root: string, at: Place): boolean {
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

/** A call that fails the test by itself: `t.Errorf`, `assert.fail`, `panic!`. */
export function isFailure(one: Call, at: Place): boolean {
  const [root = "", second] = one.path;
  if (one.path.length > 1 && isShadowed(root, at)) return false;
  if (/^(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)$/.test(one.name)) {
    const takes = /^Fail/.test(one.name) ? one.args.length === 0 : one.args.length > 0;
    return takes && one.path.length === 2 && second === one.name && /^[a-z]\w*$/.test(root) &&
      !/^(?:fmt|errors|log|slog|logger|http|console)$/.test(root) &&
      !LIBRARY.test(at.source.imports.get(root) ?? "");
  }
  if (one.name === "panic!" || one.name === "unreachable!") return true;
  if (one.name !== "fail") return false;
  return one.path.length === 1 ||
    /^(?:self|assert|t|pytest|expect|chai|Assertions|Assert|cls|unittest)$/.test(root);
}

/** A function that the file, or a file that it leans on, declares. */
export function functionNamed(one: Call, at: Place): { fn: Fn; source: Source; scope?: Scope } | null {
  const { source } = at;
  if (one.path.length === 1) {
    const bound = at.scope.get(one.name);
    if (bound?.node) {
      const step = source.dialect.step(bound.node);
      if (step.kind === "function") return { fn: step.fn, source, scope: bound.scope };
    }
    return ownFunction(one, source);
  }
  if (one.path.length === 2 && /^(?:self|this|cls)$/.test(one.path[0] ?? "")) return ownFunction(one, source);
  return source.functions.get(one.path.join(".")) ?? null;
}

const ownFunction = ({ name, args }: Call, { functions }: Source): { fn: Fn; source: Source } | null =>
  functions.get(`${name}/${args.length}`) ?? functions.get(name) ?? null;

/** How much a function that is given the error says of it. */
export function looksAt(arg: Node, at: Place): number {
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
export function tells(node: Node, at: Place, depth: number): boolean {
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

/** Whether something in it says that it failed. */
export function fails(node: Node, dialect: Dialect): boolean {
  const step = dialect.step(node);
  return step.kind === "fail" || node.children.some((one) => one.named && fails(one, dialect));
}

/** Whether it leaves the function that it stands in. */
export function returns(node: Node, dialect: Dialect): boolean {
  const step = dialect.step(node);
  if (step.kind === "leave") return true;
  return step.kind !== "function" && node.children.some((one) => returns(one, dialect));
}
