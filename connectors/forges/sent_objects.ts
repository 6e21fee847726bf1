/** Where the objects of a change are read that is sent to a forge: handed over, or in the clone that the request names. */
import type { ChangeObjects } from "../port.ts";
import { openClone } from "../workspace/clone.ts";
import { cloneObjects } from "../workspace/clone_objects.ts";
import { ForgeError } from "./failure.ts";

export async function objectsOf(
  given: { readonly workspace: string; readonly objects?: ChangeObjects },
  base: string,
): Promise<ChangeObjects> {
  let objects = given.objects;
  if (objects === undefined) {
    const opened = await openClone(given.workspace);
    if (!opened.ok) throw new ForgeError(opened.error);
    objects = cloneObjects(opened.value);
  }
  if (objects.base === base) return objects;
  throw new ForgeError({
    code: "base-mismatch",
    message: `Cannot open a pull request: the workspace is of ${objects.base}, the request of ${base}`,
  });
}
