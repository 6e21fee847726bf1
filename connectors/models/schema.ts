/** JSON Schemas as providers take them for structured answers, and the way back for the answer. */
import type { Json } from "../../specs/mod.ts";

type Schema = { [key: string]: Json };

/** A schema that a provider can be held to, and how its answer becomes one of the schema that was given. */
export interface ShapedSchema {
  readonly schema: Schema;
  readonly restore: (value: Json) => Json;
}

/** `required`: every property is, and what was optional may be null instead (OpenAI's strict mode). */
type Optional = "kept" | "required";

/** What no strict mode can say; the caller checks them all the same, so they go into the description. */
const WORDS = [
  "minLength",
  "maxLength",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "uniqueItems",
  "format",
  "default",
];
const DEEPEST = 60;

class Inexpressible extends Error {}

/** The schema in a provider's strict subset, or null when it says what the subset cannot (records, `allOf`, free values). */
export function shapeSchema(schema: Json, optional: Optional): ShapedSchema | null {
  if (!isSchema(schema)) return null;
  try {
    const shaped = shape(schema, optional, 0);
    // Both providers want an object at the root.
    if (shaped.type !== "object" || shaped.anyOf !== undefined) return null;
    return {
      schema: shaped,
      restore: (value) => optional === "kept" ? value : restore(value, schema, schema, 0),
    };
  } catch (error) {
    if (error instanceof Inexpressible) return null;
    throw error;
  }
}

function shape(schema: Schema, optional: Optional, depth: number): Schema {
  if (depth > DEEPEST) throw new Inexpressible();
  const deeper = (one: Json | undefined): Schema => {
    if (!isSchema(one)) throw new Inexpressible();
    return shape(one, optional, depth + 1);
  };
  const out: Schema = {};
  for (const name of ["$defs", "definitions"] as const) {
    const defs = schema[name];
    if (isSchema(defs)) {
      out.$defs = {
        ...(isSchema(out.$defs) ? out.$defs : {}),
        ...Object.fromEntries(Object.entries(defs).map(([key, one]) => [key, deeper(one)])),
      };
    }
  }
  if (typeof schema.$ref === "string") {
    if (schema.$ref !== "#" && !/^#\/(?:\$defs|definitions)\/[^/]+$/.test(schema.$ref)) {
      throw new Inexpressible();
    }
    return { ...out, $ref: schema.$ref.replace("#/definitions/", "#/$defs/") };
  }
  for (
    const name of [
      "allOf",
      "not",
      "if",
      "patternProperties",
      "propertyNames",
      "prefixItems",
      "dependentRequired",
    ]
  ) {
    if (schema[name] !== undefined) throw new Inexpressible();
  }
  const words = WORDS.filter((name) => schema[name] !== undefined)
    .map((name) => `${name}: ${JSON.stringify(schema[name])}`);
  const description = [schema.description, words.length === 0 ? undefined : `(${words.join(", ")})`]
    .filter((one) => typeof one === "string").join(" ");
  if (description !== "") out.description = description;
  if (typeof schema.title === "string") out.title = schema.title;
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) return { ...out, anyOf: choices.map(deeper) };
  if (schema.const !== undefined || schema.enum !== undefined) {
    const values = schema.const !== undefined ? [schema.const] : schema.enum;
    if (
      !Array.isArray(values) || values.length === 0 ||
      values.some((one) => typeof one === "object" && one !== null)
    ) throw new Inexpressible();
    const types = [...new Set(values.map(typeOf))];
    return { ...out, type: types.length === 1 ? types[0] as Json : types, enum: values };
  }
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  if (types.some((one) => typeof one !== "string")) throw new Inexpressible();
  out.type = schema.type as Json;
  if (types.includes("object")) Object.assign(out, objectOf(schema, optional, deeper));
  if (types.includes("array")) out.items = deeper(schema.items);
  return out;
}

function objectOf(schema: Schema, optional: Optional, deeper: (one: Json | undefined) => Schema): Schema {
  const extra = schema.additionalProperties;
  const properties = isSchema(schema.properties) ? schema.properties : {};
  // A record: its keys are not known beforehand. An object that only leaves others open loses nothing by closing.
  if (
    isSchema(extra) && Object.keys(extra).length > 0 ||
    Object.keys(properties).length === 0 && extra !== false
  ) throw new Inexpressible();
  const required = requiredOf(schema);
  return {
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, one]) => {
        const shaped = deeper(one);
        return [name, optional === "required" && !required.has(name) ? orNull(shaped) : shaped];
      }),
    ),
    required: optional === "required" ? Object.keys(properties) : [...required],
    additionalProperties: false,
  };
}

