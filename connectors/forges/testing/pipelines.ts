/**
 * A stand-in for GitLab CI, for tests, written from the documentation of pipelines and jobs: a commit on a branch starts a pipeline unless its
 * message says `[skip ci]`, and the job of the included file really runs, in a real clone, once for each node.
 */
import { join } from "node:path";
import { parse } from "yaml";
import type { GitLabServer } from "./gitlab_server.ts";
import type { PipelineRecord, Project } from "./gitlab_world.ts";

export interface Pipelines {
  /** Told when a pipeline is over; a webhook goes out by it. */
  over: ((pipeline: PipelineRecord) => Promise<void>) | null;
  [Symbol.asyncDispose](): Promise<void>;
}

const FILE = ".gitlab/forge-verify.yml";

export function pipelinesOn(server: GitLabServer, project: Project): Pipelines {
  let busy: Promise<unknown> = Promise.resolve();
  const self: Pipelines = {
    over: null,
    async [Symbol.asyncDispose]() {
      for (let seen: unknown = null; seen !== busy;) await (seen = busy);
    },
  };
  const shell = async (command: string, args: readonly string[], options: Deno.CommandOptions = {}) => {
    const { code, stdout, stderr } = await new Deno.Command(command, {
      args: [...args],
      clearEnv: true,
      ...options,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: "/nonexistent",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_CONFIG_NOSYSTEM: "1",
        ...options.env,
      },
      stdout: "piped",
      stderr: "piped",
    }).output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  };

  async function started(branch: string, sha: string): Promise<void> {
    const text = await project.repository.git("show", `${sha}:${FILE}`).catch(() => null);
    if (text === null) return;
    const { "forge-verify": job } = parse(text) as {
      "forge-verify": { parallel: number; script: string[] };
    };
    const pipeline: PipelineRecord = {
      id: project.next++,
      sha,
      ref: branch,
      source: "push",
      status: "running",
      jobs: Array.from({ length: job.parallel }, (_, at) => ({
        id: project.next++,
        name: `forge-verify ${at + 1}/${job.parallel}`,
        status: "running",
      })),
    };
    project.pipelines.push(pipeline);
    const root = await Deno.makeTempDir({ prefix: "edgeforge-pipeline-" });
    const dir = join(root, "build");
    // One after the other in one clone: a clone for each would only take longer.
    await shell("git", ["clone", "-q", "--shared", "--no-checkout", project.repository.dir, dir]);
    await shell("git", ["-C", dir, "checkout", "-q", sha]);
    for (const [at, one] of pipeline.jobs.entries()) {
      const done = await shell("bash", ["-e", "-c", job.script.join("\n")], {
        cwd: dir,
        env: {
          CI_NODE_INDEX: String(at + 1),
          CI_COMMIT_SHA: sha,
          CI_PROJECT_DIR: dir,
          FORGE_VERIFY_SAME_USER: Deno.uid() === 0 ? "no" : "yes",
        },
      });
      one.status = done.code === 0 ? "success" : "failed";
      if (done.code !== 0) one.failure_reason = "script_failure";
      project.traces.set(one.id, done.text);
    }
    await Deno.remove(root, { recursive: true });
    pipeline.status = pipeline.jobs.some((one) => one.status === "failed") ? "failed" : "success";
    await self.over?.(pipeline);
  }

  server.after = async (asked, answer) => {
    const isCommit = asked.method === "POST" && /\/repository\/commits$/.test(asked.path);
    if (!isCommit || answer.status !== 201) return;
    const { branch, commit_message: message } = JSON.parse(asked.body) as Record<string, string>;
    const { id } = await answer.json() as { id: string };
    if (branch?.startsWith("forge/verify/") && message?.includes("[skip ci]") === false) {
      busy = busy.then(() => started(branch, id));
    }
  };
  return self;
}
