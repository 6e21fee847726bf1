/**
 * Git directories of ours. Git has no way to ignore the `config` of the git directory it works in, and settings there can
 * start programs (fsmonitor, filters, diff drivers, ssh commands, hooks). So no command ever runs in the user's git
 * directory: it runs in one that we wrote, with the user's objects and refs behind it, and the user's config is read as data.
 */
import { join } from "node:path";
import type { Found } from "./discover.ts";
import { git, type GitCall, GitError } from "./git.ts";

/**
 * Highest precedence over every `.gitattributes`: bytes go in and out as they are (no line ending, encoding, keyword or filter such as
 * LFS), and every text file has a readable diff, also one that the repository calls binary.
 */
const ATTRIBUTES = "* -text !eol -ident -filter !working-tree-encoding !diff !merge !export-subst !crlf\n";

export interface GitDirContent {
  head: string;
  sha256: boolean;
  /** Commits that are taken to have no parents. */
  shallow?: readonly string[];
}

/** Writes a bare git directory by hand: `git init` would copy templates and costs a process. */
export async function writeGitDir(dir: string, content: GitDirContent): Promise<void> {
  for (const sub of ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"]) {
    await Deno.mkdir(join(dir, sub), { recursive: true, mode: 0o700 });
  }
  const config = "[core]\n\tbare = false\n\trepositoryformatversion = " +
    (content.sha256 ? "1\n[extensions]\n\tobjectformat = sha256\n" : "0\n");
  await Promise.all([
    Deno.writeTextFile(join(dir, "HEAD"), `${content.head}\n`),
    Deno.writeTextFile(join(dir, "config"), config),
    Deno.writeTextFile(join(dir, "info/attributes"), ATTRIBUTES),
    content.shallow?.length
      ? Deno.writeTextFile(join(dir, "shallow"), content.shallow.join("\n") + "\n")
      : undefined,
  ]);
}

/** Settings that change what files and refs mean and start nothing. */
const HARMLESS = [
  "core.autocrlf",
  "core.checkstat",
  "core.eol",
  "core.filemode",
  "core.ignorecase",
  "core.precomposeunicode",
  "core.sharedrepository",
  "core.symlinks",
  "core.trustctime",
];

/** Extensions of the format that change nothing here, or that the shim carries over. */
const EXTENSIONS = [
  "noop",
  "objectformat",
  "partialclone",
  "preciousobjects",
  "refstorage",
  "relativeworktrees",
  "worktreeconfig",
];

/** A user's repository, seen through a git directory of ours. */
export interface Shim {
  /** For any command: `gitDir` is ours, and the harmless settings are given. */
  call: GitCall;
  sha256: boolean;
}

/** Runs `fn` with a temporary git directory that has the user's objects, refs, HEAD and harmless settings behind it. */
export async function withShim<T>(found: Found, fn: (shim: Shim) => Promise<T>): Promise<T> {
  const dir = await Deno.makeTempDir({ prefix: "edgeforge-git-" });
  try {
    const config = await readConfig(join(found.commonDir, "config"), dir);
    const odd = [...config.keys()].find((key) =>
      /^extensions\./.test(key) && !EXTENSIONS.includes(key.slice(11))
    );
    if (odd !== undefined) {
      throw new GitError(["config"], 1, `the repository format has the unknown extension ${odd.slice(11)}`);
    }
    const extensions = ["objectformat", "refstorage"].filter((name) => config.has(`extensions.${name}`));
    await Deno.mkdir(join(dir, "info"));
    await Promise.all([
      Deno.writeTextFile(join(dir, "HEAD"), await readHead(found.gitDir)),
      Deno.writeTextFile(
        join(dir, "config"),
        `[core]\n\tbare = false\n\trepositoryformatversion = ${
          extensions.length > 0 ? 1 : 0
        }\n[extensions]\n` +
          extensions.map((name) =>
            `\t${name} = ${config.get(`extensions.${name}`)?.replaceAll(/[^\w-]/g, "")}\n`
          ).join(""),
      ),
      ...["objects", "refs", "packed-refs", "reftable", "shallow", "info/exclude", "info/attributes"].map((
        name,
      ) => link(join(found.commonDir, name), join(dir, name))),
      linkSharedIndexes(found.gitDir, dir),
    ]);
    const call = {
      gitDir: dir,
      config: Object.fromEntries([...config].filter(([key]) => HARMLESS.includes(key))),
    };
    return await fn({ call, sha256: config.get("extensions.objectformat") === "sha256" });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Reads a config file as data, without following `include`. Keys are lower case. */
async function readConfig(file: string, cwd: string): Promise<Map<string, string>> {
  const config = new Map<string, string>();
  const info = await Deno.stat(file).catch(() => null);
  if (!info?.isFile) return config;
  if (info.size > 1024 * 1024) throw new GitError(["config"], 1, `${file} has ${info.size} bytes`);
  const bytes = await git(["config", "--file", file, "--no-includes", "--null", "--list"], { gitDir: cwd });
  for (const line of new TextDecoder().decode(bytes).split("\0")) {
    const at = line.indexOf("\n");
    if (line !== "") {
      config.set((at < 0 ? line : line.slice(0, at)).toLowerCase(), at < 0 ? "true" : line.slice(at + 1));
    }
  }
  return config;
}

/** HEAD as text; in old repositories it is a symbolic link to the branch. */
async function readHead(gitDir: string): Promise<string> {
  const path = join(gitDir, "HEAD");
  const info = await Deno.lstat(path);
  if (info.isSymlink) return `ref: ${await Deno.readLink(path)}\n`;
  if (!info.isFile || info.size > 4096) throw new GitError(["HEAD"], 1, "HEAD is not a small file");
  return await Deno.readTextFile(path);
}

async function link(target: string, path: string): Promise<void> {
  const info = await Deno.stat(target).catch(() => null);
  if (info?.isFile || info?.isDirectory) await Deno.symlink(target, path);
}

/** A split index names its other half relative to the git directory. */
async function linkSharedIndexes(gitDir: string, dir: string): Promise<void> {
  for await (const entry of Deno.readDir(gitDir)) {
    if (entry.name.startsWith("sharedindex.")) await link(join(gitDir, entry.name), join(dir, entry.name));
  }
}
