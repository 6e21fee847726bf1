// node:crypto is a web-grade port here: Deno, Node and the hosted edge all have it, and it hashes a small record in about a
// microsecond; crypto.subtle needs a trip to a thread pool for each.
import { createHash, createHmac } from "node:crypto";

/** SHA-256 of text (as UTF-8) or bytes, in lower-case hex. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** HMAC-SHA-256 of text (as UTF-8) under a key, in lower-case hex. */
export function hmacSha256Hex(key: Uint8Array, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}
