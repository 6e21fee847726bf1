import { join } from "node:path";
import type { Signer } from "../policies/mod.ts";

/** Who can answer: a name and the id of a signing key. */
export interface Principal {
  name: string;
  /** Unpadded base64url of the SHA-256 of the public key (SPKI). */
  keyId: string;
  publicKeyPath: string;
  /** Whether its private key is here, too; without it this is somebody who signs elsewhere. */
  signs: boolean;
}

/**
 * Signing keys (Ed25519, PKCS#8 PEM, 0600) of the principals of one installation, in `keys/` of the data directory (0700).
 * Private keys never leave this file's functions.
 */
export function keyDirectory(data: string): {
  make(name: string): Promise<{ principal: Principal; created: boolean }>;
  list(): Promise<Principal[]>;
  /** Signs as this principal; null when it has no key here. */
  signer(name: string): Promise<Signer | null>;
} {
  const folder = join(data, "keys");
  const read = async (name: string): Promise<Principal | null> => {
    const publicKeyPath = join(folder, `${name}.pub.pem`);
    try {
      const pem = await Deno.readTextFile(publicKeyPath);
      const signs = await Deno.stat(join(folder, `${name}.key.pem`)).then(
        ({ isFile }) => isFile,
        () => false,
      );
      return { name, publicKeyPath, keyId: await keyIdOf(pem), signs };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  };
  return {
    async make(name) {
      if (!isPrincipalName(name)) throw new Error(`Cannot make a key: '${name}' is no name of a principal`);
      await privateDirectory(data);
      await privateDirectory(folder);
      const existing = await read(name);
      if (existing) return { principal: existing, created: false };
      const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
      if (!("privateKey" in pair)) throw new Error("Cannot make a key: the runtime gave no key pair");
      const secret = pemOf("PRIVATE KEY", await crypto.subtle.exportKey("pkcs8", pair.privateKey));
      await Deno.writeTextFile(join(folder, `${name}.key.pem`), secret, { createNew: true, mode: 0o600 });
      const open = pemOf("PUBLIC KEY", await crypto.subtle.exportKey("spki", pair.publicKey));
      await Deno.writeTextFile(join(folder, `${name}.pub.pem`), open, { createNew: true, mode: 0o644 });
      const principal = await read(name);
      if (!principal) throw new Error(`Cannot make a key for '${name}': it could not be read back`);
      return { principal, created: true };
    },
    async signer(name) {
      const principal = isPrincipalName(name) ? await read(name) : null;
      if (!principal) return null;
      const pem = await Deno.readTextFile(join(folder, `${name}.key.pem`)).catch((error) => {
        // A public key alone: somebody who signs elsewhere.
        if (error instanceof Deno.errors.NotFound) return null;
        throw error;
      });
      if (pem === null) return null;
      const der = derOf(pem);
      const key = await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]);
      return {
        keyId: principal.keyId,
        sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, bytes)),
      };
    },
    async list() {
      const found: Principal[] = [];
      try {
        for await (const entry of Deno.readDir(folder)) {
          const name = entry.isFile && entry.name.endsWith(".pub.pem")
            ? entry.name.slice(0, -".pub.pem".length)
            : null;
          const principal = name ? await read(name) : null;
          if (principal) found.push(principal);
        }
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

/** Whether a name can be that of a principal: it is a file's name, too. */
export const isPrincipalName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/.test(name);

/** Makes a directory that only its owner may enter; one that exists is closed to others. */
export async function privateDirectory(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  if (Deno.build.os !== "windows") await Deno.chmod(path, 0o700);
}

function pemOf(label: string, der: ArrayBuffer): string {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(der)));
  return `-----BEGIN ${label}-----\n${base64.match(/.{1,64}/g)?.join("\n") ?? ""}\n-----END ${label}-----\n`;
}

async function keyIdOf(pem: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", derOf(pem)));
  return btoa(String.fromCharCode(...hash)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function derOf(pem: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(pem.replace(/-----[A-Z ]+-----|\s/g, "")), (char) => char.charCodeAt(0));
}
