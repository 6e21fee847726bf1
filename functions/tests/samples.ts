/** Sample repositories as real git repositories in a temporary room, and a command line that runs in this process. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bwrapSandbox } from "../../connectors/mod.ts";
import type { RunDocument } from "../../specs/mod.ts";
import type { Io } from "../cli/command.ts";
import { makeRepository } from "../cli/demo_repository.ts";
import { dispatch } from "../cli/dispatch.ts";

const EXAMPLES = fileURLToPath(new URL("../../specs/examples/", import.meta.url));

/** Whether bubblewrap works here; without it these tests, whose repositories are ours, run unsandboxed. */
export const sandboxed = (await bwrapSandbox().check()).ok;

export interface Room {
  readonly dir: string;
  readonly data: string;
  /** What commands find in the environment, beside a user's name. */
  readonly env: Record<string, string>;
  /** A fresh repository made from a sample. */
  repository(sample: string): Promise<string>;
  /** A file beside the sample's spec. */
  beside(sample: string, name: string): string;
  write(name: string, content: string | Uint8Array): Promise<string>;
  git(repo: string, ...args: string[]): Promise<string>;
  /** Runs `forge ARGS --json` in this process. */
  forge(
    ...args: string[]
  ): Promise<
    {
      exit: number;
      document: RunDocument & { error?: { code: string; message: string; remedy?: string } };
      stderr: string;
    }
  >;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function room(): Promise<Room> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-test-" }));
  const data = join(dir, "data");
  const env: Record<string, string> = { USER: "tester" };
  return {
    dir,
    data,
    env,
    repository: (sample) => makeRepository(join(EXAMPLES, sample), join(dir, "repositories")),
    beside: (sample, name) => join(EXAMPLES, `${sample}.spec`, name),
    async write(name, content) {
      const path = join(dir, name);
      await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
      return path;
    },
    async git(repo, ...args) {
      const { success, stdout, stderr } = await new Deno.Command("git", {
        args: [
          "-c",
          "user.name=t",
          "-c",
          "user.email=t@example.invalid",
          "-c",
          "commit.gpgSign=false",
          ...args,
        ],
        cwd: repo,
        env: { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" },
      }).output();
      if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
      return new TextDecoder().decode(stdout);
    },
    async forge(...args) {
      let stdout = "";
      let stderr = "";
      const io: Io = {
        out: (text) => stdout += text,
        err: (text) => stderr += text,
        env: (name) => env[name],
        cwd: dir,
        terminal: false,
        color: false,
        columns: 80,
        interrupted: new AbortController().signal,
      };
      const level = sandboxed || args.includes("--sandbox") || args[0] !== "run" ? [] : ["--sandbox", "none"];
      const where = args.includes("--data") ? [] : ["--data", data];
      const exit = await dispatch([...args, ...level, ...where, "--json"], io);
      return { exit, document: JSON.parse(stdout), stderr };
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** Everything of the user's repository that a run must not touch, as one text. */
export async function userState(given: Room, repo: string): Promise<string> {
  const parts = [
    await given.git(repo, "status", "--porcelain=v2", "--branch", "--untracked-files=all").catch((error) =>
      String(error)
    ),
    (await given.git(repo, "for-each-ref")).split("\n").filter((line) => !line.includes("refs/heads/forge/"))
      .join("\n"),
    await given.git(repo, "stash", "list").catch(() => ""),
    await given.git(repo, "reflog", "--all").catch(() => ""),
  ];
  const gitDir = (await given.git(repo, "rev-parse", "--absolute-git-dir")).trim();
  for (const name of ["HEAD", "config", "index"]) {
    const bytes = await Deno.readFile(join(gitDir, name)).catch(() => new Uint8Array());
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    parts.push(`${name} ${[...hash].join(",")}`);
  }
  return parts.join("\n---\n");
}
