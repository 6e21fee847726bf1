/** What of GitHub's answers is read, and nothing else of them. */
import { z } from "zod";
import { GitSha } from "../../../specs/mod.ts";

const Login = z.object({ login: z.string(), type: z.string().optional() }).nullable();

export const Anything = z.unknown();

export const RepositoryAnswer = z.object({
  full_name: z.string(),
  default_branch: z.string(),
  private: z.boolean().optional(),
  archived: z.boolean().optional(),
  disabled: z.boolean().optional(),
  permissions: z.record(z.string(), z.boolean()).optional(),
});

export const RefAnswer = z.object({ ref: z.string(), object: z.object({ type: z.string(), sha: GitSha }) });

export const ShaAnswer = z.object({ sha: GitSha });

export const CommitAnswer = z.object({
  sha: GitSha,
  tree: z.object({ sha: GitSha }),
  parents: z.array(z.object({ sha: GitSha })),
});

export const PullAnswer = z.object({
  number: z.number().int().positive(),
  html_url: z.string(),
  title: z.string(),
  body: z.string().nullable(),
  state: z.enum(["open", "closed"]),
  draft: z.boolean().optional(),
  merged: z.boolean().optional(),
  merged_at: z.string().nullable().optional(),
  merge_commit_sha: z.string().nullable().optional(),
  mergeable: z.boolean().nullable().optional(),
  mergeable_state: z.string().optional(),
  node_id: z.string().optional(),
  user: Login.optional(),
  labels: z.array(z.object({ name: z.string() })).optional(),
  head: z.object({
    ref: z.string(),
    sha: GitSha,
    repo: z.object({ full_name: z.string() }).nullable().optional(),
  }),
  base: z.object({ ref: z.string(), sha: GitSha }),
});
export type PullAnswer = z.infer<typeof PullAnswer>;

export const CheckRunAnswer = z.object({
  id: z.number().int(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullable(),
  external_id: z.string().nullable().optional(),
  html_url: z.string().nullable().optional(),
  app: z.object({ id: z.number().optional(), slug: z.string().optional() }).nullable().optional(),
  output: z.object({
    title: z.string().nullable().optional(),
    summary: z.string().nullable().optional(),
    text: z.string().nullable().optional(),
    annotations_count: z.number().optional(),
  }).optional(),
});
export type CheckRunAnswer = z.infer<typeof CheckRunAnswer>;

export const StatusAnswer = z.object({
  id: z.number().int().optional(),
  context: z.string(),
  state: z.string(),
  description: z.string().nullable().optional(),
  target_url: z.string().nullable().optional(),
});

export const ReviewAnswer = z.object({
  id: z.number().int(),
  user: Login,
  state: z.string(),
  body: z.string().nullable().optional(),
  commit_id: z.string().nullable().optional(),
  submitted_at: z.string().nullable().optional(),
  html_url: z.string(),
  author_association: z.string().optional(),
});
export type ReviewAnswer = z.infer<typeof ReviewAnswer>;

export const CommentAnswer = z.object({
  id: z.number().int(),
  user: Login,
  body: z.string().nullable().optional(),
  created_at: z.string(),
  updated_at: z.string(),
  html_url: z.string(),
  author_association: z.string().optional(),
  path: z.string().nullable().optional(),
  line: z.number().nullable().optional(),
  original_line: z.number().nullable().optional(),
  commit_id: z.string().nullable().optional(),
  in_reply_to_id: z.number().nullable().optional(),
});
export type CommentAnswer = z.infer<typeof CommentAnswer>;

export const MergeAnswer = z.object({ sha: GitSha, merged: z.boolean() });
