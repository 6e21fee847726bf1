import {
  derOfRaw,
  type EvidenceKey,
  rawOfDer,
  readEvidenceKey,
  verifySignature,
} from "../../policies/evidence/mod.ts";
import type { KeyUse } from "../../specs/attestation/mod.ts";

/** Who has the private half: this process, by a file or by its environment; a process of its own; a program of the operator. */
export type Custody = "file" | "environment" | "process" | "command";

/** A private key, wherever it is held. */
export interface HeldKey {
  readonly use: KeyUse;
  /** PEM (SPKI). */
  readonly publicKey: string;
  readonly custody: Custody;
  /** ECDSA P-256 in DER for evidence, Ed25519 for the log. */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

/** A key that cannot be used, or that did not sign; never says anything of a private key. */
export class SigningFailed extends Error {
  override readonly name = "SigningFailed";
  constructor(message: string, readonly remedy: string) {
    super(message);
  }
}

/** The key with its public half read. Whatever it signs is verified before anybody gets it: what holds the key may have another one. */
export async function checkedKey(held: HeldKey): Promise<HeldKey & { readonly open: EvidenceKey }> {
  const open = await readEvidenceKey(held.publicKey);
  const expected = held.use === "evidence" ? "ECDSA-P256" : "Ed25519";
  if (open?.algorithm !== expected) {
    throw new SigningFailed(
      `Cannot sign ${held.use} with a key that is ${open?.algorithm ?? "no public key"}`,
      `Give a key of the kind ${expected}`,
    );
  }
  return {
    ...held,
    open,
    async sign(bytes) {
      const given = new Uint8Array(await held.sign(bytes));
      // Some programs give r and s side by side, as WebCrypto does. Of the two forms of a signature we keep one.
      const raw = expected === "ECDSA-P256" ? rawOfDer(given) ?? (given.length === 64 ? given : null) : null;
      const signature = raw === null ? given : derOfRaw(raw);
      if (!await verifySignature(open, signature, bytes)) {
        throw new SigningFailed(
          `What holds the key for ${held.use} (${held.custody}) signed with another key than ${open.id}, or gave no signature`,
          "Make the public key and the program or process that signs belong together",
        );
      }
      return signature;
    },
  };
}

/** What evidence says of who held the key that signed it. */
export function custodyNote(custody: Custody): string {
  switch (custody) {
    case "file":
    case "environment":
      return "signed by a key of the process that made the bundle, not by a signer apart from it";
    case "process":
      return "signed by a process of its own, which alone read the key; it ran under the same user as the one that made the bundle";
    case "command":
      return "signed by a program that the operator named; the process that made the bundle did not have the key";
    default:
      return custody satisfies never;
  }
}
