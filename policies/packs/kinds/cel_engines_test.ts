/**
 * P14: our CEL kind against another implementation of the language, on typed expressions that both define alike. The other one checks
 * types before it evaluates, which changes verdicts (a ternary of two types, `false && 1`): it judges nothing outside of this test.
 */
import assert from "node:assert/strict";
import { Environment } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { compileCel } from "./cel.ts";
import type { FactDocument } from "./fact_document.ts";

/** Whole numbers are given as CEL's int to both. */
const FILES = {
  n: 3,
  low: -70_000,
  s: "src/añb.ts",
  t: "",
  yes: true,
  l: [1, 2, 3, -5],
  none: [],
  m: ["a", "src/añb.ts", "", "\u{1f600}.md"],
};

const integers = (value: unknown): unknown =>
  typeof value === "number"
    ? BigInt(value)
    : Array.isArray(value)
    ? value.map(integers)
    : value !== null && typeof value === "object"
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, integers(inner)]))
    : value;

/** Values of either engine in one form. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Symbol.iterator in value) return [...value as Iterable<unknown>].map(plain);
  return value;
}

type Kind = "bool" | "int" | "text" | "ints" | "texts";

/** Names that are bound where the expression stands. */
interface Bound {
  ints: readonly string[];
  texts: readonly string[];
}

const FACTS: Record<Kind, readonly string[]> = {
  bool: ["yes"],
  int: ["n", "low"],
  text: ["s", "t"],
  ints: ["l", "none"],
  texts: ["m", "none"],
};
const LOOPS = 3;

const literal: Record<Kind, fc.Arbitrary<string>> = {
  bool: fc.constantFrom("true", "false"),
  int: fc.integer({ min: -1000, max: 1000 }).map(String),
  text: fc.constantFrom("", "a", "src/", ".ts", "ñ", "\u{1f600}", 'a"b', "back\\slash", "Z").map((one) =>
    JSON.stringify(one)
  ),
  ints: fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 4 }).map((list) => `[${list.join(", ")}]`),
  texts: fc.array(fc.constantFrom('"a"', '"b"', '""', '"src/añb.ts"'), { maxLength: 4 })
    .map((list) => `[${list.join(", ")}]`),
};

const parts = (strings: TemplateStringsArray, ...given: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...given).map((values) => strings.map((text, at) => text + (values[at] ?? "")).join(""));

const built = new Map<string, fc.Arbitrary<string>>();

/** Each is built once: there are few, and each is part of many. */
function expression(kind: Kind, depth: number, bound: Bound, loops = 0): fc.Arbitrary<string> {
  const key = JSON.stringify([kind, depth, bound, loops]);
  const made = built.get(key) ?? choice(kind, depth, bound, loops);
  built.set(key, made);
  return made;
}

