/** What a webhook of GitLab says, without anybody's words: which merge requests it is about, and what kind of thing happened. */
import { z } from "zod";
import type { ForgeEvent } from "../port.ts";
import { type GitLabAddresses, gitlabPlace, pageOf } from "./place.ts";

const Iid = z.number().int().positive();
const Commit = z.object({ id: z.string() }).nullable().optional();
const Short = z.string().max(100);

/** Of a payload of any event, what is read. */
const Payload = z.object({
  object_kind: Short,
  project: z.object({
    path_with_namespace: z.string().max(1000).optional(),
    web_url: z.string().max(2000).optional(),
  }).nullable().optional(),
  repository: z.object({ homepage: z.string().max(2000).optional() }).nullable().optional(),
  object_attributes: z.object({
    iid: Iid.optional(),
    action: Short.nullable().optional(),
    status: Short.nullable().optional(),
    noteable_type: z.string().nullable().optional(),
    source_branch: z.string().nullable().optional(),
    last_commit: Commit,
    ref: z.string().nullable().optional(),
    sha: z.string().nullable().optional(),
  }).optional(),
  merge_request: z.object({ iid: Iid, source_branch: z.string().nullable().optional(), last_commit: Commit })
    .nullable().optional(),
  ref: z.string().nullable().optional(),
  sha: z.string().nullable().optional(),
  after: z.string().nullable().optional(),
  build_status: Short.optional(),
});
type Payload = z.infer<typeof Payload>;
type Said = Pick<ForgeEvent, "kind" | "pulls"> & {
  branch?: string | null | undefined;
  commit?: string | null | undefined;
  action?: string | null | undefined;
};

const APPROVALS = ["approved", "unapproved", "approval", "unapproval"];

/** `object_kind` -> what is taken from it; null where it is about no merge request. */
const EVENTS: Readonly<Record<string, (payload: Payload) => Said | null>> = {
  merge_request: ({ object_attributes: of }) =>
    of?.iid === undefined ? null : {
      kind: APPROVALS.includes(of.action ?? "") ? "review" : "pull-request",
      pulls: [of.iid],
      branch: of.source_branch,
      commit: of.last_commit?.id,
      action: of.action,
    },
  note: ({ object_attributes: of, merge_request: pull }) =>
    of?.noteable_type !== "MergeRequest" || !pull ? null : {
      kind: "comment",
      pulls: [pull.iid],
      branch: pull.source_branch,
      commit: pull.last_commit?.id,
      action: of.action,
    },
  pipeline: ({ object_attributes: of, merge_request: pull }) =>
    of === undefined ? null : {
      kind: "check",
      pulls: pull ? [pull.iid] : [],
      branch: pull?.source_branch ?? of.ref,
      commit: of.sha,
      action: of.status,
    },
  build: ({ ref, sha, build_status: status }) => ({
    kind: "check",
    pulls: mergeRequestOf(ref),
    branch: /^refs\//.test(ref ?? "") ? null : ref,
    commit: sha,
    action: status,
  }),
  push: ({ ref, after }) =>
    ref?.startsWith("refs/heads/")
      ? { kind: "push", pulls: [], branch: ref.slice("refs/heads/".length), commit: after }
      : null,
};

/** Jobs of a merge request's pipeline have its ref: `refs/merge-requests/7/head`. */
function mergeRequestOf(ref: string | null | undefined): number[] {
  const number = /^refs\/merge-requests\/(\d{1,9})\//.exec(ref ?? "")?.[1];
  return number === undefined ? [] : [Number(number)];
}

/** Header -> kind of object; system hooks bear every kind. */
const HEADERS: Readonly<Record<string, string | null>> = {
  "Merge Request Hook": "merge_request",
  "Note Hook": "note",
  "Pipeline Hook": "pipeline",
  "Job Hook": "build",
  "Push Hook": "push",
  "System Hook": null,
};

/** Whether an event of this header is read at all. */
export const isKnownGitLabEvent = (name: string): boolean => Object.hasOwn(HEADERS, name);

/** The event; null for one that is about no merge request or not of this GitLab; undefined for a payload that is not what it says. */
export function gitlabEvent(
  given: { id: string; name: string; payload: unknown; at: string },
  addresses: GitLabAddresses,
): ForgeEvent | null | undefined {
  const wanted = isKnownGitLabEvent(given.name) ? HEADERS[given.name] : undefined;
  if (wanted === undefined) return null;
  const parsed = Payload.safeParse(given.payload);
  if (!parsed.success) {
    // Most of what a system hook tells is about no project.
    return wanted === null ? null : undefined;
  }
  const { object_kind: kind, project, repository } = parsed.data;
  if (wanted !== null && wanted !== kind) return undefined;
  const page = project?.web_url ?? repository?.homepage ??
    (project?.path_with_namespace === undefined ? "" : `${addresses.web}/${project.path_with_namespace}`);
  const place = gitlabPlace(page, addresses);
  const said = Object.hasOwn(EVENTS, kind) ? EVENTS[kind]?.(parsed.data) ?? null : null;
  if (place === null || said === null) return null;
  return {
    id: given.id,
    forge: "gitlab",
    repository: pageOf(place, addresses),
    pulls: said.pulls,
    ...(said.branch ? { branch: said.branch.slice(0, 300) } : {}),
    ...(said.commit && /^[0-9a-f]{40,64}$/.test(said.commit) ? { commit: said.commit } : {}),
    kind: said.kind,
    action: said.action ?? kind,
    at: given.at,
  };
}
