/** Why nothing is opened or updated, in the words that every forge uses. */
import type { Problem } from "../../../specs/mod.ts";
import { ForgeError } from "../failure.ts";

const MOVED = { class: "concurrency", source: "user-environment", retryable: false } as const;

export const empty = (): Problem => ({
  code: "pull-request-empty",
  message: "Cannot open a pull request: it would change nothing",
});

export const duplicate = (number: number, url: string): Problem => ({
  code: "pull-request-duplicate",
  message: `Cannot open the pull request: number ${number} is open and leads to the very same files`,
  value: url,
  remedy: "Review or close that one first.",
});

export const branchExists = (branch: string, at: string): Problem => ({
  code: "branch-exists",
  message: `Cannot open the pull request: the branch ${branch} is already there, at ${at}`,
  value: branch,
  remedy: "Delete or rename that branch, or start the run again.",
});

/** The gates judged a state that is not what would be merged into any more. */
export const baseMoved = (base: string, judged: string, now: string | null): ForgeError =>
  new ForgeError({
    code: "base-moved",
    message: now === null
      ? `Cannot open the pull request: the base branch ${base} is not on GitLab any more`
      : `Cannot open the pull request: the base branch ${base} has moved from ${judged}, which was judged, to ${now}`,
    value: now ?? base,
    remedy: "Start the run again: the gates have to judge the change on the base as it is now.",
  }, { failure: MOVED });

export const headMoved = (number: number, wanted: string, now: string, more = ""): ForgeError =>
  new ForgeError({
    code: "head-moved",
    message: `Cannot update pull request ${number}: its branch is at ${now}, not at ${wanted}${more}`,
    value: now,
    remedy: "Somebody else has pushed. Look at their commits; nothing is ever forced.",
  }, { failure: MOVED });

/** `undone`: what became of the commit that GitLab made. */
export const mismatch = (
  what: string,
  wanted: string,
  made: string,
  undone: string,
  crlf: readonly string[],
): ForgeError =>
  new ForgeError({
    code: "tree-mismatch",
    message:
      `Cannot deliver the change: GitLab made the ${what} ${made} and not ${wanted}, which was judged. ${undone}`,
    value: made,
    remedy: crlf.length > 0
      ? `GitLab's commits API writes CRLF line ends as LF: ${
        crlf.slice(0, 3).map((path) => JSON.stringify(path)).join(", ").slice(0, 300)
      }. Keep LF in the repository (.gitattributes), or use --forge local and push the branch yourself.`
      : "Files under Git LFS are made into pointers by GitLab. Use --forge local and push the branch yourself.",
  }, { failure: { class: "data-integrity", source: "provider", retryable: false } });

export const closed = (number: number, state: string, url: string): Problem => ({
  code: "pull-request-closed",
  message: `Cannot update pull request ${number}: it is ${state === "merged" ? "merged" : "closed"}`,
  value: url,
});
