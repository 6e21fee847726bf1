/** Why no merge request can be opened in a project, asked before a run begins. */
import { z } from "zod";
import type { Problem } from "../../../specs/mod.ts";
import { ForgeError } from "../failure.ts";
import { ProjectAnswer, ProtectedBranchAnswer } from "./answers.ts";
import { accessLevel, authorsOf, tolerant } from "./authors.ts";
import type { GitLabClient } from "./client.ts";
import { branchName } from "./delivery.ts";
import { type GitLabPlace, projectPath } from "./place.ts";
import { branchAt } from "./trees.ts";

const DEVELOPER = 30;
/** What our branches are called begins so. */
const SAMPLE = "forge/change-0";
/** Scopes of tokens that may not do what a forge has to. */
const READING =
  /^(?:read_.+|write_repository|write_registry|write_virtual_registry|create_runner|manage_runner|ai_features|k8s_proxy|self_rotate|sudo|admin_mode|openid|profile|email)$/;
type No = (code: string, why: string, remedy: string, value?: string) => Problem;

/** Null when nothing that can be known now is in the way. */
export async function refusal(
  client: GitLabClient,
  place: GitLabPlace,
  wanted: { baseRef?: string; baseCommit?: string },
): Promise<Problem | null> {
  const name = place.path;
  const no: No = (code, why, remedy, value = name) => ({
    code,
    message: `Cannot open merge requests in ${name}: ${why}`,
    value,
    remedy,
  });
  try {
    const { credential } = client.settings;
    if (credential?.kind === "job") {
      return no(
        "forge-forbidden",
        `${credential.name} is the token of a CI job, which may neither commit nor open merge requests`,
        "Set GITLAB_TOKEN to an access token with the scope api.",
        credential.name,
      );
    }
    const project = await client.maybe(ProjectAnswer, projectPath(place));
    if (project === null) {
      return no(
        "repo-not-found",
        "GitLab shows no such project to this credential",
        "Check the name with all its groups, and what the token may see.",
      );
    }
    return ofProject(project, name, no) ?? await ofRights(client, place, no) ??
      await ofBase(client, place, wanted, no);
  } catch (error) {
    if (error instanceof ForgeError) return error.problem;
    throw error;
  }
}

function ofProject(project: ProjectAnswer, name: string, no: No): Problem | null {
  if (project.path_with_namespace.toLowerCase() !== name.toLowerCase()) {
    return no(
      "repo-moved",
      `it is called ${project.path_with_namespace} now`,
      "Name it so: change the URL, or the remote: git remote set-url origin …",
      project.path_with_namespace,
    );
  }
  if (project.archived) return no("repo-archived", "it is archived", "Unarchive it first.");
  if (project.marked_for_deletion_on) {
    return no("repo-disabled", "it is marked for deletion", "Restore it first.");
  }
  if (project.merge_requests_enabled === false || project.merge_requests_access_level === "disabled") {
    return no(
      "repo-disabled",
      "merge requests are switched off there",
      "Switch them on in the project's settings.",
    );
  }
  if (project.repository_access_level === "disabled") {
    return no("repo-disabled", "its repository is switched off", "Switch it on in the project's settings.");
  }
  return null;
}

async function ofRights(client: GitLabClient, place: GitLabPlace, no: No): Promise<Problem | null> {
  const lacks = (why: string, remedy: string) => no("forge-forbidden", why, remedy);
  const token = await tolerant(
    () => client.maybe(z.object({ scopes: z.array(z.string()) }), "/personal_access_tokens/self"),
    // Tokens of OAuth have nobody to ask there.
    [400, 401, 403],
  );
  // A scope that is not known here, as of tokens with rights one by one, is found out by trying.
  if (token && token.scopes.length > 0 && token.scopes.every((scope) => READING.test(scope))) {
    return lacks(
      `the token has the scopes ${token.scopes.join(", ")}, and not api`,
      "Make an access token with the scope api.",
    );
  }
  const own = await authorsOf(client, place).own();
  if (own === null) return lacks("the credential is of no account", "Use an access token.");
  const level = await accessLevel(client, place, own.id);
  if (!own.isAdmin && level !== undefined && (level ?? 0) < DEVELOPER) {
    return lacks(
      level === null ? `${own.username} is no member of it` : `${own.username} may read it, and not push`,
      "Give the account the role Developer or above.",
    );
  }
  return own.isAdmin ? null : await ofProtection(client, place, { id: own.id, level: level ?? null }, no);
}

/** Where several patterns match, GitLab lets in whom one of them lets in. */
async function ofProtection(
  client: GitLabClient,
  place: GitLabPlace,
  own: { id: number; level: number | null },
  no: No,
): Promise<Problem | null> {
  // Who may not read the list finds out by trying.
  const list = await tolerant(
    () => client.list(ProtectedBranchAnswer, `${projectPath(place)}/protected_branches`),
    [403, 404],
  );
  const matching = (list?.items ?? []).filter((one) => matches(one.name, SAMPLE));
  if (matching.length === 0) return null;
  const allows = matching.flatMap((one) => one.push_access_levels ?? []).some((one) => {
    if (one.user_id) return one.user_id === own.id;
    // Whether the account is in a group is not asked: what is not known is found out by trying.
    if (one.group_id) return true;
    if (one.deploy_key_id) return false;
    const least = one.access_level ?? 0;
    return least > 0 && (own.level === null || own.level >= least);
  });
  if (allows) return null;
  const pattern = matching[0]?.name ?? "";
  return no(
    "branch-protected",
    `its protected branches ${JSON.stringify(pattern)} cover forge/..., and this account may not push there`,
    "Allow the account to push to that pattern, or change the pattern.",
    pattern,
  );
}

/** GitLab's patterns know `*` alone, which also stands for slashes. */
function matches(pattern: string, branch: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(branch);
}

async function ofBase(
  client: GitLabClient,
  place: GitLabPlace,
  wanted: { baseRef?: string; baseCommit?: string },
  no: No,
): Promise<Problem | null> {
  if (await branchAt(client, place, "forge") !== null) {
    return no(
      "branch-exists",
      "it has a branch named forge, so that there can be no forge/...",
      "Rename that branch.",
      "forge",
    );
  }
  if (wanted.baseRef === undefined) return null;
  const base = branchName(wanted.baseRef);
  const head = await branchAt(client, place, base);
  if (head === null) {
    return no(
      "base-not-found",
      `GitLab has no branch ${base}`,
      "Name a branch that is there: --base main. A tag or a commit cannot be the target of a merge request.",
      base,
    );
  }
  if (wanted.baseCommit !== undefined && head !== wanted.baseCommit) {
    return no(
      "base-moved",
      `its branch ${base} is at ${head}, and the one here at ${wanted.baseCommit}`,
      "Bring the clone up to date (git pull), push what is only here, or name the project by its URL.",
      head,
    );
  }
  return null;
}
