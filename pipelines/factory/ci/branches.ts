/** Throw-away branches of forges: who has a CI, and how its branches go, whatever ends a run. */
import type { Forge, ForgeCi } from "../../../connectors/mod.ts";
import { forgeNamed } from "../forge_choice.ts";
import type { FactoryPorts } from "../ports.ts";

/** Where branches are kept in mind until they are gone: whatever ends a run, whoever is killed. */
export interface CiBranches {
  add(run: string, branch: CiBranch): Promise<void>;
  done(run: string, branch: string): Promise<void>;
  /** Of one run, or of all. */
  list(run?: string): Promise<{ run: string; branch: CiBranch }[]>;
}

export interface CiBranch {
  readonly forge: "github" | "gitlab";
  readonly repository: string;
  readonly branch: string;
}

/** The CI of a forge; throws where it has none here. */
export function ciOf(ports: Pick<FactoryPorts, "forge" | "forges">, name: string): ForgeCi {
  const forge: Forge | null = forgeNamed(ports, name);
  if (forge?.ci === undefined) throw new Error(`Cannot verify by the CI of '${name}': it is not wired here`);
  return forge.ci;
}

export function branchesOf(ports: Pick<FactoryPorts, "ci">): CiBranches {
  if (ports.ci === undefined) throw new Error("Cannot verify by CI: nothing here is wired to do that");
  return ports.ci.branches;
}

/** Deletes a branch and forgets it; false when it was gone already. */
export async function dropBranch(ports: FactoryPorts, run: string, branch: CiBranch): Promise<boolean> {
  const deleted = await ciOf(ports, branch.forge).drop(branch.repository, branch.branch);
  await branchesOf(ports).done(run, branch.branch);
  return deleted;
}

const OVER: ReadonlySet<string> = new Set(["completed", "denied", "failed", "cancelled", "escalated"]);

/**
 * Deletes what runs that have ended, or wait for a human, left behind. A forge that does not answer is asked again by the next sweep.
 *
 * @param run only this one, which is known to be over
 */
export async function sweepCiBranches(
  ports: FactoryPorts,
  run?: string,
): Promise<{ deleted: number; left: number }> {
  let [deleted, left] = [0, 0];
  for (const one of await branchesOf(ports).list(run)) {
    const view = run === undefined ? await ports.runs?.view(one.run) ?? null : null;
    if (run === undefined && view !== null && !OVER.has(view.status)) continue;
    try {
      await dropBranch(ports, one.run, one.branch);
      deleted++;
    } catch {
      // Whatever it was: the record stays, and with it the reason to try again.
      left++;
    }
  }
  return { deleted, left };
}
