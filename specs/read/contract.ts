import { z } from "zod";
import type { Problem } from "../base.ts";
import { lineOf } from "./tree.ts";
import { kindOf, nearest, type Path, pathText, showText, showValue } from "./wording.ts";

type Issue = z.core.$ZodIssue;

/** What a text is read as: its value, its contract, and what people call it. */
export interface Rooted {
  value: unknown;
  schema: z.core.$ZodType;
  called: string;
  /** Where its fields are explained. */
  see: string;
}

/** The schema without its wrappers. */
function bare(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let inner = schema;
  while (
    inner instanceof z.ZodDefault || inner instanceof z.ZodOptional || inner instanceof z.ZodNullable
  ) inner = inner.unwrap();
  return inner;
}

/** The branches of a union that a value can mean: its literal fields (`op: rename-symbol`) choose one. */
function branches(schema: z.core.$ZodType | undefined, value: unknown): (z.core.$ZodType | undefined)[] {
  const inner = bare(schema);
  if (!(inner instanceof z.ZodUnion)) return [inner];
  const options = inner.options.map(bare);
  if (value === null || typeof value !== "object") return options;
  const meant = options.filter((option) =>
    option instanceof z.ZodObject &&
    Object.entries(option.shape).some(([name, field]) =>
      field instanceof z.ZodLiteral && field.values.has((value as Record<string, never>)[name] ?? undefined)
    )
  );
  return meant.length > 0 ? meant : options;
}

/** The schemas that may describe the value at a path: several where the contract is a union. */
function schemasAt(path: Path, root: Rooted): z.core.$ZodType[] {
  let level: (z.core.$ZodType | undefined)[] = [root.schema];
  path.forEach((part, index) => {
    const value = valueAt(root.value, path.slice(0, index));
    level = level.flatMap((schema) => branches(schema, value)).map((schema) => {
      if (schema instanceof z.ZodRecord) return schema.valueType as z.core.$ZodType;
      if (typeof part === "number") return schema instanceof z.ZodArray ? schema.element : undefined;
      return schema instanceof z.ZodObject
        ? (schema.shape as Record<string, z.core.$ZodType>)[part]
        : undefined;
    });
  });
  return level.flatMap((schema) => branches(schema, valueAt(root.value, path))).filter((schema) =>
    schema !== undefined
  );
}

/** Names of the fields that the contract knows at a path. */
function fieldsAt(path: Path, root: Rooted): string[] {
  const names = schemasAt(path, root).flatMap((schema) =>
    schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  );
  return [...new Set(names)];
}

/** Every known path of fields, such as `intent.scope`, lists left out. */
function everyField(root: Rooted): { name: string; path: string }[] {
  const found: { name: string; path: string }[] = [];
  const visit = (schema: z.core.$ZodType | undefined, path: string): void => {
    const inner = bare(schema);
    if (inner instanceof z.ZodUnion) {
      inner.options.forEach((option) => visit(option as z.core.$ZodType, path));
    } else if (inner instanceof z.ZodArray) visit(inner.element as z.core.$ZodType, path);
    else if (inner instanceof z.ZodObject) {
      for (const [name, field] of Object.entries(inner.shape)) {
        const full = path === "" ? name : `${path}.${name}`;
        if (!found.some((known) => known.path === full)) found.push({ name, path: full });
        visit(field as z.core.$ZodType, full);
      }
    }
  };
  visit(root.schema, "");
  return found;
}

/** What the contract says about a field: its meaning and an example, from `.meta()` in spec.ts. */
function noteOf(path: Path, root: Rooted): { meaning?: string; example?: string } {
  const parent = schemasAt(path.slice(0, -1), root);
  const last = path.at(-1);
  for (const schema of parent) {
    const field = schema instanceof z.ZodObject && typeof last === "string"
      ? (schema.shape as Record<string, z.ZodType>)[last]
      : schema instanceof z.ZodArray
      ? schema.element as z.ZodType
      : undefined;
    if (field === undefined) continue;
    const inner = bare(field) as z.ZodType | undefined;
    const meta = field.meta() ?? inner?.meta();
    const meaning = meta?.description ?? inner?.meta()?.description;
    const examples = (meta?.examples ?? inner?.meta()?.examples) as unknown[] | undefined;
    if (meaning === undefined && examples === undefined) continue;
    return {
      meaning,
      example: examples?.[0] === undefined ? undefined : JSON.stringify(examples[0]),
    };
  }
  return {};
}

