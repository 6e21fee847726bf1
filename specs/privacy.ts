import { z } from "zod";
import { Instant } from "./base.ts";

/**
 * What is done with personal data that a run would keep: nothing; marks take its place, and its values can be read as long as the run's
 * data key is there; marks take its place, and nothing can bring the values back. In the order of how little is kept.
 */
export const PersonalHandling = z.enum(["none", "encrypted", "redacted"]);
export type PersonalHandling = z.infer<typeof PersonalHandling>;

/** The stricter of two. */
export const stricter = (one: PersonalHandling, other: PersonalHandling): PersonalHandling =>
  PersonalHandling.options.indexOf(one) >= PersonalHandling.options.indexOf(other) ? one : other;

export const DataKeyId = z.string().regex(/^pdk_[0-9a-z]{10,60}$/);

/** In a run's input: what it does with personal data, and the key of what it keeps. */
export const RunPrivacy = z.strictObject({
  handling: z.enum(["encrypted", "redacted"]),
  kid: DataKeyId.describe("the data key under which working copies and values are kept"),
});
export type RunPrivacy = z.infer<typeof RunPrivacy>;

/** `privacy.json` of the data directory. */
export const PrivacySettings = z.strictObject({
  v: z.literal(1),
  personalData: PersonalHandling.default("none").describe("the least that every run does"),
});
export type PrivacySettings = z.infer<typeof PrivacySettings>;

/** `private/values.json` of a bundle: what its marks stand for, each sealed (AES-256-GCM, the mark as additional data). */
export const SealedValues = z.strictObject({
  v: z.literal(1),
  kid: DataKeyId,
  algorithm: z.literal("A256GCM"),
  values: z.array(z.strictObject({
    mark: z.string().max(200),
    iv: z.base64(),
    ciphertext: z.base64(),
  })).max(1_000_000),
});
export type SealedValues = z.infer<typeof SealedValues>;

/** A data key as it is kept: wrapped by a key from elsewhere. */
export const WrappedDataKey = z.strictObject({
  v: z.literal(1),
  kid: DataKeyId,
  at: Instant,
  wrappedBy: z.string().max(100).describe("id of the wrapping key; `command` of a program that holds it"),
  wrapped: z.base64().max(20_000),
});
export type WrappedDataKey = z.infer<typeof WrappedDataKey>;
