/** Which repository of a GitHub a URL means, and where that GitHub answers. */
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";

export interface GitHubPlace {
  readonly owner: string;
  readonly repo: string;
}

/** Where a GitHub answers. */
export interface GitHubAddresses {
  /** Without a slash at the end: `https://api.github.com`, `https://ghe.example.com/api/v3`. */
  readonly api: string;
  readonly graphql: string;
  /** Host (and port) of its pages and of git: `github.com`. */
  readonly host: string;
  /** `https://github.com` */
  readonly web: string;
}

const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?(?:_[a-z0-9]+)?$/;
const REPO = /^[A-Za-z0-9._-]{1,100}$/;

/** The addresses that belong to an API's URL: of github.com, of a GitHub Enterprise Server, of a tenant on ghe.com. */
export function githubAddresses(apiUrl: string, serverUrl?: string): Result<GitHubAddresses, Problem> {
  const refuse = (why: string): Result<never, Problem> =>
    err({
      code: "forge-address-invalid",
      message: `Cannot use GITHUB_API_URL: ${why}`,
      value: apiUrl.replace(/\/\/[^/@]*@/, "//***@").slice(0, 200),
      remedy: "Give the API's URL, such as https://api.github.com or https://ghe.example.com/api/v3",
    });
  if (!URL.canParse(apiUrl)) return refuse("it is not a URL");
  const url = new URL(apiUrl);
  if (url.username !== "" || url.password !== "") return refuse("it carries a user name or password");
  if (url.search !== "" || url.hash !== "") return refuse("it has a query or a fragment");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    return refuse("a credential goes there, so it has to be https (http only to this machine)");
  }
  const api = url.href.replace(/\/+$/, "");
  const path = url.pathname.replace(/\/+$/, "");
  const enterprise = path.endsWith("/api/v3");
  const host = enterprise ? url.host : url.host.replace(/^api\./, "");
  const web = serverUrl !== undefined && URL.canParse(serverUrl) ? new URL(serverUrl) : null;
  if (web !== null && web.protocol !== url.protocol) return refuse("GITHUB_SERVER_URL has another scheme");
  return ok({
    api,
    graphql: enterprise ? `${api.slice(0, -"/v3".length)}/graphql` : `${api}/graphql`,
    host: web?.host ?? host,
    web: `${url.protocol}//${web?.host ?? host}`,
  });
}

/**
 * Owner and name, from a URL as git or a browser knows it: https, ssh, `git@host:owner/name.git`, the page of a repository. Null when
 * it is of another host or no repository.
 */
export function githubPlace(location: string, addresses: GitHubAddresses): GitHubPlace | null {
  const short = /^(?:[\w.-]+@)?([\w.-]+):(?!\/\/)([^\s]+)$/.exec(location);
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(location);
  if (!isUrl && short === null) return null;
  const text = isUrl ? location : `ssh://${short?.[1]}/${(short?.[2] ?? "").replace(/^\/+/, "")}`;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const port = url.protocol === "ssh:" || url.protocol === "git:" ? "" : url.port;
  const host = `${url.hostname.toLowerCase()}${port === "" ? "" : `:${port}`}`;
  const [ownHost, ownPort] = [addresses.host.toLowerCase(), addresses.host.split(":")[0]?.toLowerCase()];
  // ssh goes to another port than the pages; ssh.github.com is GitHub's way through firewalls.
  const matches = host === ownHost ||
    ((url.protocol === "ssh:" || !isUrl) && (url.hostname.toLowerCase() === ownPort ||
      url.hostname.toLowerCase() === `ssh.${ownPort}`));
  if (!matches || !["https:", "http:", "ssh:"].includes(url.protocol)) return null;
  const [owner = "", name = "", ...rest] = url.pathname.split("/").filter((part) => part !== "");
  const repo = name.replace(/\.git$/, "");
  if (rest.length > 0 || !OWNER.test(owner) || !REPO.test(repo) || repo === "." || repo === "..") return null;
  return { owner, repo };
}

/** As records and events name the repository. */
export const pageOf = (place: GitHubPlace, addresses: GitHubAddresses): string =>
  `${addresses.web}/${place.owner}/${place.repo}`;

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