function orNull(schema: Schema): Schema {
  if (Array.isArray(schema.enum)) {
    return schema.enum.includes(null)
      ? schema
      : { ...schema, type: [...listed(schema.type), "null"], enum: [...schema.enum, null] };
  }
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: [...schema.anyOf, { type: "null" }] };
  if (schema.$ref !== undefined) return { anyOf: [schema, { type: "null" }] };
  return listed(schema.type).includes("null")
    ? schema
    : { ...schema, type: [...listed(schema.type), "null"] };
}

const listed = (type: Json | undefined): Json[] =>
  Array.isArray(type) ? type : type === undefined ? [] : [type];
const isSchema = (value: Json | undefined): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const requiredOf = (schema: Schema): Set<string> =>
  new Set(Array.isArray(schema.required) ? schema.required.filter((one) => typeof one === "string") : []);

function typeOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? Number.isInteger(value) ? "integer" : "number" : typeof value;
}

/** Takes out the nulls that stand for properties that were left out. */
function restore(value: Json, schema: Json | undefined, root: Schema, depth: number): Json {
  if (depth > DEEPEST || !isSchema(schema)) return value;
  const target = resolved(schema, root);
  const choices = target.anyOf ?? target.oneOf;
  if (Array.isArray(choices)) {
    const chosen = choices.find((one) => fits(value, one, root));
    return chosen === undefined ? value : restore(value, chosen, root, depth + 1);
  }
  if (Array.isArray(value)) return value.map((one) => restore(one, target.items, root, depth + 1));
  if (!isSchema(value)) return value;
  const properties = isSchema(target.properties) ? target.properties : {};
  const required = requiredOf(target);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => one !== null || required.has(name) || takesNull(properties[name], root))
      .map(([name, one]) => [name, restore(one, properties[name], root, depth + 1)]),
  );
}

function resolved(schema: Schema, root: Schema): Schema {
  let at = schema;
  for (let hops = 0; typeof at.$ref === "string" && hops < 20; hops++) {
    const name = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(at.$ref)?.[1];
    const defs = isSchema(root.$defs) ? root.$defs : isSchema(root.definitions) ? root.definitions : {};
    const next = at.$ref === "#" ? root : name === undefined ? undefined : defs[name];
    if (!isSchema(next)) return {};
    at = next;
  }
  return at;
}

function takesNull(schema: Json | undefined, root: Schema): boolean {
  // Not a property of the schema: left as it is, for the caller's own check to see.
  if (!isSchema(schema)) return true;
  const target = resolved(schema, root);
  if (target.const === null || Array.isArray(target.enum) && target.enum.includes(null)) return true;
  const choices = target.anyOf ?? target.oneOf;
  return Array.isArray(choices)
    ? choices.some((one) => takesNull(one, root))
    : listed(target.type).includes("null");
}

/** Whether a value is of a choice: by type, and by the constants that tell choices apart. */
function fits(value: Json, schema: Json, root: Schema): boolean {
  if (!isSchema(schema)) return false;
  const target = resolved(schema, root);
  const choices = target.anyOf ?? target.oneOf;
  if (Array.isArray(choices)) return choices.some((one) => fits(value, one, root));
  if (target.const !== undefined) return target.const === value;
  if (Array.isArray(target.enum)) return target.enum.includes(value);
  const types = listed(target.type);
  const type = typeOf(value);
  if (!types.includes(type) && !(type === "integer" && types.includes("number"))) return false;
  if (!isSchema(value)) return true;
  const properties = isSchema(target.properties) ? target.properties : {};
  return Object.keys(value).every((name) => properties[name] !== undefined) &&
    Object.entries(properties).every(([name, one]) => {
      if (!isSchema(one) || one.const === undefined && one.enum === undefined) {
        return requiredOf(target).has(name) ? value[name] !== undefined : true;
      }
      return value[name] === undefined || value[name] === null
        ? !requiredOf(target).has(name)
        : fits(value[name], one, root);
    });
}
