/** Merge requests of the GitLab for tests. */
import {
  type Given,
  type MergeRequestRecord,
  nextId,
  type NoteRecord,
  numbered,
  person,
} from "./gitlab_world.ts";

const text = (value: unknown): string => typeof value === "string" ? value : "";
const no = (status: number, message: unknown) => Response.json({ message }, { status });
const DRAFT = /^\s*(\[draft\]|\(draft\)|draft:)/i;

/** Lines that begin with a command are carried out, and are not in the text any more. */
function obey(given: Given, given_text: string): string {
  return given_text.replaceAll("\r", "").split("\n").filter((line) => {
    const command = /^\/([a-z_]+)( .*)?$/i.exec(line);
    if (command !== null) given.world.commands.push(command[0]);
    return command === null;
  }).join("\n");
}

export async function shownMergeRequest(given: Pick<Given, "world" | "project">, one: MergeRequestRecord) {
  const { project, world } = given;
  const { repository } = project;
  const sha = one.sha ?? await repository.resolve(`refs/heads/${one.source_branch}`);
  const base = await repository.resolve(`refs/heads/${one.target_branch}`);
  if (sha !== null && one.versions.at(-1)?.sha !== sha) {
    one.versions.push({ sha, at: new Date().toISOString() });
  }
  const draft = DRAFT.test(one.title);
  const conflicts = one.state === "opened" && sha !== null && base !== null &&
    await repository.conflicts(base, sha);
  const pipeline = project.pipelines.findLast((each) => each.sha === sha);
  const people = (ids: readonly number[]) => world.users.filter((user) => ids.includes(user.id)).map(person);
  return {
    iid: one.iid,
    project_id: project.id,
    web_url: `${world.url}/${project.path}/-/merge_requests/${one.iid}`,
    title: one.title,
    description: one.description,
    state: one.state,
    draft,
    source_branch: one.source_branch,
    target_branch: one.target_branch,
    source_project_id: one.sourceProject,
    target_project_id: project.id,
    sha,
    merge_commit_sha: one.merge_commit_sha,
    squash_commit_sha: one.squash_commit_sha,
    labels: one.labels,
    author: people([one.author])[0],
    reviewers: people([...one.reviewers.keys()]),
    has_conflicts: conflicts,
    merge_status: conflicts ? "cannot_be_merged" : "can_be_merged",
    detailed_merge_status: one.state !== "opened"
      ? "not_open"
      : one.detailed ?? (draft ? "draft_status" : conflicts ? "conflict" : "mergeable"),
    updated_at: "2026-01-01T00:00:00.000Z",
    head_pipeline: pipeline === undefined ? null : {
      id: pipeline.id,
      sha: pipeline.sha,
      status: pipeline.status,
      ref: pipeline.ref,
    },
  };
}

export async function createMergeRequest(given: Given): Promise<Response> {
  const { project, body, user } = given;
  const [source, target] = [text(body.source_branch), text(body.target_branch)];
  if (text(body.title) === "") return no(400, "title is missing");
  for (const branch of [source, target]) {
    if (await project.repository.resolve(`refs/heads/${branch}`) === null) {
      return no(422, { base: [`Source branch "${branch}" does not exist`] });
    }
  }
  const there = project.mergeRequests.find((one) =>
    one.state === "opened" && one.source_branch === source && one.target_branch === target
  );
  if (there !== undefined) {
    return no(409, [`Another open merge request already exists for this source branch: !${there.iid}`]);
  }
  const made: MergeRequestRecord = {
    iid: project.mergeRequests.length + 1,
    title: text(body.title),
    description: obey(given, text(body.description)),
    state: "opened",
    source_branch: source,
    target_branch: target,
    labels: [],
    author: user.id,
    sha: null,
    merge_commit_sha: null,
    squash_commit_sha: null,
    detailed: null,
    reviewers: new Map(),
    approvedBy: [],
    approvedAt: new Map(),
    versions: [],
    discussions: [],
    sourceProject: project.id,
  };
  project.mergeRequests.push(made);
  return Response.json(await shownMergeRequest(given, made), { status: 201 });
}

const listed = (value: unknown): string[] => text(value).split(",").filter((one) => one !== "");

export async function changeMergeRequest(given: Given): Promise<Response> {
  const one = numbered(given);
  const { body } = given;
  if (body.title !== undefined) one.title = text(body.title);
  if (body.target_branch !== undefined) one.target_branch = text(body.target_branch);
  if (body.description !== undefined) one.description = obey(given, text(body.description));
  if (body.state_event === "close") {
    one.sha = await given.project.repository.resolve(`refs/heads/${one.source_branch}`);
    one.state = "closed";
  }
  const removed = listed(body.remove_labels);
  one.labels = [...new Set([...one.labels, ...listed(body.add_labels)])].filter((label) =>
    !removed.includes(label)
  );
  if (Array.isArray(body.reviewer_ids)) {
    one.reviewers = new Map(
      body.reviewer_ids.map((id) => [Number(id), one.reviewers.get(Number(id)) ?? "unreviewed"]),
    );
  }
  return Response.json(await shownMergeRequest(given, one));
}

export async function acceptMergeRequest(given: Given): Promise<Response> {
  const one = numbered(given);
  const { project, body } = given;
  const shown = await shownMergeRequest(given, one);
  if (shown.detailed_merge_status !== "mergeable" || shown.sha === null) {
    return no(405, "405 Method Not Allowed");
  }
  if (body.sha !== undefined && body.sha !== shown.sha) {
    return no(409, "SHA does not match HEAD of source branch: " + shown.sha);
  }
  const own = String(project.settings.merge_method ?? "merge");
  const method = body.squash === true ? "squash" : own;
  const commit = await project.repository.merge({
    branch: one.target_branch,
    head: shown.sha,
    method,
    message: text(body.squash_commit_message) || text(body.merge_commit_message) || one.title,
  });
  if (commit === null) return no(422, "Branch cannot be merged");
  one.sha = shown.sha;
  one.state = "merged";
  if (method === "squash") one.squash_commit_sha = commit;
  else if (method !== "ff") one.merge_commit_sha = commit;
  return Response.json(await shownMergeRequest(given, one));
}

/** `thread` null: a note of its own. */
export function writeNote(given: Given, thread: string | null): Response {
  const one = numbered(given);
  const { project, user, body } = given;
  const found = one.discussions.find((each) => each.id === thread);
  if (thread !== null && found === undefined) return no(404, "404 Discussion Not Found");
  const at = new Date(Date.UTC(2026, 0, 1) + project.next * 1000).toISOString();
  const note: NoteRecord = {
    id: nextId(project),
    type: found === undefined ? null : found.notes[0]?.type ?? "DiscussionNote",
    body: obey(given, text(body.body)),
    author: person(user),
    created_at: at,
    updated_at: at,
    system: false,
  };
  if (found === undefined) one.discussions.push({ id: `d${note.id}`, individual_note: true, notes: [note] });
  else found.notes.push(note);
  return Response.json(note, { status: 201 });
}
