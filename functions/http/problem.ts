/** RFC 9457 problem documents: one table of what can go wrong, one place that turns it into a response. */
import type { ProblemDocument } from "../../specs/mod.ts";

/** `type` is `urn:edgeforge:problem:<code>`: stable, never reused for another meaning. */
export const PROBLEMS = {
  "malformed-request": { status: 400, title: "The request cannot be read" },
  "unauthorized": { status: 401, title: "A valid key is needed" },
  "forbidden": { status: 403, title: "The key does not allow this" },
  "forbidden-origin": { status: 403, title: "Requests from this origin are refused" },
  "forbidden-csrf": { status: 403, title: "The request does not carry the session's token" },
  "repo-refused": { status: 403, title: "This repository may not be named by a request" },
  "not-found": { status: 404, title: "There is no such thing" },
  "method-not-allowed": { status: 405, title: "The method is not allowed here" },
  "not-acceptable": { status: 406, title: "None of the accepted media types can be served" },
  "request-timeout": { status: 408, title: "The body did not arrive in time" },
  "conflict": { status: 409, title: "The state of things does not allow this" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "The body's media type is not supported" },
  "misdirected-host": { status: 421, title: "This server does not answer for that host" },
  "invalid-request": { status: 422, title: "The request does not hold to its contract" },
  "invalid-spec": { status: 422, title: "The spec is not valid" },
  "invalid-pipeline": { status: 422, title: "The pipeline is not valid" },
  "invalid-chain": { status: 422, title: "The chain cannot be run" },
  "unknown-chain": { status: 422, title: "A chain is unknown" },
  "invalid-patch": { status: 422, title: "The patch is not valid" },
  "repo-not-found": { status: 422, title: "The repository cannot be opened" },
  "base-not-found": { status: 422, title: "The base cannot be found" },
  "unknown-pack": { status: 422, title: "A policy pack is unknown" },
  "idempotency-mismatch": { status: 422, title: "The idempotency key belongs to another request" },
  "refused": { status: 422, title: "The run was not accepted" },
  "rate-limited": { status: 429, title: "Too many requests" },
  "too-many-at-once": { status: 429, title: "Too many requests at the same time" },
  "internal": { status: 500, title: "The server made a mistake" },
  "stopping": { status: 503, title: "The server is stopping" },
  "sandbox-unavailable": { status: 503, title: "Nothing can be verified on this server" },
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

/** What went wrong with one request, as a value that handlers return. */
export interface Trouble {
  code: ProblemCode;
  detail: string;
  remedy?: string;
  errors?: { path: string; message: string }[];
  headers?: Record<string, string>;
}

export const PROBLEM_TYPE = "application/problem+json";

/** The URI that names a kind of problem. */
export const problemType = (code: ProblemCode): string => `urn:edgeforge:problem:${code}`;

/** The document for a trouble. */
export function problemDocument(trouble: Trouble): ProblemDocument {
  const { status, title } = PROBLEMS[trouble.code];
  return {
    type: problemType(trouble.code),
    title,
    status,
    detail: trouble.detail,
    code: trouble.code,
    ...(trouble.remedy === undefined ? {} : { remedy: trouble.remedy }),
    ...(trouble.errors === undefined ? {} : { errors: trouble.errors }),
  };
}

/** The response for a trouble. */
export function problem(trouble: Trouble): Response {
  const document = problemDocument(trouble);
  return new Response(JSON.stringify(document) + "\n", {
    status: document.status,
    headers: { "content-type": PROBLEM_TYPE, "cache-control": "no-store", ...trouble.headers },
  });
}

/** Narrows a code of a lower floor to the table; what is not in it is still a refusal. */
export function refusalCode(code: string): ProblemCode {
  return Object.hasOwn(PROBLEMS, code) ? code as ProblemCode : "refused";
}
