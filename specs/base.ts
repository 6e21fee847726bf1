import { z } from "zod";

/** Any JSON value. Big or binary data travels as a blob digest, never inline. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export const Json: z.ZodType<Json> = z.json() as z.ZodType<Json>;

/** `sha256:` and 64 hex digits: the name of a blob, a patch, a pack, a bundle. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
export type Digest = z.infer<typeof Digest>;

/** UTC instant in RFC 3339 with milliseconds. */
export const Instant = z.iso.datetime();
export type Instant = z.infer<typeof Instant>;

export const RunId = z.string().regex(/^run_[0-9a-z]{8,40}$/);
export type RunId = z.infer<typeof RunId>;

/** Git object name, SHA-1 or SHA-256. */
export const GitSha = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
export type GitSha = z.infer<typeof GitSha>;

/** Who did it: a signing key, a service, or a part of the engine. */
export const Actor = z.strictObject({
  kind: z.enum(["user", "key", "engine", "schedule", "webhook"]),
  id: z.string().min(1).max(200),
});
export type Actor = z.infer<typeof Actor>;

/** What is expected to fail is a value; bugs are exceptions. */
export type Result<T, E> = { ok: true; value: T } | { ok: false; error: E };
export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });
export const err = <E>(error: E): { ok: false; error: E } => ({ ok: false, error });

/** An error for people: what failed, why, the value given, and what to do next. */
export interface Problem {
  code: string;
  message: string;
  path?: string;
  value?: string;
  remedy?: string;
  /** Where in the text, counted from 1, when the text has lines. */
  line?: number;
  /** Every single problem, when this one sums up several. */
  causes?: Problem[];
}
