import { z } from "zod";
import {
  findPack,
  type JudgingPacks,
  judgingPacks,
  NO_PACKS,
  unusablePacks,
  type VerifiedPack,
  withDependencies,
} from "../policies/mod.ts";
import { Digest, ok, type Problem, type Result, type TrustRoot } from "../specs/mod.ts";
import type { Blobs } from "../kernel/mod.ts";
import { readBytes, readJson } from "./blob_reads.ts";

/** The packs of an installation. Its trust root comes from its operator. */
export interface PackLibrary {
  /** The installed pack of this name, verified at this instant, with its archive; null when none is installed. */
  find(
    name: string,
    at: string,
  ): Promise<Result<{ pack: VerifiedPack; archive: Uint8Array }, Problem> | null>;
  /** Names of the installed packs. */
  names(): Promise<string[]>;
  /** The keys that a pack of this name is believed from. */
  trust(name: string): Promise<Result<TrustRoot, Problem>>;
}

/** What a run is judged by beside core, chosen once from the base commit: names, and the archives that stand for them. */
const PinnedPacks = z.strictObject({
  names: z.array(z.string()),
  archives: z.array(z.strictObject({ name: z.string(), digest: Digest, archive: Digest })),
  problem: z.strictObject({
    code: z.string(),
    message: z.string(),
    path: z.string().optional(),
    value: z.string().optional(),
    remedy: z.string().optional(),
  }).nullable(),
});
export type PinnedPacks = z.infer<typeof PinnedPacks>;

type Ports = { blobs: Blobs; packs?: PackLibrary };

/** The installed packs of these names for a run without a repository; null when there are none. */
export async function pinNamed(ports: Ports, names: readonly string[], at: string): Promise<string | null> {
  if (names.length === 0) return null;
  return await ports.blobs.put(JSON.stringify(await choosePacks(ports, [...names].sort(), new Map(), at)));
}

/** Each installed pack by name, with what keeps it from being used; null when nothing does. */
export async function installedPacks(
  ports: Pick<Ports, "packs">,
): Promise<ReadonlyMap<string, Problem | null>> {
  const at = new Date().toISOString();
  const found = new Map<string, Problem | null>();
  for (const name of await ports.packs?.names() ?? []) {
    const one = await installedPack(ports, name, at);
    if (one !== null) found.set(name, one.ok ? null : one.error);
  }
  return found;
}

/** A pack that the repository of a change carries at its base. */
export interface CarriedPack {
  readonly pack: VerifiedPack;
  archive(): Uint8Array;
}

/** The installed or carried packs of these names with all that they require, their archives kept. */
export async function choosePacks(
  ports: Ports,
  names: readonly string[],
  carried: ReadonlyMap<string, CarriedPack>,
  at: string,
): Promise<PinnedPacks> {
  const archives = new Map<string, Uint8Array>();
  const found = await withDependencies(names, (name) =>
    findPack(name, async () => {
      const installed = await ports.packs?.find(name, at) ?? null;
      if (installed?.ok) archives.set(name, installed.value.archive);
      if (installed) return installed.ok ? ok(installed.value.pack) : installed;
      const one = carried.get(name);
      if (one === undefined) return null;
      archives.set(name, one.archive());
      return ok(one.pack);
    }));
  if (!found.ok) return noPacks(found.error);
  const kept: PinnedPacks["archives"] = [];
  for (const { manifest: { name }, digest } of found.value.packs) {
    kept.push({ name, digest, archive: await ports.blobs.put(archives.get(name) ?? new Uint8Array()) });
  }
  return { names: [...names], archives: kept, problem: null };
}

/** Why the packs of a run cannot be had: kept in their place, which denies. */
export function noPacks({ code, message, path, value, remedy }: Problem): PinnedPacks {
  return {
    names: [],
    archives: [],
    problem: {
      code,
      message,
      ...(path === undefined ? {} : { path }),
      ...(value === undefined ? {} : { value }),
      ...(remedy === undefined ? {} : { remedy }),
    },
  };
}

/** Packs that were compiled before, by what they are made of. */
const COMPILED = 8;

/**
 * The packs that a run was pinned to, ready to judge at an instant. Every archive is verified again: a pack may have expired and a key
 * may have been revoked since. `pinned` is the blob of `pinPacks`.
 */
export function pinnedPacks(ports: Ports): (pinned: string | null, at: string) => Promise<JudgingPacks> {
  const compiled = new Map<string, JudgingPacks>();
  return async (pinned, at) => {
    if (pinned === null) return NO_PACKS;
    const { names, archives, problem } = PinnedPacks.parse(await readJson(ports.blobs, pinned));
    if (problem) return unusablePacks(problemOf(problem));
    const packs = new Map<string, VerifiedPack>();
    for (const { name, digest, archive } of archives) {
      const { readArchive, verifyPack } = await import("../policies/packs/mod.ts");
      const files = readArchive(await readBytes(ports.blobs, archive));
      if (!files.ok) return unusablePacks(files.error);
      const trust = await ports.packs?.trust(name) ?? ok({ version: 1 as const, keys: [] });
      if (!trust.ok) return unusablePacks(trust.error);
      const verified = await verifyPack(files.value, { root: trust.value, at });
      if (!verified.ok) return unusablePacks(verified.error);
      if (verified.value.digest !== digest) throw new Error(`the archive ${archive} is not that of ${name}`);
      packs.set(name, verified.value);
    }
    const known = compiled.get(pinned);
    if (known) return known;
    const judging = await judgingPacks({
      names,
      find: (name) =>
        findPack(name, () => {
          const pack = packs.get(name);
          return Promise.resolve(pack ? ok(pack) : null);
        }),
      compile: async (rule, members) =>
        await (await import("../policies/packs/mod.ts")).compileRule(rule, members),
    });
    if (!judging.ok) return unusablePacks(judging.error);
    if (compiled.size >= COMPILED) compiled.clear();
    compiled.set(pinned, judging.value);
    return judging.value;
  };
}

function problemOf({ code, message, path, value, remedy }: NonNullable<PinnedPacks["problem"]>): Problem {
  return {
    code,
    message,
    ...(path === undefined ? {} : { path }),
    ...(value === undefined ? {} : { value }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

/** Whether a pack can be had before a run exists: built in, or installed and verified. Null: it may be one that the repository carries. */
export async function installedPack(
  ports: Pick<Ports, "packs">,
  name: string,
  at: string,
): Promise<Result<null, Problem> | null> {
  const found = await ports.packs?.find(name, at) ?? null;
  return found === null ? null : found.ok ? ok(null) : found;
}
