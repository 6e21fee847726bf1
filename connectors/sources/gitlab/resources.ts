/** What GitLab lists, in orders in which nothing is lost that changes while it is read. */
import type { ResourceDescription } from "../../data/port.ts";
import type { GitlabParams } from "./params.ts";

type Query = Record<string, string | number>;

export interface Listed extends Omit<ResourceDescription, "name"> {
  /** Below `/projects/:id/`. */
  readonly path: string;
  query(params: GitlabParams, from: string | null): Query;
  /** Column in whose order the list comes, oldest first: where GitLab allows no further page, the list goes on after its last value. */
  readonly order: "created_at" | "id" | null;
  /** Newest first by this column: a read of a window ends at what is older. */
  readonly newestFirst: string | null;
}

const PAGE = { per_page: 100 };
const required = ["project | projects"];
const updated = { path: "updated_at", type: "datetime", order: "none" } as const;
const byCreation = { order_by: "created_at", sort: "asc", ...PAGE };
const updatedAfter = (from: string | null): Query => (from === null ? {} : { updated_after: from });

export const LISTED: Readonly<Record<string, Listed>> = {
  issues: {
    description: "issues, open and closed",
    primaryKey: ["id"],
    cursor: updated,
    required,
    optional: ["state"],
    path: "issues",
    query: ({ state }, from) => ({ scope: "all", state, ...updatedAfter(from), ...byCreation }),
    order: "created_at",
    newestFirst: null,
  },
  merge_requests: {
    description: "merge requests in every state",
    primaryKey: ["id"],
    cursor: updated,
    required,
    optional: ["state"],
    path: "merge_requests",
    query: ({ state }, from) => ({ scope: "all", state, ...updatedAfter(from), ...byCreation }),
    order: "created_at",
    newestFirst: null,
  },
  pipelines: {
    description: "pipelines",
    primaryKey: ["id"],
    cursor: updated,
    required,
    optional: ["ref"],
    path: "pipelines",
    query: ({ ref }, from) => ({
      order_by: "id",
      sort: "asc",
      ...updatedAfter(from),
      ...(ref === undefined ? {} : { ref }),
      ...PAGE,
    }),
    order: "id",
    newestFirst: null,
  },
  jobs: {
    description: "jobs of pipelines",
    primaryKey: ["id"],
    cursor: { path: "created_at", type: "datetime", order: "none" },
    required,
    optional: [],
    path: "jobs",
    query: () => ({ pagination: "keyset", order_by: "id", sort: "desc", ...PAGE }),
    order: null,
    newestFirst: "created_at",
  },
  commits: {
    description: "commits of a branch",
    primaryKey: ["project", "id"],
    cursor: { path: "committed_date", type: "datetime", order: "none" },
    required,
    optional: ["ref"],
    path: "repository/commits",
    query: ({ ref }, from) => ({
      ...(from === null ? {} : { since: from }),
      ...(ref === undefined ? {} : { ref_name: ref }),
      ...PAGE,
    }),
    order: null,
    newestFirst: null,
  },
  milestones: {
    description: "milestones, active and closed",
    primaryKey: ["id"],
    cursor: updated,
    required,
    optional: [],
    path: "milestones",
    query: (_params, from) => ({ ...updatedAfter(from), ...PAGE }),
    order: null,
    newestFirst: null,
  },
};

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
    name: "notes",
    description: "comments on issues and merge requests, asked for one by one",
    primaryKey: ["id"],
    cursor: updated,
    required,
    optional: ["of", "state"],
  },
];
