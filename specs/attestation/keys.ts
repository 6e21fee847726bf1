import { z } from "zod";
import { Instant } from "../base.ts";

/** What a key of an installation signs: statements of evidence, or checkpoints of its transparency log. */
export const KeyUse = z.enum(["evidence", "log"]);
export type KeyUse = z.infer<typeof KeyUse>;

/** Where in a transparency log the revocation of a key stands: what was logged before it was signed before it. */
export const KeyRevocation = z.strictObject({
  at: Instant,
  reason: z.string().max(500),
  origin: z.string().describe("the log"),
  index: z.number().int().min(0).describe("of the revocation's leaf"),
});
export type KeyRevocation = z.infer<typeof KeyRevocation>;

/** What a trust root says of one key. */
export const SigningKeyRecord = z.strictObject({
  kid: z.string().min(1).max(300).describe(
    "unpadded base64url of the SHA-256 of the public key (SPKI); of a log's key name+hash",
  ),
  use: KeyUse,
  algorithm: z.enum(["ECDSA-P256", "Ed25519"]),
  publicKey: z.string().min(1).max(4000).describe("PEM (SPKI); of a log's key its line name+hash+base64"),
  notBefore: Instant.optional().describe("evidence of earlier runs is not believed from it"),
  notAfter: Instant.optional().describe("evidence of later runs is not believed from it"),
  revoked: KeyRevocation.optional(),
});
export type SigningKeyRecord = z.infer<typeof SigningKeyRecord>;

/** `keys.json` of a trust root: every key that an installation has had, with the time that it is good for. */
export const SigningKeys = z.strictObject({ v: z.literal(1), keys: z.array(SigningKeyRecord).max(1000) });
export type SigningKeys = z.infer<typeof SigningKeys>;

/** `witnesses.json` of a trust root: who cosigns the checkpoints of a log, and how many of them a reader wants to see. */
export const WitnessPolicy = z.strictObject({
  v: z.literal(1),
  required: z.number().int().min(0).max(64),
  witnesses: z.array(z.strictObject({
    key: z.string().min(1).max(1000).describe("its line name+hash+base64 (C2SP tlog-cosignature)"),
    url: z.url().max(2000).optional().describe("where it takes checkpoints: add-checkpoint below it"),
  })).max(64),
});
export type WitnessPolicy = z.infer<typeof WitnessPolicy>;

/** What is said of a key in the log: that it is in use, that it follows on another, or that it counts no more. */
export const KeyPredicate = z.strictObject({
  act: z.enum(["issued", "rotated", "revoked"]),
  kid: z.string(),
  use: KeyUse,
  publicKey: z.string(),
  at: Instant,
  by: z.string(),
  reason: z.string().nullable(),
  follows: z.string().nullable().describe("the kid of the key that it takes the place of"),
});
export type KeyPredicate = z.infer<typeof KeyPredicate>;
