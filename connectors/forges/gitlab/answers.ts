/** What of GitLab's answers is read, and nothing else of them. */
import { z } from "zod";
import { GitSha } from "../../../specs/mod.ts";

export const Anything = z.unknown();

export const UserAnswer = z.object({
  id: z.number().int(),
  username: z.string(),
  bot: z.boolean().optional(),
  is_admin: z.boolean().nullable().optional(),
});

const Person = z.object({ id: z.number().int(), username: z.string() });
export type Person = z.infer<typeof Person>;

export const MemberAnswer = z.object({ id: z.number().int(), access_level: z.number().int() });

export const ProjectAnswer = z.object({
  id: z.number().int(),
  path_with_namespace: z.string(),
  archived: z.boolean().optional(),
  empty_repo: z.boolean().optional(),
  marked_for_deletion_on: z.string().nullable().optional(),
  merge_requests_enabled: z.boolean().optional(),
  merge_requests_access_level: z.string().optional(),
  repository_access_level: z.string().optional(),
  merge_method: z.string().optional(),
  squash_option: z.string().optional(),
  merge_trains_enabled: z.boolean().nullable().optional(),
  only_allow_merge_if_pipeline_succeeds: z.boolean().nullable().optional(),
});
export type ProjectAnswer = z.infer<typeof ProjectAnswer>;

export const BranchAnswer = z.object({ name: z.string(), commit: z.object({ id: GitSha }) });

export const CommitAnswer = z.object({ id: GitSha, parent_ids: z.array(GitSha) });

export const TreeEntryAnswer = z.object({
  id: GitSha,
  name: z.string().min(1),
  type: z.enum(["tree", "blob", "commit"]),
  mode: z.string().regex(/^[0-7]{5,6}$/),
});

const Pipeline = z.object({
  id: z.number().int(),
  sha: z.string(),
  status: z.string(),
  ref: z.string().nullable().optional(),
  web_url: z.string().nullable().optional(),
});

export const PipelineAnswer = Pipeline;

export const MergeRequestAnswer = z.object({
  iid: z.number().int().positive(),
  web_url: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  state: z.enum(["opened", "closed", "merged", "locked"]),
  draft: z.boolean().optional(),
  work_in_progress: z.boolean().optional(),
  source_branch: z.string(),
  target_branch: z.string(),
  source_project_id: z.number().int().nullable(),
  target_project_id: z.number().int(),
  sha: GitSha.nullable(),
  merge_commit_sha: GitSha.nullable().optional(),
  squash_commit_sha: GitSha.nullable().optional(),
  labels: z.array(z.string()).optional(),
  reviewers: z.array(Person).optional(),
  author: Person.optional(),
  has_conflicts: z.boolean().nullable().optional(),
  merge_status: z.string().optional(),
  detailed_merge_status: z.string().optional(),
  updated_at: z.string().optional(),
  head_pipeline: Pipeline.nullable().optional(),
});
export type MergeRequestAnswer = z.infer<typeof MergeRequestAnswer>;

export const JobAnswer = z.object({
  id: z.number().int(),
  name: z.string(),
  status: z.string(),
  stage: z.string().nullable().optional(),
  allow_failure: z.boolean().optional(),
  failure_reason: z.string().nullable().optional(),
  web_url: z.string().nullable().optional(),
});
export type JobAnswer = z.infer<typeof JobAnswer>;

export const StatusAnswer = z.object({
  id: z.number().int(),
  name: z.string(),
  status: z.string(),
  allow_failure: z.boolean().nullable().optional(),
  description: z.string().nullable().optional(),
  target_url: z.string().nullable().optional(),
  author: Person.nullable().optional(),
});
export type StatusAnswer = z.infer<typeof StatusAnswer>;

export const ApprovalsAnswer = z.object({
  approved_by: z.array(z.object({ user: Person, approved_at: z.string().nullable().optional() })).optional(),
});

/** What the branch of a merge request held from when on; the newest first. */
export const VersionAnswer = z.object({ head_commit_sha: z.string(), created_at: z.string() });

export const ReviewerAnswer = z.object({
  user: Person,
  state: z.string(),
  created_at: z.string().nullable().optional(),
});

export const NoteAnswer = z.object({
  id: z.number().int(),
  type: z.string().nullable().optional(),
  body: z.string(),
  author: Person.nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  system: z.boolean(),
  position: z.object({
    new_path: z.string().nullable().optional(),
    old_path: z.string().nullable().optional(),
    new_line: z.number().int().nullable().optional(),
    old_line: z.number().int().nullable().optional(),
    head_sha: z.string().nullable().optional(),
  }).nullable().optional(),
});
export type NoteAnswer = z.infer<typeof NoteAnswer>;

export const DiscussionAnswer = z.object({
  id: z.string(),
  individual_note: z.boolean(),
  notes: z.array(NoteAnswer),
});
export type DiscussionAnswer = z.infer<typeof DiscussionAnswer>;

export const ProtectedBranchAnswer = z.object({
  name: z.string(),
  push_access_levels: z.array(z.object({
    access_level: z.number().int().nullable().optional(),
    user_id: z.number().int().nullable().optional(),
    group_id: z.number().int().nullable().optional(),
    deploy_key_id: z.number().int().nullable().optional(),
  })).optional(),
});
