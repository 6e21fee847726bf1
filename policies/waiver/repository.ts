/** Names of one repository, by which a waiver's scope may call it. */

/** `github.com/acme/shop` of any URL of it; a local path without the git directory. Credentials are never part of a name. */
export function repositoryName(location: string): string {
  const text = location.trim();
  const ssh = /^(?:[^@/\s]+@)?([A-Za-z0-9.-]+\.[A-Za-z]{2,}|[A-Za-z0-9-]+):(?!\/\/)(.+)$/.exec(text);
  const url = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^@/]*@)?([^/:?#]+)(?::\d+)?\/(.+)$/.exec(text);
  const found = url ?? (/^[A-Za-z]:[\\/]/.test(text) ? null : ssh);
  if (found !== null && !text.toLowerCase().startsWith("file:")) {
    const [, host = "", path = ""] = found;
    return `${host.toLowerCase()}/${trimmed(path.replace(/[?#].*$/s, ""))}`;
  }
  return trimmed(text.replace(/^file:\/\//i, "").replace(/\/\.git\/?$/, "")) || "/";
}

const trimmed = (path: string): string =>
  path.replace(/\/+$/, "").replace(/\.git$/, "").replace(/^(?!\/)\/+/, "");

/** The names of what a run or a scan is about, each once. */
export const repositoryNames = (given: readonly (string | null | undefined)[]): string[] => [
  ...new Set(given.flatMap((one) => one ? [repositoryName(one)] : [])),
];