/** An expression of a kind. Numbers stay far inside 64 bits; no divisor is zero. */
function choice(kind: Kind, depth: number, bound: Bound, loops: number): fc.Arbitrary<string> {
  const names = [
    ...FACTS[kind].map((name) => `facts.files.${name}`),
    ...kind === "int" ? bound.ints : kind === "text" ? bound.texts : [],
  ];
  const leaves = [literal[kind], fc.constantFrom(...names)];
  if (depth === 0) return fc.oneof(...leaves);
  const of = (inner: Kind) => expression(inner, depth - 1, bound, loops);
  const choices = [...leaves, parts`(${of("bool")} ? ${of(kind)} : ${of(kind)})`];
  const op = (...names: string[]) => fc.constantFrom(...names);
  const loop = (macro: string, body: Kind, over: "ints" | "texts") => {
    const item = `x${loops}`;
    const scope = { ...bound, [over]: [...bound[over], item] };
    return parts`${of(over)}.${fc.constant(macro)}(${fc.constant(item)}, ${
      expression(body, depth - 1, scope, loops + 1)
    })`;
  };
  const looping = loops < LOOPS;
  switch (kind) {
    case "bool": {
      const compared = op("==", "!=", "<", "<=", ">", ">=");
      choices.push(
        parts`(${of("int")} ${compared} ${of("int")})`,
        parts`(${of("text")} ${compared} ${of("text")})`,
        parts`(${of("bool")} ${op("&&", "||", "==", "!=")} ${of("bool")})`,
        parts`(${of("ints")} ${op("==", "!=")} ${of("ints")})`,
        parts`(${of("texts")} ${op("==", "!=")} ${of("texts")})`,
        parts`!(${of("bool")})`,
        parts`(${of("int")} in ${of("ints")})`,
        parts`(${of("text")} in ${of("texts")})`,
        parts`${of("text")}.${op("startsWith", "endsWith", "contains")}(${of("text")})`,
      );
      if (looping) {
        for (const macro of ["all", "exists", "exists_one"]) {
          choices.push(loop(macro, "bool", "ints"), loop(macro, "bool", "texts"));
        }
      }
      break;
    }
    case "int":
      choices.push(
        parts`(${of("int")} ${op("+", "-")} ${of("int")})`,
        parts`(${of("int")} ${op("*", "/", "%")} ${op("7", "-3", "2")})`,
        parts`-(${of("int")})`,
        parts`size(${of("text")})`,
        parts`${of("ints")}.size()`,
        parts`size(${of("texts")})`,
      );
      break;
    case "text":
      choices.push(parts`(${of("text")} + ${of("text")})`);
      break;
    case "ints":
      if (looping) choices.push(loop("filter", "bool", "ints"), loop("map", "int", "ints"));
      break;
    case "texts":
      if (looping) choices.push(loop("filter", "bool", "texts"), loop("map", "text", "texts"));
      break;
  }
  return fc.oneof(...choices);
}

const anything = fc.oneof(
  ...(["bool", "bool", "bool", "int", "text", "ints", "texts"] as const).map((kind) =>
    expression(kind, 3, { ints: [], texts: [] })
  ),
);

const other = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false });
const given = { facts: integers({ files: FILES }) };
const document = { facts: { files: FILES } } as unknown as FactDocument;

/** Our value, and the other's; `untyped` where the other one cannot tell a type before it evaluates, and refuses. */
async function asked(text: string): Promise<{ ours: unknown; theirs: unknown; untyped: boolean }> {
  const program = await compileCel(text);
  assert.ok(program.ok, `${text}: ${program.ok ? "" : program.error.message}`);
  const value = program.value.evaluate(document);
  assert.ok(value.ok, `${text}: ${value.ok ? "" : value.error}`);
  const ours = plain(value.value);
  try {
    return { ours, theirs: plain(other.evaluate(text, given)), untyped: false };
  } catch (error) {
    // Such as the items of `[].filter(x, true)`.
    if (
      !(error instanceof Error) ||
      !/no such overload|must have the same type|Operator overload .* overlaps/i.test(error.message)
    ) {
      throw error;
    }
    return { ours, theirs: undefined, untyped: true };
  }
}

Deno.test("property: another engine of CEL gives the same value for every typed expression", async () => {
  const seen = new Map<unknown, number>();
  let untyped = 0;
  await fc.assert(
    fc.asyncProperty(anything, async (text) => {
      const { ours, theirs, untyped: refused } = await asked(text);
      if (refused) return void untyped++;
      assert.deepEqual(ours, theirs, text);
      const key = typeof ours === "boolean" ? ours : typeof ours;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }),
    { numRuns: 1000 },
  );
  // What always gives the same would agree with anything, and so would one that is never asked.
  for (const key of [true, false, "bigint", "string", "object"]) {
    assert.ok((seen.get(key) ?? 0) >= 20, `${String(key)}: ${seen.get(key)}`);
  }
  assert.ok(untyped < 200, `${untyped} of 1000 were refused by the other engine`);
});
