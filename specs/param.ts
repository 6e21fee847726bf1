/** Typed parameters: of pipelines, and of specs that a chain gives values to. */
import { z } from "zod";
import { Json } from "./base.ts";
import { instantOf } from "./foundry/order.ts";

export const ParamName = z.string().regex(
  /^[a-z][A-Za-z0-9_]{0,63}$/,
  "a small letter, then letters, digits and underscores",
);

export const ParamType = z.enum(["string", "integer", "number", "boolean", "date"]);
export type ParamType = z.infer<typeof ParamType>;

/** A parameter of a spec. */
export const SpecParam = z.strictObject({
  type: ParamType.meta({ description: "what its value is", examples: ["integer"] }),
  default: Json.optional().meta({ description: "its value when none is given; without one it has to be" }),
  enum: z.array(Json).min(1).max(100).optional().meta({ description: "the only values that it may have" }),
  description: z.string().max(1000).default("").meta({ description: "what it is for" }),
});
export type SpecParam = z.infer<typeof SpecParam>;

/** Why a value cannot be a parameter's, or null. */
export function paramFault(
  param: { type: ParamType; enum?: readonly unknown[] | undefined },
  value: unknown,
): string | null {
  const fits = {
    string: typeof value === "string",
    integer: Number.isSafeInteger(value),
    number: typeof value === "number" && Number.isFinite(value),
    boolean: typeof value === "boolean",
    date: typeof value === "string" && value.length === 10 && instantOf(value) !== null,
  }[param.type];
  if (!fits) return `is no ${param.type}`;
  if (param.enum !== undefined && !param.enum.some((one) => JSON.stringify(one) === JSON.stringify(value))) {
    return `is none of ${param.enum.map((one) => JSON.stringify(one)).join(", ")}`;
  }
  return null;
}

/** A value as its parameter's type: text of a command line becomes what the type says, anything else stays. */
export function typedParam(type: ParamType, value: Json): Json {
  if (typeof value !== "string") return value;
  if (type === "integer" || type === "number") {
    return value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
  }
  return type === "boolean" ? value === "true" ? true : value === "false" ? false : value : value;
}
