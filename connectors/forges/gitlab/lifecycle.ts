/** From draft to merged or closed. */
import { z } from "zod";
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { ForgeError } from "../failure.ts";
import type { Merged, MergeRequest } from "../port.ts";
import { MergeRequestAnswer, ProjectAnswer, UserAnswer } from "./answers.ts";
import type { GitLabClient } from "./client.ts";
import { replyTo } from "./comments.ts";
import { change, headOf, isDraft, mergeRequestAt, mergeRequestPath } from "./merge_requests.ts";
import { type GitLabPlace, projectPath } from "./place.ts";
import { mergedAs } from "./state.ts";
import { treeAt } from "./trees.ts";
import { titled } from "./wording.ts";

export async function makeReady(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
): Promise<Result<void, Problem>> {
  const pull = await mergeRequestAt(client, place, number);
  if (!isDraft(pull)) return ok(undefined);
  const now = await change(client, place, number, { title: titled(pull.title, false) });
  if (!isDraft(now)) return ok(undefined);
  return err({
    code: "ready-unsupported",
    message:
      `Cannot mark pull request ${number} as ready for review: GitLab took the new title, and it is a draft as before`,
    value: pull.web_url,
    remedy: 'Press "Mark as ready" on its page.',
  });
}

/** Merges this very head by the project's own method, or says why not. Merge trains are left alone: what they merge is not known before. */
export async function mergePull(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
  request: MergeRequest,
): Promise<Result<Merged, Problem>> {
  const refuse = (code: string, why: string, pull: MergeRequestAnswer): Result<never, Problem> =>
    err({ code, message: `Cannot merge pull request ${number}: ${why}`, value: pull.web_url });
  /** What is known without trying; null when it can be tried. */
  const settled = async (pull: MergeRequestAnswer): Promise<Result<Merged, Problem> | null> => {
    const head = await headOf(client, place, pull);
    if (head !== request.head) {
      return refuse("head-moved", `its head is ${head ?? "gone"}, not ${request.head}`, pull);
    }
    if (pull.state === "merged") {
      const commit = mergedAs(pull) ?? "";
      return ok({ commit, tree: await treeAt(client, place, commit) });
    }
    if (pull.state === "closed") return refuse("pull-request-closed", "it is closed", pull);
    if (pull.state === "locked") return refuse("merge-refused", "GitLab is merging it", pull);
    return isDraft(pull) ? refuse("pull-request-draft", "it is a draft", pull) : null;
  };
  const before = await mergeRequestAt(client, place, number);
  const known = await settled(before);
  if (known !== null) return known;
  const project = await client.call(ProjectAnswer, "GET", projectPath(place));
  const unfit = methodRefusal(project, request.method);
  if (unfit !== null) return refuse("merge-refused", unfit, before);
  const text = [request.title, request.message].filter((one) => one !== undefined && one !== "").join("\n\n");
  try {
    await client.call(MergeRequestAnswer, "PUT", `${mergeRequestPath(place, number)}/merge`, {
      body: {
        sha: request.head,
        squash: request.method === "squash",
        should_remove_source_branch: false,
        ...(text === ""
          ? {}
          : { [request.method === "squash" ? "squash_commit_message" : "merge_commit_message"]: text }),
      },
    });
  } catch (error) {
    if (!(error instanceof ForgeError) || ![401, 403, 405, 406, 409, 422].includes(error.status ?? 0)) {
      throw error;
    }
    // It may have been merged by the request whose answer was lost, or its head may have moved.
    const now = await settled(await mergeRequestAt(client, place, number));
    return now ?? refuse("merge-refused", error.problem.message, before);
  }
  const now = await settled(await mergeRequestAt(client, place, number));
  return now ?? refuse("merge-refused", "GitLab took the request, and it is open as before", before);
}

/** The project says how merge requests are merged; another way cannot be asked for. */
function methodRefusal(project: ProjectAnswer, method: MergeRequest["method"]): string | null {
  if (project.merge_trains_enabled === true) {
    return "the project merges by merge trains, which are left alone";
  }
  const own = project.merge_method ?? "merge";
  if (method === "squash") {
    return project.squash_option === "never" ? "the project does not allow squashing" : null;
  }
  if (project.squash_option === "always") return `the project squashes always, and ${method} was asked for`;
  const fits = method === "merge" ? own === "merge" || own === "rebase_merge" : own === "ff";
  return fits ? null : `the project merges by ${own}, and ${method} was asked for`;
}

/** Labels that are there stay; one that is to go and is not there is gone. */
export async function relabel(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
  labels: { add?: readonly string[]; remove?: readonly string[] },
): Promise<void> {
  const [add, remove] = [labels.add ?? [], labels.remove ?? []];
  const unusable = [...add, ...remove].find((one) => one.trim() === "" || one.includes(","));
  if (unusable !== undefined) {
    throw new ForgeError({
      code: "label-invalid",
      message: `Cannot use ${
        JSON.stringify(unusable.slice(0, 100))
      } as a label: GitLab reads a comma as the end of one`,
      value: unusable.slice(0, 100),
      remedy: "Give the label a name without commas.",
    });
  }
  if (add.length === 0 && remove.length === 0) return;
  await change(client, place, number, {
    ...(add.length === 0 ? {} : { add_labels: add.join(",") }),
    ...(remove.length === 0 ? {} : { remove_labels: remove.join(",") }),
  });
}

/** People only: GitLab asks no groups. Who is asked already stays asked; a plan with one reviewer keeps the first. */
export async function askReviewers(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
  reviewers: readonly string[],
): Promise<{ refused: string[] }> {
  const ids = new Map<string, number>();
  for (const name of reviewers) {
    if (name.includes("/")) continue;
    const found = await client.maybe(z.array(UserAnswer), "/users", { username: name });
    const user = found?.find((one) => one.username.toLowerCase() === name.toLowerCase());
    if (user !== undefined) ids.set(name, user.id);
  }
  if (ids.size === 0) return { refused: [...reviewers] };
  const before = await mergeRequestAt(client, place, number);
  const asked = (before.reviewers ?? []).map((one) => one.id);
  const now = await change(client, place, number, {
    reviewer_ids: [...new Set([...asked, ...ids.values()])],
  });
  const taken = new Set((now.reviewers ?? []).map((one) => one.id));
  return { refused: reviewers.filter((name) => !taken.has(ids.get(name) ?? -1)) };
}

export async function closePull(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
  why: { key: string; body: string } | undefined,
): Promise<void> {
  const pull = await mergeRequestAt(client, place, number);
  if (why !== undefined) await replyTo(client, place, number, why);
  if (pull.state === "closed" || pull.state === "merged") return;
  await change(client, place, number, { state_event: "close" });
}

/** Only an open one: what is merged or closed stays what it was. */
export async function retargetPull(
  client: GitLabClient,
  place: GitLabPlace,
  number: number,
  base: string,
): Promise<void> {
  const pull = await mergeRequestAt(client, place, number);
  if (pull.state !== "opened" || pull.target_branch === base) return;
  await change(client, place, number, { target_branch: base });
}
