/**
 * Code forges: where a judged change becomes a pull request, and where that is watched until it is merged or closed.
 *
 * Rules for every adapter
 * - Everything is idempotent: by the request's `key` (a marker in a body, an external id, a branch name) or by what is already so. A
 *   call that was cut in the middle is made again and changes nothing twice.
 * - What a forge answers is data of strangers: texts are bounded and carry their author; nothing in them is an instruction.
 * - What fails for a reason that a person or time can remove is a `ForgeError`; its `failure` says what the runtime does about it. A
 *   refusal that is an answer (a merge that is not allowed, a forge without drafts) is a `Result`.
 * - No credential in a message, a record or an outcome.
 *
 * The parts that are optional here are absent from a forge that has no server. `connectors/forges/github` and `gitlab` have all of them.
 */
import type { Problem, Result } from "../../specs/mod.ts";
import type { ChangeObjects } from "../port.ts";
import type { ForgeCi } from "./ci_port.ts";

export type * from "./ci_port.ts";

export interface PullRequest {
  number: number;
  run: string;
  title: string;
  body: string;
  branch: string;
  base: string;
  baseCommit: string;
  commit: string;
  url: string;
  draft: boolean;
  createdAt: string;
  /**
   * Whose it is; for lists of one repository. Of the local forge as `Repository.location` names it, of one with a server the
   * repository's page: `https://github.com/acme/tools`.
   */
  repository?: string;
}

/** What a change is built on, as a run was accepted. */
export interface ForgeRepository {
  location: string;
  gitDir: string;
  baseRef: string;
  baseCommit: string;
  /** The repository's page on its forge, as `Forge.locate` told it; absent with the local forge. */
  remote?: string;
}

export interface PullRequestRequest {
  key: string;
  run: string;
  repository: ForgeRepository;
  /** Directory of a workspace that holds the objects. */
  workspace: string;
  /** The objects themselves, where there is no such directory. */
  objects?: ChangeObjects;
  tree: string;
  branch: string;
  title: string;
  body: string;
  message: string;
  draft: boolean;
  at: string;
}

/** A pull request of a forge with a server: the page of its repository, as `PullRequest.repository`, and its number there. */
export interface PullRequestAt {
  readonly repository: string;
  readonly number: number;
}

/** A further commit for an open pull request. */
export interface PullRequestUpdate {
  readonly key: string;
  readonly pull: PullRequestAt;
  /** The head that the new commit goes on top of. Another head by now is refused: somebody else has pushed. */
  readonly head: string;
  /** The base that `tree` was judged on; its tree is in the workspace. */
  readonly baseCommit: string;
  /** That base becomes the second parent: the update takes the base's new commits in. */
  readonly mergesBase?: boolean;
  readonly workspace: string;
  /** As in PullRequestRequest. */
  readonly objects?: ChangeObjects;
  readonly tree: string;
  readonly message: string;
  readonly at: string;
  /** Replace title and body, when given. */
  readonly title?: string;
  readonly body?: string;
}

export type CheckConclusion =
  | "success"
  | "failure"
  | "neutral"
  | "cancelled"
  | "skipped"
  | "timed_out"
  /** A person has to do something on the forge first, such as to approve a workflow's run. */
  | "action_required"
  | "stale"
  | "startup_failure";

/** What CI says of a commit. */
export interface PullRequestCheck {
  /** For `logs`. */
  readonly id: string;
  readonly kind: "check-run" | "status" | "job";
  readonly name: string;
  /** Who published it: an app's or a pipeline's name. */
  readonly by: string | null;
  readonly status: "queued" | "running" | "completed";
  /** Null until it is completed. */
  readonly conclusion: CheckConclusion | null;
  /** Whether the base branch asks for it; null where that cannot be told. */
  readonly required: boolean | null;
  readonly summary: string;
  readonly url: string | null;
  /** Made by `publishChecks` of this installation. */
  readonly ours: boolean;
}

/** What somebody may do in the repository, by the forge's own word; null where it does not tell. */
export type ForgePermission = "admin" | "maintain" | "write" | "triage" | "read" | "none";

export interface ForgeAuthor {
  readonly name: string;
  readonly bot: boolean;
  readonly permission: ForgePermission | null;
  /** How the forge calls the relation, such as OWNER, MEMBER, CONTRIBUTOR, FIRST_TIMER; empty where it has no such word. */
  readonly association: string;
}

export interface PullRequestReview {
  readonly id: string;
  readonly author: ForgeAuthor;
  readonly state: "approved" | "changes_requested" | "commented" | "dismissed";
  /** The commit that was looked at; null where the forge does not tell. */
  readonly commit: string | null;
  readonly at: string;
}

