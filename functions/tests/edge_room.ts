/** A room for tests of an edge host: a GitHub on the loopback with a repository in it, CI that really runs, and the edge application. */
import { join } from "node:path";
import {
  type Actions,
  actionsOn,
  GITHUB_TOKEN,
  githubServer,
  GITLAB_TOKEN,
  type GitLabServer,
  gitlabServer,
  type Pipelines,
  pipelinesOn,
} from "../../connectors/testing/mod.ts";
import { workflowText } from "../../pipelines/factory/mod.ts";

export const SECRET = "canary-of-the-webhook-secret";

export const FILES: Readonly<Record<string, string>> = {
  "package.json": '{ "name": "tools", "type": "module" }\n',
  "src/add.js": "export const add = (a, b) => a + b;\n",
  "src/add.test.js":
    'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { add } from "./add.js";\n\n' +
    'test("adds", () => {\n  assert.equal(add(1, 2), 3);\n});\n',
  ".github/workflows/forge-verify.yml": workflowText("github"),
};

export const SPEC = `---
title: Add numbers that are given as text
intent: { type: UPDATE, scope: ["src/**"] }
reason: Callers read them from forms
acceptance:
  - id: AC1
    text: Text is added as numbers
    check: { files: ["checks/ac1.test.js"], run: ["node", "--test", "checks/ac1.test.js"] }
verify: { run: [["node", "--test", "src/add.test.js"]], timeoutSeconds: 120, tests: ["src/**/*.test.js"] }
implementer: patch
---
Callers hand over what people typed.
`;

export const CHECKS = {
  "checks/ac1.test.js":
    'import assert from "node:assert/strict";\nimport test from "node:test";\nimport { add } from "../src/add.js";\n\n' +
    'test("text", () => {\n  assert.equal(add("1", "2"), 3);\n});\n',
};

/** Does what the spec asks for. */
export const GOOD = `diff --git a/src/add.js b/src/add.js
--- a/src/add.js
+++ b/src/add.js
@@ -1 +1 @@
-export const add = (a, b) => a + b;
+export const add = (a, b) => Number(a) + Number(b);
`;

/** Breaks what was there. */
export const BAD = GOOD.replace("Number(a) + Number(b);", "Number(a) - Number(b);");

export interface EdgeRoom {
  readonly server: Awaited<ReturnType<typeof githubServer>>;
  readonly actions: Actions;
  readonly repo: string;
  readonly env: Readonly<Record<string, string>>;
  readonly dir: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A directory with a repository of these files in `repo`. */
async function repositoryOf(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "edgeforge-edge-" });
  const git = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("git", {
      args: [
        "-c",
        "user.name=Ann",
        "-c",
        "user.email=ann@example.com",
        "-c",
        "init.defaultBranch=main",
        ...args,
      ],
      cwd: join(dir, "repo"),
      env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  for (const [path, text] of Object.entries(files)) {
    const file = join(dir, "repo", path);
    await Deno.mkdir(join(file, ".."), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  await git("init", "-q");
  await git("add", "-A");
  await git("commit", "-q", "-m", "base");
  return dir;
}

export async function edgeRoom(files: Readonly<Record<string, string>> = FILES): Promise<EdgeRoom> {
  const dir = await repositoryOf(files);
  const server = await githubServer();
  await server.seed("tools", join(dir, "repo"));
  const actions = await actionsOn(server, { tools: join(dir, "repo") });
  return {
    server,
    actions,
    repo: `${server.page("tools")}.git`,
    env: {
      GITHUB_API_URL: server.api,
      GITHUB_TOKEN,
      GITHUB_WEBHOOK_SECRET: SECRET,
    },
    dir,
    async [Symbol.asyncDispose]() {
      await actions[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

export interface GitLabRoom {
  readonly server: GitLabServer;
  readonly pipelines: Pipelines;
  readonly project: Awaited<ReturnType<GitLabServer["seed"]>>;
  readonly repo: string;
  readonly env: Readonly<Record<string, string>>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The same with a GitLab. */
export async function gitlabRoom(): Promise<GitLabRoom> {
  const { ".github/workflows/forge-verify.yml": _, ...files } = FILES;
  const dir = await repositoryOf({
    ...files,
    ".gitlab-ci.yml": 'include: { local: "/.gitlab/forge-verify.yml" }\n',
    ".gitlab/forge-verify.yml": workflowText("gitlab"),
  });
  const server = await gitlabServer();
  const project = await server.seed("acme/platform/tools", join(dir, "repo"));
  const pipelines = pipelinesOn(server, project);
  return {
    server,
    pipelines,
    project,
    repo: `${server.page("acme/platform/tools")}.git`,
    env: { GITLAB_URL: server.url, GITLAB_TOKEN, GITLAB_WEBHOOK_SECRET: SECRET },
    async [Symbol.asyncDispose]() {
      await pipelines[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** The webhook of a run that is over, as GitHub signs it. */
export async function hookOf(
  run: { repo: string; branch: string; sha: string; id: number },
  secret = SECRET,
): Promise<{ body: string; headers: Record<string, string> }> {
  const body = JSON.stringify({
    action: "completed",
    repository: { full_name: `acme/${run.repo}` },
    workflow_run: { head_branch: run.branch, head_sha: run.sha, pull_requests: [] },
  });
  const utf8 = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", utf8.encode(secret), algorithm, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(body)));
  return {
    body,
    headers: {
      "content-type": "application/json",
      "x-github-event": "workflow_run",
      "x-github-delivery": `d-${run.id}`,
      "x-hub-signature-256": `sha256=${mac.toHex()}`,
    },
  };
}
