import type { BaseObjects, Workspace } from "../../connectors/mod.ts";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import type { FactoryInput } from "./input.ts";
import type { FactoryPorts } from "./ports.ts";

type Given = FactoryInput["repository"];

/**
 * The base's objects of the runs that this process works on: copied out of the user's repository once, used by all phases of the
 * run. Known in memory alone: a process that takes a run over after a crash copies them again, in a place of its own, as what a
 * killed process was about to write cannot be told from what it wrote.
 */
const held = new WeakMap<FactoryPorts, Map<string, Promise<Result<BaseObjects, Problem>>>>();

/** Runs that were finished elsewhere stay behind here; beyond so many the oldest are forgotten. */
const MOST_RUNS = 16;

/** The objects of the run's base, copied when they are not there. */
export async function baseObjects(
  ports: FactoryPorts,
  run: string,
  repository: Given,
): Promise<Result<BaseObjects, Problem>> {
  const runs = held.get(ports) ?? new Map<string, Promise<Result<BaseObjects, Problem>>>();
  held.set(ports, runs);
  const known = runs.get(run);
  if (known !== undefined) {
    const found = await known.catch(() => null);
    const fits = found?.ok && found.value.base === repository.baseCommit &&
      found.value.baseTree === repository.baseTree;
    if (fits && await found.value.isThere()) return found;
    if (runs.get(run) === known) runs.delete(run);
    else return await baseObjects(ports, run, repository);
  }
  const copying = copy(ports, run, repository);
  runs.set(run, copying);
  for (const oldest of [...runs.keys()].slice(0, -MOST_RUNS)) runs.delete(oldest);
  return await copying;
}

async function copy(
  ports: FactoryPorts,
  run: string,
  repository: Given,
): Promise<Result<BaseObjects, Problem>> {
  const into = ports.scratch(run, `base-${crypto.randomUUID()}`);
  const copied = await ports.workspaces.copyBase(repository, into);
  if (copied.ok || copied.error.code === "base-changed") return copied;
  // It may have moved since: whoever finds repositories says what is wrong, or where it is now.
  const opened = await ports.workspaces.open(repository.location, repository.baseCommit);
  if (!opened.ok) return opened;
  if (opened.value.baseTree !== repository.baseTree) {
    return err({
      code: "base-changed",
      message: `Cannot work on ${repository.baseCommit}: its tree is not the one that the run accepted`,
      remedy: "Start a new run; the repository's objects were changed under the same name",
    });
  }
  return await ports.workspaces.copyBase(opened.value, into);
}

/** Forgets a run's objects and removes them; whoever needs them again gets new ones. */
export async function dropObjects(ports: FactoryPorts, run: string): Promise<void> {
  const known = held.get(ports)?.get(run);
  held.get(ports)?.delete(run);
  const found = await known?.catch(() => null);
  if (found?.ok) await found.value.dispose();
}

/** A workspace of the run's base that nobody worked in, under `name`, without files until it is asked for them. */
export async function freshWorkspace(
  ports: FactoryPorts,
  run: string,
  repository: Given,
  name: string,
): Promise<Result<Workspace, Problem>> {
  const objects = await baseObjects(ports, run, repository);
  if (!objects.ok) return objects;
  const dir = ports.scratch(run, name);
  await ports.discard(dir);
  return ok(await objects.value.workspace(dir));
}
