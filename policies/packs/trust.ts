import { ok, pathGlob, type Problem, type Result, TrustedKey, TrustRoot } from "../../specs/mod.ts";
import { refuse } from "./refusal.ts";

/** How far a pack is believed: by whom it is signed, never by what it says of itself. Of a tainted one nothing loads. */
export type TrustLevel = "tainted" | "untrusted" | "trusted";

/** A root without a key: every pack is tainted. */
export const NO_TRUST: TrustRoot = { version: 1, keys: [] };

/** Reads the text of a trust root, and holds each key's id against the key itself. */
export async function parseTrustRoot(value: unknown): Promise<Result<TrustRoot, Problem>> {
  const parsed = TrustRoot.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(
      "pack-trust-root",
      `The trust root has not its form: ${issue?.message ?? "it is no object"}`,
      "See specs/schema/trust-root.schema.json",
      { path: issue?.path.join(".") ?? "" },
    );
  }
  const ids = new Set<string>();
  for (const [at, key] of parsed.data.keys.entries()) {
    const id = await keyIdOf(key.publicKey);
    const path = `keys.${at}`;
    if (id === null) {
      return refuse(
        "pack-trust-root",
        "A key of the trust root is no public key (PEM, SPKI)",
        "Give its PEM",
        {
          path,
        },
      );
    }
    if (id !== key.id) {
      return refuse(
        "pack-trust-root",
        `A key of the trust root is not the one of its id: it is ${id}`,
        "Fix it",
        {
          path,
          value: key.id,
        },
      );
    }
    if (ids.has(id)) {
      return refuse("pack-trust-root", "The trust root names a key twice", "Keep one", { path, value: id });
    }
    ids.add(id);
  }
  return ok(parsed.data);
}

/** A key as one that may publish any pack: what a directory of bare public keys means. */
export async function publisherKey(name: string, pem: string): Promise<TrustedKey | null> {
  const id = await keyIdOf(pem);
  return id === null
    ? null
    : TrustedKey.parse({ id, publicKey: pem, name, roles: ["pack-publisher"], level: "trusted" });
}

/** Whether a key of the root may publish a pack of this name at this instant; if not, why. */
export function mayPublish(
  key: TrustedKey,
  pack: string,
  at: string,
): Result<"trusted" | "untrusted", Problem> {
  const named = key.name ? `${key.name} (${key.id})` : key.id;
  if (key.revoked) {
    return refuse(
      "pack-key-revoked",
      `The key ${named} was revoked at ${key.revoked.at}: ${key.revoked.reason}`,
      "Have the pack signed by a key that is valid",
      { value: key.id },
    );
  }
  const now = Date.parse(at);
  if (key.notBefore !== undefined && now < Date.parse(key.notBefore)) {
    return refuse(
      "pack-key-window",
      `The key ${named} is valid from ${key.notBefore} on`,
      "Wait, or use another key",
      {
        value: key.id,
      },
    );
  }
  if (key.notAfter !== undefined && now >= Date.parse(key.notAfter)) {
    return refuse(
      "pack-key-window",
      `The key ${named} was valid until ${key.notAfter}`,
      "Sign with a current key",
      {
        value: key.id,
      },
    );
  }
  if (!key.roles.includes("pack-publisher")) {
    return refuse(
      "pack-key-role",
      `The key ${named} is no pack-publisher: its roles are ${key.roles.join(", ")}`,
      "Have the pack signed by a publisher, or give the key the role in the trust root",
      { value: key.id },
    );
  }
  if (!key.packs.some((glob) => pathGlob(glob)(pack))) {
    return refuse(
      "pack-key-name",
      `The key ${named} may not publish '${pack}': it may publish ${key.packs.join(", ")}`,
      "Have the pack signed by its publisher",
      { value: pack },
    );
  }
  return ok(key.level);
}

/** The SPKI bytes of a PEM; null when it is none. */
export function spkiOf(pem: string): Uint8Array<ArrayBuffer> | null {
  const body = /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem)?.[1];
  if (body === undefined) return null;
  try {
    return Uint8Array.from(atob(body.replace(/\s/g, "")), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

/** Unpadded base64url of the SHA-256 of the key. */
export async function keyIdOf(pem: string): Promise<string | null> {
  const spki = spkiOf(pem);
  if (spki === null) return null;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", spki));
  return btoa(String.fromCharCode(...hash)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
