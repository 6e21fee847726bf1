/** What a definition says about answers: fail, retry, ignore, rate-limited, by status and body. */
import type { HttpAnswer, HttpVerdict } from "../../data/port.ts";
import { NotJson, parseJson } from "../../net/lossless_json.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Filter } from "./params.ts";
import { at, parsePath } from "./path.ts";

/** The first filter that matches. */
export function filterOf(
  filters: readonly Filter[],
  answer: Pick<HttpAnswer, "status" | "text">,
): Filter | undefined {
  if (filters.length === 0) return undefined;
  let body: { text: string; json: Json | undefined } | undefined;
  const read = () => body ??= { text: answer.text(), json: jsonOf(answer.text()) };
  return filters.find((filter) => {
    if (filter.status !== undefined && ![filter.status].flat().includes(answer.status)) return false;
    if (filter.contains !== undefined && !read().text.includes(filter.contains)) return false;
    if (filter.path === undefined) return true;
    const { json } = read();
    const path = parsePath(filter.path);
    const found = json === undefined || path === null ? undefined : at(json, path);
    return filter.equals === undefined
      ? found !== undefined && found !== null && found !== false
      : JSON.stringify(found) === JSON.stringify(filter.equals);
  });
}

export function verdictOf(filter: Filter | undefined): HttpVerdict | undefined {
  if (filter === undefined) return undefined;
  const reason = filter.message === undefined ? {} : { reason: filter.message };
  const wait = filter.waitSeconds === undefined ? {} : { waitMs: filter.waitSeconds * 1000 };
  switch (filter.action) {
    case "fail":
      return {
        kind: "permanent",
        ...reason,
        remedy: "The definition's `responses` say that this answer is a failure.",
      };
    case "retry":
      return { kind: "transient", ...reason, ...wait };
    case "rate-limited":
      return { kind: "rate-limited", ...reason, ...wait };
    case "ignore":
      return { kind: "ok" };
  }
}

function jsonOf(text: string): Json | undefined {
  try {
    return parseJson(new TextEncoder().encode(text));
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}
