import { digestOf, err, ok, PackManifest, TrustedKey, type TrustRoot } from "../../specs/mod.ts";
import type { Signer } from "../evidence/dsse.ts";
import type { PackFiles } from "../packs/archive.ts";
import type { CompileRule } from "../packs/kinds.ts";
import { ENVELOPE_FILE, signManifest } from "../packs/signature.ts";
import { keyIdOf } from "../packs/trust.ts";
import { fail, pass } from "../rule.ts";

export const AT = "2026-11-23T08:00:00.000Z";

/** A publisher with a key of its own, and how a trust root names it. */
export interface Publisher {
  signer: Signer;
  trusted: TrustedKey;
}

export async function publisher(name: string, more: Partial<TrustedKey> = {}): Promise<Publisher> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const publicKey = `-----BEGIN PUBLIC KEY-----\n${
    btoa(String.fromCharCode(...spki))
  }\n-----END PUBLIC KEY-----\n`;
  const id = await keyIdOf(publicKey) ?? "";
  return {
    signer: {
      keyId: id,
      sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes)),
    },
    trusted: TrustedKey.parse({
      id,
      publicKey,
      name,
      roles: ["pack-publisher"],
      level: "trusted",
      ...more,
    }),
  };
}

export const rootOf = (...publishers: Publisher[]): TrustRoot => ({
  version: 1,
  keys: publishers.map(({ trusted }) => trusted),
});

/** A rule whose body the compiler of these tests understands: `pass`, `fail` or `throw`. */
export const sampleRule = (id: string, expr = "pass", more: Record<string, unknown> = {}) => ({
  id,
  layer: "L2",
  phases: ["implement->verify"],
  kind: "cel",
  expr,
  severity: "high",
  message: `${id} does not hold`,
  remediation: { text: `see to ${id}` },
  ...more,
});

export const sampleManifest = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  apiVersion: "delivery.policy/v1",
  name: "acme/house",
  version: "1.0.0",
  revision: 3,
  notBefore: "2026-11-01T00:00:00Z",
  expiresAt: "2027-05-01T00:00:00Z",
  rules: [sampleRule("T1")],
  ...more,
});

/** The files of a signed pack. */
export async function signedPack(
  by: Publisher,
  more: Record<string, unknown> = {},
  members: Record<string, string | Uint8Array<ArrayBuffer>> = { "notes.txt": "for people\n" },
): Promise<PackFiles> {
  const bytes = Object.entries(members).map(([path, content]) =>
    [path, typeof content === "string" ? new TextEncoder().encode(content) : content] as const
  );
  const listed = [];
  for (const [path, content] of bytes) {
    listed.push({ path, sha256: (await digestOf(content)).slice("sha256:".length) });
  }
  const manifest = PackManifest.parse({ ...sampleManifest(more), members: listed });
  return new Map([...bytes, [ENVELOPE_FILE, await signManifest(manifest, by.signer)]]);
}

/** A compiler of bodies of one word. */
export const compileWords: CompileRule = (rule) => {
  const body = "expr" in rule ? rule.expr ?? "" : "";
  if (!["pass", "fail", "throw"].includes(body)) {
    return Promise.resolve(
      err({
        code: "rule-body",
        message: `'${body}' is no word of this test`,
        remedy: "Say pass, fail or throw",
      }),
    );
  }
  return Promise.resolve(ok({
    reads: ["patch" as const],
    judge: () => {
      if (body === "throw") throw new Error("the body failed");
      return body === "pass" ? pass() : fail([], "passes when the body says pass");
    },
  }));
};
