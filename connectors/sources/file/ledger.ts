/**
 * Which files a stream has read, and in which state they were: what the next run leaves out, reads again, or misses. Small ledgers
 * travel in the stream's state; a big one is kept beside it under its digest, and the state names the digest.
 */
import { createHash } from "node:crypto";
import { DataFailure, type SourceContext } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";

export interface FileRecord {
  readonly size: number;
  readonly modifiedMs: number;
  readonly sha256: string;
  /** It was not there any more when the stream was last read; its rows were kept. */
  readonly gone?: boolean;
}

export type Ledger = Map<string, FileRecord>;
type Vault = SourceContext["vault"];

/** A state of at most 40,000 bytes is kept; this leaves room for what is around the ledger. */
const INLINE = 38_000;

/** The ledger of the last committed load; empty before the first. */
export async function ledgerOf(state: Json, vault: Vault): Promise<Ledger> {
  if (state === null || typeof state !== "object" || Array.isArray(state)) return new Map();
  const { files, digest } = state;
  const value = typeof digest === "string" ? parsed(await fetched(vault, digest)) : files;
  const ledger: Ledger = new Map();
  if (value === null || typeof value !== "object" || Array.isArray(value)) return ledger;
  for (const [name, record] of Object.entries(value)) {
    if (!Array.isArray(record)) continue;
    const [size, modifiedMs, sha256, gone] = record;
    if (typeof size !== "number" || typeof modifiedMs !== "number" || typeof sha256 !== "string") continue;
    ledger.set(name, { size, modifiedMs, sha256, ...(gone === true ? { gone: true } : {}) });
  }
  return ledger;
}

/** The state that names this ledger. What the one before kept beside it is let go, now that a later load stands on this one. */
export async function stateOf(ledger: Ledger, before: Json, vault: Vault): Promise<Json> {
  const files: { [name: string]: Json } = {};
  for (const [name, { size, modifiedMs, sha256, gone }] of [...ledger].sort(([a], [b]) => a < b ? -1 : 1)) {
    files[name] = gone === true ? [size, modifiedMs, sha256, true] : [size, modifiedMs, sha256];
  }
  const text = JSON.stringify(files);
  const old = before !== null && typeof before === "object" && !Array.isArray(before) ? before : {};
  const release = typeof old.previous === "string" ? old.previous : null;
  const digest = await kept(vault, text, INLINE);
  if (release !== null && release !== digest && release !== old.digest) {
    await vault.put(vaultName(release), "");
  }
  if (digest === null) {
    return typeof old.digest === "string" ? { v: 1, files, previous: old.digest } : { v: 1, files };
  }
  return {
    v: 1,
    digest,
    count: ledger.size,
    ...(typeof old.digest === "string" && old.digest !== digest ? { previous: old.digest } : {}),
  };
}

/** Keeps a text beside the state when it is longer than `inline`: its digest then, else null. */
export async function kept(vault: Vault, text: string, inline: number): Promise<string | null> {
  if (new TextEncoder().encode(text).length <= inline) return null;
  const digest = createHash("sha256").update(text).digest("hex");
  await vault.put(vaultName(digest), text);
  return digest;
}

/** The text of a digest; throws `contract` when it is not there or is another one. */
export async function fetched(vault: Vault, digest: string): Promise<string> {
  const text = await vault.get(vaultName(digest));
  if (text === null || createHash("sha256").update(text).digest("hex") !== digest) {
    throw new DataFailure(
      "contract",
      `The list of files that were read (${digest.slice(0, 16)}) is not where the stream's state says it is`,
      "Run once with `--mode full`, or reset the stream's state; all files are then read again.",
    );
  }
  return text;
}

const vaultName = (digest: string): string => `files-${digest.slice(0, 40)}`;

function parsed(text: string): Json {
  return JSON.parse(text) as Json;
}
