import { type Json, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { type CelProgram, celValue, compileCel, jsonOf, loadCel } from "./cel.ts";
import type { FactDocument } from "./fact_document.ts";
import { cannotCompile } from "./problem.ts";

/** Names that a message may use beside those of the fact document. */
export interface TemplateScope {
  /** How many items the rule does not hold for. */
  count: number;
  /** The item that the finding is about; null when the rule names none. */
  item: Json;
}

export interface Template {
  /** The facts that its names stand for must be gathered too. */
  readonly reads: CelProgram["reads"];
  render(document: FactDocument, scope: TemplateScope): string;
}

const PLACE = /\{\{([^{}]{1,500})\}\}/g;
const MAX_PLACES = 20;
const MAX_VALUE = 200;

/**
 * Compiles a message with `{{…}}`: each place holds an expression over the fact document, `count`, `item`, or the bare name of something
 * that the rule's own expression reads (`{{removed}}` for facts.testInventory.removed). A list shows how long it is. What is put in is cut,
 * without control characters, and never read as a template again; a place that cannot be computed shows a dash and changes no verdict.
 */
export async function compileTemplate(
  text: string,
  paths: ReadonlySet<string> = new Set(),
): Promise<Result<Template, Problem>> {
  const places = [...text.matchAll(PLACE)];
  if (places.length > MAX_PLACES) {
    return cannotCompile(
      `The message has ${places.length} places, more than ${MAX_PLACES}`,
      "Use fewer {{…}}",
    );
  }
  const parts: (string | CelProgram)[] = [];
  let from = 0;
  for (const place of places) {
    const inner = (place[1] ?? "").trim();
    const path = /^[A-Za-z_]\w*$/.test(inner) && !["count", "item"].includes(inner)
      ? [...paths].find((one) => one.endsWith(`.${inner}`)) ?? inner
      : inner;
    const program = await compileCel(path, ["count", "item"]);
    if (!program.ok) {
      return cannotCompile(
        `The message's {{${inner}}} cannot be used: ${program.error.message}`,
        "Use {{count}}, {{item.path}}, or a name that the rule's expression reads",
        text,
      );
    }
    parts.push(text.slice(from, place.index), program.value);
    from = place.index + place[0].length;
  }
  parts.push(text.slice(from));
  const programs = parts.filter((part) => typeof part !== "string");
  const cel = await loadCel();
  return ok({
    reads: [...new Set(programs.flatMap(({ reads }) => reads))].sort(),
    render(document, { count, item }) {
      const scope = { count: BigInt(count), item: celValue(cel, item) };
      return parts.map((part) => {
        if (typeof part === "string") return part;
        const value = part.evaluate(document, scope);
        return value.ok ? shown(jsonOf(cel, value.value)) : "-";
      }).join("");
    },
  });
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line of plain text. */
function shown(value: Json): string {
  const text = Array.isArray(value)
    ? String(value.length)
    : typeof value === "string"
    ? value
    : JSON.stringify(value);
  const line = text.replace(CONTROL, "\ufffd");
  return line.length > MAX_VALUE ? `${line.slice(0, MAX_VALUE - 1)}…` : line;
}

/** Every `a.b.c` of names that an expression's text reads, for the bare names of a message. */
export function pathsIn(text: string): Set<string> {
  return new Set(
    [...text.matchAll(/\b(?:facts|spec|transition)(?:\.[A-Za-z_]\w*)+/g)].flatMap(([path]) => {
      const parts = path.split(".");
      return parts.slice(1).map((_, at) => parts.slice(0, at + 2).join("."));
    }),
  );
}
