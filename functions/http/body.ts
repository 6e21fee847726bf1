/** Reads a request's body with a counted limit, and JSON without the traps of JSON. */
import { visit } from "jsonc-parser";
import { err, ok, type Result } from "../../specs/mod.ts";
import type { ProblemCode, Trouble } from "./problem.ts";
import { shown } from "./shown.ts";

/** What every route that takes a body may answer, beside its own. */
export const BODY_TROUBLES: readonly ProblemCode[] = [
  "malformed-request",
  "request-timeout",
  "body-too-large",
  "unsupported-media-type",
  "invalid-request",
];

/** The media type of a request without its parameters, lower case; empty when there is none. */
export function mediaType(request: Request): string {
  return (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** The body as text. Counts while it reads: a missing or lying Content-Length changes nothing. */
export async function readText(
  request: Request,
  options: { maxBytes: number; timeoutMs: number },
): Promise<Result<string, Trouble>> {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers.get("content-type") ?? "")?.[1];
  if (charset !== undefined && charset.toLowerCase() !== "utf-8") {
    return err({
      code: "unsupported-media-type",
      detail: `The body's character encoding ${shown(charset)} is not supported.`,
      remedy: "Send UTF-8.",
    });
  }
  const bytes = await readBytes(request, options);
  if (!bytes.ok) return bytes;
  try {
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(bytes.value));
  } catch {
    return err({ code: "malformed-request", detail: "The body is not UTF-8 text." });
  }
}

/** The body's bytes as they came, within the same bounds. */
export async function readBytes(
  request: Request,
  options: { maxBytes: number; timeoutMs: number },
): Promise<Result<Uint8Array<ArrayBuffer>, Trouble>> {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity") {
    return err({
      code: "unsupported-media-type",
      detail: `The body's content coding ${shown(encoding)} is not supported.`,
      remedy: "Send the body as it is, without Content-Encoding.",
    });
  }
  const tooLarge: Trouble = {
    code: "body-too-large",
    detail: `The body is larger than ${options.maxBytes} bytes, the limit here.`,
    remedy: "Send less, or name a repository that already holds the data.",
    headers: { connection: "close" },
  };
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) > options.maxBytes) {
    await request.body?.cancel();
    return err(tooLarge);
  }
  if (request.body === null) return ok(new Uint8Array());
  const reader = request.body.getReader();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    reader.cancel("the body did not arrive in time").catch(() => {});
  }, options.timeoutMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > options.maxBytes) {
        reader.cancel("too large").catch(() => {});
        return err(tooLarge);
      }
      chunks.push(value);
    }
  } catch {
    reader.cancel().catch(() => {});
    return err({ code: "malformed-request", detail: "The body ended early." });
  } finally {
    clearTimeout(timer);
  }
  if (timedOut) {
    return err({
      code: "request-timeout",
      detail: `The body did not arrive within ${options.timeoutMs / 1000} seconds.`,
      headers: { connection: "close" },
    });
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return ok(bytes);
}

class Refused extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble.detail);
  }
}

/** One JSON value: nested at most `maxDepth` deep, no key twice, no `__proto__`, no integer that a double would change. */
export function parseJson(text: string, maxDepth: number): Result<unknown, Trouble> {
  let value: unknown;
  const refuse = (detail: string, remedy?: string): never => {
    throw new Refused({ code: "invalid-request", detail, remedy });
  };
  const keys: Set<string>[] = [];
  let depth = 0;
  const deeper = () => {
    if (++depth > maxDepth) refuse(`The JSON is nested deeper than ${maxDepth} levels, the limit here.`);
  };
  try {
    visit(text, {
      onObjectBegin: () => {
        deeper();
        keys.push(new Set());
      },
      onObjectEnd: () => {
        depth--;
        keys.pop();
      },
      onArrayBegin: deeper,
      onArrayEnd: () => {
        depth--;
      },
      onObjectProperty: (name) => {
        const seen = keys.at(-1);
        if (name === "__proto__") refuse('The JSON has a key "__proto__", which is not allowed.');
        if (seen?.has(name)) {
          refuse(`The JSON has the key ${shown(name)} twice in one object.`, "Keep one of them.");
        }
        seen?.add(name);
      },
      onLiteralValue: (literal) => {
        if (typeof literal !== "number") return;
        if (!Number.isFinite(literal) || (Number.isInteger(literal) && !Number.isSafeInteger(literal))) {
          refuse("The JSON holds a number beyond 2^53.", "Send it as a string.");
        }
      },
    }, { disallowComments: true });
    value = JSON.parse(text);
  } catch (cause) {
    if (cause instanceof Refused) return err(cause.trouble);
    if (cause instanceof SyntaxError) {
      return err({
        code: "malformed-request",
        detail: text.trim() === "" ? "The body is empty; JSON is needed." : "The body is not valid JSON.",
      });
    }
    throw cause;
  }
  return ok(value);
}
