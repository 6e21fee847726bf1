import { join } from "node:path";
import { type Store, transparencyLog } from "../kernel/mod.ts";
import { formatVerifierKey, hex, type NoteSigner, verifierKey } from "../kernel/tlog/mod.ts";
import type { Attestor } from "../pipelines/mod.ts";
import { derOfRaw, keyId } from "../policies/evidence/mod.ts";
import { privateDirectory } from "./key_directory.ts";

/** Files of `signing/` in the data directory: the private ones are 0600 in a directory that is 0700. */
const FILES = {
  evidence: { secret: "evidence.key.pem", open: "evidence.pem" },
  log: { secret: "log.key.pem", open: "log.vkey" },
} as const;

const EVIDENCE = { name: "ECDSA", namedCurve: "P-256" } as const;

/** What stands before the two coordinates in the SPKI of a P-256 key (RFC 5480). */
const P256_PREFIX = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";

/**
 * The installation's own keys for evidence: ECDSA P-256 for statements, Ed25519 for the transparency log. Made at the first use; the log is
 * named after its key.
 */
export async function localAttestor(data: string, store: Store): Promise<Attestor> {
  const { evidence, note } = await signingKeys(data);
  return {
    ...evidence,
    logSigner: note,
    log: transparencyLog({ store, origin: note.key.name }),
    caveats: ["signed by a key of the process that made the bundle, not by a signer apart from it"],
  };
}

/** Opens the keys, and makes those that are not there. */
export async function signingKeys(
  data: string,
): Promise<{ evidence: Pick<Attestor, "signer" | "publicKey">; note: NoteSigner }> {
  const folder = join(data, "signing");
  await privateDirectory(data);
  await privateDirectory(folder);
  const [evidence, note] = await Promise.all([evidenceSigner(folder), logSigner(folder)]);
  return { evidence, note };
}

async function evidenceSigner(folder: string): Promise<Pick<Attestor, "signer" | "publicKey">> {
  const secret = await secretKey(join(folder, FILES.evidence.secret), EVIDENCE);
  const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", secret);
  const spki = new Uint8Array([...Uint8Array.fromHex(P256_PREFIX), ...fromBase64Url(x), ...fromBase64Url(y)]);
  const publicKey = pem("PUBLIC KEY", spki);
  await keepOpen(join(folder, FILES.evidence.open), publicKey);
  return {
    publicKey,
    signer: {
      keyId: await keyId(spki),
      sign: async (bytes) =>
        derOfRaw(new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, secret, bytes))),
    },
  };
}

async function logSigner(folder: string): Promise<NoteSigner> {
  const secret = await secretKey(join(folder, FILES.log.secret), "Ed25519");
  const { x = "" } = await crypto.subtle.exportKey("jwk", secret);
  const publicKey = fromBase64Url(x);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey));
  const key = verifierKey(`edgeforge.local/${hex(digest.subarray(0, 8))}`, publicKey);
  await keepOpen(join(folder, FILES.log.open), `${formatVerifierKey(key)}\n`);
  return { key, sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", secret, bytes)) };
}

/** The key of a file, made when there is none. Of two processes that make one at once, the first one's is everybody's. */
async function secretKey(path: string, algorithm: "Ed25519" | typeof EVIDENCE): Promise<CryptoKey> {
  const kept = await readPem(path);
  if (kept !== null) return await crypto.subtle.importKey("pkcs8", kept, algorithm, true, ["sign"]);
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const draft = `${path}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(draft, pem("PRIVATE KEY", pkcs8), { createNew: true, mode: 0o600 });
  try {
    await Deno.link(draft, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  } finally {
    await Deno.remove(draft);
  }
  return await secretKey(path, algorithm);
}

async function readPem(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const text = await Deno.readTextFile(path);
    return Uint8Array.from(atob(text.replace(/-----[A-Z ]+-----|\s/g, "")), (char) => char.charCodeAt(0));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** The public half beside the private one, for whoever hands it out. */
async function keepOpen(path: string, text: string): Promise<void> {
  if (await Deno.readTextFile(path).catch(() => null) !== text) {
    await Deno.writeTextFile(path, text, { mode: 0o644 });
  }
}

function pem(label: string, der: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...der));
  return `-----BEGIN ${label}-----\n${base64.match(/.{1,64}/g)?.join("\n") ?? ""}\n-----END ${label}-----\n`;
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
