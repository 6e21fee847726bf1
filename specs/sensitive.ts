import type { z } from "zod";

/** Says of a field that people or programs write free text into it: what they write may hold personal data. */
export const SENSITIVE = { sensitive: true } as const;

/** Kinds of contracts with nothing below; JSON of any form is `lazy`, and is marked as a whole or not at all. */
const LEAVES: ReadonlySet<string> = new Set(
  "string number boolean int bigint null undefined void never any unknown literal enum custom lazy".split(
    " ",
  ),
);

type Change = (text: string) => string;
type Visit = (value: unknown, change: Change) => unknown;

/**
 * How the sensitive texts of a contract's values are changed, or null when it has none: of a marked field every text in it, of others what
 * is marked below. Values that have not their form come back as they are.
 */
export function sensitiveTexts(schema: z.ZodType): Visit | null {
  if (schema.meta()?.sensitive === true) {
    const most = greatest(schema);
    return most === null ? everyText : (value, change) => cut(everyText(value, change), most);
  }
  const { def } = schema as unknown as { def: Definition };
  switch (def.type) {
    case "object": {
      const fields = Object.entries(def.shape ?? {}).flatMap(([name, field]) => {
        const visit = sensitiveTexts(field);
        return visit === null ? [] : [[name, visit] as const];
      });
      return fields.length === 0 ? null : (value, change) => {
        if (!isObject(value)) return value;
        let changed: Record<string, unknown> | null = null;
        for (const [name, visit] of fields) {
          if (!Object.hasOwn(value, name)) continue;
          const next = visit(value[name], change);
          if (next !== value[name]) (changed ??= { ...value })[name] = next;
        }
        return changed ?? value;
      };
    }
    case "array": {
      const visit = def.element === undefined ? null : sensitiveTexts(def.element);
      return visit === null ? null : (value, change) => {
        if (!Array.isArray(value)) return value;
        const items = value.map((one) => visit(one, change));
        return items.some((one, at) => one !== value[at]) ? items : value;
      };
    }
    case "optional":
    case "nullable":
    case "default":
    case "readonly":
      return def.innerType === undefined ? null : sensitiveTexts(def.innerType);
    case "union": {
      const visits = (def.options ?? []).flatMap((option) => sensitiveTexts(option) ?? []);
      return visits.length === 0
        ? null
        : (value, change) => visits.reduce((last, visit) => visit(last, change), value);
    }
    case "record": {
      const visit = def.valueType === undefined ? null : sensitiveTexts(def.valueType);
      return visit === null ? null : (value, change) => {
        if (!isObject(value)) return value;
        const entries = Object.entries(value).map(([name, one]) => [name, visit(one, change)] as const);
        return entries.some(([name, one]) => one !== value[name]) ? Object.fromEntries(entries) : value;
      };
    }
    default:
      // What nobody has thought of must not hide a mark: a contract of another kind is a mistake of whoever wrote it.
      if (LEAVES.has(def.type)) return null;
      throw new Error(`Cannot tell which texts of a contract of the kind '${def.type}' are sensitive`);
  }
}

interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}

/** The greatest length of a text, as its contract says. */
function greatest(schema: z.ZodType): number | null {
  const { def, maxLength } = schema as unknown as { def: Definition; maxLength?: number | null };
  if (def.type === "string") return maxLength ?? null;
  return def.innerType === undefined ? null : greatest(def.innerType);
}

/** What is put in place of a text may be longer than it: its end goes, and a mark that would be cut goes whole. */
function cut(value: unknown, most: number): unknown {
  return typeof value === "string" && value.length > most
    ? `${value.slice(0, most - 1).replace(/\[[a-z]+:[^\]\s]*$/, "")}…`
    : value;
}

const everyText: Visit = (value, change) => {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) {
    const items = value.map((one) => everyText(one, change));
    return items.some((one, at) => one !== value[at]) ? items : value;
  }
  if (!isObject(value)) return value;
  let changed: Record<string, unknown> | null = null;
  for (const [name, one] of Object.entries(value)) {
    const next = everyText(one, change);
    if (next !== one) (changed ??= { ...value })[name] = next;
  }
  return changed ?? value;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);
