import { z } from "zod";
import { EventBody, type EventType, Json } from "../specs/ledger/mod.ts";

/** How often the schema of a type is walked before it is compiled, which costs as much: a process of a single run never gets there. */
const WALKED = 40;

/**
 * The schema that bodies of a type are held against. Of a type that comes again and again it is compiled by zod into one function: an
 * event is checked each time that it is written, and walking the schema costs more than the rest of writing it. Where code cannot be
 * compiled (an edge host without `new Function`) zod walks.
 */
export function schemaOf(type: EventType): Pick<z.ZodType<EventBody>, "safeParse"> | undefined {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const given = GIVEN.get(type);
  if (given === undefined) return undefined;
  const uses = (used.get(type) ?? 0) + 1;
  used.set(type, uses);
  if (uses <= WALKED) return { safeParse: (body) => given.safeParse(body, { jitless: true }) };
  const schema = z.compile(flat(given)) as unknown as z.ZodType<EventBody>;
  compiled.set(type, schema);
  return schema;
}

const GIVEN: ReadonlyMap<string, z.ZodType<EventBody>> = new Map(
  EventBody.options.map((schema) => [schema.shape.type.value, schema as unknown as z.ZodType<EventBody>]),
);
const used = new Map<string, number>();
const compiled = new Map<string, z.ZodType<EventBody>>();

/** Any JSON value. Zod compiles no schema that refers to itself, so its own one is asked only for what has parts. */
const JSON_VALUE = z.unknown().transform((value, ctx): Json => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  const parsed = Json.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) {
    ctx.issues.push({ code: "custom", input: value, path, message });
  }
  return z.NEVER;
});

/** A schema with every `Json` in it, wherever events have one, replaced by one that does not refer to itself; itself without any. */
function flat(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema === Json) return JSON_VALUE;
  if (schema instanceof z.ZodOptional) {
    const innerType = flat(schema.def.innerType);
    return innerType === schema.def.innerType ? schema : schema.clone({ ...schema.def, innerType });
  }
  if (schema instanceof z.ZodArray) {
    const element = flat(schema.def.element);
    return element === schema.def.element ? schema : schema.clone({ ...schema.def, element });
  }
  if (schema instanceof z.ZodRecord) {
    const valueType = flat(schema.def.valueType);
    return valueType === schema.def.valueType ? schema : schema.clone({ ...schema.def, valueType });
  }
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.def.shape).map(([name, field]) =>
      [name, field, flat(field)] as const
    );
    if (fields.every(([, field, flattened]) => field === flattened)) return schema;
    const shape = Object.fromEntries(fields.map(([name, , flattened]) => [name, flattened]));
    return schema.clone({ ...schema.def, shape });
  }
  return schema;
}
