/** A judged tree becomes a branch and a merge request; what was done before a crash is found again. */
import type { ChangeObjects } from "../../port.ts";
import { ForgeError } from "../failure.ts";
import { marker, markOf, readMarker } from "../marker.ts";
import type { PullRequest, PullRequestRequest, PullRequestUpdate } from "../port.ts";
import { objectsOf } from "../sent_objects.ts";
import { inLocal, onGitLab, planActions } from "./actions.ts";
import { Anything, CommitAnswer, MergeRequestAnswer } from "./answers.ts";
import type { GitLabClient } from "./client.ts";
import { duplicateOf } from "./duplicates.ts";
import {
  change,
  headOf,
  isDraft,
  isHere,
  mergeRequestAt,
  mergeRequestsPath,
  ofBranch,
} from "./merge_requests.ts";
import { type GitLabPlace, pageOf, projectPath } from "./place.ts";
import { baseMoved, branchExists, closed, duplicate, empty, headMoved, mismatch } from "./refusals.ts";
import { branchAt, commitAt, treeAt } from "./trees.ts";
import { marked, titled } from "./wording.ts";

const IDENTITY = { author_name: "Edgeforge", author_email: "edgeforge@localhost" };

/** The merge request that the request already opened, as far as GitLab shows it. */
export async function findPull(
  client: GitLabClient,
  place: GitLabPlace,
  request: PullRequestRequest,
): Promise<PullRequest | null> {
  const mark = await markOf(request.key);
  const all = await ofBranch(client, place, request.branch, "all");
  // Oldest first: if ever two were opened, the first is the one.
  for (const one of all.toReversed()) {
    const head = await headOf(client, place, one);
    if (head === null) continue;
    const marked = readMarker(one.description)?.mark === mark;
    const commit = await judgedCommit(client, place, request, { head, most: marked ? MOST_PUSHED : 1 });
    if (commit !== null) return recordOf(client, place, request, one, commit);
  }
  return null;
}

/** Commits of others on our branch that are looked through for ours. */
const MOST_PUSHED = 50;

/**
 * The commit with the judged tree on the judged base: the head, or, where the text says that it is ours, one that others have pushed onto
 * since. Null when there is none: a mark can be copied, and what is recorded has to be what was judged.
 */
async function judgedCommit(
  client: GitLabClient,
  place: GitLabPlace,
  request: PullRequestRequest,
  { head, most }: { head: string; most: number },
): Promise<string | null> {
  const [seen, next] = [new Set<string>(), [head]];
  for (let at = next.shift(); at !== undefined && seen.size < most; at = next.shift()) {
    if (seen.has(at) || at === request.repository.baseCommit) continue;
    seen.add(at);
    const { tree, parents } = await commitAt(client, place, at);
    if (tree === request.tree && parents.join(" ") === request.repository.baseCommit) return at;
    next.push(...parents);
  }
  return null;
}

/** Opens it: everything that is refused is refused before the branch is made. */
export async function openPull(
  client: GitLabClient,
  place: GitLabPlace,
  request: PullRequestRequest,
): Promise<PullRequest> {
  const objects = await objectsOf(request, request.repository.baseCommit);
  if (request.tree === objects.baseTree) throw new ForgeError(empty());
  const base = branchName(request.repository.baseRef);
  const baseHead = await branchAt(client, place, base);
  if (baseHead !== request.repository.baseCommit) {
    throw baseMoved(base, request.repository.baseCommit, baseHead);
  }
  const twin = await duplicateOf(client, place, { base, tree: request.tree, branch: request.branch });
  if (twin !== null) throw new ForgeError(duplicate(twin.number, twin.url));
  const commit = await takeBranch(client, place, request, objects);
  const opened = await createPull(client, place, request, base);
  return recordOf(client, place, request, opened, commit);
}

const isOurs = async (
  client: GitLabClient,
  place: GitLabPlace,
  request: PullRequestRequest,
  head: string,
): Promise<boolean> => {
  const there = await commitAt(client, place, head);
  return there.tree === request.tree && there.parents.join(" ") === request.repository.baseCommit;
};

