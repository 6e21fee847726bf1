/** Which repositories of forges a request may name: a key holder reaches no more of what the server's credential reaches. */
import { err, ok, type Result } from "../../specs/mod.ts";

/** Whether a repository by this URL may be opened. */
export type RepositoryAllow = (url: string) => boolean;

const SEGMENT = /^[A-Za-z0-9._~-]+$/;
/** Where a name without a host is. */
const HOST = "github.com";

/**
 * A list of `[HOST/]OWNER/NAME`: of github.com without a host, `*` for one part, `**` at the end for all below. Letters count the same in
 * either case, as forges take them. An error names the part that is no such name; an empty list is one.
 */
export function repositoryAllow(patterns: readonly string[]): Result<RepositoryAllow, string> {
  const parsed: string[][] = [];
  for (const pattern of patterns) {
    const parts = pattern.trim().toLowerCase().split("/");
    const whole = parts.length === 2 ? [HOST, ...parts] : parts;
    const [host = "", ...path] = whole;
    const isName = path.every((part, at) =>
      part === "*" || (part === "**" && at === path.length - 1) ||
      (SEGMENT.test(part) && part !== "." && part !== "..")
    );
    if (path.length < (path.at(-1) === "**" ? 1 : 2) || !isName || !/^[a-z0-9.-]+(:\d{1,5})?$/.test(host)) {
      return err(pattern);
    }
    parsed.push(whole);
  }
  if (parsed.length === 0) return err("");
  return ok((url) => {
    const named = partsOf(url);
    return named !== null && parsed.some((pattern) => matches(pattern, named));
  });
}

function matches(pattern: readonly string[], named: readonly string[]): boolean {
  if (pattern.at(-1) === "**") {
    const start = pattern.slice(0, -1);
    return named.length > start.length && start.every((part, at) => part === "*" || part === named[at]);
  }
  return pattern.length === named.length && pattern.every((part, at) => part === "*" || part === named[at]);
}

/** Host and path of a URL as git takes it; null for one that is not plain. */
function partsOf(url: string): string[] | null {
  // A URL is read without its dots; git sends them as they are.
  if (/(^|[/:])\.{1,2}(\/|$)|[\\%\s]/.test(url)) return null;
  const short = /^[^/\s:@]+@([^/\s:]+):(?!\/\/)([^\s]+)$/.exec(url);
  const text = short === null ? url : `ssh://${short[1]}/${short[2]?.replace(/^\/+/, "")}`;
  if (!URL.canParse(text)) return null;
  const { protocol, host, pathname, search, hash } = new URL(text);
  if ((protocol !== "https:" && protocol !== "ssh:") || search !== "" || hash !== "") return null;
  const path = pathname.replace(/^\//, "").replace(/\/$/, "").replace(/\.git$/, "").toLowerCase().split("/");
  return path.length >= 2 && path.every((part) => SEGMENT.test(part) && part !== "." && part !== "..")
    ? [host.toLowerCase().replace(/:22$/, ""), ...path]
    : null;
}
