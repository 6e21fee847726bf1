/** From draft to merged or closed. */
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { ForgeError } from "../failure.ts";
import type { Merged, MergeRequest } from "../port.ts";
import { Anything, MergeAnswer, PullAnswer } from "./answers.ts";
import type { GitHubClient } from "./client.ts";
import { replyTo } from "./comments.ts";
import { commitAt, headOf } from "./objects.ts";
import type { GitHubPlace } from "./place.ts";

const READY =
  "mutation($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }";

const pullAt = (client: GitHubClient, place: GitHubPlace, number: number): Promise<PullAnswer> =>
  client.call(PullAnswer, "GET /repos/{owner}/{repo}/pulls/{number}", { ...place, number });

/** REST has no way from draft to ready; where there is no GraphQL, a person presses the button. */
export async function makeReady(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
): Promise<Result<void, Problem>> {
  const pull = await pullAt(client, place, number);
  if (pull.draft !== true) return ok(undefined);
  const answer = await client.graphql(READY, { id: pull.node_id ?? "" });
  if (answer !== null && answer.errors.length === 0 && (await pullAt(client, place, number)).draft !== true) {
    return ok(undefined);
  }
  return err({
    code: "ready-unsupported",
    message: `Cannot mark pull request ${number} as ready for review: ${
      answer === null
        ? "this GitHub has no GraphQL"
        : answer.errors[0] ?? "GitHub took the request, and it is a draft as before"
    }`,
    value: pull.html_url,
    remedy: 'Press "Ready for review" on its page.',
  });
}

/** Merges this very head, or says why not. */
export async function mergePull(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
  request: MergeRequest,
): Promise<Result<Merged, Problem>> {
  const refuse = (code: string, why: string, pull: PullAnswer): Result<never, Problem> =>
    err({ code, message: `Cannot merge pull request ${number}: ${why}`, value: pull.html_url });
  /** What is known without trying; null when it can be tried. */
  const settled = async (pull: PullAnswer): Promise<Result<Merged, Problem> | null> => {
    const head = await headOf(client, place, pull);
    if (head !== request.head) {
      return refuse("head-moved", `its head is ${head}, not ${request.head}`, pull);
    }
    if (pull.merged === true || (pull.merged_at ?? null) !== null) {
      const commit = pull.merge_commit_sha ?? "";
      return ok({ commit, tree: (await commitAt(client, place, commit)).tree });
    }
    if (pull.state === "closed") return refuse("pull-request-closed", "it is closed", pull);
    return pull.draft === true ? refuse("pull-request-draft", "it is a draft", pull) : null;
  };
  const before = await pullAt(client, place, number);
  const known = await settled(before);
  if (known !== null) return known;
  try {
    const merged = await client.call(MergeAnswer, "PUT /repos/{owner}/{repo}/pulls/{number}/merge", {
      ...place,
      number,
      sha: request.head,
      merge_method: request.method,
      ...(request.title === undefined ? {} : { commit_title: request.title }),
      ...(request.message === undefined ? {} : { commit_message: request.message }),
    });
    return ok({ commit: merged.sha, tree: (await commitAt(client, place, merged.sha)).tree });
  } catch (error) {
    if (!(error instanceof ForgeError) || ![403, 405, 409, 422].includes(error.status ?? 0)) throw error;
    // It may have been merged by the request whose answer was lost, or its head may have moved.
    const now = await settled(await pullAt(client, place, number));
    return now ?? refuse("merge-refused", error.problem.message, before);
  }
}

/** Labels that are there stay; one that is to go and is not there is gone. */
export async function relabel(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
  change: { add?: readonly string[]; remove?: readonly string[] },
): Promise<void> {
  if ((change.add ?? []).length > 0) {
    await client.call(Anything, "POST /repos/{owner}/{repo}/issues/{number}/labels", {
      ...place,
      number,
      labels: change.add,
    });
  }
  for (const name of change.remove ?? []) {
    await client.maybe(Anything, "DELETE /repos/{owner}/{repo}/issues/{number}/labels/{name}", {
      ...place,
      number,
      name,
    });
  }
}

/** One by one: GitHub refuses all of a list for one that cannot be asked. */
export async function askReviewers(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
  reviewers: readonly string[],
): Promise<{ refused: string[] }> {
  const refused: string[] = [];
  for (const reviewer of reviewers) {
    const team = reviewer.includes("/") ? reviewer.split("/").at(-1) : undefined;
    try {
      await client.call(Anything, "POST /repos/{owner}/{repo}/pulls/{number}/requested_reviewers", {
        ...place,
        number,
        ...(team === undefined ? { reviewers: [reviewer] } : { team_reviewers: [team] }),
      });
    } catch (error) {
      if (!(error instanceof ForgeError) || ![403, 404, 422].includes(error.status ?? 0)) throw error;
      refused.push(reviewer);
    }
  }
  return { refused };
}

export async function closePull(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
  why: { key: string; body: string } | undefined,
): Promise<void> {
  const pull = await pullAt(client, place, number);
  if (why !== undefined) await replyTo(client, place, number, why);
  if (pull.state === "closed") return;
  await client.call(PullAnswer, "PATCH /repos/{owner}/{repo}/pulls/{number}", {
    ...place,
    number,
    state: "closed",
  });
}

/** Only an open one: what is merged or closed stays what it was. */
export async function retargetPull(
  client: GitHubClient,
  place: GitHubPlace,
  number: number,
  base: string,
): Promise<void> {
  const pull = await pullAt(client, place, number);
  if (pull.state === "closed" || pull.base.ref === base) return;
  await client.call(PullAnswer, "PATCH /repos/{owner}/{repo}/pulls/{number}", { ...place, number, base });
}
