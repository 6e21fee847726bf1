/** Whether a run is verified by its forge's CI, and what stands in the way of that; asked before a run exists. */
import type { Repository } from "../../../connectors/mod.ts";
import { err, type ImplementerKind, ok, type Problem, type Result } from "../../../specs/mod.ts";
import type { ChosenForge } from "../forge_choice.ts";
import type { FactoryPorts } from "../ports.ts";
import { WORKFLOW_PATH } from "./workflow_text.ts";

export interface CiWish {
  readonly forge: ChosenForge;
  readonly opens: boolean;
  readonly pr: string | undefined;
  readonly implementer: ImplementerKind;
}

export function ciChoice(
  ports: Pick<FactoryPorts, "ci">,
  wanted: string | undefined,
  { forge, opens, pr, implementer }: CiWish,
): Result<boolean, Problem> {
  const always = ports.ci?.always === true;
  if (wanted !== undefined && wanted !== "here" && wanted !== "ci") {
    return err(
      refused("usage", wanted, `There is no way '${wanted.slice(0, 100)}' to verify`, "One of: here, ci"),
    );
  }
  if (wanted === "here" && always) {
    return err(
      refused(
        "not-in-this-version",
        wanted,
        "Cannot verify here: this host starts no processes",
        "Leave it out: the forge's CI verifies",
      ),
    );
  }
  if (wanted !== "ci" && !always) return ok(false);
  if (ports.ci === undefined) {
    return err(
      refused(
        "not-in-this-version",
        "ci",
        "Cannot verify by CI: nothing here is wired to do that",
        "Leave it out",
      ),
    );
  }
  if (forge.name === "local" || forge.remote === undefined || forge.forge.ci === undefined) {
    return err(
      refused(
        "forge-needed",
        forge.name,
        "Cannot verify by CI: the run has no forge with a server",
        opens
          ? "Name a repository on GitHub or GitLab"
          : "Raise autonomy to A2 or more: only then the run has a forge",
      ),
    );
  }
  if (implementer === "cli" && always) {
    return err(
      refused(
        "no-agent",
        implementer,
        "Cannot implement by 'cli': this host starts no programs",
        "Use the implementer patch, codemod or model",
      ),
    );
  }
  if (pr === "per-task") {
    return err(
      refused(
        "usage",
        pr,
        "Cannot open a pull request for each task and verify by CI",
        "Leave one of them out",
      ),
    );
  }
  return ok(true);
}

/** Why the base's CI would not run what is asked of it; null when it has the workflow. */
export async function noCiWorkflow(
  ports: Pick<FactoryPorts, "workspaces">,
  forge: ChosenForge,
  repository: Repository,
): Promise<Problem | null> {
  if (forge.name === "local") return null;
  // Where making a workspace means a clone, the phase that needs the workflow says that it is missing.
  if (repository.gitDir !== "") return null;
  const made = await ports.workspaces.create(repository, "");
  if (!made.ok) return made.error;
  const path = WORKFLOW_PATH[forge.name];
  const there = await made.value.read(path, "base");
  await made.value.dispose();
  return there === null ? noWorkflow(forge.name, path) : null;
}

const refused = (code: string, value: string, message: string, remedy: string): Problem => ({
  code,
  value,
  message,
  remedy,
});

export const noWorkflow = (forge: "github" | "gitlab", path: string): Problem => ({
  code: "no-ci-workflow",
  value: path,
  message: `Cannot verify by CI: the base has no ${path}`,
  remedy:
    `Write it with forge init --ci ${forge}, and let the owners of the repository merge it; then start a new run`,
});
