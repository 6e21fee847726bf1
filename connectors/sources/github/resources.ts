/** What GitHub lists, and how each list can be read without losing what changes meanwhile. */
import type { Json } from "../../../specs/mod.ts";
import type { ResourceDescription } from "../../data/port.ts";
import type { GithubParams } from "./params.ts";

/** Where the list of a repository begins. */
export interface Start {
  readonly path: string;
  readonly query: Readonly<Record<string, string | number>>;
  /** Newest first by this column: reading ends at the first page that has only older ones. */
  readonly newestFirst: string | null;
}

export interface ListedResource extends Omit<ResourceDescription, "name"> {
  /** The list in an answer; the answer itself unless told. */
  readonly records?: string;
  start(repository: string, params: GithubParams, from: string | null): Start;
  /** Whether an item of the list is one of the resource. */
  keep?(item: { readonly [key: string]: Json }, params: GithubParams): boolean;
}

const PER_PAGE = { per_page: 100 };
const required = ["repos | owner, repo"];
const updated = { path: "updated_at", type: "datetime", order: "none" } as const;

export const LISTED: Readonly<Record<string, ListedResource>> = {
  issues: {
    description: "issues, open and closed",
    primaryKey: ["id"],
    cursor: updated,
    required,
    optional: ["state", "includePulls"],
    // In the order of creation nothing moves while it is read: what is updated meanwhile only comes again next time.
    start: (repository, { state }, from) => ({
      path: `/repos/${repository}/issues`,
      query: { state, sort: "created", direction: "asc", ...since(from), ...PER_PAGE },
      newestFirst: null,
    }),
    keep: (item, { includePulls }) => includePulls || item.pull_request === undefined,
  },
  pulls: {
    description: "pull requests, open and closed",
    primaryKey: ["id"],
    cursor: updated,
    required,
    optional: ["state"],
    // This list knows no `since` and says nothing about it: newest first, until they are older than the window.
    start: (repository, { state }, from) => ({
      path: `/repos/${repository}/pulls`,
      query: from === null
        ? { state, sort: "created", direction: "asc", ...PER_PAGE }
        : { state, sort: "updated", direction: "desc", ...PER_PAGE },
      newestFirst: from === null ? null : "updated_at",
    }),
  },
  issue_comments: {
    description: "comments on issues and pull requests",
    primaryKey: ["id"],
    cursor: updated,
    required,
    optional: [],
    start: (repository, _params, from) => ({
      path: `/repos/${repository}/issues/comments`,
      query: { sort: "created", direction: "asc", ...since(from), ...PER_PAGE },
      newestFirst: null,
    }),
  },
  commits: {
    description: "commits of a branch",
    primaryKey: ["repository", "sha"],
    cursor: { path: "commit.committer.date", type: "datetime", order: "none" },
    required,
    optional: ["branch"],
    start: (repository, { branch }, from) => ({
      path: `/repos/${repository}/commits`,
      query: { ...since(from), ...(branch === undefined ? {} : { sha: branch }), ...PER_PAGE },
      newestFirst: null,
    }),
  },
  releases: {
    description: "releases",
    primaryKey: ["id"],
    cursor: { path: "created_at", type: "datetime", order: "none" },
    required,
    optional: [],
    start: (repository) => ({ path: `/repos/${repository}/releases`, query: PER_PAGE, newestFirst: null }),
  },
  workflow_runs: {
    description: "runs of GitHub Actions",
    primaryKey: ["id"],
    cursor: updated,
    required,
    optional: [],
    records: "workflow_runs",
    // A run may go on for 35 days after its creation, so the walk looks that much further back.
    start: (repository, _params, from) => ({
      path: `/repos/${repository}/actions/runs`,
      query: PER_PAGE,
      newestFirst: from === null ? null : "created_at",
    }),
  },
};

/** How long a list's items may still change after the instant that orders them. */
export const STILL_CHANGES_MS: Readonly<Record<string, number>> = { workflow_runs: 35 * 86_400_000 };

export const RESOURCES: readonly ResourceDescription[] = [
  ...Object.entries(LISTED).map(([name, { description, primaryKey, cursor, required, optional }]) => ({
    name,
    description,
    required,
    optional,
    ...(primaryKey === undefined ? {} : { primaryKey }),
    ...(cursor === undefined ? {} : { cursor }),
  })),
  {
    name: "reviews",
    description: "reviews of pull requests: asked for one by one, or with api: graphql by fifty",
    primaryKey: ["id"],
    cursor: { path: "submitted_at", type: "datetime", order: "none" },
    required,
    optional: ["state", "api"],
  },
  {
    name: "repositories",
    description: "repositories of an owner, or those that are named",
    primaryKey: ["id"],
    cursor: updated,
    required: ["owner | repos"],
    optional: [],
  },
];

function since(from: string | null): Record<string, string> {
  return from === null ? {} : { since: from };
}
