/** The repository behind the GitLab for tests: a real bare one, written by plumbing as GitLab's own server of git does. */

export interface Action {
  action: string;
  file_path: string;
  previous_path?: string;
  content?: string;
  encoding?: string;
  execute_filemode?: boolean;
}

/** An answer of 400, in GitLab's words. */
export class Refused extends Error {
  constructor(message: string, readonly status = 400) {
    super(message);
  }
}

export interface GitRepository {
  readonly dir: string;
  git(...args: string[]): Promise<string>;
  /** The full name of what is named; null when there is nothing. */
  resolve(name: string): Promise<string | null>;
  tree(
    ref: string,
    path: string,
    recursive?: boolean,
  ): Promise<{ id: string; name: string; type: string; path: string; mode: string }[]>;
  /** The bytes of a file by its name; null when there is none. */
  blob(sha: string): Promise<Uint8Array | null>;
  commit(
    what: {
      branch: string;
      parent: string;
      old: string | null;
      message: string;
      author: [string, string];
      actions: Action[];
    },
  ): Promise<string>;
  /** Merges by the method, onto the branch; null when there are conflicts. */
  merge(what: { branch: string; head: string; method: string; message: string }): Promise<string | null>;
  conflicts(base: string, head: string): Promise<boolean>;
}

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

