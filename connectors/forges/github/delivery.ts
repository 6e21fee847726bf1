/** A judged tree becomes a branch and a pull request; what was done before a crash is found again. */
import type { Problem } from "../../../specs/mod.ts";
import type { ChangeObjects } from "../../port.ts";
import { objectsOf } from "../sent_objects.ts";
import { ForgeError } from "../failure.ts";
import { marker, markOf, readMarker, withMarker } from "../marker.ts";
import type { PullRequest, PullRequestRequest, PullRequestUpdate } from "../port.ts";
import { PullAnswer, RefAnswer } from "./answers.ts";
import type { GitHubClient } from "./client.ts";
import { duplicateOf } from "./duplicates.ts";
import { branchAt, commitAt, headOf, makeCommit, uploadTree } from "./objects.ts";
import { type GitHubPlace, pageOf } from "./place.ts";

/** GitHub takes 65,536 characters. */
export const MAX_BODY = 65_000;
const MAX_TITLE = 250;
/** Commits of others on our branch that are looked through for ours. */
const MOST_PUSHED = 50;

/** The pull request that the request already opened, as far as GitHub shows it. */
export async function findPull(
  client: GitHubClient,
  place: GitHubPlace,
  request: PullRequestRequest,
): Promise<PullRequest | null> {
  const { items } = await client.list(PullAnswer, "GET /repos/{owner}/{repo}/pulls", {
    ...place,
    head: `${place.owner}:${request.branch}`,
    state: "all",
  }, { most: 20 });
  // Oldest first: if ever two were opened, the first is the one.
  for (const pull of items.toReversed()) {
    if (pull.head.ref !== request.branch) continue;
    const commit = await judgedCommit(client, place, request, pull);
    if (commit !== null) return recordOf(client, place, request, pull, commit);
  }
  return null;
}

/**
 * The commit of a pull request that has the judged tree on the judged base: its head, or one that others have pushed onto since. Null when
 * there is none, whatever its text says: a mark can be copied, and what is recorded has to be what was judged.
 */
async function judgedCommit(
  client: GitHubClient,
  place: GitHubPlace,
  request: PullRequestRequest,
  pull: PullAnswer,
): Promise<string | null> {
  const isJudged = (tree: string, parents: readonly string[]) =>
    tree === request.tree && parents.join(" ") === request.repository.baseCommit;
  const isOurs = readMarker(pull.body)?.mark === await markOf(request.key);
  const [seen, next] = [new Set<string>(), [await headOf(client, place, pull)]];
  for (let at = next.shift(); at !== undefined; at = next.shift()) {
    if (seen.has(at) || at === request.repository.baseCommit) continue;
    seen.add(at);
    const { tree, parents } = await commitAt(client, place, at);
    if (isJudged(tree, parents)) return at;
    // One that others have pushed onto: only where its text says that it is ours.
    if (isOurs && seen.size + next.length + parents.length <= MOST_PUSHED) next.push(...parents);
  }
  return null;
}

/** Opens it: everything that is refused is refused before the branch is made. */
export async function openPull(
  client: GitHubClient,
  place: GitHubPlace,
  request: PullRequestRequest,
): Promise<PullRequest> {
  const objects = await objectsOf(request, request.repository.baseCommit);
  if (request.tree === objects.baseTree) throw new ForgeError(empty());
  if (request.tree.length !== 40) throw new ForgeError(sha256());
  const base = branchName(request.repository.baseRef);
  const baseHead = await branchAt(client, place, base);
  if (baseHead !== request.repository.baseCommit) {
    throw baseMoved(base, request.repository.baseCommit, baseHead);
  }
  const twin = await duplicateOf(client, place, { base, tree: request.tree, branch: request.branch });
  if (twin !== null) throw new ForgeError(duplicate(twin.number, twin.url));
  const commit = await takeBranch(client, place, request, objects);
  const pull = await createPull(client, place, request, base);
  return recordOf(client, place, request, pull, commit);
}

