import type { CelFunc } from "@bufbuild/cel";
import { err, type Json, ok, type Result } from "../../specs/mod.ts";
import { type Row } from "../../specs/foundry/mod.ts";
import { exactArithmetic } from "./arithmetic.ts";

type Cel = typeof import("@bufbuild/cel");

/** What an expression gives for one row; an error is told, never taken for true or false. */
export type Evaluate = (row: Row) => Result<Json, string>;

const MAX_NODES = 500;
const MAX_LOOPS = 2;
/**
 * With a loop in the expression: most steps over one row, as the entries of its lists to the power of how deep the loops are nested, and
 * most characters that these steps may look at.
 */
const MAX_STEPS = 1_000_000;
const MAX_LOOKED = 100_000_000;

let library: Promise<{ cel: Cel; funcs: CelFunc[] }> | undefined;

/**
 * Compiles CEL over a row: columns by their names, and all of them as `row`. Bounded: the expression's size and the depth of its
 * loops, regular expressions in linear time, no clock, no chance, no outside.
 *
 * @example
 * const compiled = await compileExpression("amount > 0 && currency.size() == 3");
 * if (compiled.ok) compiled.value({ amount: 5, currency: "EUR" });
 */
export async function compileExpression(text: string): Promise<Result<Evaluate, string>> {
  library ??= import("@bufbuild/cel").then((cel) => ({ cel, funcs: exactArithmetic(cel) }));
  const { cel, funcs } = await library;
  let parsed: ReturnType<Cel["parse"]>;
  try {
    parsed = cel.parse(text);
  } catch (error) {
    return err(`it does not parse: ${error instanceof Error ? firstLine(error.message) : "unknown"}`);
  }
  const shape = shapeOf(parsed.expr);
  if (shape.nodes > MAX_NODES) return err(`it has ${shape.nodes} parts, more than ${MAX_NODES}`);
  if (shape.loops > MAX_LOOPS) return err(`its loops are nested ${shape.loops} deep, more than ${MAX_LOOPS}`);
  const run = cel.plan(cel.celEnv({ funcs }), parsed);
  const names = [...shape.names];
  return ok((row) => {
    const given: Record<string, unknown> = {};
    for (const name of names) {
      const value = name === "row" && !Object.hasOwn(row, "row") ? row : row[name];
      given[name] = input(value ?? null);
    }
    if (shape.loops > 0) {
      const values = names.map((name) => row[name] ?? (name === "row" ? row : null));
      const fault = tooMuch(values, shape);
      if (fault !== null) return err(fault);
    }
    try {
      const result = run(given as Parameters<typeof run>[0]);
      return cel.isCelError(result) ? err(firstLine(result.message)) : ok(output(result));
    } catch (error) {
      return err(error instanceof Error ? firstLine(error.message) : "it failed");
    }
  });
}

/** Whole numbers are CEL's int, the rest its double. */
function input(value: Json): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(input);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, input(inner)]));
}

/** A CEL value as JSON; integers beyond 2^53 as text. */
function output(value: unknown): Json {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw new Error(`it gives ${value}, which is no finite number`);
  }
  if (typeof value !== "object" || value === undefined) {
    throw new Error("it gives no value that JSON can hold");
  }
  if ("value" in value && typeof value.value === "bigint") return output(value.value);
  if ("seconds" in value && typeof value.seconds === "bigint") {
    return timeOf(value as { seconds: bigint; nanos: number });
  }
  if ("entries" in value && typeof value.entries === "function") {
    return Object.fromEntries([...value.entries()].map(([name, inner]) => [String(name), output(inner)]));
  }
  if (Symbol.iterator in value) return [...value as Iterable<unknown>].map(output);
  throw new Error("it gives a value that JSON cannot hold");
}

function timeOf({ seconds, nanos }: { seconds: bigint; nanos: number }): string {
  return new Date(Number(seconds) * 1000 + Math.floor((nanos ?? 0) / 1e6)).toISOString();
}

/** Why a row is too large for an expression with loops, or null. */
function tooMuch(values: readonly Json[], { loops, nodes, sums }: Shape): string | null {
  let [entries, characters] = [0, 0];
  const visit = (value: Json): void => {
    if (typeof value === "string") characters = Math.max(characters, value.length);
    if (value === null || typeof value !== "object") return;
    const inner = Array.isArray(value) ? value : Object.values(value);
    entries = Math.max(entries, inner.length);
    inner.forEach(visit);
  };
  values.forEach(visit);
  // A list that is written out has at most as many entries as the expression has parts; lists that are added grow.
  const steps = (Math.max(entries, nodes) * (sums + 1)) ** loops;
  if (steps > MAX_STEPS) return `a value has ${entries} entries, too many for loops nested ${loops} deep`;
  return steps * characters > MAX_LOOKED
    ? `a text of ${characters} characters is too long for a loop of ${steps} steps`
    : null;
}

interface Shape {
  nodes: number;
  loops: number;
  /** How often two values are added, which may be lists. */
  sums: number;
  names: Set<string>;
}

/** Names that are read from the row, size, and how deep loops are nested. */
function shapeOf(root: unknown): Shape {
  const names = new Set<string>();
  let nodes = 0;
  let [deepest, sums] = [0, 0];
  const visit = (value: unknown, loops: number, bound: readonly string[]): void => {
    if (value === null || typeof value !== "object") return;
    if (Array.isArray(value)) return value.forEach((one) => visit(one, loops, bound));
    const node = value as {
      $typeName?: string;
      exprKind?: { case?: string; value?: Record<string, unknown> };
    };
    if (node.exprKind === undefined) return Object.values(value).forEach((one) => visit(one, loops, bound));
    nodes++;
    const inner = node.exprKind.value ?? {};
    if (node.exprKind.case === "identExpr") {
      const name = String(inner.name);
      if (!bound.includes(name)) names.add(name);
      return;
    }
    if (node.exprKind.case === "callExpr" && inner.function === "_+_") sums++;
    const isLoop = node.exprKind.case === "comprehensionExpr";
    const own = isLoop
      ? [...bound, String(inner.iterVar), String(inner.iterVar2 ?? ""), String(inner.accuVar)]
      : bound;
    if (isLoop) deepest = Math.max(deepest, loops + 1);
    Object.values(inner).forEach((one) => visit(one, isLoop ? loops + 1 : loops, own));
  };
  visit(root, 0, []);
  return { nodes, loops: deepest, sums, names };
}

const firstLine = (text: string) => (text.split("\n")[0] ?? "").slice(0, 300);
