import type { Cel, Expr } from "../kinds/cel_meter.ts";
import { call, quantifierOf, textOf } from "../kinds/cel_tree.ts";

/** A rule's body with one thing changed. */
export interface Mutant<Body> {
  /** What was changed, for people. */
  how: string;
  body: Body;
}

const FLIPPED: Readonly<Record<string, readonly string[]>> = {
  "_==_": ["_!=_"],
  "_!=_": ["_==_"],
  "_<_": ["_<=_", "_>_"],
  "_<=_": ["_<_", "_>_"],
  "_>_": ["_>=_", "_<_"],
  "_>=_": ["_>_", "_<_"],
};
const SIGN: Readonly<Record<string, string>> = {
  "_==_": "==",
  "_!=_": "!=",
  "_<_": "<",
  "_<=_": "<=",
  "_>_": ">",
  "_>=_": ">=",
};

type Put = (expr: Expr) => Expr;

/**
 * Every expression with one thing changed: negated as a whole, a side of `&&` or `||` left out or the sign exchanged, a comparison
 * flipped, a constant changed, `all` for `exists`, a `!` left out. What the macros are written out to is not touched.
 */
export function celMutants(cel: Cel, root: Expr): Mutant<Expr>[] {
  const found: Mutant<Expr>[] = [{ how: "negate the whole expression", body: call(root, "!_", [root]) }];
  const short = (expr: Expr) => textOf(cel, expr).replace(/\s+/g, " ").slice(0, 80);

  const visit = (expr: Expr, put: Put): void => {
    const { exprKind } = expr;
    const emit = (how: string, changed: Expr) => found.push({ how, body: put(changed) });
    switch (exprKind.case) {
      case "constExpr":
        for (const changed of otherConstants(expr)) {
          emit(`${short(expr)} becomes ${short(changed)}`, changed);
        }
        return;
      case "callExpr": {
        const { value } = exprKind;
        const { function: name, args } = value;
        const [left, right] = args;
        const renamed = (other: string): Expr => ({
          ...expr,
          exprKind: { case: "callExpr", value: { ...value, function: other } },
        });
        if ((name === "_&&_" || name === "_||_") && left && right) {
          args.forEach((dropped, at) => {
            const rest = args.filter((_, other) => other !== at);
            const [first] = rest;
            if (first) {
              emit(`leave out ${short(dropped)}`, rest.length === 1 ? first : call(expr, name, rest));
            }
          });
          emit(
            `${name === "_&&_" ? "&& becomes ||" : "|| becomes &&"} beside ${short(left)}`,
            renamed(name === "_&&_" ? "_||_" : "_&&_"),
          );
        }
        for (const other of FLIPPED[name] ?? []) {
          emit(`${SIGN[name]} becomes ${SIGN[other]} in ${short(expr)}`, renamed(other));
        }
        if (name === "!_" && left) emit(`leave out ! before ${short(left)}`, left);
        if (name === "@in") emit(`negate ${short(expr)}`, call(expr, "!_", [expr]));
        args.forEach((arg, at) =>
          visit(arg, (changed) =>
            put({
              ...expr,
              exprKind: {
                case: "callExpr",
                value: { ...value, args: args.map((one, other) => other === at ? changed : one) },
              },
            }))
        );
        if (value.target) {
          visit(
            value.target,
            (target) => put({ ...expr, exprKind: { case: "callExpr", value: { ...value, target } } }),
          );
        }
        return;
      }
      case "selectExpr": {
        const { operand } = exprKind.value;
        if (operand) {
          visit(operand, (changed) =>
            put({
              ...expr,
              exprKind: { case: "selectExpr", value: { ...exprKind.value, operand: changed } },
            }));
        }
        return;
      }
      case "listExpr": {
        const { value } = exprKind;
        value.elements.forEach((element, at) =>
          visit(element, (changed) =>
            put({
              ...expr,
              exprKind: {
                case: "listExpr",
                value: {
                  ...value,
                  elements: value.elements.map((one, other) => other === at ? changed : one),
                },
              },
            }))
        );
        return;
      }
      case "comprehensionExpr":
        return loop(expr, put, emit);
      default:
        return;
    }
  };

  /** A loop is a macro that was written out: its range, and what the author wrote inside. */
  const loop = (expr: Expr, put: Put, emit: (how: string, changed: Expr) => void): void => {
    if (expr.exprKind.case !== "comprehensionExpr") return;
    const { value } = expr.exprKind;
    const rebuilt = (part: Partial<typeof value>): Expr => ({
      ...expr,
      exprKind: { case: "comprehensionExpr", value: { ...value, ...part } },
    });
    if (value.iterRange) visit(value.iterRange, (iterRange) => put(rebuilt({ iterRange })));
    const step = value.loopStep;
    if (step?.exprKind.case !== "callExpr") return;
    const { value: stepCall } = step.exprKind;
    const withArgs = (at: number, changed: Expr): Expr => ({
      ...step,
      exprKind: {
        case: "callExpr",
        value: { ...stepCall, args: stepCall.args.map((one, other) => other === at ? changed : one) },
      },
    });
    const quantifier = quantifierOf(expr);
    if (quantifier) {
      visit(quantifier.predicate, (changed) => put(rebuilt({ loopStep: withArgs(1, changed) })));
      emit(
        `${quantifier.type === "all" ? "all becomes exists" : "exists becomes all"} over ${
          short(value.iterRange ?? expr)
        }`,
        otherQuantifier(expr),
      );
      return;
    }
    const [condition] = stepCall.args;
    if (stepCall.function === "_?_:_" && condition) {
      visit(condition, (changed) => put(rebuilt({ loopStep: withArgs(0, changed) })));
      const negated = call(condition, "!_", [condition]);
      emit(`negate the condition ${short(condition)}`, rebuilt({ loopStep: withArgs(0, negated) }));
    }
  };
  visit(root, (expr) => expr);
  return found;
}

