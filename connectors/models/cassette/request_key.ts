/** What makes two requests the same to a recording: method, path and body, without secrets and without what differs from run to run. */
import { canonicalJson } from "../../../kernel/mod.ts";
import type { Json } from "../../../specs/mod.ts";

/** Fields that say who asks, not what. */
const LEFT_OUT = new Set(["metadata", "user", "safety_identifier", "prompt_cache_key", "stream_options"]);

/** Names and times that each run has of its own, wherever they stand in a text. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\b(run|ev|esc|wf|task|call)_[0-9a-z]{8,40}\b/g, "$1_*"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<uuid>"],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)/g, "<instant>"],
  [/\b\d{4}-\d\d-\d\d\b/g, "<date>"],
  [/\bsha256:[0-9a-f]{64}\b/g, "<digest>"],
  [/\b(?:[0-9a-f]{40}|[0-9a-f]{64})\b/g, "<hex>"],
  [/\b(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}\b/g, "$1:*"],
  [/\b\d+(?:\.\d+)?\s?(?:ns|µs|us|ms|s|sec|seconds)\b/g, "<time>"],
  [
    /(?:\/(?:private\/)?(?:var\/folders\/[^/\s"']+\/[^/\s"']+\/T|tmp|var\/tmp|dev\/shm))\/[\w.-]+/g,
    "<temporary>",
  ],
];

export interface RequestKey {
  readonly method: string;
  readonly path: string;
  readonly digest: string;
  readonly body: Json;
}

/** @param redact takes secrets out of a text, always in the same way */
export async function requestKey(
  method: string,
  url: string,
  body: string,
  redact: (text: string) => string,
): Promise<RequestKey> {
  const { pathname, search } = new URL(url);
  let parsed: Json;
  try {
    parsed = JSON.parse(body) as Json;
  } catch {
    parsed = body;
  }
  const steady = steadied(parsed, redact, true);
  const bytes = new TextEncoder().encode(canonicalJson(steady));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return {
    method,
    path: redact(`${pathname}${search}`),
    digest: `sha256:${Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("")}`,
    body: steady,
  };
}

function steadied(value: Json, redact: (text: string) => string, top = false): Json {
  if (typeof value === "string") {
    return VOLATILE.reduce((text, [pattern, instead]) => text.replace(pattern, instead), redact(value));
  }
  if (Array.isArray(value)) return value.map((one) => steadied(one, redact));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !(top && LEFT_OUT.has(name)))
      .map(([name, one]) => [redact(name), steadied(one, redact)]),
  );
}

/** Where two bodies first differ, as a path; undefined when they do not. */
export function firstDifference(
  one: Json | undefined,
  other: Json | undefined,
  path = "",
): string | undefined {
  if (Array.isArray(one) && Array.isArray(other)) {
    for (let at = 0; at < Math.max(one.length, other.length); at++) {
      const found = firstDifference(one[at], other[at], `${path}[${at}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isRecord(one) && isRecord(other)) {
    for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const found = firstDifference(one[name], other[name], path === "" ? name : `${path}.${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return one === other ? undefined : path === "" ? "the body" : path;
}

const isRecord = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
