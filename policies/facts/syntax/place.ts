import { changingNames } from "./changing.ts";
import { isConstant, wordsOf } from "./strength.ts";
import { memberOf, render, type Scope, valueOf } from "./render.ts";
import type { Dialect, Fn } from "./step.ts";
import type { Node } from "./tree.ts";

/** What keeps an assertion from being reached, or its failure from being seen. */
export interface Guard {
  kind: "condition" | "exit" | "caught" | "never" | "unawaited" | "unknown-loop";
  text: string;
  /** A way out that the runner tells of: the test counts as skipped. */
  skips?: boolean;
}

/** One thing that a test asserts, with names replaced by what they stand for. */
export interface Check {
  text: string;
  subject: string;
  strength: number;
  guards: Guard[];
  words: Set<string>;
  /** It names nothing but the standard library: that a directory was made, say, by whichever call. */
  setup?: boolean;
  /** Words of what its names are parts of. */
  origin?: ReadonlySet<string>;
  /** It says nothing whatever its words stand for: a thing compared with itself, `|| true`. */
  empty?: boolean;
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
  /** Names that stand for a part of something too long to be written out, with the words of what they are a part of. */
  origins: Map<string, ReadonlySet<string>>;
  /** Names whose value may be another one later on: assigned again, called upon, handed over. */
  changing: ReadonlySet<string>;
}

/** Where the walk stands. */
export interface Place {
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
export type Exit = { always: boolean; text: string; fails: boolean; skips?: boolean } | null;

/** The first way out that is certain. */
export function joined(before: Exit, exit: NonNullable<Exit>): Exit {
  return before?.always ? before : { ...exit, fails: exit.fails && (before?.fails ?? true) };
}

const MAX_ROWS = 1000;

/** The same place behind more guards. */
export function guarded(at: Place, ...guards: Guard[]): Place {
  return { ...at, guards: [...at.guards, ...guards] };
}

/** Elements of the list that a loop goes through, where they are written down; null when they are not. */
export function rowsOf(items: readonly Node[], at: Place): { node: Node; scope: Scope }[] | null {
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
  return list === null ? null : list.slice(0, MAX_ROWS).map((node) => ({ node, scope: held.scope }));
}

/** What a part of a pattern gets of a value. */
export function follow(
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
      if (tokens.length >= 40) at.source.origins.set(name, wordsOf(tokens));
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

/** Whether a name of the functions that the walk stands in may have another value later on. */
const isChanging = (name: string, { inside, source }: Place): boolean =>
  inside.size === 0
    ? source.changing.has(name)
    : [...inside].some((fn) => changingNames(fn, source.dialect).has(name));

/** Lets names stand for what they were given. */
export function bind(pattern: Node, value: Node, at: Place): void {
  const { dialect } = at.source;
  const scope = at.scope as Map<string, { node: Node | null; scope: Scope; tokens?: readonly string[] }>;
  const before = new Map(scope);
  for (const { name, at: way } of dialect.pattern(pattern)) {
    if (dialect.step(value).kind === "function") {
      scope.set(name, { node: value, scope, tokens: [name] });
      continue;
    }
    // A value that names itself (`x = x + 1`) would never end.
    // What begins as a literal and is filled later stands for itself.
    const filled = way.length === 0 && isChanging(name, at) &&
      isConstant(render(value, dialect, before));
    if (filled) {
      scope.set(name, { node: value, scope: before, tokens: [name] });
      continue;
    }
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
