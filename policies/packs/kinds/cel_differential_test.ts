/** P14: CEL by the library against a small evaluator that was written from the language's definition, on the part that both know. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { compileCel } from "./cel.ts";
import type { FactDocument } from "./fact_document.ts";

interface Binary {
  op: "&&" | "||" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "in";
  left: Term;
  right: Term;
}

/** An expression as data, so that it can be written out and evaluated without the library. */
type Term =
  | { op: "literal"; value: bigint | string | boolean }
  | { op: "name"; name: string }
  | { op: "item"; of: "x" | "y" }
  | { op: "!"; of: Term }
  | Binary
  | { op: "?"; test: Term; left: Term; right: Term }
  | { op: "size"; of: Term }
  | { op: "startsWith" | "endsWith" | "contains"; of: Term; text: Term }
  | { op: "list"; items: Term[] }
  | { op: "all" | "exists" | "exists_one" | "filter" | "map"; over: Term; item: "x" | "y"; body: Term };

type Value = bigint | string | boolean | Value[];
const FAULT = Symbol("fault");
type Result = Value | typeof FAULT;

const DATA: Record<string, Value> = {
  n: 3n,
  big: 1_000_000n,
  s: "src/a.ts",
  t: "",
  yes: true,
  l: [1n, 2n, 3n],
  m: ["a", "src/a.ts"],
};

function written(term: Term): string {
  switch (term.op) {
    case "literal":
      return typeof term.value === "string"
        ? JSON.stringify(term.value)
        : typeof term.value === "bigint" && term.value < 0n
        ? `(${term.value})`
        : String(term.value);
    case "name":
      return `facts.files.${term.name}`;
    case "item":
      return term.of;
    case "!":
      return `!(${written(term.of)})`;
    case "?":
      return `((${written(term.test)}) ? (${written(term.left)}) : (${written(term.right)}))`;
    case "size":
      return `size(${written(term.of)})`;
    case "startsWith":
    case "endsWith":
    case "contains":
      return `(${written(term.of)}).${term.op}(${written(term.text)})`;
    case "list":
      return `[${term.items.map(written).join(", ")}]`;
    case "all":
    case "exists":
    case "exists_one":
    case "filter":
    case "map":
      return `(${written(term.over)}).${term.op}(${term.item}, ${written(term.body)})`;
    default:
      return `((${written(term.left)}) ${term.op} (${written(term.right)}))`;
  }
}

const MAX = 2n ** 63n - 1n;
const whole = (value: bigint): Result => value > MAX || value < -MAX - 1n ? FAULT : value;

function same(a: Value, b: Value): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((one, at) => same(one, b[at] ?? []));
  }
  return a === b;
}

function value(term: Term, scope: Record<string, Value>): Result {
  switch (term.op) {
    case "literal":
      return term.value;
    case "name":
      return DATA[term.name] ?? FAULT;
    case "item":
      return scope[term.of] ?? FAULT;
    case "!": {
      // The library's parser reads two negations as none.
      if (term.of.op === "!") return value(term.of.of, scope);
      const of = value(term.of, scope);
      return typeof of === "boolean" ? !of : FAULT;
    }
    case "&&":
    case "||": {
      // Either side decides where it can, whatever the other one is.
      const sides = [value(term.left, scope), value(term.right, scope)];
      const decides = term.op === "||";
      if (sides.includes(decides)) return decides;
      return sides.every((side) => typeof side === "boolean") ? !decides : FAULT;
    }
    case "?": {
      const test = value(term.test, scope);
      return typeof test === "boolean" ? value(test ? term.left : term.right, scope) : FAULT;
    }
    case "size": {
      const of = value(term.of, scope);
      return typeof of === "string" ? BigInt([...of].length) : Array.isArray(of) ? BigInt(of.length) : FAULT;
    }
    case "startsWith":
    case "endsWith":
    case "contains": {
      const [of, text] = [value(term.of, scope), value(term.text, scope)];
      if (typeof of !== "string" || typeof text !== "string") return FAULT;
      return term.op === "startsWith"
        ? of.startsWith(text)
        : term.op === "endsWith"
        ? of.endsWith(text)
        : of.includes(text);
    }
    case "list": {
      const items = term.items.map((one) => value(one, scope));
      return items.includes(FAULT) ? FAULT : items as Value[];
    }
    case "all":
    case "exists":
    case "exists_one":
    case "filter":
    case "map":
      return looped(term, scope);
    default:
      return binary(term, scope);
  }
}

function looped(term: Extract<Term, { over: Term }>, scope: Record<string, Value>): Result {
  const over = value(term.over, scope);
  if (!Array.isArray(over)) return FAULT;
  const results = over.map((one) => value(term.body, { ...scope, [term.item]: one }));
  if (term.op === "map") return results.includes(FAULT) ? FAULT : results as Value[];
  if (term.op === "all" || term.op === "exists") {
    const decides = term.op === "exists";
    if (results.includes(decides)) return decides;
    return results.every((one) => typeof one === "boolean") ? !decides : FAULT;
  }
  if (!results.every((one) => typeof one === "boolean")) return FAULT;
  return term.op === "filter"
    ? over.filter((_, at) => results[at] === true)
    : results.filter((one) => one === true).length === 1;
}

