/** Parameters of a spec: where they may stand, and the spec with their values put in. */
import { err, type Json, ok, type Problem, type Result } from "./base.ts";
import { paramFault, typedParam } from "./param.ts";
import type { SpecFault } from "./read/check.ts";
import { Spec } from "./spec.ts";

const USE = /\$\{params\.([A-Za-z0-9_]+)\}/g;

/** Fields in which a value may stand: what is said, and what `codemod` does. Never where files, commands and rights are named. */
const FIELDS = ["title", "reason", "constraints", "operations", "description"] as const;

/** Uses of what is not declared or not allowed there, and defaults of the wrong type. A spec without `params` has none. */
export function specParamFaults(spec: Partial<Spec>): SpecFault[] {
  const { params } = spec;
  if (params === undefined) return [];
  const names = Object.keys(params);
  const faults: SpecFault[] = [];
  for (const [name, param] of Object.entries(params)) {
    const why = param.default === undefined ? null : paramFault(param, param.default);
    if (why === null) continue;
    faults.push({
      code: "spec.value",
      message: `The default ${why}.`,
      path: ["params", name, "default"],
      value: String(param.default),
      remedy: `write a ${param.type}, or leave the default out`,
    });
  }
  for (const [field, value] of Object.entries(spec)) {
    if (field === "params" || value === undefined) continue;
    const isText = (FIELDS as readonly string[]).includes(field);
    const texts = field === "acceptance"
      ? (spec.acceptance ?? []).map(({ text: _, ...rest }) => rest)
      : isText
      ? []
      : [value];
    if (JSON.stringify(texts).search(USE) >= 0) {
      faults.push({
        code: "spec.value",
        message: "A parameter cannot stand in this field.",
        path: [field],
        value: "${params...}",
        remedy: `use parameters in ${FIELDS.join(", ")} and the texts of criteria`,
      });
    }
    const used = [...JSON.stringify(value).matchAll(USE)].map((match) => match[1] ?? "");
    for (const name of new Set(used.filter((one) => !names.includes(one)))) {
      faults.push({
        code: "spec.unreachable",
        message: `There is no parameter '${name}'.`,
        path: [field],
        value: name,
        remedy: `declare it in params; there are: ${names.join(", ") || "none"}`,
      });
    }
  }
  return faults;
}

/** The spec with the values of its parameters put in. A text that is nothing but a parameter takes the value's type. */
export function specWith(
  spec: Spec,
  given: Readonly<Record<string, Json>>,
): Result<{ spec: Spec; values: Record<string, Json> }, Problem> {
  const declared = spec.params ?? {};
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(declared, name));
  if (unknown !== undefined) {
    return err({
      code: "usage",
      message: `The spec has no parameter '${unknown.slice(0, 100)}'`,
      value: unknown.slice(0, 100),
      remedy: `Parameters: ${Object.keys(declared).join(", ") || "none"}`,
    });
  }
  const values: Record<string, Json> = {};
  for (const [name, param] of Object.entries(declared)) {
    const raw = Object.hasOwn(given, name) ? given[name] : param.default;
    const value = raw === undefined ? undefined : typedParam(param.type, raw);
    const why = value === undefined ? "has no value" : paramFault(param, value);
    if (value === undefined || why !== null) {
      return err({
        code: "usage",
        message: `The parameter '${name}' ${why}`,
        value: name,
        remedy: `Give a ${param.type}: --param ${name}=VALUE, or bind it in a chain`,
      });
    }
    values[name] = value;
  }
  if (spec.params === undefined) return ok({ spec, values });
  const put = (value: Json): Json => {
    if (typeof value === "string") {
      const whole = /^\$\{params\.([A-Za-z0-9_]+)\}$/.exec(value)?.[1];
      if (whole !== undefined && Object.hasOwn(values, whole)) return values[whole] ?? null;
      return inText(value);
    }
    if (Array.isArray(value)) return value.map(put);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, put(one)]));
  };
  const inText = (text: string): string =>
    text.replaceAll(
      USE,
      (found, name: string) => Object.hasOwn(values, name) ? String(values[name]) : found,
    );
  const filled = Spec.safeParse({
    ...spec,
    title: inText(spec.title),
    reason: inText(spec.reason),
    description: inText(spec.description),
    constraints: spec.constraints.map(inText),
    acceptance: spec.acceptance.map((one) => ({ ...one, text: inText(one.text) })),
    operations: put(JSON.parse(JSON.stringify(spec.operations)) as Json),
  });
  if (filled.success) return ok({ spec: filled.data, values });
  const [issue] = filled.error.issues;
  return err({
    code: "invalid-spec",
    message: `The spec is none with these values of its parameters: ${
      issue?.path.join(".") ?? ""
    }: ${issue?.message}`,
    path: issue?.path.join(".") ?? "",
    remedy: "Give values that fit where they stand",
  });
}
