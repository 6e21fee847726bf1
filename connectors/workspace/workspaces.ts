import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { looksLikeUrl } from "../net/guard.ts";
import type { BaseObjects, Repository, Workspaces } from "../port.ts";
import { type Clone, cloneOver, isThere, makeClone, openClone } from "./clone.ts";
import { type FetchOptions, fetchRepository } from "./fetch.ts";
import { fetchChange } from "./fetch_change.ts";
import { diffPatch } from "./diff.ts";
import { removeTree } from "./inside.ts";
import { mergeTrees } from "./merge.ts";
import { openRepository } from "./repository.ts";
import { treeReader } from "./tree_reader.ts";
import { workspaceOf } from "./workspace.ts";

function fetching({ urls }: WorkspacesOptions): Pick<Workspaces, "fetchChange"> {
  return urls === undefined ? {} : { fetchChange: (location, refs) => fetchChange(location, refs, urls) };
}

export interface WorkspacesOptions {
  /** How repositories named by URL are fetched; without it they are refused. */
  urls?: FetchOptions;
}

/**
 * Workspaces with git: repositories on this disk or by URL, and clones of their base commits.
 *
 * Nothing that a repository configures is ever run: not its hooks, filters, drivers, helpers or aliases. The user's HEAD, index,
 * work tree, refs and settings are read, never written.
 *
 * ```ts
 * const workspaces = gitWorkspaces();
 * const repository = await workspaces.open("/home/me/project", "main");
 * if (repository.ok) await workspaces.create(repository.value, "/var/lib/edgeforge/run/workspace");
 * ```
 */
export function gitWorkspaces(options: WorkspacesOptions = {}): Workspaces {
  return {
    open: async (location, baseRef) => {
      if (!looksLikeUrl(location)) return await openRepository(location, baseRef);
      if (options.urls !== undefined) return await fetchRepository(location, baseRef, options.urls);
      return err({
        code: "url-refused",
        message: `Cannot open ${
          JSON.stringify(location.slice(0, 200))
        }: repositories by URL are not switched on here`,
        remedy: "Clone it and name the directory.",
      });
    },
    ...fetching(options),
    create: async (repository, into) => {
      const there = await present(repository, options);
      if (!there.ok) return there;
      const clone = await makeClone(there.value, into, true);
      return clone.ok ? ok(workspaceOf(clone.value, true)) : clone;
    },
    copyBase: async (repository, into) => {
      const there = await present(repository, options);
      if (!there.ok) return there;
      const clone = await makeClone(there.value, into, false);
      return clone.ok ? ok(baseObjects(clone.value)) : clone;
    },
    reopen: async (dir) => {
      const clone = await openClone(dir);
      return clone.ok ? ok(workspaceOf(clone.value, true)) : clone;
    },
  };
}

/** A repository that was fetched, and whose copy is gone since, is fetched again at the very commit. */
async function present(
  repository: Repository,
  options: WorkspacesOptions,
): Promise<Result<Repository, Problem>> {
  if (options.urls === undefined || !looksLikeUrl(repository.location)) return ok(repository);
  if (await Deno.stat(repository.gitDir).then(() => true, () => false)) return ok(repository);
  const again = await fetchRepository(repository.location, repository.baseCommit, options.urls);
  return again.ok ? ok({ ...repository, gitDir: again.value.gitDir }) : again;
}

function baseObjects(clone: Clone): BaseObjects {
  const reader = treeReader(clone);
  return {
    dir: clone.root,
    base: clone.base,
    baseTree: clone.baseTree,
    isThere: () => isThere(clone),
    workspace: async (into, tree) => workspaceOf(await cloneOver(clone, into, tree), false, reader),
    merge: (trees) => mergeTrees(clone, trees),
    patch: (from, to) => diffPatch(clone, from, to),
    dispose: () => removeTree(clone.root),
  };
}
