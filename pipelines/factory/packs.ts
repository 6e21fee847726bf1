import { parseRepoPolicy } from "../../policies/code/mod.ts";
import { findPack } from "../../policies/mod.ts";
import { ENVELOPE_FILE, repositoryPacks, writeArchive } from "../../policies/packs/mod.ts";
import { ok, type Problem, type Result, type Spec } from "../../specs/mod.ts";
import type { Repository } from "../../connectors/mod.ts";
import { type CarriedPack, choosePacks, installedPack, noPacks, type PinnedPacks } from "../packs.ts";
import type { FactoryPorts } from "./ports.ts";

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
  if (!carried.ok) return noPacks(carried.error);
  // A policy that cannot be read denies by a rule of its own.
  const named = [...spec.packs, ...own.ok ? own.value.packs : [], ...carried.value.keys()];
  const names = [...new Set(named)].filter((name) => name !== "core").sort();
  return names.length === 0 ? null : await choosePacks(ports, names, carried.value, at);
}

async function carriedPacks(ports: Ports, base: Base, at: string) {
  const trust = await ports.packs?.trust("") ?? ok({ version: 1 as const, keys: [] });
  if (!trust.ok) return trust;
  const found = await repositoryPacks(base, { root: trust.value, at });
  if (!found.ok) return found;
  return ok(
    new Map([...found.value].map(([name, { pack, files }]): [string, CarriedPack] => {
      const kept = new Set([ENVELOPE_FILE, ...pack.members.keys()]);
      const archive = () => writeArchive(new Map([...files].filter(([path]) => kept.has(path))));
      return [name, { pack, archive }];
    })),
  );
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