/** Makes commit and branch at once; a branch that is there with the very same content is ours from before. */
async function takeBranch(
  client: GitLabClient,
  place: GitLabPlace,
  request: PullRequestRequest,
  objects: ChangeObjects,
): Promise<string> {
  const base = request.repository.baseCommit;
  const before = await branchAt(client, place, request.branch);
  if (before !== null) {
    if (await isOurs(client, place, request, before)) return before;
    throw new ForgeError(branchExists(request.branch, before));
  }
  const { actions, crlf } = await planActions({
    objects,
    from: { tree: objects.baseTree, read: inLocal(objects) },
    tree: request.tree,
  });
  let made: CommitAnswer;
  try {
    made = await client.call(CommitAnswer, "POST", `${projectPath(place)}/repository/commits`, {
      body: {
        branch: request.branch,
        start_sha: base,
        force: false,
        commit_message: request.message,
        ...IDENTITY,
        actions,
        stats: false,
      },
    });
  } catch (error) {
    if (!(error instanceof ForgeError) || ![400, 409].includes(error.status ?? 0)) throw error;
    // Another process of ours may have made it between the look and now.
    const now = await branchAt(client, place, request.branch);
    if (now === null) throw error;
    if (!await isOurs(client, place, request, now)) {
      throw new ForgeError(branchExists(request.branch, now));
    }
    return now;
  }
  const tree = await treeAt(client, place, made.id);
  const [what, wanted, got] = tree === request.tree
    ? ["commit's parent", base, made.parent_ids.join(" ")]
    : ["tree", request.tree, tree];
  if (wanted === got) return made.id;
  throw mismatch(what, wanted, got, await removeBranch(client, place, request.branch, made.id), crlf);
}

type CommitAnswer = { id: string; parent_ids: string[] };

/** Takes away the branch that was made a moment ago, as long as nobody else has come. */
async function removeBranch(
  client: GitLabClient,
  place: GitLabPlace,
  branch: string,
  made: string,
): Promise<string> {
  try {
    if (await branchAt(client, place, branch) !== made) return "The branch is somebody else's now, and stays";
    await client.call(
      Anything,
      "DELETE",
      `${projectPath(place)}/repository/branches/${encodeURIComponent(branch)}`,
    );
    return "Nothing was opened, and the branch is removed";
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    return `Nothing was opened; the branch ${branch} could not be removed`;
  }
}

async function createPull(
  client: GitLabClient,
  place: GitLabPlace,
  request: PullRequestRequest,
  base: string,
): Promise<MergeRequestAnswer> {
  const mark = await marker(request.key, request.tree);
  try {
    const made = await client.call(MergeRequestAnswer, "POST", mergeRequestsPath(place), {
      body: {
        source_branch: request.branch,
        target_branch: base,
        title: titled(request.title, request.draft),
        description: marked(request.body, mark),
        remove_source_branch: false,
      },
    });
    if (request.draft && !isDraft(made)) throw new ForgeError(noDrafts(made));
    return made;
  } catch (error) {
    if (!(error instanceof ForgeError) || ![409, 422].includes(error.status ?? 0)) throw error;
    // It says so when there is one from this branch already.
    const [there] = await ofBranch(client, place, request.branch, "opened");
    if (there === undefined) throw error;
    return there;
  }
}