export interface PullRequestState {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly state: "open" | "closed" | "merged";
  readonly draft: boolean;
  readonly branch: string;
  /** The commit that the pull request offers now. */
  readonly head: string;
  readonly base: string;
  /** The head of the base branch now; null when the branch is gone. Another than the judged base: the base has moved. */
  readonly baseHead: string | null;
  /** `blocked`: rules of the forge are not met yet. `behind`: the base's new commits have to come in first. */
  readonly mergeable: "clean" | "conflicting" | "blocked" | "behind" | "unknown";
  /** Commit on the base branch that it became; null until it is merged. */
  readonly mergeCommit: string | null;
  readonly labels: readonly string[];
  /** Of `head`, the latest of each name. */
  readonly checks: readonly PullRequestCheck[];
  /** The latest of each author that approves, asks for changes, or was dismissed; and comments. */
  readonly reviews: readonly PullRequestReview[];
  /** More than the adapter reads of checks or reviews were there. Then nothing may be concluded from one that is missing. */
  readonly cut: boolean;
}

export interface PullRequestComment {
  /** Stable; names the kind, as numbers are of each kind. For `reply`. */
  readonly id: string;
  /** A comment of the conversation, a comment on a line, or the text of a review. */
  readonly kind: "comment" | "review-comment" | "review";
  readonly author: ForgeAuthor;
  readonly body: string;
  /** The body was longer than what is given. */
  readonly cut: boolean;
  readonly at: string;
  /** Later than `at` when it was edited. */
  readonly updatedAt: string;
  readonly url: string;
  /** Of comments on a line. */
  readonly path?: string;
  readonly line?: number;
  readonly commit?: string;
  /** Id of the comment that it answers. */
  readonly inReplyTo?: string;
  /** Of reviews. */
  readonly review?: PullRequestReview["state"];
  /** `markOf` the key that it was written with, when this engine wrote it. Anybody can copy it: it counts only where `own` is true. */
  readonly mark?: string;
  /** Written by the account that this forge's credential is of. */
  readonly own: boolean;
}

export interface CommentPage {
  /** Oldest first by `updatedAt`. */
  readonly comments: readonly PullRequestComment[];
  /** For the next call; comments of the same second come again, and are told by their id and `updatedAt`. */
  readonly since: string | null;
}

export interface CheckAnnotation {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly endLine?: number;
  readonly level: "notice" | "warning" | "failure";
  readonly title: string;
  readonly message: string;
}

/** What this engine says of a commit, shown beside CI. */
export interface CheckReport {
  readonly key: string;
  readonly repository: string;
  readonly commit: string;
  /** Of the check, such as `edgeforge`. */
  readonly name: string;
  /** Null: it is under way. */
  readonly conclusion: "success" | "failure" | "neutral" | "action_required" | null;
  readonly title: string;
  /** Markdown. */
  readonly summary: string;
  readonly url?: string;
  readonly annotations: readonly CheckAnnotation[];
}

export interface PublishedCheck {
  readonly id: string;
  readonly url: string | null;
  /** A credential that may not write check runs leaves a commit status, which has no annotations. */
  readonly kind: "check-run" | "status";
  readonly annotations: number;
}

export interface MergeRequest {
  readonly key: string;
  /** Only this head is merged. */
  readonly head: string;
  readonly method: "merge" | "squash" | "rebase";
  readonly title?: string;
  readonly message?: string;
}

export interface Merged {
  readonly commit: string;
  /** Of that commit, to be compared with what was judged. */
  readonly tree: string;
}

/** A repository's files by API. */
export interface ForgeSource {
  /** A branch, a tag or a commit; the default branch when none is named. Null when there is none of that name. */
  resolve(ref?: string): Promise<{ ref: string; commit: string; tree: string } | null>;
  /** Every file, link and submodule of a commit; all of them, or an error. */
  files(commit: string): Promise<readonly { path: string; mode: string; sha: string }[]>;
  blob(sha: string): Promise<Uint8Array>;
}

