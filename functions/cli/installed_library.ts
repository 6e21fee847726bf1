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
