/** `{name}` in paths, queries, headers and bodies stands for a parameter: of the stream, or bound from a parent's row. */
import type { Json } from "../../../specs/mod.ts";
import { DataFailure } from "../../data/port.ts";

const PLACE = /\{([A-Za-z_][A-Za-z0-9_.]*)\}/g;

/** Names of all placeholders in a value. */
export function placeholders(value: Json): string[] {
  if (typeof value === "string") return [...value.matchAll(PLACE)].map((found) => found[1] ?? "");
  if (Array.isArray(value)) return value.flatMap(placeholders);
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(placeholders) : [];
}

/** A path with its parameters, each one encoded as one segment: a value cannot lead elsewhere. */
export function fillPath(path: string, params: Readonly<Record<string, Json>>): string {
  const queryAt = path.indexOf("?");
  return path.replace(PLACE, (_, name: string, at: number) => {
    const value = text(name, params);
    // A dot segment is read by every URL parser as a way up, encoded or not.
    if (/^\.{1,2}$/.test(value) && (queryAt < 0 || at < queryAt)) {
      throw new DataFailure(
        "refused",
        `The parameter ${name} is ${JSON.stringify(value)}, which would lead to another path`,
        "Leave such rows out of the parent stream.",
      );
    }
    return encodeURIComponent(value);
  });
}

/** A value with its parameters: a text that is one placeholder only becomes what the parameter is. */
export function fillValue(value: Json, params: Readonly<Record<string, Json>>): Json {
  if (typeof value === "string") {
    const whole = /^\{([A-Za-z_][A-Za-z0-9_.]*)\}$/.exec(value)?.[1];
    if (whole !== undefined && Object.hasOwn(params, whole)) return params[whole] ?? null;
    return value.replace(PLACE, (_, name: string) => text(name, params));
  }
  if (Array.isArray(value)) return value.map((one) => fillValue(one, params));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fillValue(one, params)]));
  }
  return value;
}

function text(name: string, params: Readonly<Record<string, Json>>): string {
  const value = Object.hasOwn(params, name) ? params[name] : undefined;
  if (
    (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "boolean"
  ) {
    return String(value);
  }
  throw new DataFailure(
    "invalid",
    `The placeholder {${name}} has ${
      value === undefined
        ? "no value"
        : value === "" || value === null
        ? "an empty value"
        : "a value that is no text or number"
    }`,
    "Give the parameter a value, or bind it to a column of the parent stream.",
  );
}
