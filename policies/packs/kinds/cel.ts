import { type Json, ok, type Problem, type Result } from "../../../specs/mod.ts";
import type { FactName } from "../../rule.ts";
import { type Cel, type Expr, meteredFunctions, type Slot, STEP_LIMIT, tooManySteps } from "./cel_meter.ts";
import { metered, noting, type Shape, shapeOf } from "./cel_tree.ts";
import { type FactDocument, FACTS, factsFor, ROOTS } from "./fact_document.ts";
import { cannotCompile, messageOf } from "./problem.ts";

const MAX_TEXT = 16_000;
const MAX_PARTS = 2000;
const MAX_LOOPS = 4;

/** An expression over the fact document that is ready to be asked. */
export interface CelProgram {
  readonly text: string;
  /** The expression's tree, for those who change it to see whether a test notices. */
  readonly tree: Expr;
  readonly reads: readonly FactName[];
  /** Names under `facts` that it reads; the last part of a template's bare name is looked up here. */
  readonly facts: ReadonlySet<string>;
  /** The value, as CEL knows it. What it cannot be computed from is an error with the reason. */
  evaluate(document: FactDocument, scope?: Readonly<Record<string, unknown>>): Result<unknown, string>;
  /** The items for which the expression does not hold, where it says so item by item. */
  offending(document: FactDocument): { items: unknown[]; count: number };
}

let library: Promise<Cel> | undefined;
export const loadCel = (): Promise<Cel> => library ??= import("@bufbuild/cel");

/**
 * Compiles CEL over the fact document. Bounded: the expression's size, how deep its loops are nested, and the steps of one evaluation;
 * regular expressions take linear time; no clock, no chance, no outside. A name that no document has cannot be compiled.
 */
export async function compileCel(
  text: string,
  extra: readonly string[] = [],
): Promise<Result<CelProgram, Problem>> {
  if (text.length > MAX_TEXT) {
    return cannotCompile(
      `The expression has ${text.length} characters, more than ${MAX_TEXT}`,
      "Split the rule into several",
    );
  }
  const cel = await loadCel();
  try {
    const { expr } = cel.parse(text);
    if (expr === undefined) throw new Error("it is empty");
    return await programOf(text, expr, extra);
  } catch (cause) {
    return cannotCompile(
      `The expression does not parse: ${messageOf(cause)}`,
      "Write it in CEL, such as size(facts.secrets) == 0",
      text,
    );
  }
}

/** The same for a tree, whatever text it came from. */
export async function programOf(
  text: string,
  tree: Expr,
  extra: readonly string[] = [],
): Promise<Result<CelProgram, Problem>> {
  const cel = await loadCel();
  const shape = shapeOf(tree);
  const fault = faultOf(shape, extra, cel);
  if (fault !== null) return cannotCompile(fault.message, fault.remedy, text);
  const slot: Slot = { meter: { spent: 0, limit: STEP_LIMIT }, noted: { items: [], count: 0 } };
  const env = cel.celEnv({ funcs: meteredFunctions(cel, slot) });
  const run = cel.plan(env, metered(tree));
  const noted = noting(tree);
  const note = noted === null ? null : cel.plan(env, metered(noted));

  const ask = (plan: typeof run, document: FactDocument, scope: Readonly<Record<string, unknown>>) => {
    slot.meter = { spent: 0, limit: STEP_LIMIT };
    slot.noted = { items: [], count: 0 };
    const given: Record<string, unknown> = { ...scope };
    for (const root of shape.roots) {
      if (Object.hasOwn(given, root)) continue;
      if (root === "facts") {
        const names = shape.allFacts ? Object.keys(document.facts) : [...shape.facts];
        const absent = names.filter((name) => !isThere(document.facts, name));
        // `has(facts.x)` does not make a missing fact harmless: what was not gathered cannot be judged.
        if (absent.length > 0) throw new Error(`facts.${absent[0]} is not there`);
        given[root] = celValue(
          cel,
          Object.fromEntries(names.map((name) => [name, document.facts[name]])),
        );
      } else if (isThere(document, root)) given[root] = celValue(cel, document[root]);
      else throw new Error(`${root} is not there`);
    }
    const value = plan(given as Parameters<typeof plan>[0]);
    if (slot.meter.spent > slot.meter.limit) throw new Error(tooManySteps(slot.meter.limit));
    if (cel.isCelError(value)) throw new Error(messageOf(value));
    return value;
  };
  return ok({
    text,
    tree,
    reads: factsFor(shape.facts, shape.roots),
    facts: shape.facts,
    evaluate(document, scope = {}) {
      try {
        return ok(ask(run, document, scope));
      } catch (cause) {
        return { ok: false, error: messageOf(cause) };
      }
    },
    offending(document) {
      if (note === null) return { items: [], count: 0 };
      try {
        ask(note, document, {});
      } catch {
        // What was noted until then still tells where to look; the verdict is not taken from here.
      }
      return slot.noted;
    },
  });
}

