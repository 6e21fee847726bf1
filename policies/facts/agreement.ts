import type { Change } from "../../specs/mod.ts";
import type { PatchFile } from "./patch_file.ts";

/**
 * Whether the diff's own text and git's list of changed files are about the same files. The two are read apart, so that a
 * header which one of them misreads cannot carry a file past the gates.
 */
export function agreement(files: readonly PatchFile[], change: Change): { ok: boolean; problem?: string } {
  const fromPatch = new Set<string>();
  for (const file of files) {
    if (file.status !== "C" && file.oldPath) fromPatch.add(file.oldPath.text);
    if (file.newPath) fromPatch.add(file.newPath.text);
  }
  const fromGit = new Set<string>();
  for (const file of change.files) {
    fromGit.add(file.path);
    if (file.from !== undefined) fromGit.add(file.from);
  }
  const unseen = [...fromGit].filter((path) => !fromPatch.has(path));
  const unlisted = [...fromPatch].filter((path) => !fromGit.has(path));
  if (unseen.length === 0 && unlisted.length === 0) return { ok: true };
  const show = (paths: string[]) =>
    paths.slice(0, 5).join(", ") + (paths.length > 5 ? `, and ${paths.length - 5} more` : "");
  return {
    ok: false,
    problem: [
      ...(unseen.length > 0 ? [`git lists ${show(unseen)}, which the diff does not hold`] : []),
      ...(unlisted.length > 0 ? [`the diff holds ${show(unlisted)}, which git does not list`] : []),
    ].join("; "),
  };
}
