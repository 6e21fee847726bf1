/** What the GitLab for tests knows: users, projects and what is in them. */
import type { Asked } from "./github_server.ts";
import { type GitRepository, Refused } from "./gitlab_repository.ts";

export interface User {
  id: number;
  username: string;
  token: string;
  bot?: boolean;
  scopes?: string[];
}

export interface PipelineRecord {
  id: number;
  sha: string;
  ref: string;
  status: string;
  source?: string;
  jobs: {
    id: number;
    name: string;
    status: string;
    allow_failure?: boolean;
    failure_reason?: string;
    stage?: string;
  }[];
}

export interface Project {
  id: number;
  path: string;
  repository: GitRepository;
  /** Over what the project says of itself. */
  settings: Record<string, unknown>;
  /** User -> access level. */
  members: Map<number, number>;
  protectedBranches: { name: string; push_access_levels: { access_level?: number; user_id?: number }[] }[];
  mergeRequests: MergeRequestRecord[];
  statuses: {
    id: number;
    sha: string;
    name: string;
    status: string;
    description: string | null;
    target_url: string | null;
    author: number;
  }[];
  pipelines: PipelineRecord[];
  traces: Map<number, string>;
  /** Of notes, statuses, jobs. */
  next: number;
}

export interface GitLabWorld {
  url: string;
  users: User[];
  projects: Project[];
  /** Quick actions that were carried out. */
  commands: string[];
}

export interface NoteRecord {
  id: number;
  type: string | null;
  body: string;
  author: { id: number; username: string };
  created_at: string;
  updated_at: string;
  system: boolean;
  position?: Record<string, unknown>;
}

export interface MergeRequestRecord {
  iid: number;
  title: string;
  description: string;
  state: "opened" | "closed" | "merged";
  source_branch: string;
  target_branch: string;
  labels: string[];
  author: number;
  /** Null while the branch says it. */
  sha: string | null;
  merge_commit_sha: string | null;
  squash_commit_sha: string | null;
  detailed: string | null;
  reviewers: Map<number, string>;
  approvedBy: number[];
  /** When each of them did; an older GitLab does not tell. */
  approvedAt: Map<number, string>;
  /** What the branch held, from when on; oldest first. */
  versions: { sha: string; at: string }[];
  discussions: { id: string; individual_note: boolean; notes: NoteRecord[] }[];
  sourceProject: number;
}

export const person = ({ id, username }: User) => ({ id, username, name: username, state: "active" });
export const nextId = (project: Project): number => project.next++;

export interface Given {
  world: GitLabWorld;
  asked: Asked;
  user: User;
  project: Project;
  /** What the pattern took out of the path, decoded. */
  at: string[];
  body: Record<string, unknown>;
}

export function numbered({ project, at: [number] }: Given): MergeRequestRecord {
  const found = project.mergeRequests.find((one) => one.iid === Number(number));
  if (found === undefined) throw new Refused("404 Not found", 404);
  return found;
}
