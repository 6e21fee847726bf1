import { jsonSchema, PUBLISHED } from "./json_schema.ts";

/** The parts of JSON Schema that the table reads. */
interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  description?: string;
  examples?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  $ref?: string;
}

interface Row {
  field: string;
  type: string;
  fallback: string;
  meaning: string;
}

const code = (text: string) => "`" + text + "`";
const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(", ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return [...new Set(options.map(typeOf))].join(" or ");
  switch (schema.type) {
    case "array":
      return `list${bounds(schema.minItems, schema.maxItems)} of ${plural(typeOf(schema.items ?? {}))}`;
    case "object":
      return schema.properties === undefined ? "names to values" : "fields";
    case "string":
      return `text${bounds(schema.minLength, schema.maxLength)}`;
    case "integer":
      return `whole number${bounds(schema.minimum, small(schema.maximum))}`;
    case "number":
      return `number${bounds(schema.minimum, small(schema.maximum))}`;
    case "boolean":
      return "true or false";
    default:
      return "any value";
  }
}

const plural = (type: string) => type.startsWith("list") ? type.replace("list", "lists") : type;
const small = (value: number | undefined) => value === Number.MAX_SAFE_INTEGER ? undefined : value;

function bounds(from: number | undefined, to: number | undefined): string {
  if (to !== undefined) return from === undefined ? ` (up to ${to})` : ` (${from} to ${to})`;
  return from === undefined ? "" : ` (from ${from})`;
}

/** The fields of a schema and of what lies in it, in the order of the contract. */
function rowsOf(schema: Schema, prefix: string, skip: ReadonlySet<string>): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const fallback = field.default !== undefined
      ? code(JSON.stringify(field.default))
      : schema.required?.includes(name)
      ? "required"
      : "none";
    const row = { field: code(path), type: typeOf(field), fallback, meaning: field.description ?? "" };
    return skip.has(path) ? [row] : [row, ...nested(field, path, skip)];
  });
}

function nested(field: Schema, path: string, skip: ReadonlySet<string>): Row[] {
  if (field.properties !== undefined) return rowsOf(field, path, skip);
  if (field.items !== undefined) return nested(field.items, `${path}[]`, skip);
  const branches = (field.anyOf ?? field.oneOf ?? []).filter((branch) => branch.properties !== undefined);
  // A union of one form and a list of it has the same fields twice.
  return branches.slice(0, 1).flatMap((branch) => rowsOf(branch, path, skip));
}

function table(rows: Row[]): string {
  return [
    "| field | type | default | meaning |",
    "| --- | --- | --- | --- |",
    ...rows.map((row) =>
      `| ${row.field} | ${cell(row.type)} | ${cell(row.fallback)} | ${cell(row.meaning)} |`
    ),
  ].join("\n");
}

function published(name: string): Schema {
  const found = PUBLISHED.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no published contract is named ${name}`);
  return jsonSchema(found) as Schema;
}

/** SPEC.md: every field of a spec and of its operations, made from the contract. */
export function specTable(): string {
  const operations = published("operation").oneOf ?? published("operation").anyOf ?? [];
  const sections = operations.map((operation) => {
    const { op, ...fields } = operation.properties ?? {};
    return [
      `### ${code(String(op?.const))}`,
      "",
      `${sentence(op?.description ?? "")}`,
      "",
      table(rowsOf({ ...operation, properties: fields }, "", new Set())),
    ].join("\n");
  });
  return [
    "# Spec: every field",
    "",
    "Made from the contract in `specs/spec.ts` and `specs/operation.ts` by `deno task schema`; do not edit by hand.",
    "A spec is Markdown with YAML front matter, YAML, or JSON; the fields are the same. Unknown fields are errors.",
    "`forge spec check FILE` explains what is wrong with one. The JSON Schema is `specs/schema/spec.schema.json`.",
    "",
    table(rowsOf(published("spec"), "", new Set(["operations"]))),
    "",
    "`intent` is one set of these fields or a list of them. Paths and globs are relative, use `/`, and never leave their",
    "folder; globs know `*`, `**`, `?`, `[abc]` and `{a,b}`, and cannot be negated. `acceptance[].check.files` lie beside the spec.",
    "",
    "## Operations",
    "",
    "Structured edits for the implementer `codemod`. They are applied in order, all or none; one that matches nothing, or",
    "more than one thing where one is meant, is a failure that names the nearest candidates.",
    "",
    sections.join("\n\n"),
    "",
  ].join("\n");
}

const sentence = (text: string) => text === "" ? "" : `${text[0]?.toUpperCase()}${text.slice(1)}.`;
