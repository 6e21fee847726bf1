import { BASE64_CLASS, hasRun, HEX_CLASS, PERCENT_CLASS } from "./runs.ts";
import { STARTS } from "./starts.ts";

/** How long a run of base 64, of hexadecimal and of percent codes must be to hide a token. */
export const SHORTEST = { base64: 26, hex: 40, spacedHex: 59, percent: 20 };
const SPACED = /(?:[0-9a-fA-F]{2}[ :,]){19}/;

/**
 * Whether a text, or a stretch of it, may hold a token as it stands, disguised or as a key: each leaves one of these traces, so that
 * without any the text need not be searched. `hex` says whether a run of hexadecimal is to be decoded at all.
 */
export function mayHoldToken(text: string, hex: () => boolean): boolean {
  if (STARTS.kindsIn(text) !== 0 || text.includes("eyJ")) return true;
  if (text.includes("-----BEGIN ") || text.includes("PuTTY-User-Key-File-")) return true;
  if (text.includes("%") && hasRun(text, PERCENT_CLASS, SHORTEST.percent)) return true;
  if (text.includes("&#") || SPACED.test(text)) return true;
  if (!hasRun(text, BASE64_CLASS, SHORTEST.base64)) return false;
  // Base 64 of a token, and what is left of one, has letters of both cases.
  if (/[A-Z]/.test(text) && /[a-z]/.test(text)) return true;
  return hasRun(text, HEX_CLASS, SHORTEST.hex) && hex();
}
