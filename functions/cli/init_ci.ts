import { dirname, join } from "node:path";
import { type CiForge, WORKFLOW_PATH, workflowText } from "../../pipelines/factory/mod.ts";
import { type Handler, usage } from "./command.ts";

/** `forge init --ci github|gitlab [--repo DIR]`: the workflow by which the forge's CI verifies. Nothing that is there is overwritten. */
export const initCi: Handler = async ({ options }) => {
  const forge = String(options.ci);
  if (forge !== "github" && forge !== "gitlab") {
    throw usage(`There is no CI '${forge.slice(0, 100)}'`, "Give --ci github or --ci gitlab");
  }
  const repo = String(options.repo ?? ".");
  const path = WORKFLOW_PATH[forge];
  const file = join(repo, path);
  const text = workflowText(forge, await toolchains(repo, forge));
  const before = await textAt(file);
  if (before !== null && before !== text && options.force !== true) {
    throw usage(`${path} is there already and says something else`, "Look at it; --force replaces it");
  }
  if (before !== text) {
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  return {
    exit: 0,
    document: { forge, path: file, written: before !== text },
    text: [`${before === text ? "unchanged" : "written"}  ${file}`, ...NEXT[forge]].join("\n"),
  };
};

const NEXT: Readonly<Record<CiForge, readonly string[]>> = {
  github: [
    "next       commit it to the base branch, with an owner in CODEOWNERS: only the one at the base of a change counts",
    "           the credential of the host needs contents and pull requests (write), actions (read); a push by GITHUB_TOKEN starts nothing",
    "           webhook: workflow_run to https://HOST/hooks/github",
  ],
  gitlab: [
    `next       include it in .gitlab-ci.yml: include: { local: "/${WORKFLOW_PATH.gitlab}" }`,
    "           and commit both to the base branch, with an owner in CODEOWNERS: only what is at the base of a change counts",
    "           webhook: pipeline events to https://HOST/hooks/gitlab",
  ],
};

async function textAt(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

/** What a runner's image lacks for what the repository says of itself at its root. Versions are those of this engine's own tests. */
async function toolchains(repo: string, forge: CiForge): Promise<string[]> {
  const has = async (...names: string[]) =>
    (await Promise.all(names.map((name) => textAt(join(repo, name))))).some((text) => text !== null);
  const deno = await has("deno.json", "deno.jsonc");
  const node = deno || await has("package.json");
  return [
    // The image of GitHub's runners has Node, Python, Go, Rust and Java; that of the GitLab job is a bare Debian.
    ...(forge === "gitlab" && node ? ["apt-get install -qq -y --no-install-recommends nodejs npm"] : []),
    ...(forge === "gitlab" && await has("pyproject.toml", "setup.py", "requirements.txt")
      ? ["apt-get install -qq -y --no-install-recommends python3 python3-pytest"]
      : []),
    ...(deno ? ["npm install --global deno@2.9.6"] : []),
  ];
}
