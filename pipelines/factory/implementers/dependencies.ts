/** Dependencies of the base, for an implementer that runs the repository's tests: what its change would like to install is not fetched on its behalf. */
import { join } from "node:path";
import {
  namesDependencies,
  type Prepared,
  prepareDependencies,
  removeTree,
  type Workspace,
} from "../../../connectors/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import { isWithin } from "./cli/aside.ts";

const MAX_MS = 300_000;

/** Installs what the base's lock files name, in a checkout below `room`. Null where they name nothing. */
export async function baseDependencies(
  ports: Pick<FactoryPorts, "sandbox" | "dependencies">,
  { workspace, room, signal }: { workspace: Workspace; room: string; signal: AbortSignal },
): Promise<Prepared | null> {
  if (!namesDependencies(await workspace.list("base"))) return null;
  const checkout = await workspace.checkout(workspace.baseTree, `${room}/base`);
  return await prepareDependencies({
    cacheDir: ports.dependencies,
    dir: checkout.dir,
    sandbox: ports.sandbox,
    timeoutMs: MAX_MS,
    signal,
  });
}

/** Puts dependencies into a workspace; what is given takes them out again, so that nothing of them gets into the change. */
export async function laidInto(dir: string, prepared: Prepared): Promise<() => Promise<void>> {
  const before = new Set(await moduleDirs(dir));
  await prepared.lay(dir);
  const laid = (await moduleDirs(dir)).filter((path) => !before.has(path));
  return async () => {
    for (const path of laid) {
      // Whoever worked here may have put a link in its place, or on the way to it.
      if (!await isWithin(dir, path)) continue;
      const at = join(dir, path);
      const info = await Deno.lstat(at).catch(() => null);
      if (info?.isDirectory) await removeTree(at);
      else if (info !== null) await Deno.remove(at);
    }
  };
}

/** Directories called node_modules that are not in another one. */
async function moduleDirs(dir: string): Promise<string[]> {
  const found: string[] = [];
  const waiting = [""];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for await (const entry of Deno.readDir(join(dir, at))) {
      if (!entry.isDirectory || entry.name === ".git") continue;
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (entry.name === "node_modules") found.push(path);
      else waiting.push(path);
    }
  }
  return found;
}