/** Makes commit and branch; a branch that is there with the very same content is ours from before. The commit. */
async function takeBranch(
  client: GitHubClient,
  place: GitHubPlace,
  request: PullRequestRequest,
  objects: ChangeObjects,
): Promise<string> {
  const parents = [request.repository.baseCommit];
  const isOurs = async (head: string) => {
    const there = await commitAt(client, place, head);
    return there.tree === request.tree && there.parents.join(" ") === parents.join(" ");
  };
  const before = await branchAt(client, place, request.branch);
  if (before !== null) {
    if (await isOurs(before)) return before;
    throw new ForgeError(branchExists(request.branch, before));
  }
  await uploadTree(client, place, objects, request.tree);
  const sha = await makeCommit(client, place, {
    message: request.message,
    tree: request.tree,
    parents,
    at: request.at,
  });
  try {
    await client.call(RefAnswer, "POST /repos/{owner}/{repo}/git/refs", {
      ...place,
      ref: `refs/heads/${request.branch}`,
      sha,
    });
    return sha;
  } catch (error) {
    if (!(error instanceof ForgeError) || error.status !== 422) throw error;
    // Another process of ours may have made it between the look and now.
    const now = await branchAt(client, place, request.branch);
    if (now === null) throw error;
    if (!await isOurs(now)) throw new ForgeError(branchExists(request.branch, now));
    return now;
  }
}

async function createPull(
  client: GitHubClient,
  place: GitHubPlace,
  request: PullRequestRequest,
  base: string,
): Promise<PullAnswer> {
  const mark = await marker(request.key, request.tree);
  try {
    const pull = await client.call(PullAnswer, "POST /repos/{owner}/{repo}/pulls", {
      ...place,
      title: request.title.slice(0, MAX_TITLE),
      head: request.branch,
      base,
      body: withMarker(request.body, mark, MAX_BODY),
      draft: request.draft,
      maintainer_can_modify: false,
    });
    if (request.draft && pull.draft === false) throw new ForgeError(noDrafts(pull.number));
    return pull;
  } catch (error) {
    if (!(error instanceof ForgeError) || error.status !== 422) throw error;
    if (/draft/i.test(error.message)) throw new ForgeError(noDrafts(null), { cause: error });
    // It says so when there is one from this branch already.
    const { items } = await client.list(PullAnswer, "GET /repos/{owner}/{repo}/pulls", {
      ...place,
      head: `${place.owner}:${request.branch}`,
      state: "open",
    }, { most: 5 });
    const there = items.find((pull) => pull.head.ref === request.branch);
    if (there === undefined) throw error;
    return there;
  }
}

/** One more commit on the branch of an open pull request. */
export async function updatePull(
  client: GitHubClient,
  place: GitHubPlace,
  update: PullRequestUpdate,
): Promise<{ commit: string }> {
  const pull = await client.call(PullAnswer, "GET /repos/{owner}/{repo}/pulls/{number}", {
    ...place,
    number: update.pull.number,
  });
  if (pull.state !== "open") throw new ForgeError(closed(pull));
  const home = `${place.owner}/${place.repo}`.toLowerCase();
  if (pull.head.repo !== undefined && pull.head.repo?.full_name.toLowerCase() !== home) {
    throw new ForgeError({
      code: "head-elsewhere",
      message: `Cannot update pull request ${pull.number}: its branch is of another repository`,
      value: pull.html_url,
    });
  }
  const parents = [update.head, ...(update.mergesBase ? [update.baseCommit] : [])];
  const objects = await objectsOf(update, update.baseCommit);
  const head = await headOf(client, place, pull);
  if (head !== update.head) {
    const there = await commitAt(client, place, head);
    if (there.tree !== update.tree || there.parents.join(" ") !== parents.join(" ")) {
      throw headMoved(pull, update.head, head);
    }
    await retitle(client, place, update, pull);
    return { commit: head };
  }
  if ((await commitAt(client, place, head)).tree === update.tree) throw new ForgeError(empty());
  await uploadTree(client, place, objects, update.tree);
  const sha = await makeCommit(client, place, {
    message: update.message,
    tree: update.tree,
    parents,
    at: update.at,
  });
  try {
    await client.call(RefAnswer, "PATCH /repos/{owner}/{repo}/git/refs/{ref}", {
      ...place,
      ref: `heads/${pull.head.ref}`,
      sha,
      force: false,
    });
  } catch (error) {
    if (!(error instanceof ForgeError) || error.status !== 422) throw error;
    throw headMoved(pull, update.head, await branchAt(client, place, pull.head.ref) ?? "gone");
  }
  await retitle(client, place, update, pull);
  return { commit: sha };
}

