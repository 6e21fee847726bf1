import { join } from "node:path";

/** Copies a sample into `into/<n>` and makes it a git repository with one commit. Returns its directory. */
export async function makeRepository(sample: string, into: string): Promise<string> {
  await Deno.mkdir(into, { recursive: true, mode: 0o700 });
  const dir = await Deno.makeTempDir({ dir: into, prefix: "repository-" });
  await copy(sample, dir);
  const at = "2026-01-01T00:00:00Z";
  const git = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("git", {
      args: [
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "commit.gpgSign=false",
        "-c",
        "init.templateDir=",
        ...args,
      ],
      cwd: dir,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        ...(Deno.build.os === "windows" ? { SYSTEMROOT: Deno.env.get("SYSTEMROOT") ?? "" } : {}),
        HOME: dir,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: Deno.build.os === "windows" ? "NUL" : "/dev/null",
        GIT_AUTHOR_NAME: "Edgeforge demo",
        GIT_AUTHOR_EMAIL: "demo@edgeforge.invalid",
        GIT_AUTHOR_DATE: at,
        GIT_COMMITTER_NAME: "Edgeforge demo",
        GIT_COMMITTER_EMAIL: "demo@edgeforge.invalid",
        GIT_COMMITTER_DATE: at,
      },
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      throw new Error(
        `Cannot make the demo's repository: git ${args[0]}: ${new TextDecoder().decode(stderr).trim()}`,
      );
    }
  };
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=Signup service");
  return dir;
}

async function copy(from: string, to: string): Promise<void> {
  for await (const entry of Deno.readDir(from)) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory) {
      await Deno.mkdir(target);
      await copy(source, target);
    } else if (entry.isFile) {
      await Deno.copyFile(source, target);
    }
  }
}
