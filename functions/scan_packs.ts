/** Packs for a scan: those that are built in, and those that an installation has when there is one. Nothing is written. */
import { compileRule, judgingPacks } from "../policies/mod.ts";
import { findAny, packDirectory } from "./pack_directory.ts";
import type { FindPacks } from "./scan.ts";

/** Finds packs by name. `data` need not exist: then there are only the built-in ones. */
export function scanPacks(data: string): FindPacks {
  return (names, at) => {
    const installed = packDirectory(data);
    return judgingPacks({ names, find: (name) => findAny(name, at, installed.find), compile: compileRule });
  };
}