function otherConstants(expr: Expr): Expr[] {
  if (expr.exprKind.case !== "constExpr") return [];
  const { constantKind } = expr.exprKind.value;
  const other = (changed: typeof constantKind): Expr => ({
    ...expr,
    exprKind: {
      case: "constExpr",
      value: { ...(expr.exprKind.value as { $typeName: "cel.expr.Constant" }), constantKind: changed },
    },
  } as Expr);
  switch (constantKind.case) {
    case "boolValue":
      return [other({ case: "boolValue", value: !constantKind.value })];
    case "int64Value":
      return [other({ case: "int64Value", value: constantKind.value + 1n })];
    case "doubleValue":
      return [other({ case: "doubleValue", value: constantKind.value + 1 })];
    case "stringValue":
      return [other({ case: "stringValue", value: `${constantKind.value}~` })];
    default:
      return [];
  }
}

/** `all` as `exists` would be written out, and the other way round. */
function otherQuantifier(expr: Expr): Expr {
  if (expr.exprKind.case !== "comprehensionExpr") return expr;
  const { value } = expr.exprKind;
  const quantifier = quantifierOf(expr);
  const [start] = value.accuInit ? otherConstants(value.accuInit) : [];
  const step = value.loopStep;
  if (!quantifier || !start || step?.exprKind.case !== "callExpr") return expr;
  const isAll = quantifier.type === "all";
  const [accu] = step.exprKind.value.args;
  if (accu === undefined) return expr;
  const going = isAll ? call(expr, "!_", [accu]) : accu;
  return {
    ...expr,
    exprKind: {
      case: "comprehensionExpr",
      value: {
        ...value,
        accuInit: start,
        loopCondition: call(expr, "@not_strictly_false", [going]),
        loopStep: call(expr, isAll ? "_||_" : "_&&_", step.exprKind.value.args),
      },
    },
  };
}
