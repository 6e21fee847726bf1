/** Repositories for tests, made with the real git and away from the settings of whoever runs them. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { Repository, Workspace } from "../../port.ts";
import { gitWorkspaces } from "../workspaces.ts";

export interface TestRepository {
  /** A temporary directory that holds everything of the test. */
  root: string;
  dir: string;
  git(...args: string[]): Promise<string>;
  write(path: string, content: string | Uint8Array): Promise<void>;
  commit(message?: string): Promise<string>;
}

const ENV = {
  PATH: Deno.env.get("PATH") ?? "",
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ann",
  GIT_AUTHOR_EMAIL: "ann@example.com",
  GIT_COMMITTER_NAME: "Ann",
  GIT_COMMITTER_EMAIL: "ann@example.com",
  GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
  GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
};

export async function gitIn(dir: string, args: readonly string[], stdin?: Uint8Array): Promise<Uint8Array> {
  const child = new Deno.Command("git", {
    args: ["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", ...args],
    cwd: dir,
    env: ENV,
    clearEnv: true,
    stdin: stdin ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin) {
    const writer = child.stdin.getWriter();
    await writer.write(stdin);
    await writer.close();
  }
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return stdout;
}

/** Runs a test with a fresh repository of these files, committed unless there are none. */
export async function withRepository(
  files: Record<string, string | Uint8Array>,
  test: (repository: TestRepository) => Promise<void>,
  init: readonly string[] = [],
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-test-" }));
  const dir = join(root, "repo");
  try {
    await Deno.mkdir(dir);
    await gitIn(dir, ["init", "-q", ...init]);
    const repository: TestRepository = {
      root,
      dir,
      git: async (...args) => new TextDecoder().decode(await gitIn(dir, args)).trim(),
      write: async (path, content) => {
        await Deno.mkdir(dirname(join(dir, path)), { recursive: true });
        await Deno.writeFile(join(dir, path), typeof content === "string" ? bytes(content) : content);
      },
      commit: async (message = "change") => {
        await gitIn(dir, ["add", "-A"]);
        await gitIn(dir, ["commit", "-q", "--allow-empty", "-m", message]);
        return new TextDecoder().decode(await gitIn(dir, ["rev-parse", "HEAD"])).trim();
      },
    };
    for (const [path, content] of Object.entries(files)) await repository.write(path, content);
    if (Object.keys(files).length > 0) await repository.commit("base");
    await test(repository);
  } finally {
    await new Deno.Command("chmod", { args: ["-R", "u+rwX", root], stderr: "null" }).output();
    await Deno.remove(root, { recursive: true });
  }
}

export async function opened(location: string, base?: string): Promise<Repository> {
  const result = await gitWorkspaces().open(location, base);
  assert.ok(result.ok, result.ok ? "" : result.error.message);
  return result.value;
}

/** A workspace of the repository, in the test's own directory. */
export async function workspaceIn(repository: TestRepository, base?: string): Promise<Workspace> {
  const into = join(repository.root, `workspace-${crypto.randomUUID()}`);
  const result = await gitWorkspaces().create(await opened(repository.dir, base), into);
  assert.ok(result.ok, result.ok ? "" : result.error.message);
  return result.value;
}

/** Everything that lies in a directory, with content, mode and links: to show that nothing has changed. */
export async function snapshot(dir: string): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  const waiting = [dir];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for await (const entry of Deno.readDir(at)) {
      const path = join(at, entry.name);
      const info = await Deno.lstat(path);
      const name = path.slice(dir.length + 1);
      if (entry.isDirectory) {
        waiting.push(path);
        seen[name] = "directory";
      } else if (entry.isSymlink) seen[name] = `link ${await Deno.readLink(path)}`;
      else seen[name] = `${info.mode} ${info.mtime?.getTime()} ${hex(await Deno.readFile(path))}`;
    }
  }
  return seen;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(content: Uint8Array | null): string | null {
  return content === null ? null : new TextDecoder().decode(content);
}

function hex(content: Uint8Array): string {
  return Array.from(content, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
