/** Repositories that are read by their forge's API: nothing is cloned, no process is started, no file is written. */
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { ForgeError } from "../../forges/failure.ts";
import type { Forge } from "../../forges/port.ts";
import type { Repository, Workspaces } from "../../port.ts";
import { refuseRef } from "../repository.ts";
import { type FlatEntry, memoryObjects } from "./memory_objects.ts";
import { memoryBase, memoryWorkspace } from "./memory_workspace.ts";

type Reader = Pick<Forge, "locate" | "source">;

/** A change that could not be judged file by file here would not fit into the memory of an edge function either. */
const MOST_FILES = 60_000;

export function forgeWorkspaces({ forges }: { forges: readonly Reader[] }): Workspaces {
  async function sourceOf(location: string) {
    for (const forge of forges) {
      const page = await forge.locate?.(location);
      if (page?.ok && forge.source !== undefined) {
        return { page: page.value, source: await forge.source(page.value) };
      }
    }
    return null;
  }

  async function objectsAt(repository: Pick<Repository, "location" | "baseCommit" | "baseTree">) {
    const found = await sourceOf(repository.location);
    if (found === null) return err(elsewhere(repository.location));
    const { source } = found;
    const { baseCommit: base, baseTree } = repository;
    const entries = await source.files(base);
    if (entries.length > MOST_FILES) return err(tooLarge(repository.location, entries.length));
    const objects = memoryObjects({ fetchBlob: (sha) => source.blob(sha), sha256: base.length === 64 });
    const flat = new Map<string, FlatEntry>(entries.map(({ path, mode, sha }) => [path, { mode, sha }]));
    const tree = await objects.addTree(flat);
    return tree === baseTree ? ok({ objects, base, baseTree }) : err<Problem>({
      code: "base-changed",
      message: `Cannot work on ${base}: its tree is ${tree} and not ${baseTree}`,
      value: base,
      remedy: "Start a new run; what the forge lists is not what the commit's tree is called",
    });
  }

  return {
    async open(location, baseRef) {
      const refused = baseRef === undefined ? null : refuseRef(baseRef);
      if (refused !== null) return err(refused);
      return await told(location, async () => {
        const found = await sourceOf(location);
        if (found === null) return err(elsewhere(location));
        const base = await found.source.resolve(baseRef?.replace(/^refs\/heads\//, ""));
        return base === null ? err(notFound(location, baseRef)) : ok<Repository>({
          location: found.page,
          gitDir: "",
          baseRef: base.ref,
          baseCommit: base.commit,
          baseTree: base.tree,
          dirty: false,
        });
      });
    },
    copyBase: (repository) =>
      told(repository.location, async () => {
        const made = await objectsAt(repository);
        return made.ok ? ok(memoryBase(made.value.objects, made.value)) : made;
      }),
    create: (repository) =>
      told(repository.location, async () => {
        const made = await objectsAt(repository);
        return made.ok ? ok(memoryWorkspace(made.value.objects, made.value)) : made;
      }),
    reopen: (dir) =>
      Promise.resolve(err({
        code: "workspace-not-found",
        message: `Cannot reopen the workspace ${JSON.stringify(dir)}: this host keeps none`,
        remedy: "Make a new one from the repository.",
      })),
  };
}

/** What the forge refuses for a reason that a person can remove is an answer; what passes by itself is thrown, and tried again. */
async function told<T>(
  location: string,
  work: () => Promise<Result<T, Problem>>,
): Promise<Result<T, Problem>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ForgeError) || error.failure?.retryable === true) throw error;
    return err({ ...error.problem, code: "repo-unreadable", value: shown(location) });
  }
}

const shown = (location: string): string => location.replace(/\/\/[^/@]*@/, "//***@").slice(0, 200);

const elsewhere = (location: string): Problem => ({
  code: "repo-not-found",
  message: `Cannot open ${shown(location)}: it is no repository of a forge that is known here`,
  value: shown(location),
  remedy:
    "This host reads repositories by their forge's API: name a URL on GitHub or GitLab (GITHUB_API_URL or GITLAB_URL for one of your own).",
});

const notFound = (location: string, ref: string | undefined): Problem => ({
  code: "base-not-found",
  message: ref === undefined
    ? `Cannot take the default branch of ${shown(location)} as the base: it has no commit yet`
    : `Cannot find the base ${JSON.stringify(ref.slice(0, 200))} in ${shown(location)}`,
  value: ref ?? "HEAD",
  remedy: "Give a branch, a tag or a commit: --base main",
});

const tooLarge = (location: string, files: number): Problem => ({
  code: "repo-too-large",
  message: `Cannot work on ${shown(location)} here: it has ${files} files, ${MOST_FILES} is the limit`,
  value: String(files),
  remedy: "Run it where the repository can be cloned.",
});