async function retitle(
  client: GitHubClient,
  place: GitHubPlace,
  update: PullRequestUpdate,
  pull: PullAnswer,
): Promise<void> {
  if (update.title === undefined && update.body === undefined) return;
  const mark = /<!-- edgeforge:[0-9a-f]{32}/.exec(pull.body ?? "")?.[0];
  const kept = mark === undefined ? await marker(update.key, update.tree) : `${mark} tree:${update.tree} -->`;
  await client.call(PullAnswer, "PATCH /repos/{owner}/{repo}/pulls/{number}", {
    ...place,
    number: pull.number,
    ...(update.title === undefined ? {} : { title: update.title.slice(0, MAX_TITLE) }),
    ...(update.body === undefined ? {} : { body: withMarker(update.body, kept, MAX_BODY) }),
  });
}

function recordOf(
  client: GitHubClient,
  place: GitHubPlace,
  request: PullRequestRequest,
  pull: PullAnswer,
  /** The judged one: the branch may be further by now. */
  commit: string,
): PullRequest {
  return {
    number: pull.number,
    run: request.run,
    title: request.title,
    body: request.body,
    branch: request.branch,
    base: branchName(request.repository.baseRef),
    baseCommit: request.repository.baseCommit,
    commit,
    // Not what the answer says: it becomes a link on our pages.
    url: `${pageOf(place, client.settings.addresses)}/pull/${pull.number}`,
    draft: pull.draft ?? false,
    createdAt: request.at,
    repository: pageOf(place, client.settings.addresses),
  };
}

export const branchName = (ref: string): string => ref.replace(/^refs\/heads\//, "");

/** The gates judged a state that is not what would be merged into any more. */
export function baseMoved(base: string, judged: string, now: string | null): ForgeError {
  return new ForgeError({
    code: "base-moved",
    message: now === null
      ? `Cannot open the pull request: the base branch ${base} is not on GitHub any more`
      : `Cannot open the pull request: the base branch ${base} has moved from ${judged}, which was judged, to ${now}`,
    value: now ?? base,
    remedy: "Start the run again: the gates have to judge the change on the base as it is now.",
  }, { failure: { class: "concurrency", source: "user-environment", retryable: false } });
}

const headMoved = (pull: PullAnswer, wanted: string, now: string) =>
  new ForgeError({
    code: "head-moved",
    message: `Cannot update pull request ${pull.number}: its branch is at ${now}, not at ${wanted}`,
    value: now,
    remedy: "Somebody else has pushed. Look at their commits; nothing is ever forced.",
  }, { failure: { class: "concurrency", source: "user-environment", retryable: false } });

const closed = (pull: PullAnswer): Problem => ({
  code: "pull-request-closed",
  message: `Cannot update pull request ${pull.number}: it is ${pull.merged_at ? "merged" : "closed"}`,
  value: pull.html_url,
});

const empty = (): Problem => ({
  code: "pull-request-empty",
  message: "Cannot open a pull request: it would change nothing",
});

const sha256 = (): Problem => ({
  code: "change-unsendable",
  message:
    "Cannot send the change to GitHub: the repository names its objects by SHA-256, which GitHub does not take",
  remedy: "Use --forge local.",
});

const duplicate = (number: number, url: string): Problem => ({
  code: "pull-request-duplicate",
  message: `Cannot open the pull request: number ${number} is open and leads to the very same files`,
  value: url,
  remedy: "Review or close that one first.",
});

const branchExists = (branch: string, at: string): Problem => ({
  code: "branch-exists",
  message: `Cannot open the pull request: the branch ${branch} is already there, at ${at}`,
  value: branch,
  remedy: "Delete or rename that branch, or start the run again.",
});

const noDrafts = (number: number | null): Problem => ({
  code: "drafts-unsupported",
  message: `Cannot open a draft: this repository has no draft pull requests${
    number === null ? "" : `, and number ${number} was opened ready`
  }`,
  remedy:
    "Grant autonomy A3, which opens pull requests that are ready for review, or use a plan with drafts.",
});
