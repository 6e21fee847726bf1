import { z } from "zod";
import {
  compileRule,
  ENVELOPE_FILE,
  findPack,
  type JudgingPacks,
  judgingPacks,
  NO_PACKS,
  parseRepoPolicy,
  readArchive,
  repositoryPacks,
  unusablePacks,
  type VerifiedPack,
  verifyPack,
  withDependencies,
  writeArchive,
} from "../../policies/mod.ts";
import { Digest, ok, type Problem, type Result, type Spec, type TrustRoot } from "../../specs/mod.ts";
import type { Repository } from "../../connectors/mod.ts";
import { readBytes, readJson } from "./input.ts";
import type { FactoryPorts } from "./ports.ts";

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
type PinnedPacks = z.infer<typeof PinnedPacks>;

type Ports = Pick<FactoryPorts, "blobs" | "packs">;
type Base = { list(): Promise<readonly string[]>; read(path: string): Promise<Uint8Array | null> };

/**
 * Chooses the packs of a run: those that the spec and the repository's policy at the base name, and those that the repository
 * carries at the base. Null when there are none. What cannot be had is kept as a problem, which denies.
 */
export async function pinPacks(
  ports: Ports,
  given: { spec: Spec; policy: Uint8Array | null; base: Base; at: string },
): Promise<string | null> {
  const pinned = await pin(ports, given);
  return pinned === null ? null : await ports.blobs.put(JSON.stringify(pinned));
}

async function pin(
  ports: Ports,
  { spec, policy, base, at }: { spec: Spec; policy: Uint8Array | null; base: Base; at: string },
): Promise<PinnedPacks | null> {
  const own = await parseRepoPolicy(policy ? new TextDecoder().decode(policy) : null);
  const carried = await carriedPacks(ports, base, at);
  if (!carried.ok) return failed(carried.error);
  // A policy that cannot be read denies by a rule of its own.
  const named = [...spec.packs, ...own.ok ? own.value.packs : [], ...carried.value.keys()];
  const names = [...new Set(named)].filter((name) => name !== "core").sort();
  return names.length === 0 ? null : await choose(ports, names, carried.value, at);
}

/** The installed packs of these names for a run without a repository; null when there are none. */
export async function pinNamed(ports: Ports, names: readonly string[], at: string): Promise<string | null> {
  if (names.length === 0) return null;
  return await ports.blobs.put(JSON.stringify(await choose(ports, [...names].sort(), new Map(), at)));
}

/** Each installed pack by name, with what keeps it from being used; null when nothing does. */
export async function installedPacks(
  ports: Pick<FactoryPorts, "packs">,
): Promise<ReadonlyMap<string, Problem | null>> {
  const at = new Date().toISOString();
  const found = new Map<string, Problem | null>();
  for (const name of await ports.packs?.names() ?? []) {
    const one = await installedPack(ports, name, at);
    if (one !== null) found.set(name, one.ok ? null : one.error);
  }
  return found;
}

async function choose(
  ports: Ports,
  names: readonly string[],
  carried: Awaited<ReturnType<typeof repositoryPacks>> extends Result<infer Carried, Problem> ? Carried
    : never,
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
      const kept = new Set([ENVELOPE_FILE, ...one.pack.members.keys()]);
      archives.set(name, writeArchive(new Map([...one.files].filter(([path]) => kept.has(path)))));
      return ok(one.pack);
    }));
  if (!found.ok) return failed(found.error);
  const kept: PinnedPacks["archives"] = [];
  for (const { manifest: { name }, digest } of found.value.packs) {
    kept.push({ name, digest, archive: await ports.blobs.put(archives.get(name) ?? new Uint8Array()) });
  }
  return { names: [...names], archives: kept, problem: null };
}

async function carriedPacks(ports: Ports, base: Base, at: string) {
  const trust = await ports.packs?.trust("") ?? ok({ version: 1 as const, keys: [] });
  return trust.ok ? await repositoryPacks(base, { root: trust.value, at }) : trust;
}

function failed({ code, message, path, value, remedy }: Problem): PinnedPacks {
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
      compile: compileRule,
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
  ports: Pick<FactoryPorts, "packs">,
  name: string,
  at: string,
): Promise<Result<null, Problem> | null> {
  const found = await ports.packs?.find(name, at) ?? null;
  return found === null ? null : found.ok ? ok(null) : found;
}

/** Why a pack that is not built in cannot be had, before a run exists: it is neither installed nor carried at the base. */
export function packProblems(
  ports: FactoryPorts,
  open: () => Promise<Result<Repository, Problem>>,
): (name: string) => Promise<Problem | null> {
  const at = new Date().toISOString();
  let carried: Promise<Result<ReadonlySet<string>, Problem>> | null = null;
  return async (name) => {
    const installed = await installedPack(ports, name, at);
    if (installed) return installed.ok ? null : installed.error;
    // The repository is only looked into for a pack that is nowhere else.
    const found = await (carried ??= carriedNames(ports, open, at));
    if (!found.ok) return found.error;
    if (found.value.has(name)) return null;
    const unknown = await findPack(name, () => Promise.resolve(null));
    return unknown.ok ? null : unknown.error;
  };
}

async function carriedNames(
  ports: FactoryPorts,
  open: () => Promise<Result<Repository, Problem>>,
  at: string,
): Promise<Result<ReadonlySet<string>, Problem>> {
  const repository = await open();
  if (!repository.ok) return repository;
  const place = ports.scratch("accept", crypto.randomUUID());
  const clone = await ports.workspaces.create(repository.value, place);
  if (!clone.ok) return clone;
  try {
    const { value } = clone;
    const base = { list: () => value.list("base"), read: (path: string) => value.read(path, "base") };
    const carried = await carriedPacks(ports, base, at);
    return carried.ok ? ok(new Set(carried.value.keys())) : carried;
  } finally {
    await clone.value.dispose();
    await ports.discard(place);
  }
}
