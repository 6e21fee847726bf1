/** Whether a structured answer follows the schema that it was asked by. */
import type { Json } from "../../specs/mod.ts";

type Check = (value: unknown) => string[];

const compiled = new WeakMap<object, Promise<Check>>();

/** What is wrong with an answer, one line each; nothing when it follows the schema. */
export async function schemaFaults(schema: Json, answer: Json | undefined): Promise<string[]> {
  if (answer === undefined) return ["there is no structured answer"];
  if (typeof schema !== "object" || schema === null) throw new TypeError("A schema must be an object");
  const check = compiled.get(schema) ?? compile(schema);
  compiled.set(schema, check);
  return (await check)(answer);
}

async function compile(schema: object): Promise<Check> {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const validate = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, logger: false })
    .compile(schema);
  return (value) =>
    validate(value)
      ? []
      : (validate.errors ?? []).slice(0, 20).map(({ instancePath, message }) =>
        `${instancePath === "" ? "the answer" : instancePath} ${message ?? "is wrong"}`
      );
}
