import { join } from "node:path";
import type { PackLibrary } from "../pipelines/factory/mod.ts";

/** The installed packs for whoever judges by them. What reads and verifies one is loaded when one is asked for. */
export function packLibrary(data: string): PackLibrary {
  const directory = async () => (await import("./pack_directory.ts")).packDirectory(data);
  return {
    names: () => packNames(data),
    find: async (name, at) => await (await directory()).find(name, at),
    trust: async (name) => await (await directory()).trust(name),
  };
}

/** Names of the installed packs, damaged ones among them. */
export async function packNames(data: string): Promise<string[]> {
  return (await packFolders(data)).map((name) => name.replace("__", "/"));
}

/** `packs/` of the data directory: a folder for each. */
export const packsFolder = (data: string): string => join(data, "packs");

/** Folders of the installed packs. */
export async function packFolders(data: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(packsFolder(data))) {
      if (entry.isDirectory && !entry.name.startsWith(".")) found.push(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}
