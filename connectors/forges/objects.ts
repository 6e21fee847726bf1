/** Carries objects from a clone into the user's object store, without a remote. */
import type { Clone } from "../workspace/clone.ts";
import { pipeGit } from "../workspace/git.ts";
import type { Shim } from "../workspace/shim.ts";

/** Copies what `commit` adds to the clone's base. Every link is checked before an object is written. */
export async function copyObjects(clone: Clone, shim: Shim, commit: string): Promise<void> {
  await pipeGit({
    args: ["pack-objects", "--revs", "--stdout", "--quiet", "--delta-base-offset", "--window=0"],
    call: { gitDir: clone.engine, stdin: new TextEncoder().encode(`${commit}\n^${clone.base}\n`) },
  }, {
    args: ["unpack-objects", "-q", "--strict"],
    call: {
      ...shim.call,
      config: { ...shim.call.config, "core.fsync": "committed,loose-object", "core.fsyncMethod": "batch" },
    },
  });
}