function valueAt(value: unknown, path: Path): unknown {
  let inner = value;
  for (const part of path) {
    if (inner === null || typeof inner !== "object" || !Object.hasOwn(inner, part)) return undefined;
    inner = (inner as Record<string | number, unknown>)[part];
  }
  return inner;
}

const EXPECTED: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a set of fields",
};

/** `write scope: ["src/auth/**"]`, from the contract's example. */
function exampleRemedy(path: Path, root: Rooted): string | undefined {
  const { example } = noteOf(path, root);
  const name = path.findLast((part) => typeof part === "string");
  if (example === undefined) return undefined;
  return typeof path.at(-1) === "number"
    ? `write, for example, ${example}`
    : `write, for example, ${name}: ${example}`;
}

/** The issues of a union reduced to those of the branch that was most likely meant. */
function likeliest(issue: z.core.$ZodIssueInvalidUnion): Issue[] | undefined {
  const branches = issue.errors.filter((branch) =>
    !branch.some((inner) =>
      inner.path.length === 0 && (inner.code === "invalid_type" || inner.code === "invalid_value")
    )
  );
  const only = branches.length === 1 ? branches[0] : undefined;
  return only?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** What a schema found, as problems for people. */
export function rootedProblems(
  issues: readonly Issue[],
  root: Rooted,
  lines: Map<string, number>,
): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.filter((part): part is string | number => typeof part !== "symbol");
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownField(key, path, root, lines));
    }
    if (issue.code === "invalid_union") {
      const inner = likeliest(issue);
      if (inner !== undefined) return rootedProblems(inner, root, lines);
    }
    if (issue.code === "invalid_key" || issue.code === "invalid_element") {
      return rootedProblems(
        issue.issues.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
        root,
        lines,
      );
    }
    return [fieldProblem(issue, path, root, lines)];
  });
}

function unknownField(key: string, path: Path, root: Rooted, lines: Map<string, number>): Problem {
  const full = [...path, key];
  const known = fieldsAt(path, root);
  const near = nearest(key, known);
  const elsewhere = everyField(root).find((field) => field.name === key)?.path;
  const inOwner = path.length === 0 ? `the ${root.called}` : pathText(path);
  let remedy = `remove it, or use one of: ${known.join(", ")}`;
  if (near !== undefined) remedy = `did you mean ${near}?`;
  else if (elsewhere !== undefined) remedy = `${key} belongs at ${elsewhere}`;
  return {
    code: "spec.unknown-field",
    message: `There is no field ${showText(key, 60)} in ${inOwner}.`,
    path: pathText(full),
    line: lineOf(lines, full),
    value: showValue(valueAt(root.value, full), full),
    remedy,
  };
}

function fieldProblem(issue: Issue, path: Path, root: Rooted, lines: Map<string, number>): Problem {
  const value = valueAt(root.value, path);
  const missing = value === undefined;
  const problem = {
    path: path.length === 0 ? undefined : pathText(path),
    line: lineOf(lines, path),
    value: missing ? undefined : showValue(value, path),
  };
  if (missing) {
    const { meaning } = noteOf(path, root);
    return {
      code: "spec.missing",
      message: `The field is required and missing${meaning === undefined ? "" : `: ${meaning}`}.`,
      ...problem,
      remedy: exampleRemedy(path, root) ?? kindsRemedy(issue, path, root) ?? "add the field",
    };
  }
  return { ...explain(issue, path, root), ...problem };
}

