/** Which repositories a request may name: URLs by scheme, directories only below the server's root. */
import { err, ok, type Result } from "../../specs/mod.ts";
import type { Trouble } from "./problem.ts";
import type { RepositoryAllow } from "./repository_allow.ts";
import { shown } from "./shown.ts";

/** `any` directory, `none`, or those below one. */
export type RepositoryRoot = "any" | "none" | { below: string };

/** The few looks at the disk that the check needs; absent on a host without files. */
export interface Disk {
  realPath(path: string): Promise<string>;
  /** What lies at the path, links not followed; null when nothing does. */
  kind(path: string): Promise<"file" | "directory" | "link" | null>;
  read(path: string): Promise<string>;
}

export const denoDisk: Disk = {
  realPath: (path) => Deno.realPath(path),
  async kind(path) {
    try {
      const found = await Deno.lstat(path);
      return found.isSymlink ? "link" : found.isDirectory ? "directory" : "file";
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return null;
      throw cause;
    }
  },
  read: (path) => Deno.readTextFile(path),
};

const refused = (detail: string, remedy: string): { ok: false; error: Trouble } =>
  err({ code: "repo-refused", detail, remedy, errors: [{ path: "repo", message: "is refused" }] });
const ALLOW_REMEDY =
  "Name one of them by its URL, or ask the server's owner: forge serve --repo-allow OWNER/NAME";
const ROOT_REMEDY = "Name a repository below the server's --repo-root, or an https or ssh URL.";

/**
 * What the service may open for `repo`. A URL passes by its scheme only: the network guard looks at its host when it is
 * opened. A directory comes back as its real path, and it and its git directory lie below the root.
 */
export async function allowedRepository(
  repo: string,
  root: RepositoryRoot,
  disk: Disk | null,
  { allow, forge }: { allow?: RepositoryAllow; forge?: string } = {},
): Promise<Result<string, Trouble>> {
  if (repo.startsWith("-")) return refused("A repository's name must not start with '-'.", ROOT_REMEDY);
  if (repo.includes("::")) {
    return refused("Transport helpers are not allowed in a repository's URL.", ROOT_REMEDY);
  }
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(repo)?.[1]?.toLowerCase();
  const isUrl = scheme !== undefined || /^[^/\s:]+@[^/\s:]+:(?!\/\/)/.test(repo);
  if (isUrl && allow !== undefined && !allow(repo)) {
    return refused("The repository is not one of those that this server works on.", ALLOW_REMEDY);
  }
  if (scheme !== undefined) return allowedUrl(repo, scheme);
  if (isUrl) return ok(repo);
  // A directory's remotes may be any: what is opened there with the server's credential is named by its URL.
  if (allow !== undefined && forge !== undefined && forge !== "local") {
    return refused(
      `A pull request on ${shown(forge)} is opened for a URL here, not for a directory.`,
      ALLOW_REMEDY,
    );
  }
  return await allowedDirectory(repo, root, disk);
}

function allowedUrl(repo: string, scheme: string): Result<string, Trouble> {
  if (scheme !== "https" && scheme !== "ssh") {
    return refused(`Repositories over ${shown(scheme)} are refused.`, "Use an https or ssh URL.");
  }
  if (!URL.canParse(repo)) {
    return err({
      code: "invalid-request",
      detail: "The repository's URL cannot be read.",
      errors: [{ path: "repo", message: "is not a URL" }],
    });
  }
  const url = new URL(repo);
  if (url.password !== "" || (scheme === "https" && url.username !== "")) {
    return refused(
      "The repository's URL carries credentials, which would end in logs and evidence.",
      "Configure credentials on the server.",
    );
  }
  return ok(repo);
}

async function allowedDirectory(
  repo: string,
  root: RepositoryRoot,
  disk: Disk | null,
): Promise<Result<string, Trouble>> {
  if (root === "none" || disk === null) {
    return refused("This server opens no directories for requests.", ROOT_REMEDY);
  }
  const below = root === "any" ? "/" : await disk.realPath(root.below);
  if (!repo.startsWith("/") && root === "any") {
    return err({
      code: "invalid-request",
      detail: "A repository's directory must be an absolute path.",
      errors: [{ path: "repo", message: "must be an absolute path or a URL" }],
    });
  }
  const path = lexical(repo.startsWith("/") ? repo : `${below}/${repo}`);
  const outside = refused("The repository does not lie below the server's root.", ROOT_REMEDY);
  const missing = err<Trouble>({
    code: "repo-not-found",
    detail: `There is no git repository at ${shown(repo)}.`,
    remedy: "Check the path; it is the server that reads it.",
    errors: [{ path: "repo", message: "is not a git repository" }],
  });
  // Asked before the disk is: a request must not learn what exists outside of the root. The root may be named by a link.
  const named = root === "any" ? "/" : lexical(root.below);
  if (!within(path, below) && !within(path, named)) return outside;
  let real: string;
  try {
    real = await disk.realPath(path);
  } catch {
    return missing;
  }
  if (!within(real, below)) return outside;
  if (root === "any") return ok(real);
  const gitDir = await gitDirOf(real, below, disk);
  if (gitDir === null) return missing;
  return await liesBelow(gitDir, below, disk) ? ok(real) : outside;
}

/** Looks upwards as git would, but not past the root: a repository that encloses the root is not offered by it. */
async function gitDirOf(path: string, root: string, disk: Disk): Promise<string | null> {
  for (let at = path; within(at, root); at = at.slice(0, at.lastIndexOf("/")) || "/") {
    if (await disk.kind(`${at}/.git`) !== null) return `${at}/.git`;
    if (await disk.kind(`${at}/HEAD`) === "file" && await disk.kind(`${at}/objects`) !== null) return at;
    if (at === "/") return null;
  }
  return null;
}

/** A `.git` file, a link, a worktree's common directory or alternates may lead anywhere: all of it has to stay below. */
async function liesBelow(gitDir: string, root: string, disk: Disk): Promise<boolean> {
  const resolved = (base: string, path: string) =>
    disk.realPath(path.startsWith("/") ? path : `${base}/${path}`);
  try {
    let real = await disk.realPath(gitDir);
    if (await disk.kind(real) === "file") {
      const target = /^gitdir: (.+?)\s*$/.exec(await disk.read(real))?.[1];
      if (target === undefined || !within(real, root)) return false;
      real = await resolved(real.slice(0, real.lastIndexOf("/")), target);
    }
    if (!within(real, root)) return false;
    const common = await disk.kind(`${real}/commondir`) === "file"
      ? await resolved(real, (await disk.read(`${real}/commondir`)).trim())
      : real;
    return within(common, root) &&
      within(await disk.realPath(`${common}/objects`), root) &&
      await disk.kind(`${common}/objects/info/alternates`) === null;
  } catch {
    return false;
  }
}

const within = (path: string, root: string) =>
  root === "/" || path === root || path.startsWith(root.endsWith("/") ? root : root + "/");

/** The path without `.`, `..` and empty segments, by text alone. */
function lexical(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return "/" + parts.join("/");
}
