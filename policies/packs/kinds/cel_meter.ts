import type { CelFunc } from "@bufbuild/cel";

export type Cel = typeof import("@bufbuild/cel");
export type Expr = NonNullable<ReturnType<Cel["parse"]>["expr"]>;

/** Counts the steps of one evaluation. What is beyond the limit stops every loop, and the whole evaluation is an error. */
export interface Meter {
  spent: number;
  readonly limit: number;
}

/** Steps of one evaluation: some hundred milliseconds at most. Deterministic, as a limit in time would not be. */
export const STEP_LIMIT = 2_000_000;

/** Name of the function that loops ask whether they may go on. No expression can be written that names it. */
export const CHARGE = "@charge";
/** Tells the meter of an item for which a predicate says what makes the rule fail. */
export const NOTE = "@note";

export interface Noted {
  items: unknown[];
  /** All of them; the list ends at 500. */
  count: number;
}
const MAX_NOTED = 500;

/** What one evaluation writes to. It is set for the time of a synchronous call, so that plans can be kept. */
export interface Slot {
  meter: Meter;
  noted: Noted;
}

/** Every function of the language with its cost told to the meter, and the two that loops and predicates call. */
export function meteredFunctions(cel: Cel, slot: Slot): CelFunc[] {
  const { celFunc, CelScalar } = cel;
  const spend = (steps: number) => {
    slot.meter.spent += steps;
    return slot.meter.spent <= slot.meter.limit;
  };
  const append = appender(cel);
  const metered = [...cel.celEnv().funcs].map((inner) =>
    Object.create(inner, {
      call: {
        value(id: number, target: unknown, args: unknown[]) {
          const all = target === undefined ? args : [target, ...args];
          if (!spend(costOf(cel, inner.name, all, slot.meter))) {
            throw new Error(tooManySteps(slot.meter.limit));
          }
          const [left, right] = args;
          if (inner.name.startsWith("get") && args.length > 0) {
            throw new Error("the hours of a time zone differ by machine; times are UTC");
          }
          if (inner.name === "_+_" && cel.isCelList(left) && cel.isCelList(right)) return append(left, right);
          return inner.call(id, target as never, args as never);
        },
      },
    }) as CelFunc
  );
  return [
    ...metered,
    celFunc(CHARGE, [], CelScalar.BOOL, () => spend(1)),
    celFunc(NOTE, [CelScalar.DYN, CelScalar.DYN, CelScalar.BOOL], CelScalar.DYN, (item, value, wanted) => {
      if (value === wanted && slot.noted.count++ < MAX_NOTED) slot.noted.items.push(item);
      return value as never;
    }),
  ];
}

export const tooManySteps = (limit: number): string =>
  `it takes more than ${limit} steps over these facts; make its loops smaller`;

/** What a call looks at, in steps. Texts count for less than loops do. */
function costOf(cel: Cel, name: string, values: readonly unknown[], meter: Meter): number {
  let steps = 1;
  const left = Math.max(1, meter.limit - meter.spent);
  // A count, as in x{1000}, makes a pattern many times as large as it is written.
  const hasCounts = name === "matches" && values.some((one) => typeof one === "string" && one.includes("{"));
  for (const value of values) {
    if (typeof value === "string") steps += value.length / (name !== "matches" ? 32 : hasCounts ? 1 : 4);
    else if (value instanceof Uint8Array) steps += value.length / 32;
    else if (name === "_==_" || name === "_!=_" || name === "@in") steps += weight(cel, value, left);
    else if (name === "_+_" && cel.isCelList(value)) steps += 1;
  }
  // The right list is copied; the left one only where it was added to before.
  const [, added] = values;
  if (name === "_+_" && cel.isCelList(added)) steps += added.size / 4;
  return steps;
}

/** Parts of a value, counted no further than anybody may go. */
function weight(cel: Cel, value: unknown, limit: number): number {
  let count = 0;
  const visit = (one: unknown): void => {
    if (count++ > limit) return;
    if (typeof one === "string") count += one.length / 32;
    else if (cel.isCelList(one)) { for (const inner of one) visit(inner); }
    else if (cel.isCelMap(one)) { for (const [, inner] of one) visit(inner); }
  };
  visit(value);
  return count;
}

type List = ReturnType<Cel["celList"]>;

/**
 * Adds lists so that a chain of additions, which is what `map` and `filter` are, takes linear time: a list that was made by adding shares
 * its entries with the longer one that is made from it.
 */
function appender(cel: Cel): (left: List, right: List) => List {
  const known = new WeakMap<object, { entries: unknown[]; length: number }>();
  const listSymbol = Symbol.for("@bufbuild/cel/list");
  const view = (entries: unknown[], length: number): List => {
    const values = function* () {
      for (let at = 0; at < length; at++) yield entries[at];
    };
    const made = {
      [listSymbol]: {},
      size: length,
      get: (index: number) => index < 0 || index >= length ? undefined : entries[index],
      values,
      [Symbol.iterator]: values,
    } as unknown as List;
    if (!cel.isCelList(made)) throw new Error("the library's lists are made otherwise than was expected");
    known.set(made, { entries, length });
    return made;
  };
  return (left, right) => {
    const shared = known.get(left);
    const entries = shared && shared.entries.length === shared.length ? shared.entries : [...left];
    for (const one of right) entries.push(one);
    return view(entries, entries.length);
  };
}
