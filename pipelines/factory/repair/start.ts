import type { Workspace } from "../../../connectors/mod.ts";
import { restorePatch } from "../../../policies/code/mod.ts";
import type { RepairOrder } from "../implementers/port.ts";

/** Puts the patch of the round before into a fresh workspace; when it does not go in, the round begins at the base and says so. */
export async function startFrom(
  workspace: Workspace,
  patch: Uint8Array | null,
): Promise<NonNullable<RepairOrder["start"]>> {
  if (patch === null) return { from: "base", why: "the round before left no patch that was kept" };
  const whole = await restorePatch(patch, (path) => workspace.read(path, "base"));
  const applied = await workspace.apply(whole);
  return applied.ok ? { from: "previous-patch" } : {
    from: "base",
    why: `the patch of the round before does not apply: ${applied.error.message}`.slice(0, 500),
  };
}
