/** Waivers for a scan: those of the base, and those that an installation has when there is one. Nothing is written, no use is taken. */
import { join } from "node:path";
import { openKvStore } from "../kernel/mod.ts";
import { type WaiverFile, waiverFiles } from "../pipelines/factory/mod.ts";
import { NOBODY, principalsOf, readWaiver, waiverFact } from "../policies/mod.ts";
import { ok, type Problem, type Result, type WaiverFact } from "../specs/mod.ts";
import { findPrincipals, ownPrincipals } from "./principal_directory.ts";
import { readTrustRoot } from "./trust_directory.ts";
import { waiverDirectory } from "./waiver_directory.ts";

type Base = { list(): Promise<readonly string[]>; read(path: string): Promise<Uint8Array | null> };

/** Reads the waivers of a base with those of the installation; whose signatures count is the operator's to say. */
export type FindWaivers = (
  base: Base,
  how: { approvers: readonly string[]; at: string },
) => Promise<Result<WaiverFact[], Problem>>;

const NO_STORE = { get: () => Promise.resolve(null), commit: () => Promise.resolve({ ok: false as const }) };

/**
 * Finds waivers. `data` need not exist: then nobody is known but whom `trustRoot` names, and uses are counted from none.
 */
export function scanWaivers({ data, trustRoot }: { data: string | null; trustRoot?: string }): FindWaivers {
  return async (base, { approvers, at }) => {
    const files: WaiverFile[] = [
      ...await waiverFiles(base),
      ...(data === null ? [] : await waiverDirectory(data, NO_STORE).installed()),
    ];
    if (files.length === 0) return ok([]);
    const root = trustRoot === undefined ? null : await readTrustRoot(trustRoot);
    if (root !== null && !root.ok) return root;
    const known = root !== null
      ? await (data === null ? principalsOf([], root.value) : ownPrincipals(data, root.value))
      : data === null
      ? ok(NOBODY)
      : await findPrincipals(data)();
    if (!known.ok) return known;
    const state = data === null ? null : join(data, "state.db");
    const hasState = state !== null && await Deno.stat(state).then(() => true, () => false);
    const store = hasState ? await openKvStore(state) : null;
    try {
      const { uses } = waiverDirectory(data ?? "", store ?? NO_STORE);
      return {
        ok: true,
        value: await Promise.all(files.map(async (file) => {
          const fact = waiverFact(await readWaiver(file, known.value, at, approvers));
          return { ...fact, use: (await uses(fact.digest)).length + 1 };
        })),
      };
    } finally {
      await store?.close();
    }
  };
}
