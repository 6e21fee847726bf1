/** What the environment says of GitLab: where it answers, and by which credential. Values stay in memory. */
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { type GitLabAddresses, gitlabAddresses } from "./place.ts";

/** How a token is sent: personal, project and group access tokens, OAuth tokens, tokens of CI jobs. */
export type GitLabTokenKind = "access" | "oauth" | "job";

export interface GitLabCredential {
  readonly kind: GitLabTokenKind;
  readonly token: string;
  /** The variable that it came from. */
  readonly name: string;
}

export interface GitLabSettings {
  readonly addresses: GitLabAddresses;
  /** Null: none is at hand. */
  readonly credential: GitLabCredential | null;
  /** The owner of this installation named the host: it may be on a private network. */
  readonly named: boolean;
}

const PUBLIC = "https://gitlab.com";
const VARIABLES: readonly (readonly [string, GitLabTokenKind | null])[] = [
  ["GITLAB_TOKEN", null],
  ["GITLAB_OAUTH_TOKEN", "oauth"],
  ["CI_JOB_TOKEN", "job"],
];

/**
 * `GITLAB_TOKEN` (a personal, project or group access token, or an OAuth token), `GITLAB_OAUTH_TOKEN`, or the `CI_JOB_TOKEN` of a
 * pipeline. `GITLAB_URL`, or the `CI_SERVER_URL` of a pipeline, for a GitLab of one's own, which may be below a path.
 */
export function gitlabSettings(env: (name: string) => string | undefined): Result<GitLabSettings, Problem> {
  const given = (name: string) => {
    const value = env(name)?.trim();
    return value === undefined || value === "" ? undefined : value;
  };
  const name = given("GITLAB_URL") === undefined ? "CI_SERVER_URL" : "GITLAB_URL";
  const url = given(name) ?? PUBLIC;
  const addresses = gitlabAddresses(url, name);
  if (!addresses.ok) return addresses;
  const named = addresses.value.web !== PUBLIC;
  for (const [name, kind] of VARIABLES) {
    const token = given(name);
    if (token === undefined) continue;
    if (!/^[\x21-\x7e]{4,4000}$/.test(token)) {
      return err({
        code: "forge-credential-invalid",
        message: `Cannot use ${name}: it has characters that no token has`,
        value: name,
        remedy: "Set it to the token alone.",
      });
    }
    const credential: GitLabCredential = { kind: kind ?? kindOf(token), token, name };
    return ok({ addresses: addresses.value, credential, named });
  }
  return ok({ addresses: addresses.value, credential: null, named });
}

/** By GitLab's prefixes; OAuth tokens without one are 64 hexadecimal digits. */
function kindOf(token: string): GitLabTokenKind {
  if (/^glcbt-/.test(token)) return "job";
  return /^gloas-/.test(token) || /^[0-9a-f]{64}$/.test(token) ? "oauth" : "access";
}

/** The header that a request of this credential carries. */
export function authHeader(credential: GitLabCredential): Record<string, string> {
  switch (credential.kind) {
    case "access":
      return { "private-token": credential.token };
    case "oauth":
      return { authorization: `Bearer ${credential.token}` };
    case "job":
      return { "job-token": credential.token };
  }
}

/** The same for git. */
export const gitAuthorization = ({ kind, token }: GitLabCredential): string =>
  `Basic ${btoa(`${kind === "job" ? "gitlab-ci-token" : "oauth2"}:${token}`)}`;
