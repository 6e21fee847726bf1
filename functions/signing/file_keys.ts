import { join } from "node:path";
import { testKeyProblem } from "../../policies/evidence/mod.ts";
import type { KeyUse } from "../../specs/attestation/mod.ts";
import { derOfRaw, keyId } from "../../policies/evidence/mod.ts";
import { type Custody, type HeldKey, SigningFailed } from "./held_key.ts";
import { ALGORITHMS, derOf, pem, publicPem } from "./pem.ts";

/** Private keys of `signing/`, 0600 in a directory that is 0700. */
export const SECRETS: Readonly<Record<KeyUse, string>> = {
  evidence: "evidence.key.pem",
  log: "log.key.pem",
};

/** The key of a file, made when there is none. Of two processes that make one at once, the first one's is everybody's. */
export const fileKey = (folder: string, use: KeyUse): Promise<HeldKey> =>
  fileKeyAt(join(folder, SECRETS[use]), use);

/** The same at a path. */
export async function fileKeyAt(path: string, use: KeyUse): Promise<HeldKey> {
  for (;;) {
    const text = await privateText(path);
    if (text !== null) return await heldKey(use, text, "file", path);
    await makeKey(path, use);
  }
}

/** Keys before those in use, while they sign beside them. */
const FORMER: Readonly<Record<KeyUse, string>> = {
  evidence: "evidence.former.key.pem",
  log: "log.former.key.pem",
};

/** Puts a new key in the place of the one that is there, which is gone unless it is kept: then it signs on beside the new one. */
export async function replaceKey(folder: string, use: KeyUse, keep = false): Promise<HeldKey> {
  const path = join(folder, SECRETS[use]);
  const draft = await writeDraft(path, use);
  await dropFormerKey(folder, use);
  if (keep) await Deno.link(path, join(folder, FORMER[use]));
  await Deno.rename(draft, path);
  return await fileKey(folder, use);
}

/** The key that was kept, or null. */
export async function formerKey(folder: string, use: KeyUse): Promise<HeldKey | null> {
  const path = join(folder, FORMER[use]);
  const text = await privateText(path);
  return text === null ? null : await heldKey(use, text, "file", path);
}

export async function dropFormerKey(folder: string, use: KeyUse): Promise<void> {
  try {
    await Deno.remove(join(folder, FORMER[use]));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * The text of a private file, or null where there is none: a plain file of this user that nobody else may read. Another one is refused,
 * as who can read it can sign, and who can put a link in its place says with what.
 */
export async function privateText(path: string): Promise<string | null> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const problem = exposure(info);
  if (problem !== null) {
    throw new SigningFailed(`Cannot use the private key of ${path}: ${problem.why}`, problem.remedy);
  }
  return await textAt(path);
}

function exposure(
  { isFile, isSymlink, mode, uid }: Pick<Deno.FileInfo, "isFile" | "isSymlink" | "mode" | "uid">,
): { why: string; remedy: string } | null {
  if (isSymlink || !isFile) {
    return {
      why: isSymlink ? "it is a link" : "it is no file",
      remedy: "Put the file itself there, or name the key: FORGE_SIGNING_KEY, FORGE_LOG_KEY, signer.json",
    };
  }
  if (Deno.build.os === "windows") return null;
  if (uid !== null && uid !== Deno.uid()) {
    return { why: `it belongs to another user (${uid})`, remedy: "Take it over (chown), or make a new one" };
  }
  return mode !== null && (mode & 0o077) !== 0
    ? {
      why: `others may read or write it (mode ${(mode & 0o777).toString(8).padStart(4, "0")})`,
      remedy:
        "If nobody has read it: chmod 600; else make another one: forge evidence keys rotate --overlap 0d",
    }
    : null;
}

/** A private key as PKCS#8, in PEM or base64. What is wrong with it is said without a byte of it. */
export async function heldKey(
  use: KeyUse,
  text: string,
  custody: Custody,
  place: string,
): Promise<HeldKey> {
  const der = derOf(text);
  let secret: CryptoKey;
  try {
    if (der === null) throw new TypeError("no base64");
    secret = await crypto.subtle.importKey("pkcs8", der, ALGORITHMS[use], true, ["sign"]);
  } catch {
    throw new SigningFailed(
      `Cannot use the private key of ${place}: it is no ${
        use === "evidence" ? "ECDSA P-256" : "Ed25519"
      } key in PKCS#8`,
      "Give PEM (-----BEGIN PRIVATE KEY-----), or its base64",
    );
  }
  const publicKey = await publicPem(secret);
  const problem = testKeyProblem({ id: await keyId(derOf(publicKey) ?? new Uint8Array()), text });
  if (problem !== null) {
    throw new SigningFailed(
      `Cannot use the private key of ${place}: ${problem}`,
      "Take it away; a new one is made",
    );
  }
  return {
    use,
    publicKey,
    custody,
    sign: use === "evidence"
      ? async (bytes) =>
        derOfRaw(new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, secret, bytes)))
      : async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", secret, bytes)),
  };
}

async function makeKey(path: string, use: KeyUse): Promise<void> {
  const draft = await writeDraft(path, use);
  try {
    await Deno.link(draft, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  } finally {
    await Deno.remove(draft);
  }
}

async function writeDraft(path: string, use: KeyUse): Promise<string> {
  const pair = await crypto.subtle.generateKey(ALGORITHMS[use], true, ["sign", "verify"]) as CryptoKeyPair;
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const draft = `${path}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(draft, pem("PRIVATE KEY", pkcs8), { createNew: true, mode: 0o600 });
  return draft;
}

export async function textAt(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
