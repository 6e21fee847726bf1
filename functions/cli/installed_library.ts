import { resolve } from "node:path";
import { installedChains } from "../chains/library.ts";
import { type PackDirectory, packDirectory } from "../pack_directory.ts";
import { CommandError, type Invocation } from "./command.ts";
import { dataDirectory } from "./data_dir.ts";

/** The installed packs of the data directory. On a machine without a home there are none: specs and pipelines are checked there, too. */
export function installedLibrary(invocation: Invocation): { packs?: PackDirectory } {
  try {
    return { packs: packDirectory(dataDirectory(invocation)) };
  } catch (error) {
    if (error instanceof CommandError) return {};
    throw error;
  }
}

/** Names of the installed chains, which a spec may name as its workflow; none on a machine without a home. */
export async function installedChainNames(invocation: Invocation): Promise<string[]> {
  try {
    return [...(await installedChains(resolve(dataDirectory(invocation)))).keys()];
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}