function faultOf(
  shape: Shape,
  extra: readonly string[],
  cel: Cel,
): { message: string; remedy: string } | null {
  const simpler = "Split the rule into several";
  if (shape.parts > MAX_PARTS) {
    return { message: `The expression has ${shape.parts} parts, more than ${MAX_PARTS}`, remedy: simpler };
  }
  if (shape.loops > MAX_LOOPS) {
    return { message: `Its loops are nested ${shape.loops} deep, more than ${MAX_LOOPS}`, remedy: simpler };
  }
  if (shape.allFacts) {
    return {
      message: "The expression reads `facts` as a whole",
      remedy: "Name each fact, such as facts.files, so that it is known what the rule reads",
    };
  }
  for (const root of shape.roots) {
    if (root === "facts" || Object.hasOwn(ROOTS, root) || extra.includes(root) || isType(root)) continue;
    return {
      message: `The expression reads ${root}, which no fact document has`,
      remedy: `Use facts.<name>, ${Object.keys(ROOTS).join(", ")}${extra.map((one) => `, ${one}`).join("")}`,
    };
  }
  for (const name of shape.facts) {
    if (Object.hasOwn(FACTS, name)) continue;
    return {
      message: `The expression reads facts.${name}, which no fact document has`,
      remedy: `Use one of ${Object.keys(FACTS).sort().join(", ")}`,
    };
  }
  for (const pattern of shape.patterns) {
    const tried = cel.run(`"".matches(p)`, { p: pattern });
    if (cel.isCelError(tried)) {
      return {
        message: `The regular expression ${pattern.slice(0, 100)} is not one of RE2: ${messageOf(tried)}`,
        remedy: "Write it without look-around and back-references",
      };
    }
  }
  return null;
}

const isThere = (record: Readonly<Record<string, unknown>>, name: string): boolean =>
  Object.hasOwn(record, name) && record[name] !== undefined;

const isType = (name: string): boolean =>
  /^(?:bool|bytes|double|duration|dyn|int|list|map|null_type|string|timestamp|type|uint|google)$/.test(name);

/** Whole numbers are CEL's int, the rest its double. A field that is undefined is not there. */
export function celValue(cel: Cel, value: unknown): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value === undefined) return null;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return cel.celList(value.map((one) => celValue(cel, one)) as never);
  const entries: [string, unknown][] = [];
  for (const name of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[name];
    if (inner !== undefined) entries.push([name, celValue(cel, inner)]);
  }
  return cel.celMap(new Map(entries) as never);
}

/** A CEL value as JSON, for messages; what JSON cannot hold is told by its text. */
export function jsonOf(cel: Cel, value: unknown): Json {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  }
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (cel.isCelList(value)) return [...value].map((one) => jsonOf(cel, one));
  if (cel.isCelMap(value)) {
    return Object.fromEntries([...value].map(([name, inner]) => [String(name), jsonOf(cel, inner)]));
  }
  if (cel.isCelUint(value)) return jsonOf(cel, value.value);
  return String(value).slice(0, 200);
}
