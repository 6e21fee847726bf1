/** Carries objects from a clone into the user's object store, without a remote. */
import type { Clone } from "../workspace/clone.ts";
import { pipeGit } from "../workspace/git.ts";
import type { Shim } from "../workspace/shim.ts";

/**
 * Copies what `commit` adds to the clone's base, as one pack: each loose object would cost a flush to the disk of its own. Every
 * link is checked before the pack is kept.
 */
export async function copyObjects(clone: Clone, shim: Shim, commit: string): Promise<void> {
  await pipeGit({
    args: ["pack-objects", "--revs", "--stdout", "--quiet", "--delta-base-offset", "--window=0"],
    call: { gitDir: clone.engine, stdin: new TextEncoder().encode(`${commit}\n^${clone.base}\n`) },
  }, { args: ["index-pack", "--stdin", "--strict"], call: shim.call });
}
