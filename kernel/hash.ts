// node:crypto is a web-grade port here: Deno, Node and the hosted edge all have it, and it hashes a small record in about a
// microsecond; crypto.subtle needs a trip to a thread pool for each.
import { createHash } from "node:crypto";

/** SHA-256 of text (as UTF-8) or bytes, in lower-case hex. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
