import type { Cel, Expr } from "./cel_meter.ts";
import { CHARGE, NOTE } from "./cel_meter.ts";

type Kind = Expr["exprKind"];

const make = (like: Expr, exprKind: Kind): Expr => ({ ...like, exprKind });
export const call = (like: Expr, name: string, args: Expr[]): Expr =>
  make(like, {
    case: "callExpr",
    value: { $typeName: "cel.expr.Expr.Call", function: name, args },
  } as Kind);
export const constant = (like: Expr, value: boolean | string | bigint): Expr =>
  make(like, {
    case: "constExpr",
    value: {
      $typeName: "cel.expr.Constant",
      constantKind: typeof value === "boolean"
        ? { case: "boolValue", value }
        : typeof value === "string"
        ? { case: "stringValue", value }
        : { case: "int64Value", value },
    },
  } as Kind);
const ident = (like: Expr, name: string): Expr =>
  make(like, { case: "identExpr", value: { $typeName: "cel.expr.Expr.Ident", name } } as Kind);

/** The same expression with every part replaced by what `change` makes of it, from the leaves up. */
export function rewrite(expr: Expr, change: (expr: Expr) => Expr): Expr {
  const inner = (one: Expr | undefined): Expr | undefined =>
    one === undefined ? undefined : rewrite(one, change);
  const { exprKind } = expr;
  switch (exprKind.case) {
    case "callExpr": {
      const { value } = exprKind;
      const target = inner(value.target);
      return change(make(expr, {
        case: "callExpr",
        value: {
          ...value,
          args: value.args.map((arg) => rewrite(arg, change)),
          ...(target === undefined ? {} : { target }),
        },
      }));
    }
    case "selectExpr":
      return change(make(expr, {
        case: "selectExpr",
        value: { ...exprKind.value, operand: inner(exprKind.value.operand) } as typeof exprKind.value,
      }));
    case "listExpr":
      return change(make(expr, {
        case: "listExpr",
        value: { ...exprKind.value, elements: exprKind.value.elements.map((one) => rewrite(one, change)) },
      }));
    case "structExpr":
      return change(make(expr, {
        case: "structExpr",
        value: {
          ...exprKind.value,
          entries: exprKind.value.entries.map((entry) => ({
            ...entry,
            keyKind: entry.keyKind.case === "mapKey"
              ? { case: "mapKey" as const, value: rewrite(entry.keyKind.value, change) }
              : entry.keyKind,
            value: inner(entry.value),
          } as typeof entry)),
        },
      }));
    case "comprehensionExpr": {
      const { value } = exprKind;
      return change(make(expr, {
        case: "comprehensionExpr",
        value: {
          ...value,
          iterRange: inner(value.iterRange),
          accuInit: inner(value.accuInit),
          loopCondition: inner(value.loopCondition),
          loopStep: inner(value.loopStep),
          result: inner(value.result),
        } as typeof value,
      }));
    }
    default:
      return change(expr);
  }
}

/** Lets every loop ask the meter before each round. */
export function metered(root: Expr): Expr {
  return rewrite(root, (expr) => {
    const { exprKind } = expr;
    if (exprKind.case !== "comprehensionExpr" || exprKind.value.loopCondition === undefined) return expr;
    const { value } = exprKind;
    const condition = value.loopCondition ?? constant(expr, true);
    return make(expr, {
      case: "comprehensionExpr",
      value: { ...value, loopCondition: call(expr, "_&&_", [call(expr, CHARGE, []), condition]) },
    });
  });
}

/** Size, nesting, and what an expression reads. */
export interface Shape {
  parts: number;
  loops: number;
  /** Names that no loop binds. */
  roots: Set<string>;
  /** `facts.NAME` of each fact that it names. */
  facts: Set<string>;
  /** `facts` as a whole, or a fact by a computed name. */
  allFacts: boolean;
  /** Patterns of `matches` that stand in the expression. */
  patterns: string[];
}

export function shapeOf(root: Expr): Shape {
  const shape: Shape = {
    parts: 0,
    loops: 0,
    roots: new Set(),
    facts: new Set(),
    allFacts: false,
    patterns: [],
  };
  const visit = (expr: Expr | undefined, loops: number, bound: readonly string[]): void => {
    if (expr === undefined) return;
    shape.parts++;
    const { exprKind } = expr;
    switch (exprKind.case) {
      case "identExpr":
        if (bound.includes(exprKind.value.name)) return;
        shape.roots.add(exprKind.value.name);
        if (exprKind.value.name === "facts") shape.allFacts = true;
        return;
      case "selectExpr": {
        const { operand, field } = exprKind.value;
        if (
          operand?.exprKind.case === "identExpr" && operand.exprKind.value.name === "facts" &&
          !bound.includes("facts")
        ) {
          shape.parts++;
          shape.roots.add("facts");
          shape.facts.add(field);
          return;
        }
        return visit(operand, loops, bound);
      }
      case "callExpr": {
        const { value } = exprKind;
        const [first] = value.args;
        if (value.function === "matches" && first?.exprKind.case === "constExpr") {
          const { constantKind } = first.exprKind.value;
          if (constantKind.case === "stringValue") shape.patterns.push(constantKind.value);
        }
        visit(value.target, loops, bound);
        return value.args.forEach((arg) => visit(arg, loops, bound));
      }
      case "listExpr":
        return exprKind.value.elements.forEach((one) => visit(one, loops, bound));
      case "structExpr":
        return exprKind.value.entries.forEach((entry) => {
          if (entry.keyKind.case === "mapKey") visit(entry.keyKind.value, loops, bound);
          visit(entry.value, loops, bound);
        });
      case "comprehensionExpr": {
        const { value } = exprKind;
        shape.loops = Math.max(shape.loops, loops + 1);
        visit(value.iterRange, loops, bound);
        const own = [...bound, value.iterVar, value.iterVar2, value.accuVar];
        for (const part of [value.accuInit, value.loopCondition, value.loopStep, value.result]) {
          visit(part, loops + 1, own);
        }
        return;
      }
      default:
        return;
    }
  };
  visit(root, 0, []);
  return shape;
}

