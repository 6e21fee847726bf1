/** What a provider says about an error, whatever the form: nine shapes are in use, and compatible endpoints mix them. */
import type { Json } from "../../specs/mod.ts";

export interface Complaint {
  /** Every word that names the error: code, type, status, reason; lower case. */
  readonly codes: readonly string[];
  /** The first of them as it was written, to be shown. */
  readonly code: string;
  readonly message: string;
  /** A status that the body tells, when it is a number. */
  readonly status?: number;
  /** A wait that the body tells (Google's `RetryInfo`). */
  readonly retryAfterMs?: number;
}

type Fields = { readonly [key: string]: Json | undefined };

export function fields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Fields : undefined;
}

/** The complaint in a body, or undefined when it holds none. */
export function complaintOf(body: unknown): Complaint | undefined {
  if (Array.isArray(body)) return body.length === 0 ? undefined : complaintOf(body[0]);
  const outer = fields(body);
  if (outer === undefined) return undefined;
  if (typeof outer.error === "string") return complaint([outer], outer.error);
  const inner = fields(outer.error);
  if (inner !== undefined) {
    const deeper = fields(inner.error);
    return complaint(
      [inner, fields(inner.details), fields(inner.metadata), outer, deeper],
      textOf(inner) ?? textOf(deeper),
    );
  }
  const listed = Array.isArray(outer.errors) ? fields(outer.errors[0]) : undefined;
  if (listed !== undefined) return complaint([listed, outer], textOf(listed));
  if (outer.detail !== undefined) return complaint([outer], detailText(outer.detail));
  // vLLM: `{ object: "error", message, type, code }`; bare errors of a stream have no envelope either.
  const isBare = outer.object === "error" || outer.type === "error" ||
    typeof outer.message === "string" && outer.choices === undefined &&
      outer.output === undefined && outer.content === undefined;
  return isBare ? complaint([outer], textOf(outer)) : undefined;
}

function complaint(from: readonly (Fields | undefined)[], message: string | undefined): Complaint {
  const codes: string[] = [];
  let shown = "";
  let status: number | undefined;
  for (const one of from) {
    if (one === undefined) continue;
    for (const name of ["code", "type", "status", "error_code", "reason"] as const) {
      const value = one[name];
      if (typeof value === "string" && value !== "error") {
        codes.push(value.toLowerCase());
        shown ||= value;
      }
      if (typeof value === "number" && value >= 400 && value <= 599) status ??= value;
    }
  }
  // As text too: `"code": "429"`.
  const numeric = codes.find((code) => /^[45]\d\d$/.test(code));
  if (numeric !== undefined) status ??= Number(numeric);
  const details = from.flatMap((one) => Array.isArray(one?.details) ? one.details : []).map(fields);
  for (const one of details) if (typeof one?.reason === "string") codes.push(one.reason.toLowerCase());
  const delay = details.map((one) => /^(\d{1,9}(?:\.\d+)?)s$/.exec(String(one?.retryDelay ?? ""))?.[1]).find(
    Boolean,
  );
  return {
    codes: [...new Set(codes)],
    code: shown,
    message: message ?? "",
    ...(status === undefined ? {} : { status }),
    ...(delay === undefined ? {} : { retryAfterMs: Math.ceil(Number(delay) * 1000) }),
  };
}

function textOf(from: Fields | undefined): string | undefined {
  const message = from?.message;
  if (typeof message === "string") return message;
  return message === undefined || message === null ? undefined : JSON.stringify(message);
}

/** FastAPI: a text, or a list of `{ loc, msg }`. */
function detailText(detail: Json): string {
  if (typeof detail === "string") return detail;
  const list = Array.isArray(detail) ? detail : [detail];
  return list.map((one) => {
    const { msg, message } = fields(one) ?? {};
    return typeof msg === "string" ? msg : typeof message === "string" ? message : JSON.stringify(one);
  }).join("; ");
}
