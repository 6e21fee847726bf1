/** How a structured answer is asked for, by the best means that a model has, and how it is read. */
import type { Json } from "../../specs/mod.ts";
import type { ModelRequest } from "./port.ts";
import { type ShapedSchema, shapeSchema } from "./schema.ts";
import { CallTrouble } from "./trouble.ts";

/** `schema`: held to it by the provider. `tool`: a tool that must be called. `words`: asked for in the instructions. */
export type OutputMeans =
  | { readonly means: "schema"; readonly name: string; readonly shaped: ShapedSchema }
  | { readonly means: "tool"; readonly name: string; readonly schema: Json }
  | { readonly means: "words"; readonly instruction: string };

export function outputMeans(request: ModelRequest, optional: "kept" | "required"): OutputMeans | undefined {
  const { output, entry } = request;
  if (output === undefined) return undefined;
  const name = output.name.replaceAll(/[^\w-]/g, "_").slice(0, 64) || "answer";
  if (entry.structuredOutput === "json-schema") {
    const shaped = shapeSchema(output.schema, optional);
    if (shaped !== null) return { means: "schema", name, shaped };
  }
  // What a strict mode cannot say goes to a tool, whose schema is only a guide.
  if (entry.structuredOutput !== "none" && entry.tools !== "none") {
    if (request.tools?.some((tool) => tool.name === name)) {
      throw new CallTrouble("invalid-request", `a tool and the structured answer are both called ${name}`, {
        remedy: "Give the structured answer another name.",
        free: true,
      });
    }
    return { means: "tool", name, schema: output.schema };
  }
  return {
    means: "words",
    instruction: "Answer with one JSON value that follows this JSON Schema, without any other text:\n" +
      JSON.stringify(output.schema),
  };
}

/** The JSON value in an answer: the text itself, the one fenced block in it, or the one object or list in it. */
export function jsonIn(text: string): { ok: true; value: Json } | { ok: false } {
  const fenced = [...text.matchAll(/```(?:json)?[ \t]*\r?\n([\s\S]*?)\r?\n[ \t]*```/gi)].map((one) =>
    one[1] ?? ""
  );
  const bare = /^[^{[]*([{[][\s\S]*[}\]])[^}\]]*$/.exec(text)?.[1];
  // Two fenced blocks leave open which one is meant.
  for (const one of [text, ...(fenced.length === 1 ? fenced : []), ...(bare === undefined ? [] : [bare])]) {
    try {
      return { ok: true, value: JSON.parse(one) as Json };
    } catch { /* the next form */ }
  }
  return { ok: false };
}
