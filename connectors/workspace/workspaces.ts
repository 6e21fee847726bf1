import { ok } from "../../specs/mod.ts";
import type { Workspaces } from "../port.ts";
import { makeClone, openClone } from "./clone.ts";
import { openRepository } from "./repository.ts";
import { workspaceOf } from "./workspace.ts";

/** Workspaces with git: repositories on this disk, and clones of their base commits. */
export function gitWorkspaces(): Workspaces {
  return {
    open: (location, baseRef) => openRepository(location, baseRef),
    create: async (repository, into) => {
      const clone = await makeClone(repository, into);
      return clone.ok ? ok(workspaceOf(clone.value)) : clone;
    },
    reopen: async (dir) => {
      const clone = await openClone(dir);
      return clone.ok ? ok(workspaceOf(clone.value)) : clone;
    },
  };
}
