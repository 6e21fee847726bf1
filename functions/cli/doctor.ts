import { bwrapSandbox, githubSettings, gitlabSettings } from "../../connectors/mod.ts";
import { VERSION } from "../version.ts";
import { keyDirectory } from "../key_directory.ts";
import { SigningFailed } from "../signing/held_key.ts";
import type { Handler } from "./command.ts";
import { dataDirectory } from "./data_dir.ts";
import { agentFindings } from "./doctor_agents.ts";
import { modelFindings } from "./doctor_models.ts";

interface Finding {
  name: string;
  ok: boolean;
  needed: boolean;
  detail: string;
  remedy?: string;
}

/** `forge doctor`: exit 0 when everything that a run needs is there, else 1. */
export const doctor: Handler = async (invocation) => {
  const data = dataDirectory(invocation);
  const models = await modelFindings(invocation, new Date().toISOString());
  const agents = await agentFindings(invocation);
  const findings: Finding[] = [
    await git(),
    await sandbox(),
    ...await Promise.all([
      tool("node", ["--version"], false, "Needed only for repositories that test themselves with it"),
      tool("python3", ["--version"], false, "Needed only for repositories that test themselves with it"),
      tool("go", ["version"], false, "Needed only for repositories that test themselves with it"),
      tool("cargo", ["--version"], false, "Needed only for repositories that test themselves with it"),
      tool("psql", ["--version"], false, "PostgreSQL as a store is not in this version"),
      tool(
        "slsa-verifier",
        ["version"],
        false,
        "Evidence is checked by forge evidence verify all the same; without it nobody here checks it with a program of others, and the test that does is skipped",
      ),
      tool(
        "cosign",
        ["version"],
        false,
        "Evidence is checked by forge evidence verify all the same; without it nobody here checks it with a program of others, and the test that does is skipped",
      ),
    ]),
    await state(data),
    await keys(data),
    await privacy(data, invocation.io.env),
    github(invocation.io.env),
    gitlab(invocation.io.env),
    ...models.checks,
    ...agents.checks,
  ];
  const good = findings.every((finding) => finding.ok || !finding.needed);
  return {
    exit: good ? 0 : 1,
    document: {
      ok: good,
      version: VERSION,
      deno: Deno.version.deno,
      os: `${Deno.build.os} ${Deno.build.arch}`,
      data,
      cannot: [
        "PostgreSQL store",
      ],
      models: models.document,
      agents: agents.document,
      checks: findings,
    },
    text: [
      `edgeforge ${VERSION}, deno ${Deno.version.deno}, ${Deno.build.os} ${Deno.build.arch}`,
      ...findings.flatMap((finding) => [
        `${finding.ok ? "ok     " : finding.needed ? "MISSING" : "absent "}  ${
          finding.name.padEnd(10)
        }  ${finding.detail}`,
        ...(!finding.ok && finding.remedy ? [`           do: ${finding.remedy}`] : []),
      ]),
    ].join("\n"),
  };
};

/** Since then `git merge-tree --write-tree` merges without a work tree: the work of a plan's tasks is put together by it. */
const MERGES_SINCE = [2, 38] as const;

async function git(): Promise<Finding> {
  const found = await tool("git", ["--version"], true, "Install git");
  return found.ok && !mergesTrees(found.detail)
    ? {
      ...found,
      ok: false,
      detail: `${found.detail}: too old to merge the tasks of a plan`,
      remedy: `Install git ${MERGES_SINCE.join(".")} or newer`,
    }
    : found;
}

/** Whether a git that calls itself so can merge trees; one whose version cannot be read cannot. */
export function mergesTrees(version: string): boolean {
  const [, major, minor] = /^git version (\d+)\.(\d+)/.exec(version)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) return false;
  return major > MERGES_SINCE[0] || (major === MERGES_SINCE[0] && minor >= MERGES_SINCE[1]);
}

async function tool(name: string, args: string[], needed: boolean, remedy: string): Promise<Finding> {
  try {
    const { success, stdout } = await new Deno.Command(name, {
      args,
      stdout: "piped",
      stderr: "null",
      stdin: "null",
    }).output();
    const detail = new TextDecoder().decode(stdout).split("\n")[0] ?? "";
    return { name, ok: success, needed, detail: success ? detail : "it does not run", remedy };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { name, ok: false, needed, detail: "not found on PATH", remedy };
  }
}

