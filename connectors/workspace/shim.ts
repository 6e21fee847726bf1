/**
 * Git directories of ours. Git has no way to ignore the `config` of the git directory it works in, and a setting there
 * can start programs (fsmonitor, filters, diff drivers, hooks). So commands that read an index, a work tree or objects run in a
 * directory that we wrote, with the user's object store behind it.
 */
import { join } from "node:path";
import { type Found } from "./discover.ts";
import { git, type GitCall } from "./git.ts";

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
  /** Bytes go in and out as they are, whatever `.gitattributes` says. */
  exact: boolean;
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
    content.exact ? Deno.writeTextFile(join(dir, "info/attributes"), ATTRIBUTES) : undefined,
    content.shallow?.length
      ? Deno.writeTextFile(join(dir, "shallow"), content.shallow.join("\n") + "\n")
      : undefined,
  ]);
}

/** Settings that change what a work tree's files mean and start nothing. */
const HARMLESS = new Set([
  "core.autocrlf",
  "core.eol",
  "core.filemode",
  "core.symlinks",
  "core.ignorecase",
  "core.precomposeunicode",
  "core.checkstat",
  "core.trustctime",
]);

/** Reads a config file as data, without following `include`. Keys are lower case. */
export async function readConfig(file: string, gitDir: string): Promise<Map<string, string>> {
  const config = new Map<string, string>();
  const info = await Deno.stat(file).catch(() => null);
  if (!info?.isFile || info.size > 1024 * 1024) return config;
  const bytes = await git(["config", "--file", file, "--no-includes", "--null", "--list"], {
    gitDir,
    cwd: gitDir,
  });
  for (const line of new TextDecoder().decode(bytes).split("\0")) {
    const at = line.indexOf("\n");
    if (line !== "") {
      config.set((at < 0 ? line : line.slice(0, at)).toLowerCase(), at < 0 ? "true" : line.slice(at + 1));
    }
  }
  return config;
}

/** Runs `fn` with a temporary git directory that has the user's objects, exclude file and harmless settings behind it. */
export async function withShim<T>(
  found: Found,
  head: string | null,
  fn: (call: GitCall) => Promise<T>,
): Promise<T> {
  const dir = await Deno.makeTempDir({ prefix: "edgeforge-git-" });
  try {
    await writeGitDir(dir, {
      head: head ?? "ref: refs/heads/unborn",
      sha256: head?.length === 64,
      exact: false,
    });
    const config = await readConfig(join(found.commonDir, "config"), dir);
    for (const name of ["info/exclude", "info/attributes"]) {
      const file = join(found.commonDir, name);
      if ((await Deno.stat(file).catch(() => null))?.isFile) await Deno.symlink(file, join(dir, name));
    }
    // A split index names its other half relative to the git directory.
    for await (const entry of Deno.readDir(found.gitDir)) {
      if (entry.name.startsWith("sharedindex.")) {
        await Deno.symlink(join(found.gitDir, entry.name), join(dir, entry.name));
      }
    }
    return await fn({
      gitDir: dir,
      objects: join(found.commonDir, "objects"),
      config: Object.fromEntries([...config].filter(([key]) => HARMLESS.has(key))),
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