export interface Forge {
  readonly kind: "local" | "github" | "gitlab";
  /** The pull request that this key already opened, or null. */
  find(request: PullRequestRequest): Promise<PullRequest | null>;
  open(request: PullRequestRequest): Promise<PullRequest>;
  list(location?: string): Promise<PullRequest[]>;
  show(number: number, location?: string): Promise<PullRequest | null>;
  /** Why no pull request can be opened in this repository, asked before a run begins; null when nothing is in the way. */
  refuses?(
    repository:
      & Pick<ForgeRepository, "location" | "gitDir">
      & Partial<ForgeRepository>
      & { readonly draft?: boolean },
  ): Promise<Problem | null>;
  /** The page of the repository on this forge, by its URL or by the remote `origin` of a clone; a problem when it is elsewhere. */
  locate?(location: string): Promise<Result<string, Problem>>;
  /** The head of a branch now; null when there is none. Another than the judged base means that gates have to run again. */
  branchHead?(repository: string, branch: string): Promise<string | null>;
  /**
   * Puts one more commit on the branch of an open pull request: fast-forward only, never by force. A closed or merged one, and a head
   * that is not `update.head`, is refused (`pull-request-closed`, `head-moved`). Done before with this key: the same answer.
   */
  update?(update: PullRequestUpdate): Promise<{ commit: string }>;
  state?(pull: PullRequestAt): Promise<PullRequestState>;
  /** Comments that were written or edited at or after `since` (an answer's own), all of them without. */
  comments?(pull: PullRequestAt, since?: string | null): Promise<CommentPage>;
  /** Answers a comment (in its thread, where it has one) or the pull request, once for each key. */
  reply?(
    pull: PullRequestAt,
    answer: { readonly key: string; readonly to?: string; readonly body: string },
  ): Promise<{ id: string; url: string }>;
  /** Writes the comment of this key in the conversation, or brings it up to date when it is there already. */
  comment?(
    pull: PullRequestAt,
    written: { readonly key: string; readonly body: string },
  ): Promise<{ id: string; url: string }>;
  /** Creates or completes the check with this key; all annotations, however many a call takes. */
  publishChecks?(report: CheckReport): Promise<PublishedCheck>;
  /** The end of what a check printed, at most `maxBytes`; null when there is none to be had. */
  logs?(
    repository: string,
    check: Pick<PullRequestCheck, "id" | "kind">,
    maxBytes: number,
  ): Promise<{ text: string; cut: boolean } | null>;
  /** A draft becomes ready for review. An error where the forge or its version has no way to do that. */
  ready?(pull: PullRequestAt): Promise<Result<void, Problem>>;
  /** Merges exactly `request.head`. Merged before with this head: the same answer. What the forge's rules refuse is an error. */
  merge?(pull: PullRequestAt, request: MergeRequest): Promise<Result<Merged, Problem>>;
  labels?(
    pull: PullRequestAt,
    change: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Promise<void>;
  /** Asks people (`name`) and teams (`organization/team`) for a review; who cannot be asked is told. */
  requestReviews?(pull: PullRequestAt, reviewers: readonly string[]): Promise<{ refused: readonly string[] }>;
  /** It goes into another branch of its repository from now on; the same again changes nothing. */
  retarget?(pull: PullRequestAt, base: string): Promise<void>;
  /** Closes it without merging, after an answer when one is given; the branch stays. */
  close?(
    pull: PullRequestAt,
    why?: { readonly key: string; readonly body: string },
  ): Promise<void>;
  /** How the repository is read without a clone. */
  source?(repository: string): Promise<ForgeSource>;
  /** How its CI runs what is put on a throw-away branch. */
  readonly ci?: ForgeCi;
  /** Lets go of kept connections. */
  end?(): Promise<void>;
}

/**
 * What a webhook says has happened. It is a hint and nothing more: who is woken by it asks the forge by `state` and `comments`, so that
 * a forged, late or repeated one can do no harm. It carries no text of anybody.
 */
export interface ForgeEvent {
  /** The forge's own id of the delivery. */
  readonly id: string;
  readonly forge: "github" | "gitlab";
  /** As `PullRequest.repository`. */
  readonly repository: string;
  /** Pull requests that it is about; empty when the forge names only a commit or a branch. */
  readonly pulls: readonly number[];
  readonly branch?: string;
  readonly commit?: string;
  readonly kind: "pull-request" | "comment" | "review" | "check" | "push";
  /** The forge's word, such as `opened`, `synchronize`, `created`, `completed`. */
  readonly action: string;
  readonly at: string;
}

/** Events of forges on their way to the runs that watch: kept durably, for a while also before anybody watches. */
export interface ForgeEvents {
  /**
   * From now on events about this pull request are signals named `forge` for the run (payload: a ForgeEvent; the delivery's id is the
   * signal's), those that came before at once. Again: changes nothing.
   */
  watch(
    run: string,
    pull: PullRequestAt & { readonly branch: string; readonly base?: string },
  ): Promise<void>;
  unwatch(run: string): Promise<void>;
}
