import canonicalize from "canonicalize";
import type { PackageRegistries } from "../../connectors/mod.ts";
import type { Blobs } from "../../kernel/mod.ts";
import { newPackages } from "../../policies/code/mod.ts";
import { parseRepoPolicy } from "../../policies/code/mod.ts";
import { digestOf, type PatchFacts, type RecordedRegistry } from "../../specs/mod.ts";
import { RegistrySnapshot } from "../../specs/code/mod.ts";

/** Questions of one change; beyond this a human decides about those that are left. */
const MAX_QUESTIONS = 500;

interface Asking {
  readonly blobs: Blobs;
  readonly registries?: PackageRegistries;
  readonly facts: PatchFacts;
  readonly policy: Uint8Array | null;
  readonly at: string;
  readonly signal: AbortSignal;
}

/**
 * Asks registries about the new packages of a change, where the base's policy wants it, and keeps the answers by their digest:
 * the judge reads those and nothing else. Null when nobody asks; a policy that cannot be read is the judge's finding.
 */
export async function askRegistries(asking: Asking): Promise<string | null> {
  const { blobs, registries, facts, at, signal } = asking;
  if (registries === undefined || facts.supply === undefined || asking.policy === null) return null;
  const policy = await parseRepoPolicy(new TextDecoder().decode(asking.policy));
  if (!policy.ok || (policy.value.supply.registry === "off" && policy.value.supply.licences.length === 0)) {
    return null;
  }
  const packages = newPackages(facts.supply).slice(0, MAX_QUESTIONS);
  if (packages.length === 0) return null;
  const entries = await registries.look(
    packages.map(({ ecosystem, name, version }) => ({ ecosystem, name, version })),
    signal,
  );
  return await blobs.put(canonicalize(RegistrySnapshot.parse({ v: 1, at, entries })) ?? "");
}

/** The kept answers with the digest that names them. */
export async function recordedRegistry(snapshot: unknown): Promise<RecordedRegistry> {
  const parsed = RegistrySnapshot.parse(snapshot);
  return { digest: await digestOf(canonicalize(parsed) ?? ""), snapshot: parsed };
}
