import { cargoLock } from "./lock_cargo.ts";
import { denoLock } from "./lock_deno.ts";
import { goSum } from "./lock_go.ts";
import { npmLock } from "./lock_npm.ts";
import { pnpmLock } from "./lock_pnpm.ts";
import { pipfileLock, poetryLock, uvLock } from "./lock_python.ts";
import { yarnLock } from "./lock_yarn.ts";
import { type Lock, nameOf } from "./model.ts";

interface LockKind {
  readonly read: (content: string) => Lock | Promise<Lock>;
  /** Names of the manifests that ask for what it holds. */
  readonly manifests: readonly RegExp[];
}

const PACKAGE = /^package\.json$/;
const DENO = /^(?:deno\.jsonc?|(?:import_map|importmap|import-map)\.json)$/;

/** The lockfiles that are read here, by file name. */
export const LOCK_KINDS: Readonly<Record<string, LockKind>> = {
  "package-lock.json": { read: npmLock, manifests: [PACKAGE] },
  "npm-shrinkwrap.json": { read: npmLock, manifests: [PACKAGE] },
  "yarn.lock": { read: yarnLock, manifests: [PACKAGE] },
  "pnpm-lock.yaml": { read: pnpmLock, manifests: [PACKAGE, /^pnpm-workspace\.yaml$/] },
  "deno.lock": { read: denoLock, manifests: [DENO, PACKAGE] },
  "poetry.lock": { read: poetryLock, manifests: [/^pyproject\.toml$/] },
  "uv.lock": { read: uvLock, manifests: [/^pyproject\.toml$/] },
  "pipfile.lock": { read: pipfileLock, manifests: [/^Pipfile$/] },
  "go.sum": { read: goSum, manifests: [/^go\.mod$/] },
  "cargo.lock": { read: cargoLock, manifests: [/^Cargo\.toml$/] },
};

export const lockKind = (path: string): LockKind | null => {
  const name = nameOf(path).toLowerCase();
  return Object.hasOwn(LOCK_KINDS, name) ? LOCK_KINDS[name] ?? null : null;
};

const MAX_CHARACTERS = 24_000_000;
const MAX_ENTRIES = 60_000;

export type ReadLock = { ok: true; value: Lock } | { ok: false; why: string };

/** Reads a lockfile; what cannot be read, or is read in two ways by different tools, is told and never half read. */
export async function readLock(path: string, content: string): Promise<ReadLock> {
  const kind = lockKind(path);
  if (kind === null) return { ok: false, why: "no lockfile that is known here" };
  if (content.length > MAX_CHARACTERS) {
    return { ok: false, why: `it has more than ${MAX_CHARACTERS} characters` };
  }
  if (/^(?:<{7}|>{7}) /m.test(content)) return { ok: false, why: "it holds marks of a merge conflict" };
  try {
    const value = await kind.read(content.replace(/^\uFEFF/, ""));
    if (value.entries.size > MAX_ENTRIES) {
      return { ok: false, why: `it has more than ${MAX_ENTRIES} packages` };
    }
    return { ok: true, value };
  } catch (error) {
    return {
      ok: false,
      why: error instanceof Error ? error.message.split("\n", 1)[0]?.slice(0, 200) ?? "" : "",
    };
  }
}
