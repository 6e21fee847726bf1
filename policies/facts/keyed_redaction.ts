import { keyedDigest } from "./personal/marks.ts";
import { redact as redactWith, type SecretDigest } from "./secrets.ts";

let installationKey: Uint8Array | null = null;

/**
 * From now on marks of secrets carry a keyed digest (HMAC-SHA-256) of the value: that two of them are the same one can be shown, and
 * nobody without the installation's key can try values. Told once, at the start of a process; null takes it back.
 */
export function keyRedaction(key: Uint8Array | null): void {
  installationKey = key;
}

/** The keyed digest of a secret as a mark shows it; nothing where the process has no key. */
export const secretDigest: SecretDigest = (value) =>
  installationKey === null ? "" : `:${keyedDigest(installationKey, "secret", value).slice(0, 16)}`;

/**
 * The text as it may leave: every secret replaced by a mark. What judges calls the form without digests, as a decision comes out the same
 * wherever it is taken again.
 */
export const redact = (text: string): string => redactWith(text, secretDigest);