export function gitRepository(dir: string): GitRepository {
  async function run(
    args: readonly string[],
    more: { stdin?: Uint8Array; env?: Record<string, string> } = {},
  ): Promise<{ code: number; out: Uint8Array; error: string }> {
    const child = new Deno.Command("git", {
      // As GitLab configures it for its web editor: line ends of text become LF when a blob is written.
      args: ["-c", "core.autocrlf=input", "-C", dir, ...args],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: "/nonexistent",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_COMMITTER_NAME: "GitLab",
        GIT_COMMITTER_EMAIL: "gitlab@localhost",
        ...more.env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(more.stdin ?? new Uint8Array()).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    return { code, out: stdout, error: decode(stderr) };
  }
  async function must(...given: Parameters<typeof run>): Promise<string> {
    const { code, out, error } = await run(...given);
    if (code !== 0) throw new Error(`git ${given[0].join(" ")}: ${error}`);
    return decode(out);
  }
  const line = async (...given: Parameters<typeof run>) => (await must(...given)).trim();
  const resolve = async (name: string) => {
    const { code, out } = await run(["rev-parse", "--verify", "--quiet", `${name}^{commit}`]);
    return code === 0 ? decode(out).trim() : null;
  };
  const move = async (branch: string, to: string, from: string) => {
    const { code } = await run(["update-ref", `refs/heads/${branch}`, to, from]);
    if (code !== 0) {
      throw new Refused("Could not update the branch: it has moved. Please refresh and try again.");
    }
  };

  async function entries(commit: string): Promise<Map<string, { mode: string; sha: string }>> {
    const listed = decode((await run(["ls-tree", "-r", "-z", commit])).out);
    return new Map(
      listed.split("\0").filter((one) => one !== "").map((one) => {
        const [head = "", path = ""] = one.split("\t");
        const [mode = "", , sha = ""] = head.split(" ");
        return [path, { mode, sha }];
      }),
    );
  }

  async function blob({ content = "", encoding, file_path: path }: Action): Promise<string> {
    const stdin = encoding === "base64"
      ? Uint8Array.from(atob(content), (one) => one.charCodeAt(0))
      : new TextEncoder().encode(content);
    return await line(["hash-object", "-w", "--stdin", "--path", path], { stdin });
  }

  async function apply(files: Map<string, { mode: string; sha: string }>, one: Action): Promise<void> {
    const { file_path: path } = one;
    if (/(^|\/)\.\.?(\/|$)|^\//.test(path) || path === "") {
      throw new Refused("Path cannot include directory traversal");
    }
    const there = files.get(one.action === "move" ? one.previous_path ?? "" : path);
    if (one.action === "create") {
      const inTheWay = there !== undefined || [...files.keys()].some((name) => name.startsWith(`${path}/`));
      const below = path.split("/").slice(0, -1).some((_, at, all) =>
        files.has(all.slice(0, at + 1).join("/"))
      );
      if (inTheWay || below) throw new Refused("A file with this name already exists");
      files.set(path, { mode: "100644", sha: await blob(one) });
      return;
    }
    if (there === undefined) throw new Refused("A file with this name doesn't exist");
    switch (one.action) {
      case "update":
        files.set(path, { mode: there.mode, sha: await blob(one) });
        return;
      case "delete":
        files.delete(path);
        return;
      case "chmod":
        files.set(path, { ...there, mode: one.execute_filemode ? "100755" : "100644" });
        return;
      case "move":
        if (files.has(path)) throw new Refused("A file with this name already exists");
        files.delete(one.previous_path ?? "");
        files.set(path, { ...there, ...(one.content === undefined ? {} : { sha: await blob(one) }) });
        return;
      default:
        throw new Refused("actions[action] does not have a valid value");
    }
  }

  async function writeTree(files: Map<string, { mode: string; sha: string }>): Promise<string> {
    const index = await Deno.makeTempFile({ prefix: "edgeforge-gitlab-index-" });
    await Deno.remove(index);
    try {
      const env = { GIT_INDEX_FILE: index };
      const info = [...files].map(([path, { mode, sha }]) => `${mode} ${sha}\t${path}\0`).join("");
      await must(["update-index", "-z", "--add", "--index-info"], {
        env,
        stdin: new TextEncoder().encode(info),
      });
      return await line(["write-tree"], { env });
    } finally {
      await Deno.remove(index).catch(() => {});
    }
  }

  const mergeTree = async (base: string, head: string) => {
    const { code, out } = await run(["merge-tree", "--write-tree", base, head]);
    return code === 0 ? decode(out).split("\n")[0] ?? null : null;
  };

  return {
    dir,
    git: (...args) => line(args),
    resolve,
    async blob(sha) {
      const { code, out } = await run(["cat-file", "blob", sha]);
      return code === 0 ? out : null;
    },
    async tree(ref, path, recursive = false) {
      const { code, out } = await run([
        "ls-tree",
        ...(recursive ? ["-r", "-t"] : []),
        "-z",
        path === "" ? ref : `${ref}:${path}`,
      ]);
      if (code !== 0) throw new Refused("invalid revision or path", 404);
      const all = decode(out).split("\0").filter((one) => one !== "").map((one) => {
        const [head = "", name = ""] = one.split("\t");
        const [mode = "", type = "", id = ""] = head.split(" ");
        return {
          id,
          name: name.slice(name.lastIndexOf("/") + 1),
          type,
          path: path === "" ? name : `${path}/${name}`,
          mode,
        };
      });
      // Directories come first on GitLab.
      return [...all.filter((one) => one.type === "tree"), ...all.filter((one) => one.type !== "tree")];
    },
    async commit({ branch, parent, old, message, author, actions }) {
      const files = await entries(parent);
      for (const action of actions) await apply(files, action);
      const tree = await writeTree(files);
      const commit = await line(["commit-tree", tree, "-p", parent], {
        stdin: new TextEncoder().encode(message),
        env: { GIT_AUTHOR_NAME: author[0], GIT_AUTHOR_EMAIL: author[1] },
      });
      await move(branch, commit, old ?? "0".repeat(commit.length));
      return commit;
    },
    conflicts: async (base, head) => await mergeTree(base, head) === null,
    async merge({ branch, head, method, message }) {
      const base = await resolve(`refs/heads/${branch}`) ?? "";
      if (method === "ff") {
        const { code } = await run(["merge-base", "--is-ancestor", base, head]);
        if (code !== 0) return null;
        await move(branch, head, base);
        return head;
      }
      const tree = await mergeTree(base, head);
      if (tree === null) return null;
      const env = { GIT_AUTHOR_NAME: "GitLab", GIT_AUTHOR_EMAIL: "gitlab@localhost" };
      const commit = await line(
        ["commit-tree", tree, "-p", base, ...(method === "squash" ? [] : ["-p", head])],
        { stdin: new TextEncoder().encode(message), env },
      );
      await move(branch, commit, base);
      return commit;
    },
  };
}
