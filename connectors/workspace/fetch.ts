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
}

/** Fetches the commit that `baseRef` (or the remote's HEAD) names, without history, tags or submodules. */
export async function fetchRepository(
  location: string,
  baseRef: string | undefined,
  options: FetchOptions,
): Promise<Result<Repository, Problem>> {
  const guarded = await guardUrl(location, options);
  if (!guarded.ok) return guarded;
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
    ...transport(guarded.value, options),
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

async function remoteHead(url: string, call: GitCall): Promise<string> {
  const answer = await gitLine(["ls-remote", "--symref", "--", url, "HEAD"], call);
  const branch = /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(answer)?.[1];
  if (branch === undefined) throw new GitError(["ls-remote"], 0, "couldn't find remote ref HEAD");
  return branch;
}

/** Connects to the address that was checked, under the name that was asked for. */
function transport(guarded: GuardedUrl, options: FetchOptions): Pick<GitCall, "config" | "env"> {
  const [address = ""] = guarded.addresses;
  if (guarded.protocol === "https") {
    const bracketed = address.includes(":") ? `[${address}]` : address;
    return {
      config: {
        "http.curloptResolve": `${guarded.host}:${guarded.port}:${bracketed}`,
        "http.proxy": "",
        "http.lowSpeedLimit": "1000",
        "http.lowSpeedTime": "60",
        ...(options.caFile === undefined ? {} : { "http.sslCAInfo": options.caFile }),
      },
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

function unfetchable(url: string, baseRef: string | undefined, error: GitError): Problem {
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
