/** What a source says of a stream's definition before anything is asked, and which items of an answer its window wants. */
import type { z } from "zod";
import { DataFailure, type ReadRequest, type ResourceDescription } from "../data/port.ts";
import type { Json } from "../../specs/mod.ts";
import { isObject } from "../net/lossless_json.ts";

export interface DefinitionProblem {
  path: string;
  message: string;
  remedy: string;
}

/** The resource is one of the connector's, and its parameters have the form that it wants. */
export function definitionProblems(
  connector: string,
  resources: readonly ResourceDescription[],
  contract: (resource: string) => z.ZodType,
  resource: string,
  params: unknown,
): DefinitionProblem[] {
  const described = resources.find(({ name }) => name === resource);
  if (described === undefined) {
    return [{
      path: "source.resource",
      message: `the connector ${connector} has no resource ${JSON.stringify(resource)}`,
      remedy: `Use one of ${resources.map(({ name }) => name).join(", ")}.`,
    }];
  }
  const parsed = contract(resource).safeParse(params);
  if (parsed.success) return [];
  const { required, optional } = described;
  const needs = required.length === 0
    ? `${resource} takes`
    : `${resource} needs ${required.join(", ")}; it takes`;
  return parsed.error.issues.map((issue) => ({
    path: ["source.params", ...issue.path].join("."),
    message: issue.message,
    remedy: `${needs} ${optional.join(", ") || (required.length === 0 ? "no parameters" : "nothing else")}.`,
  }));
}

/** Throws the first problem: a read never begins with a definition that its check refuses. */
export function refuseDefinition([problem]: readonly DefinitionProblem[]): void {
  if (problem === undefined) return;
  throw new DataFailure("invalid", `${problem.path}: ${problem.message}`, problem.remedy);
}

/** The instant of a cursor's value, for comparing what may have other zones or digits; null when it is none. */
export function instantOf(value: Json | undefined): number | null {
  if (typeof value !== "string") return null;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}

/** The value at a path with dots. */
function deep(item: Json, path: string): Json | undefined {
  let value: Json | undefined = item;
  for (const part of path.split(".")) value = isObject(value) ? value[part] : undefined;
  return value;
}

/** Items from the window's start on; those whose cursor is missing or no instant are for the engine to judge. */
export function fromWindow<Item extends { readonly [key: string]: Json }>(
  items: readonly Item[],
  { window, cursor }: Pick<ReadRequest, "window" | "cursor">,
): readonly Item[] {
  const since = instantOf(window.from);
  if (since === null || cursor === null) return items;
  return items.filter((item) => {
    const at = instantOf(deep(item, cursor.path));
    return at === null || at >= since;
  });
}
