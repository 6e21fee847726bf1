import { createHash } from "node:crypto";
import { jcs } from "../../policies/mod.ts";

/** A digest of a value in its canonical form, long enough for a name. */
export function shortHash(value: unknown): string {
  return createHash("sha256").update(jcs(JSON.parse(JSON.stringify(value)))).digest("hex").slice(0, 40);
}