function binary(term: Binary, scope: Record<string, Value>): Result {
  const left = value(term.left, scope);
  const right = value(term.right, scope);
  if (left === FAULT || right === FAULT) return FAULT;
  if (term.op === "==") return same(left, right);
  if (term.op === "!=") return !same(left, right);
  if (term.op === "in") return Array.isArray(right) ? right.some((one) => same(one, left)) : FAULT;
  if (typeof left === "bigint" && typeof right === "bigint") {
    switch (term.op) {
      case "+":
        return whole(left + right);
      case "-":
        return whole(left - right);
      case "*":
        return whole(left * right);
    }
  }
  if (term.op === "+") {
    if (typeof left === "string" && typeof right === "string") return left + right;
    return Array.isArray(left) && Array.isArray(right) ? [...left, ...right] : FAULT;
  }
  if (typeof left !== typeof right || Array.isArray(left) || Array.isArray(right)) return FAULT;
  switch (term.op) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    default:
      return FAULT;
  }
}

const term: fc.Arbitrary<Term> = fc.letrec<{ term: Term }>((tie) => {
  const sub = tie("term");
  return {
    term: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.oneof(
        fc.record({
          op: fc.constant("literal" as const),
          value: fc.oneof(
            fc.bigInt({ min: -5n, max: 9n }),
            fc.constantFrom("", "a", "src/", ".ts", "é"),
            fc.boolean(),
          ),
        }),
        fc.record({ op: fc.constant("name" as const), name: fc.constantFrom(...Object.keys(DATA)) }),
        fc.record({ op: fc.constant("item" as const), of: fc.constantFrom("x" as const, "y" as const) }),
      ),
      fc.record({ op: fc.constant("!" as const), of: sub }),
      fc.record({
        op: fc.constantFrom(
          "&&",
          "||",
          "==",
          "!=",
          "<",
          "<=",
          ">",
          ">=",
          "+",
          "-",
          "*",
          "in",
        ) as fc.Arbitrary<"&&">,
        left: sub,
        right: sub,
      }),
      fc.record({ op: fc.constant("?" as const), test: sub, left: sub, right: sub }),
      fc.record({ op: fc.constant("size" as const), of: sub }),
      fc.record({
        op: fc.constantFrom("startsWith", "endsWith", "contains") as fc.Arbitrary<"startsWith">,
        of: sub,
        text: sub,
      }),
      fc.record({ op: fc.constant("list" as const), items: fc.array(sub, { maxLength: 3 }) }),
      fc.record({
        op: fc.constantFrom("all", "exists", "exists_one", "filter", "map") as fc.Arbitrary<"all">,
        over: fc.oneof(sub, fc.record({ op: fc.constant("name" as const), name: fc.constantFrom("l", "m") })),
        item: fc.constantFrom("x" as const, "y" as const),
        body: sub,
      }),
    ),
  };
}).term;

/** Names of items that no loop binds are no expression of the language: they are bound around the whole. */
const around = (inner: Term): Term => ({
  op: "map",
  over: { op: "list", items: [{ op: "literal", value: 1n }] },
  item: "x",
  body: { op: "map", over: { op: "list", items: [{ op: "literal", value: "a" }] }, item: "y", body: inner },
});

const plain = (given: unknown): Value => {
  if (typeof given === "object" && given !== null && Symbol.iterator in given) {
    return [...given as Iterable<unknown>].map(plain);
  }
  return given as Value;
};

Deno.test("property: two evaluators agree on every value and every error of a common part of the language", async () => {
  let [values, faults] = [0, 0];
  const document = {
    facts: {
      files: Object.fromEntries(Object.entries(DATA).map(([name, one]) => [name, toJson(one)])),
    },
  } as unknown as FactDocument;
  await fc.assert(
    fc.asyncProperty(term, async (inner) => {
      const whole = around(inner);
      const text = written(whole);
      const program = await compileCel(text);
      if (!program.ok) {
        assert.match(program.error.message, /nested|parts|characters/, text);
        return;
      }
      const expected = value(whole, {});
      const got = program.value.evaluate(document);
      if (expected === FAULT) faults++;
      else values++;
      assert.equal(got.ok, expected !== FAULT, `${text}: ${got.ok ? String(got.value) : got.error}`);
      if (got.ok && expected !== FAULT) assert.ok(same(plain(got.value), expected), text);
    }),
    { numRuns: 2000 },
  );
  // Both kinds of answer were compared, many times.
  assert.ok(values > 200 && faults > 200, `${values} values, ${faults} errors`);
});

function toJson(one: Value): unknown {
  return typeof one === "bigint" ? Number(one) : Array.isArray(one) ? one.map(toJson) : one;
}