/** One more commit on the branch of an open merge request. */
export async function updatePull(
  client: GitLabClient,
  place: GitLabPlace,
  update: PullRequestUpdate,
): Promise<{ commit: string }> {
  const { number } = update.pull;
  const pull = await mergeRequestAt(client, place, number);
  if (pull.state !== "opened") throw new ForgeError(closed(number, pull.state, pull.web_url));
  if (!isHere(pull)) {
    throw new ForgeError({
      code: "head-elsewhere",
      message: `Cannot update pull request ${number}: its branch is of another project`,
      value: pull.web_url,
    });
  }
  const head = await headOf(client, place, pull);
  if (head !== update.head) {
    const there = head === null ? null : await commitAt(client, place, head);
    if (
      head === null || there?.tree !== update.tree || there.parents.join(" ") !== parentsOf(update).join(" ")
    ) {
      throw headMoved(number, update.head, head ?? "gone");
    }
    await retitle(client, place, update, pull);
    return { commit: head };
  }
  if (update.mergesBase) {
    throw new ForgeError(noMerges(number, pull.web_url), {
      failure: { class: "external", source: "provider", retryable: false },
    });
  }
  const objects = await objectsOf(update, update.baseCommit);
  const before = await treeAt(client, place, head);
  if (before === update.tree) throw new ForgeError(empty());
  const { actions, crlf } = await planActions({
    objects,
    from: { tree: before, read: onGitLab(client, place, head) },
    tree: update.tree,
  });
  const made = await client.call(CommitAnswer, "POST", `${projectPath(place)}/repository/commits`, {
    body: {
      branch: pull.source_branch,
      force: false,
      commit_message: update.message,
      ...IDENTITY,
      actions,
      stats: false,
    },
  });
  const tree = await treeAt(client, place, made.id);
  const parents = made.parent_ids.join(" ");
  if (parents !== update.head || tree !== update.tree) {
    const undone = await revert(client, place, pull.source_branch, made.id);
    if (parents !== update.head) throw headMoved(number, update.head, parents, `. ${undone}`);
    throw mismatch("tree", update.tree, tree, undone, crlf);
  }
  await retitle(client, place, update, pull);
  return { commit: made.id };
}

const parentsOf = (update: PullRequestUpdate): string[] => [
  update.head,
  ...(update.mergesBase ? [update.baseCommit] : []),
];

/**
 * GitLab commits on top of what the branch holds at that moment, and has no condition for it. What came onto another state than the
 * judged one, or came out otherwise, is taken back by a commit: nothing is forced.
 */
async function revert(
  client: GitLabClient,
  place: GitLabPlace,
  branch: string,
  commit: string,
): Promise<string> {
  try {
    await client.call(Anything, "POST", `${projectPath(place)}/repository/commits/${commit}/revert`, {
      body: { branch },
    });
    return "The new commit is reverted";
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    return `The new commit ${commit} is on the branch and could not be reverted: revert it before anything else`;
  }
}

async function retitle(
  client: GitLabClient,
  place: GitLabPlace,
  update: PullRequestUpdate,
  pull: MergeRequestAnswer,
): Promise<void> {
  if (update.title === undefined && update.body === undefined) return;
  const mark = /<!-- edgeforge:[0-9a-f]{32}/.exec(pull.description ?? "")?.[0];
  const kept = mark === undefined ? await marker(update.key, update.tree) : `${mark} tree:${update.tree} -->`;
  await change(client, place, pull.iid, {
    ...(update.title === undefined ? {} : { title: titled(update.title, isDraft(pull)) }),
    ...(update.body === undefined ? {} : { description: marked(update.body, kept) }),
  });
}

function recordOf(
  client: GitLabClient,
  place: GitLabPlace,
  request: PullRequestRequest,
  pull: MergeRequestAnswer,
  commit: string,
): PullRequest {
  return {
    number: pull.iid,
    run: request.run,
    title: request.title,
    body: request.body,
    branch: request.branch,
    base: branchName(request.repository.baseRef),
    baseCommit: request.repository.baseCommit,
    commit,
    url: pull.web_url,
    draft: isDraft(pull),
    createdAt: request.at,
    repository: pageOf(place, client.settings.addresses),
  };
}

export const branchName = (ref: string): string => ref.replace(/^refs\/heads\//, "");

const noDrafts = (made: MergeRequestAnswer) => ({
  code: "drafts-unsupported",
  message: `Cannot open a draft: GitLab opened number ${made.iid} ready for review`,
  value: made.web_url,
  remedy: "Use GitLab 13.2 or later, or grant autonomy A3, which opens what is ready for review.",
});

const noMerges = (number: number, url: string) => ({
  code: "update-unsupported",
  message:
    `Cannot update pull request ${number}: GitLab's API makes no commit of two parents, so the base cannot be merged in`,
  value: url,
  remedy: "Rebase it on its page, or close it and start the run again on the base as it is now.",
});