/** What is wrong and what to write instead, for a value that is there. */
function explain(issue: Issue, path: Path, root: Rooted): { code: string; message: string; remedy: string } {
  const value = valueAt(root.value, path);
  const example = exampleRemedy(path, root);
  const { meaning } = noteOf(path, root);
  const tail = meaning === undefined ? "." : `: ${meaning}.`;
  switch (issue.code) {
    case "invalid_type": {
      const wanted = EXPECTED[issue.expected] ?? issue.expected;
      const quotes = issue.expected === "string" && (typeof value === "number" || typeof value === "boolean");
      return {
        code: "spec.type",
        message: `It must be ${wanted} and is ${kindOf(value)}.`,
        remedy: quotes ? `put it in quotes: "${value}"` : example ?? `write ${wanted}`,
      };
    }
    case "invalid_value":
      return choice(issue.values.map(String), value);
    case "too_small":
      return issue.origin === "number" || issue.origin === "int"
        ? range(`It must be at least ${issue.minimum}.`, `write a number from ${issue.minimum}`)
        : {
          code: "spec.too-short",
          message: issue.origin === "array" ? "The list must not be empty." : "The text must not be empty.",
          remedy: example ?? "write a value, or leave the field out",
        };
    case "too_big": {
      if (issue.origin === "number" || issue.origin === "int") {
        return range(`It must be at most ${issue.maximum}.`, `write a number up to ${issue.maximum}`);
      }
      const unit = issue.origin === "array" ? "entries" : "characters";
      const size = Array.isArray(value) || typeof value === "string" ? value.length : 0;
      return {
        code: "spec.too-long",
        message: `It has ${size} ${unit}, more than the ${issue.maximum} allowed.`,
        remedy: issue.origin === "array" ? `split it into several ${root.called}s` : "write it shorter",
      };
    }
    case "invalid_format": {
      // The contract's own words, where it has them; the library's would only repeat the pattern.
      const form = issue.message.startsWith("Invalid") ? undefined : issue.message;
      return {
        code: "spec.format",
        message: form === undefined
          ? `The text does not have the form of this field${tail}`
          : `It must be ${form}.`,
        remedy: example ?? (form === undefined ? `match ${issue.pattern ?? issue.format}` : `write ${form}`),
      };
    }
    case "invalid_union":
      if (issue.errors.length === 0 && "discriminator" in issue) {
        return choice(optionsOf(issue, path, root), value);
      }
      return {
        code: "spec.value",
        message: `The value fits none of the forms of this field${tail}`,
        remedy: example ?? `see the fields in ${root.see}`,
      };
    case "custom":
      return {
        code: "spec.value",
        message: `It does not hold together: ${issue.message}.`,
        remedy: example ?? `see the fields in ${root.see}`,
      };
    default:
      return {
        code: "spec.value",
        message: `The value does not fit this field${tail}`,
        remedy: example ?? `see the fields in ${root.see}`,
      };
  }
}

/** What a missing field that chooses a union's branch can be. */
function kindsRemedy(issue: Issue, path: Path, root: Rooted): string | undefined {
  const kinds = issue.code === "invalid_union" ? optionsOf(issue, path, root) : [];
  return kinds.length === 0 ? undefined : `write one of ${kinds.join(", ")}`;
}

/** The values of the field that chooses a union's branch. */
function optionsOf(issue: z.core.$ZodIssueInvalidUnion, path: Path, root: Rooted): string[] {
  const name = "discriminator" in issue ? issue.discriminator : undefined;
  if (name === undefined) return [];
  const owner = path.at(-1) === name ? path.slice(0, -1) : path;
  return schemasAt(owner, root).flatMap((schema) => {
    const field = schema instanceof z.ZodObject ? schema.shape[name] : undefined;
    return field instanceof z.ZodLiteral ? [...field.values].map(String) : [];
  });
}

function choice(allowed: string[], value: unknown): { code: string; message: string; remedy: string } {
  const near = typeof value === "string" ? nearest(value, allowed) : undefined;
  const list = allowed.length === 1 ? `${allowed[0]}` : `one of ${allowed.join(", ")}`;
  return {
    code: "spec.value",
    message: `It must be ${list}.`,
    remedy: near === undefined ? `write ${list}` : `did you mean ${near}?`,
  };
}

const range = (message: string, remedy: string) => ({ code: "spec.range", message, remedy });
