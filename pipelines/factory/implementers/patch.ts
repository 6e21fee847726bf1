import { restorePatch } from "../../../policies/code/mod.ts";
import { ok } from "../../../specs/mod.ts";
import { readBytes } from "../../blob_reads.ts";
import type { Implementer } from "./port.ts";

/** Replays a recorded patch. It goes through every gate like any other proposal. */
export const patch: Implementer = {
  kind: "patch",
  async implement(ctx, { input, workspace }) {
    if (!input.patch) throw new Error("Cannot replay a patch: the run was accepted without one");
    const stored = await readBytes(ctx.blobs, input.patch.stored);
    const applied = await workspace.apply(await restorePatch(stored, (path) => workspace.read(path, "base")));
    return ok({
      renames: [],
      steps: ["applied the given patch"],
      rederives: null,
      ...(applied.ok ? {} : { problem: applied.error }),
    });
  },
};
