/** Repositories by URL: one commit, fetched through the network guard into a git directory of ours. */
import { join } from "node:path";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { type GuardedUrl, type GuardOptions, guardUrl } from "../net/guard.ts";
import type { Repository } from "../port.ts";
import { git, type GitCall, GitError, gitLine } from "./git.ts";
import { removeTree } from "./inside.ts";
import { openRepository } from "./repository.ts";
import { writeGitDir } from "./shim.ts";

export interface FetchOptions extends GuardOptions {
  /** Where fetched repositories are kept, a directory for each fetch; whoever owns it removes them when the run is over. */
  dir: string;
  /** Certificates to trust instead of the system's. */
  caFile?: string;
  timeoutMs?: number;
  /** What a forge says of a URL of its own: who asks, and how its host is reached. Null for URLs that are none of its. */
  access?: (location: string) => Promise<FetchAccess | null>;
}

/** How a forge's repository is reached. */
export interface FetchAccess extends Pick<GuardOptions, "allowPrivate" | "ports" | "plain"> {
  /** The Authorization header; sent to this URL's host alone. */
  authorization?: string;
}

/** A fetched repository serves the run that it was fetched for, and is fetched again when it is asked for later. */
const KEPT_MS = 24 * 3600_000;

/** Fetches the commit that `baseRef` (or the remote's HEAD) names, without history, tags or submodules. */
export async function fetchRepository(
  location: string,
  baseRef: string | undefined,
  options: FetchOptions,
): Promise<Result<Repository, Problem>> {
  const access = await options.access?.(location) ?? null;
  const guarded = await guardUrl(location, { ...options, ...access });
  if (!guarded.ok) return guarded;
  await removeOld(options.dir);
  const { url } = guarded.value;
  if (baseRef !== undefined && !/^[A-Za-z0-9_][\w./+-]*$/.test(baseRef)) {
    return err({
      code: "base-not-found",
      message: `Cannot fetch the base ${
        JSON.stringify(baseRef.slice(0, 200))
      }: not a branch, tag or full commit name`,
      value: baseRef.slice(0, 200),
      remedy: "Give a branch, a tag or a full commit name: --base main",
    });
  }
  // One directory for each fetch: the same URL may be fetched at the same time, and moves on.
  const gitDir = join(options.dir, `${crypto.randomUUID()}.git`);
  const call: GitCall = {
    gitDir,
    timeoutMs: options.timeoutMs ?? 600_000,
    protocols: [guarded.value.protocol],
    ...transport(guarded.value, options, access?.authorization),
  };
  try {
    await writeGitDir(gitDir, { head: "ref: refs/heads/none", sha256: false });
    const ref = baseRef ?? await remoteHead(url, call);
    const local = `refs/heads/${ref.replace(/^refs\/(heads|tags)\//, "")}`;
    await git(
      [
        "fetch",
        "--quiet",
        "--depth=1",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--",
        url,
        `+${ref}:${local}`,
      ],
      call,
    );
    const opened = await openRepository(gitDir, local);
    return opened.ok ? ok({ ...opened.value, location: url }) : opened;
  } catch (error) {
    await removeTree(gitDir);
    if (!(error instanceof GitError)) throw error;
    return err(unfetchable(url, baseRef, error));
  }
}

/** What earlier fetches left behind. */
async function removeOld(dir: string): Promise<void> {
  try {
    for await (const entry of Deno.readDir(dir)) {
      const path = join(dir, entry.name);
      const { mtime } = await Deno.stat(path);
      if (mtime !== null && Date.now() - mtime.getTime() > KEPT_MS) await removeTree(path);
    }
  } catch (error) {
    // There is nothing yet, or another process has just removed it.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function remoteHead(url: string, call: GitCall): Promise<string> {
  const answer = await gitLine(["ls-remote", "--symref", "--", url, "HEAD"], call);
  const branch = /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(answer)?.[1];
  if (branch === undefined) throw new GitError(["ls-remote"], 0, "couldn't find remote ref HEAD");
  return branch;
}

/** Connects to the address that was checked, under the name that was asked for. */
export function transport(
  guarded: GuardedUrl,
  options: FetchOptions,
  authorization: string | undefined,
): Pick<GitCall, "config" | "env"> {
  const [address = ""] = guarded.addresses;
  if (guarded.protocol !== "ssh") {
    const bracketed = address.includes(":") ? `[${address}]` : address;
    return {
      config: {
        "http.curloptResolve": `${guarded.host}:${guarded.port}:${bracketed}`,
        "http.proxy": "",
        "http.lowSpeedLimit": "1000",
        "http.lowSpeedTime": "60",
        ...(options.caFile === undefined ? {} : { "http.sslCAInfo": options.caFile }),
      },
      // In the environment: arguments can be read by everybody on the machine.
      ...(authorization === undefined ? {} : {
        env: {
          GIT_CONFIG_COUNT: "1",
          GIT_CONFIG_KEY_0: `http.${new URL(guarded.url).origin}/.extraHeader`,
          GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`,
        },
      }),
    };
  }
  const agent = Deno.env.get("SSH_AUTH_SOCK");
  const settings = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ProxyCommand=none",
    "PermitLocalCommand=no",
    `HostName=${address}`,
    `HostKeyAlias=${guarded.host}`,
  ];
  return {
    env: {
      // The parts have no character that a shell reads: fixed words, an address, a checked host name.
      GIT_SSH_COMMAND: `ssh -F /dev/null ${settings.map((setting) => `-o ${setting}`).join(" ")}`,
      GIT_SSH_VARIANT: "ssh",
      ...(agent === undefined ? {} : { SSH_AUTH_SOCK: agent }),
    },
  };
}

export function unfetchable(url: string, baseRef: string | undefined, error: GitError): Problem {
  const said = error.stderr.trim().replaceAll(/\s*\n\s*/g, "; ").slice(0, 500);
  if (/couldn't find remote ref|not our ref|unadvertised object/i.test(said)) {
    return {
      code: "base-not-found",
      message: `Cannot find the base ${JSON.stringify(baseRef ?? "HEAD")} in ${url}: ${said}`,
      value: baseRef ?? "HEAD",
      remedy: "Give a branch, a tag or a full commit name that the server has: --base main",
    };
  }
  return {
    code: "repo-not-found",
    message: `Cannot fetch ${url}: ${said}`,
    value: url,
    remedy:
      "Check the URL and that the repository can be read without a password, or clone it and name the directory.",
  };
}
