import type { Json } from "../../../specs/mod.ts";
import type { PatternRule } from "../kinds/astgrep_rule.ts";
import type { Mutant } from "./mutate_cel.ts";

type Fields = Record<string, Json>;
const isFields = (value: Json): value is Fields =>
  value !== null && typeof value === "object" && !Array.isArray(value);
const brief = (value: Json): string => JSON.stringify(value).slice(0, 80);

/** What is no part of what a rule of patterns asks, but how. */
const HOW = new Set(["stopBy", "strictness", "selector", "context", "field"]);

/** A rule of patterns with a part left out or a word changed. Some of them are no rule any more; those count for nothing. */
export function patternMutants(matcher: PatternRule["matcher"]): Mutant<PatternRule["matcher"]>[] {
  const found: Mutant<PatternRule["matcher"]>[] = [];
  const visit = (value: Json, where: string, put: (changed: Json) => PatternRule["matcher"]): void => {
    if (Array.isArray(value)) {
      value.forEach((one, at) => {
        if (value.length > 1) {
          found.push({
            how: `leave out ${where} ${brief(one)}`,
            body: put(value.filter((_, other) => other !== at)),
          });
        }
        visit(one, where, (changed) => put(value.map((old, other) => other === at ? changed : old)));
      });
      return;
    }
    if (typeof value === "string") {
      for (const changed of otherTexts(where, value)) {
        found.push({ how: `${where} ${brief(value)} becomes ${brief(changed)}`, body: put(changed) });
      }
      return;
    }
    if (!isFields(value)) return;
    const names = Object.keys(value);
    for (const name of names) {
      const { [name]: inner = null, ...rest } = value;
      if (names.length > 1 && !HOW.has(name)) {
        found.push({ how: `leave out ${name} ${brief(inner)}`, body: put(rest) });
      }
      if (!HOW.has(name)) visit(inner, name, (changed) => put({ ...value, [name]: changed }));
    }
  };
  visit(matcher.rule, "rule", (rule) => ({ ...matcher, rule }));
  const { constraints } = matcher;
  if (constraints !== undefined && isFields(constraints)) {
    for (const name of Object.keys(constraints)) {
      const { [name]: gone = null, ...rest } = constraints;
      const { constraints: _, ...without } = matcher;
      found.push({
        how: `leave out the constraint on ${name} ${brief(gone)}`,
        body: Object.keys(rest).length === 0 ? without : { ...matcher, constraints: rest },
      });
    }
  }
  return found;
}

/** A pattern with one of its words changed, so that it matches something else. */
function otherTexts(where: string, text: string): string[] {
  if (where === "regex") return [`${text}~never~`];
  if (where !== "pattern") return [];
  const changed: string[] = [];
  for (const match of text.matchAll(/(?<![$\p{L}\p{N}_])[\p{L}_][\p{L}\p{N}_]*/gu)) {
    const end = (match.index ?? 0) + match[0].length;
    changed.push(`${text.slice(0, end)}Changed${text.slice(end)}`);
  }
  return changed;
}

/** Cedar policies with one left out, an effect turned, a condition or a part of the scope left out. */
export function cedarMutants(policies: readonly Json[]): Mutant<Json[]>[] {
  const found: Mutant<Json[]>[] = [];
  policies.forEach((policy, at) => {
    if (!isFields(policy)) return;
    const put = (changed: Json): Json[] => policies.map((one, other) => other === at ? changed : one);
    const called = `policy ${at + 1}`;
    found.push({ how: `leave out ${called}`, body: policies.filter((_, other) => other !== at) });
    found.push({
      how: `turn the effect of ${called}`,
      body: put({ ...policy, effect: policy.effect === "permit" ? "forbid" : "permit" }),
    });
    for (const part of ["principal", "action", "resource"]) {
      const scope = policy[part] ?? null;
      if (isFields(scope) && scope.op !== "All") {
        found.push({
          how: `leave out the ${part} of ${called}`,
          body: put({ ...policy, [part]: { op: "All" } }),
        });
      }
    }
    const conditions = Array.isArray(policy.conditions) ? policy.conditions : [];
    conditions.forEach((condition, which) => {
      if (!isFields(condition)) return;
      const with_ = (changed: Json[]) => put({ ...policy, conditions: changed });
      found.push({
        how: `leave out a condition of ${called}`,
        body: with_(conditions.filter((_, other) => other !== which)),
      });
      found.push({
        how: `turn a condition of ${called}`,
        body: with_(
          conditions.map((one, other) =>
            other === which ? { ...condition, kind: condition.kind === "when" ? "unless" : "when" } : one
          ),
        ),
      });
      cedarExpressions(
        condition.body ?? null,
        called,
        (body) => with_(conditions.map((one, other) => other === which ? { ...condition, body } : one)),
        found,
      );
    });
  });
  return found;
}

const OTHER: Readonly<Record<string, string>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  ">": "<=",
  "<=": ">",
  ">=": "<",
};

function cedarExpressions(
  value: Json,
  called: string,
  put: (changed: Json) => Json[],
  found: Mutant<Json[]>[],
): void {
  if (Array.isArray(value)) {
    value.forEach((one, at) =>
      cedarExpressions(one, called, (changed) => put(value.map((old, i) => i === at ? changed : old)), found)
    );
    return;
  }
  if (!isFields(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    const with_ = (changed: Json) => put({ ...value, [name]: changed });
    if ((name === "&&" || name === "||") && isFields(inner)) {
      for (const side of ["left", "right"]) {
        found.push({
          how: `leave out a side of ${name} in ${called}`,
          body: put(inner[side === "left" ? "right" : "left"] ?? null),
        });
      }
    }
    const other = OTHER[name];
    if (other !== undefined) {
      found.push({ how: `${name} becomes ${other} in ${called}`, body: put({ [other]: inner }) });
    }
    if (name === "Value" && (typeof inner === "number" || typeof inner === "string")) {
      const changed = typeof inner === "number" ? inner + 1 : `${inner}~`;
      found.push({ how: `${brief(inner)} becomes ${brief(changed)} in ${called}`, body: with_(changed) });
    }
    cedarExpressions(inner, called, with_, found);
  }
}
