import type { Store } from "../../kernel/mod.ts";
import type { Attestor } from "../../pipelines/mod.ts";
import type { KeyUse, SigningKeyRecord } from "../../specs/attestation/mod.ts";
import { kidOf, localAttestor, logKeyRecord, signingFolder } from "../signing_directory.ts";
import { isNamed, namedKey, type SignerChoice } from "./choice.ts";
import { replaceKey } from "./file_keys.ts";
import { SigningFailed } from "./held_key.ts";
import { changeRing, readRing } from "./key_ring.ts";

export interface KeyChange {
  readonly data: string;
  readonly store: Store;
  readonly choice?: SignerChoice;
  readonly by: string;
}

/**
 * A new key for a use. What the old one signed is believed on. Until the overlap ends it signs statements or checkpoints beside the new one,
 * so that who knows only it is not cut off; then its private half is gone. The record of the new key in the log is signed by the old one,
 * where that signs statements.
 */
export async function rotateKey(
  change: KeyChange & { use: KeyUse; overlapMs: number },
): Promise<{ before: string; after: SigningKeyRecord; notAfter: string; index: number }> {
  const { data, store, choice = {}, by, use, overlapMs } = change;
  const folder = signingFolder(data);
  if (isNamed(choice) || await namedKey(folder, use, choice) !== null) {
    throw new SigningFailed(
      `Cannot make a new key for ${use}: it is held elsewhere than in the signing directory`,
      "Make it there and name it here: the next run takes it, and the one before is on its way out",
    );
  }
  const old = await localAttestor(data, store, choice);
  const before = activeKid(old, use);
  const notAfter = new Date(Date.now() + overlapMs).toISOString();
  await changeRing(folder, (ring) => ({
    v: 1,
    keys: ring.keys.map((one) => one.kid === before && one.use === use ? { ...one, notAfter } : one),
  }));
  await replaceKey(folder, use, overlapMs > 0);
  const now = await localAttestor(data, store, choice);
  const kid = activeKid(now, use);
  const after = (await readRing(folder)).keys.find((one) => one.kid === kid && one.use === use);
  if (after === undefined || kid === before) throw new Error(`Cannot find the new key for ${use}`);
  const index = await logKeyRecord({ log: now.log, signer: use === "evidence" ? old.signer : now.signer }, {
    act: "rotated",
    kid,
    use,
    publicKey: after.publicKey,
    at: new Date().toISOString(),
    by,
    reason: null,
    follows: before,
  });
  await now.log.checkpoint(now.logSigner);
  return { before, after, notAfter, index };
}

/**
 * Ends a key. What was sealed before stays good, as far as the log proves that it was: the revocation is a leaf of it. A key that is in use
 * is replaced first.
 */
export async function revokeKey(
  change: KeyChange & { kid: string; reason: string },
): Promise<{ record: SigningKeyRecord; replacedBy: string | null }> {
  const { data, store, choice = {}, by, kid, reason } = change;
  const folder = signingFolder(data);
  const known = (await readRing(folder)).keys.find((one) => one.kid === kid);
  if (known === undefined) {
    throw new SigningFailed(`There is no key ${kid} here`, "See: forge evidence keys list");
  }
  if (known.revoked !== undefined) {
    throw new SigningFailed(`The key ${kid} was revoked at ${known.revoked.at}`, "Nothing is to be done");
  }
  const isActive = activeKid(await localAttestor(data, store, choice), known.use) === kid;
  const replaced = isActive ? await rotateKey({ ...change, use: known.use, overlapMs: 0 }) : null;
  const now = await localAttestor(data, store, choice);
  const at = new Date().toISOString();
  const index = await logKeyRecord(now, {
    act: "revoked",
    kid,
    use: known.use,
    publicKey: known.publicKey,
    at,
    by,
    reason,
    follows: null,
  });
  const revoked = { at, reason, origin: now.logSigner.key.name, index };
  const ring = await changeRing(folder, (before) => ({
    v: 1,
    keys: before.keys.map((one) =>
      one.kid === kid && one.use === known.use
        ? { ...one, notAfter: one.notAfter !== undefined && one.notAfter < at ? one.notAfter : at, revoked }
        : one
    ),
  }));
  // Its line goes out of log.vkey.
  await (await localAttestor(data, store, choice)).log.checkpoint(now.logSigner);
  const record = ring.keys.find((one) => one.kid === kid && one.use === known.use);
  if (record === undefined) throw new Error(`Cannot find the key ${kid} again`);
  return { record, replacedBy: replaced?.after.kid ?? null };
}

/** How the key in use is called in the ring. */
export function activeKid({ signer, logSigner }: Attestor, use: KeyUse): string {
  return use === "evidence" ? signer.keyId : kidOf(logSigner.key);
}