async function sandbox(): Promise<Finding> {
  const usable = await bwrapSandbox().check();
  return usable.ok
    ? {
      name: "sandbox",
      ok: true,
      needed: true,
      detail: `${usable.value.detail}; memory limit ${
        usable.value.memoryLimit ? "by cgroup" : "not available"
      }`,
    }
    : {
      name: "sandbox",
      ok: false,
      needed: true,
      detail: usable.error.message,
      remedy: usable.error.remedy ?? "Give --sandbox none",
    };
}

/** What is done with personal data, and whether the keys for it are there. */
async function privacy(data: string, env: (name: string) => string | undefined): Promise<Finding> {
  const { readPrivacySettings } = await import("../privacy/desk.ts");
  const { dataKeys } = await import("../privacy/data_keys.ts");
  try {
    const { personalData } = await readPrivacySettings(data);
    const found = dataKeys(data, env);
    const kids = await found.list();
    for (const kid of kids.slice(-1)) await found.open(kid);
    const detail = `personal data: ${personalData} at least, ${kids.length} data keys`;
    return { name: "privacy", ok: true, needed: false, detail };
  } catch (error) {
    if (!(error instanceof SigningFailed)) throw error;
    return { name: "privacy", ok: false, needed: true, detail: error.message, remedy: error.remedy };
  }
}

async function state(data: string): Promise<Finding> {
  try {
    const { mode, isDirectory } = await Deno.stat(data);
    const open = Deno.build.os !== "windows" && mode !== null && (mode & 0o077) !== 0;
    return {
      name: "data",
      ok: isDirectory && !open,
      needed: !isDirectory,
      detail: !isDirectory ? `${data} is not a directory` : open ? `${data} can be entered by others` : data,
      remedy: isDirectory ? `chmod 700 ${data}` : "Give another place: --data DIR",
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      return {
        name: "data",
        ok: false,
        needed: true,
        detail: `${data}: ${error instanceof Error ? error.message : error}`,
        remedy: "Give another place: --data DIR",
      };
    }
    return { name: "data", ok: true, needed: false, detail: `${data} (made at first use)` };
  }
}

/** By name only: a value is nobody's business. */
function github(env: (name: string) => string | undefined): Finding {
  const found = githubSettings(env, (path) => Deno.readTextFileSync(path));
  const remedy = "Set GITHUB_TOKEN, or GITHUB_APP_ID with GITHUB_APP_PRIVATE_KEY, for --forge github";
  if (!found.ok) {
    const { message, remedy: to } = found.error;
    return { name: "github", ok: false, needed: false, detail: message, remedy: to ?? remedy };
  }
  const { credential, addresses } = found.value;
  const hook = (env("GITHUB_WEBHOOK_SECRET") ?? "") !== "";
  return {
    name: "github",
    ok: credential !== null,
    needed: false,
    detail: `${
      credential === null ? "no credential" : `credential ${credential.name}`
    } for ${addresses.host}, webhooks ${
      hook ? "by GITHUB_WEBHOOK_SECRET" : "closed (no GITHUB_WEBHOOK_SECRET)"
    }`,
    remedy,
  };
}

/** The same of GitLab. */
function gitlab(env: (name: string) => string | undefined): Finding {
  const found = gitlabSettings(env);
  const remedy = "Set GITLAB_TOKEN to an access token with the scope api, for --forge gitlab";
  if (!found.ok) {
    const { message, remedy: to } = found.error;
    return { name: "gitlab", ok: false, needed: false, detail: message, remedy: to ?? remedy };
  }
  const { credential, addresses } = found.value;
  const hook = ["GITLAB_WEBHOOK_SIGNING_TOKEN", "GITLAB_WEBHOOK_SECRET"]
    .find((name) => (env(name) ?? "") !== "");
  return {
    name: "gitlab",
    // The token of a CI job may read, and neither commit nor open merge requests.
    ok: credential !== null && credential.kind !== "job",
    needed: false,
    detail: `${
      credential === null
        ? "no credential"
        : `credential ${credential.name}${credential.kind === "job" ? ", which may only read," : ""}`
    } for ${addresses.host}, webhooks ${
      hook === undefined ? "closed (no GITLAB_WEBHOOK_SIGNING_TOKEN)" : `by ${hook}`
    }`,
    remedy,
  };
}

async function keys(data: string): Promise<Finding> {
  const found = await keyDirectory(data).list().catch(() => []);
  return {
    name: "keys",
    ok: found.length > 0,
    needed: false,
    detail: found.length > 0 ? found.map((principal) => principal.name).join(", ") : "none yet",
    remedy: "Make one: forge init --user NAME",
  };
}
