/** Which project of a GitLab a URL means, and where that GitLab answers. */
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";

export interface GitLabPlace {
  /** With all its groups: `group/subgroup/project`. */
  readonly path: string;
}

/** Where a GitLab answers. */
export interface GitLabAddresses {
  /** Without a slash at the end: `https://gitlab.com/api/v4`. */
  readonly api: string;
  /** Host (and port) of its pages and of git: `gitlab.com`. */
  readonly host: string;
  /** `https://gitlab.com`, `https://example.com/gitlab`. */
  readonly web: string;
}

const SEGMENT = /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}$/;
/** GitLab nests groups 20 deep. */
const MOST_SEGMENTS = 22;

/** The addresses of a GitLab by the URL of its start page, which may be below a path; the API's own URL is taken too. */
export function gitlabAddresses(serverUrl: string, name: string): Result<GitLabAddresses, Problem> {
  const refuse = (why: string): Result<never, Problem> =>
    err({
      code: "forge-address-invalid",
      message: `Cannot use ${name}: ${why}`,
      value: serverUrl.replace(/\/\/[^/@]*@/, "//***@").slice(0, 200),
      remedy:
        "Give the URL of the GitLab, such as https://gitlab.com, https://gitlab.example.com or https://example.com/gitlab",
    });
  if (!URL.canParse(serverUrl)) return refuse("it is not a URL");
  const url = new URL(serverUrl);
  if (url.username !== "" || url.password !== "") return refuse("it carries a user name or password");
  if (url.search !== "" || url.hash !== "") return refuse("it has a query or a fragment");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    return refuse("a credential goes there, so it has to be https (http only to this machine)");
  }
  const web = url.href.replace(/\/+$/, "").replace(/\/api\/v4$/, "");
  return ok({ api: `${web}/api/v4`, host: url.host, web });
}

/**
 * The project's path, from a URL as git or a browser knows it: https, ssh, `git@host:group/project.git`, the page of a project. Null
 * when it is of another host or no project.
 */
export function gitlabPlace(location: string, addresses: GitLabAddresses): GitLabPlace | null {
  const short = /^(?:[\w.-]+@)?([\w.-]+):(?!\/\/)([^\s]+)$/.exec(location);
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(location);
  if (!isUrl && short === null) return null;
  const text = isUrl ? location : `ssh://${short?.[1]}/${(short?.[2] ?? "").replace(/^\/+/, "")}`;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const web = new URL(addresses.web);
  const path = url.protocol === "ssh:" ? ofSsh(url, web) : ofPage(url, web);
  if (path === null) return null;
  const parts = path.replace(/\/+$/, "").replace(/\.git$/, "").split("/").filter((part) => part !== "");
  const isProject = parts.length >= 2 && parts.length <= MOST_SEGMENTS &&
    parts.every((part) => SEGMENT.test(part) && !/\.$|\.git$|\.atom$/.test(part));
  return isProject ? { path: parts.join("/") } : null;
}

/** ssh goes to another port than the pages, and knows nothing of a path that GitLab is below; altssh is gitlab.com's way through firewalls. */
function ofSsh(url: URL, web: URL): string | null {
  const own = web.hostname.toLowerCase();
  return [own, `altssh.${own}`].includes(url.hostname.toLowerCase()) ? url.pathname : null;
}

function ofPage(url: URL, web: URL): string | null {
  if (!["https:", "http:"].includes(url.protocol) || url.host.toLowerCase() !== web.host.toLowerCase()) {
    return null;
  }
  const root = web.pathname.replace(/\/+$/, "");
  return url.pathname.startsWith(`${root}/`) ? url.pathname.slice(root.length) : null;
}

/** As records and events name the project. */
export const pageOf = (place: GitLabPlace, addresses: GitLabAddresses): string =>
  `${addresses.web}/${place.path}`;

/** The project's own part of the API's URLs. */
export const projectPath = (place: GitLabPlace): string => `/projects/${encodeURIComponent(place.path)}`;

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