/** `all` and `exists` as their macros are written out. */
export function quantifierOf(expr: Expr): { type: "all" | "exists"; predicate: Expr } | null {
  if (expr.exprKind.case !== "comprehensionExpr") return null;
  const { accuInit, loopStep, accuVar } = expr.exprKind.value;
  if (accuInit?.exprKind.case !== "constExpr" || loopStep?.exprKind.case !== "callExpr") return null;
  const start = accuInit.exprKind.value.constantKind;
  const [accu, predicate] = loopStep.exprKind.value.args;
  if (start.case !== "boolValue" || accu?.exprKind.case !== "identExpr" || predicate === undefined) {
    return null;
  }
  if (accu.exprKind.value.name !== accuVar) return null;
  const step = loopStep.exprKind.value.function;
  if (start.value && step === "_&&_") return { type: "all", predicate };
  return !start.value && step === "_||_" ? { type: "exists", predicate } : null;
}

/**
 * The expression so that its evaluation notes the items for which it fails: those of `all` that do not hold, those of a refused `exists`
 * that do, and the entries of a list whose size must be zero. Loops do not stop early. Null when it names no list in such a way.
 */
export function noting(root: Expr): Expr | null {
  let sites = 0;
  const visit = (expr: Expr, wanted: boolean): Expr => {
    const { exprKind } = expr;
    if (exprKind.case === "callExpr") {
      const { value } = exprKind;
      const inner = (next: (arg: Expr, at: number) => Expr): Expr =>
        make(expr, { case: "callExpr", value: { ...value, args: value.args.map(next) } });
      if (value.function === "_&&_" || value.function === "_||_") return inner((arg) => visit(arg, wanted));
      if (value.function === "!_") return inner((arg) => visit(arg, !wanted));
      if (value.function === "_?_:_") return inner((arg, at) => at === 0 ? arg : visit(arg, wanted));
      const counted = wanted ? emptinessOf(expr) : null;
      if (counted === null) return expr;
      sites++;
      return inner((arg) => arg === counted.part ? counted.replace(itemsNoted(counted.list)) : arg);
    }
    const quantifier = quantifierOf(expr);
    if (quantifier === null || exprKind.case !== "comprehensionExpr") return expr;
    if ((quantifier.type === "all") !== wanted) return expr;
    sites++;
    const { value } = exprKind;
    const step = value.loopStep;
    if (step?.exprKind.case !== "callExpr") return expr;
    const noted = call(expr, NOTE, [
      ident(expr, value.iterVar),
      quantifier.predicate,
      constant(expr, quantifier.type === "exists"),
    ]);
    const accu = step.exprKind.value.args[0] ?? noted;
    // The predicate stands first: `false && x` would not look at x.
    const loopStep = call(expr, step.exprKind.value.function, [noted, accu]);
    return make(expr, {
      case: "comprehensionExpr",
      value: { ...value, loopCondition: constant(expr, true), loopStep },
    });
  };
  const changed = visit(root, true);
  return sites === 0 ? null : changed;
}

/** `size(LIST) == 0` and its like: the list that should be empty. */
function emptinessOf(expr: Expr): { part: Expr; list: Expr; replace(list: Expr): Expr } | null {
  if (expr.exprKind.case !== "callExpr") return null;
  const { function: name, args } = expr.exprKind.value;
  const [left, right] = args;
  if (left === undefined || right === undefined) return null;
  const zero = right.exprKind.case === "constExpr" ? right.exprKind.value.constantKind : null;
  const number = zero?.case === "int64Value" ? zero.value : null;
  const holds = (name === "_==_" || name === "_<=_") && number === 0n || name === "_<_" && number === 1n;
  if (!holds || left.exprKind.case !== "callExpr" || left.exprKind.value.function !== "size") return null;
  const { value } = left.exprKind;
  const list = value.target ?? value.args[0];
  if (list === undefined) return null;
  return { part: left, list, replace: (noted) => call(left, "size", [noted]) };
}

/** `LIST.filter(x, true)`, noting each x. */
function itemsNoted(list: Expr): Expr {
  const [item, accu] = ["@item", "@items"];
  const one = { $typeName: "cel.expr.Expr.CreateList", optionalIndices: [] };
  const noted = call(list, NOTE, [ident(list, item), constant(list, true), constant(list, true)]);
  const added = call(list, "_+_", [
    ident(list, accu),
    make(list, { case: "listExpr", value: { ...one, elements: [ident(list, item)] } } as Kind),
  ]);
  return make(list, {
    case: "comprehensionExpr",
    value: {
      $typeName: "cel.expr.Expr.Comprehension",
      iterVar: item,
      iterVar2: "",
      accuVar: accu,
      iterRange: list,
      accuInit: make(list, { case: "listExpr", value: { ...one, elements: [] } } as Kind),
      loopCondition: constant(list, true),
      loopStep: call(list, "_?_:_", [noted, added, ident(list, accu)]),
      result: ident(list, accu),
    },
  } as Kind);
}

/** The expression as text, or what stands for it. */
export function textOf(cel: Cel, expr: Expr): string {
  try {
    return cel.unparse(expr as never);
  } catch {
    return "an expression";
  }
}
