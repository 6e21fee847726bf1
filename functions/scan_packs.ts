/** Packs for a scan: those that are built in, those that an installation has, and those of the base commit. Nothing is written. */
import { findPack, judgingPacks } from "../policies/mod.ts";
import { compileRule, repositoryPacks } from "../policies/packs/mod.ts";
import { ok } from "../specs/mod.ts";
import { findAny, packDirectory } from "./pack_directory.ts";
import type { FindPacks } from "./scan.ts";
import { installedTrust } from "./trust_directory.ts";

/**
 * Finds packs by name. `data` need not exist: then there are only the built-in ones. Packs that the base commit carries judge by the
 * installation's trust root; without one nobody says whom to believe, and the scan tells that they did not judge.
 */
export function scanPacks(data: string): FindPacks {
  return async (names, at, base) => {
    const installed = packDirectory(data);
    const root = base === undefined ? ok({ version: 1 as const, keys: [] }) : await installedTrust(data);
    if (!root.ok) return root;
    const carried = base === undefined || root.value.keys.length === 0
      ? ok(new Map())
      : await repositoryPacks(base, { root: root.value, at });
    if (!carried.ok) return carried;
    return await judgingPacks({
      names: [...new Set([...names, ...carried.value.keys()])],
      find: (name) => {
        const own = carried.value.get(name);
        return own === undefined
          ? findAny(name, at, installed.find)
          : findPack(name, () => Promise.resolve(ok(own.pack)));
      },
      compile: compileRule,
    });
  };
}
